"""Drives the tasks of one process.

A worker keeps nothing that it could not read again: it holds leases on tasks, submits their effects, asks for outcomes
and commits what follows. It starts no thread and never sleeps: its owner calls `turn` again and again, from any number
of threads, and `hear` when an outcome is pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import attrs

from cloudcore.model.effects import Done, Failed, Outcome, Running, Unknown
from cloudcore.model.errors import CloudcoreError, Contention, UnreachableError
from cloudcore.model.query import EVERYTHING, PLATFORM, And, Compare, Expr, In, Op, Or, Order, Query, eq, one_of
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.unit_of_work import Author, Transaction, UnitOfWork
from cloudcore.tasks.aside import GIVEN_UP_S, is_abandoned, set_aside, strangeness, workable
from cloudcore.tasks.engine import LEASE_S, Engine, called_back, effects_of
from cloudcore.tasks.fenced import unanswered
from cloudcore.tasks.task import OPEN, TASKS, Task

RENEW_S = LEASE_S / 2
CANCEL_GRACE_S = 30.0
MEETINGS = 3
"""So often tasks are tried together again without those that another worker has taken."""
MOST_TOGETHER = 16
"""So many tasks are advanced in one unit at most: it keeps others from writing meanwhile."""


@attrs.frozen(kw_only=True)
class Worker:
    """One driver of tasks.

    on_defect: told of failures that no step foresaw (task, exception), for the log.
    on_change: told of a task after each commit that took it further, for the log and for counting.
    """

    uow: UnitOfWork
    effects: EffectPort
    engine: Engine
    on_defect: Callable[[Task, Exception], None] = lambda _task, _error: None
    on_change: Callable[[Task], None] = lambda _task: None

    def due(self, limit: int = 50) -> Sequence[str]:
        """Ids of open tasks that nobody drives, the longest waiting ones, in an order of this worker's own."""
        with self.uow.read() as tx:
            where = And((In("state", OPEN), Compare("wake_at", Op.LE, tx.now), self._within_reach(tx.now)))
            query = Query(where=where, order=(Order("wake_at"),), limit=limit)
            found = [ident for (ident,) in tx.of(TASKS, PLATFORM).columns(("id",), query)]
        # Several workers begin at different places, so that they seldom reach for the same.
        first = (MOST_TOGETHER + 1) * sum(self.engine.owner.encode()) % max(len(found), 1)
        return [*found[first:], *found[:first]]

    def _within_reach(self, now: datetime) -> Expr:
        near = self.engine.near
        place: Expr = EVERYTHING
        if near is not None:
            given_up = Compare("deadline_at", Op.LT, now - timedelta(seconds=GIVEN_UP_S))
            place = Or((one_of("place", ["", *sorted(near)]), given_up))
        return workable(self.engine.known, place, now)

    def take(self, ident: str) -> Task | None:
        """Claim a task and bring it to its next effects; None when it is not to be had."""
        with self.uow.read() as tx:
            task, now = tx.of(TASKS, PLATFORM).get(ident), tx.now
        if task is None or not task.is_open or task.wake_at > now or not self._goes_on(task, now):
            return None
        if not task.intents:
            return self._advance(task, author_of(task), ())
        try:
            with self.uow.write(Author()) as tx:
                claimed = self.engine.claim(tx, task)
                tx.commit()
                return claimed
        except Contention:
            return None

    def _goes_on(self, task: Task, now: datetime) -> bool:
        """Whether this worker can take a due task further; one that nobody can is set aside."""
        strange = strangeness(self.engine.flows, task)
        if strange is None:
            return self.engine.takes(task, now)
        if strange.is_damaged or is_abandoned(task, now):
            self._set_aside(task, strange.reason)
        return False

    def _set_aside(self, task: Task, reason: str) -> None:
        for alone in (False, True):
            try:
                with self.uow.write(author_of(task)) as tx:
                    aside = set_aside(tx, self.engine.resources, task, reason, alone=alone)
                    tx.commit()
            except (Contention, UnreachableError):
                return
            except Exception as error:
                # The object cannot be read or written either: the task is set aside without it.
                self.on_defect(task, error)
                if alone:
                    raise
            else:
                self.on_change(aside)
                return

    def turn(self, task: Task) -> Task | None:
        """Look after a task that this worker holds: submit what is unknown, commit what has ended.

        The result is the task as it now stands, or None when it ended, was put off, or was lost to another worker.
        """
        if not task.is_open or not task.intents:
            return None
        outcomes = self._outcomes(task)
        if any(isinstance(o, Failed) for o in outcomes) or called_back(task):
            # Side by side effects end before the step is taken back, or its undo would race them.
            outcomes = self._settled(task, outcomes)
        if all(isinstance(o, Done | Failed) for o in outcomes):
            return self._advance(task, author_of(task), outcomes)
        return self._wait(task, outcomes)

    def run(self, ident: str) -> Task | None:
        """Take a task and go as far as its outcomes allow without waiting; None when it needs nobody just now."""
        task = self.take(ident)
        while task is not None and task.is_open and task.intents:
            following = self.turn(task)
            if following is None or following is task or following.update_version == task.update_version:
                return following
            task = following
        return None

    def run_all(self, idents: Sequence[str]) -> Sequence[Task]:
        """As `run` for each of many tasks, with one commit for what they all do next; gives those that wait for outcomes.

        Tasks that can't be advanced together, because one of them fails or meets others, are advanced one by one.
        """
        return self.turn_all(self._take_all(idents)) if idents else ()

    def turn_all(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """As `turn` for each of many tasks that this worker holds, and on as far as it goes; see `run_all`."""
        waiting: list[Task] = []
        held = [task for task in tasks if task.is_open and task.intents]
        while held:
            ended: list[tuple[Task, Sequence[Outcome]]] = []
            for task in held:
                outcomes = self._outcomes(task)
                if all(isinstance(outcome, Done) for outcome in outcomes):
                    ended.append((task, outcomes))
                elif (following := self.turn(task)) is not None:
                    waiting.append(following)
            held = self._advance_all(ended)
        return waiting

    def _take_all(self, idents: Sequence[str]) -> list[Task]:
        with self.uow.read() as tx:
            now = tx.now
            found = {task.id: task for task in tx.of(TASKS, PLATFORM).find(Query(where=one_of("id", idents)))}
        named = [found[ident] for ident in dict.fromkeys(idents) if ident in found]
        free = [task for task in named if task.is_open and task.wake_at <= now and self._goes_on(task, now)]
        taken = [claimed for task in free if task.intents and (claimed := self.take(task.id)) is not None]
        return [*taken, *self._advance_all([(task, ()) for task in free if not task.intents])]

    def _advance_all(self, ended: Sequence[tuple[Task, Sequence[Outcome]]]) -> list[Task]:
        """Those of the tasks that wait for effects now."""
        following: list[Task | None] = []
        for place in range(0, len(ended), MOST_TOGETHER):
            following.extend(self._together(ended[place : place + MOST_TOGETHER]))
        return [task for task in following if task is not None and task.intents]

    def _together(self, ended: Sequence[tuple[Task, Sequence[Outcome]]]) -> Sequence[Task | None]:
        left = list(ended)
        for _ in range(MEETINGS):
            if len(left) < 2:
                break
            try:
                return [self._begun(task) for task in self._advanced(left)]
            except Contention:
                # Others have taken some of them: the rest goes on together.
                left = self._unmoved(left)
            except Exception:  # noqa: BLE001 - nothing was kept; one by one each meets, and handles, its own failure
                break
        return [self._advance(task, author_of(task), outcomes) for task, outcomes in left]

    def _advanced(self, ended: Sequence[tuple[Task, Sequence[Outcome]]]) -> Sequence[Task]:
        with self.uow.write(Author()) as tx:
            self.engine.read_ahead(tx, [task for task, _ in ended])
            advanced: dict[str, Task] = {}
            # In one order for all workers, so that two of them that meet wait for each other in one direction only.
            for task, outcomes in sorted(ended, key=lambda one: one[0].id):
                tx.act_as(author_of(task))
                advanced[task.id] = self.engine.advance(tx, task, outcomes)
            tx.commit()
        return [advanced[task.id] for task, _ in ended]

    def _unmoved(self, ended: Sequence[tuple[Task, Sequence[Outcome]]]) -> list[tuple[Task, Sequence[Outcome]]]:
        """Those that are still as they were."""
        where = one_of("id", [task.id for task, _ in ended])
        with self.uow.read() as tx:
            versions = dict(tx.of(TASKS, PLATFORM).columns(("id", "update_version"), Query(where=where)))
        return [one for one in ended if versions.get(one[0].id) == one[0].update_version]

    def _begun(self, task: Task) -> Task | None:
        """Say of a task that was just advanced, and submit what it waits for: nobody can have done so before."""
        self.on_change(task)
        if not self._holds(task):
            return None
        for key, effect in effects_of(task):
            try:
                self.effects.submit(effect, key, task.fence)
            except Exception:  # noqa: BLE001 - see below
                # Nobody knows the effect then, so that the next turn submits it again and meets the failure.
                break
        return task

    def _advance(self, task: Task, author: Author, outcomes: Sequence[Outcome]) -> Task | None:
        following = self._further(task, author, outcomes)
        # What was just turned round begins to be taken back at once.
        while following is not None and self._holds(following) and not following.intents:
            following = self._further(following, author, ())
        return self._begun(following) if following is not None else None

    def _holds(self, task: Task) -> bool:
        return task.is_open and task.lease_owner == self.engine.owner

    def _further(self, task: Task, author: Author, outcomes: Sequence[Outcome]) -> Task | None:
        try:
            return self._committed(task, author, outcomes)
        except Contention:
            return self._retry(task, author, outcomes)
        except Exception:  # noqa: BLE001 - whatever a step raises ends its task, and does not strand its object
            return self._one_by_one(task, author, outcomes)

    def _committed(
        self, task: Task, author: Author, outcomes: Sequence[Outcome], *, no_further: bool = False
    ) -> Task | None:
        with self.uow.write(author) as tx:
            following = self.engine.advance(tx, task, outcomes, no_further=no_further)
            tx.commit()
            return following

    def _one_by_one(self, task: Task, author: Author, outcomes: Sequence[Outcome]) -> Task | None:
        """After something raised: the next function alone, so that the step to which it belongs is the one that fails."""
        try:
            return self._committed(task, author, outcomes, no_further=True)
        except Contention:
            return None
        except Exception as error:  # noqa: BLE001 - see `_broken`
            return self._broken(task, author, error)

    def _retry(self, task: Task, author: Author, outcomes: Sequence[Outcome]) -> Task | None:
        """After contention: again while the task is still as it was, else it is somebody else's."""
        with self.uow.read() as tx:
            now = tx.of(TASKS, PLATFORM).get(task.id)
        if now is None or now.update_version != task.update_version:
            return None
        try:
            return self._committed(task, author, outcomes)
        except Contention:
            # The lease runs out, and whoever takes the task meets what it met.
            return None
        except Exception:  # noqa: BLE001 - as for the first time
            return self._one_by_one(task, author, outcomes)

    def _broken(self, task: Task, author: Author, error: Exception) -> Task | None:
        """What becomes of a task whose step raised, by a refusal of the domain or by a defect."""
        if isinstance(error, CloudcoreError):
            return self._fail(task, author, str(error), defect=False)
        following = self._fail(task, author, _internal(error), defect=True)
        if following is not None:
            # Otherwise the task is somebody else's by now, and what the step saw was not meant for it.
            self.on_defect(task, error)
        return following

    def _fail(self, task: Task, author: Author, error: str, *, defect: bool) -> Task | None:
        for alone in (False, True):
            try:
                with self.uow.write(author) as tx:
                    failed = self.engine.fail(tx, task, error, defect=defect, alone=alone)
                    tx.commit()
                    return failed
            except (Contention, UnreachableError):
                # Whoever takes the task next meets what it met, or finds it noted.
                return None
            except Exception as further:
                # The object cannot be read or written: the task ends without it.
                self.on_defect(task, further)
                if alone:
                    raise
        return None

    def _outcomes(self, task: Task) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for key, effect in effects_of(task):
            try:
                outcome = self.effects.outcome(key)
                if isinstance(outcome, Unknown):
                    self.effects.submit(effect, key, task.fence)
                    outcome = self.effects.outcome(key)
            except UnreachableError:
                outcome = unanswered(self.uow, task, effect)
            except CloudcoreError as error:
                outcome = Failed(str(error))
            except Exception as error:  # noqa: BLE001 - a defect of a port must not keep the task waiting
                self.on_defect(task, error)
                outcome = Failed(_internal(error), transient=True)
            outcomes.append(outcome)
        return outcomes

    def _settled(self, task: Task, outcomes: Sequence[Outcome]) -> list[Outcome]:
        settled: list[Outcome] = []
        for (key, _), outcome in zip(effects_of(task), outcomes, strict=True):
            if isinstance(outcome, Running):
                self._cancel(key)
            settled.append(outcome)
        return settled

    def _wait(self, task: Task, outcomes: Sequence[Outcome]) -> Task | None:
        with self.uow.read() as tx:
            now = tx.now
            ((version,),) = tx.of(TASKS, PLATFORM).columns(("update_version",), Query(where=eq("id", task.id))) or (
                (-1,),
            )
        if version != task.update_version:
            # Somebody has taken it over, or has called it back: then it is due at once.
            return self.take(task.id)
        if task.deadline_at is not None and now > task.deadline_at:
            return self._late(task, outcomes, now)
        if (now - (task.wake_at - timedelta(seconds=LEASE_S))).total_seconds() >= RENEW_S:
            return self._renew(task, outcomes)
        return task

    def _late(self, task: Task, outcomes: Sequence[Outcome], now: datetime) -> Task | None:
        for (key, _), outcome in zip(effects_of(task), outcomes, strict=True):
            if isinstance(outcome, Running):
                self._cancel(key)
        if task.deadline_at is None or (now - task.deadline_at).total_seconds() < CANCEL_GRACE_S:
            return self._renew(task, outcomes)
        given_up = [
            o if isinstance(o, Done | Failed) else Failed("it did not answer within its deadline", transient=False)
            for o in outcomes
        ]
        return self._advance(task, author_of(task), given_up)

    def _cancel(self, key: str) -> None:
        try:
            self.effects.cancel(key)
        except UnreachableError:
            # Its outcome will be asked for again; the deadline decides in the end.
            return

    def _renew(self, task: Task, outcomes: Sequence[Outcome]) -> Task | None:
        progress = [o.progress for o in outcomes if isinstance(o, Running)]
        try:
            with self.uow.write(Author()) as tx:
                renewed = self._renewed(tx, task, min(progress, default=task.progress))
                tx.commit()
                return renewed
        except Contention:
            return None

    @staticmethod
    def _renewed(tx: Transaction, task: Task, progress: float) -> Task:
        # On the condition that it is still ours: a process may have stood still before this statement.
        lease = tx.now + timedelta(seconds=LEASE_S)
        volatile = {"wake_at": lease, "lease_until": lease, "progress": progress}
        return tx.of(TASKS, PLATFORM).save(task, volatile=volatile)


def _internal(error: Exception) -> str:
    return f"internal error: {type(error).__name__}"


def author_of(task: Task) -> Author:
    """A task's changes are made in the name of whoever began it."""
    return Author(actor={**task.actor, "task_id": task.id}, request_id=task.request_id)
