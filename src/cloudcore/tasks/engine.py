"""The state machine of tasks.

`advance` is one commit: given the task and the outcomes of its intents it changes the domain through the transaction and
gives the task's next state. It waits for nothing and calls nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from cloudcore.model.effects import Done, Effect, Failed, Outcome
from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention, DuplicateResourceError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.tasks.aside import GIVEN_UP_S
from cloudcore.tasks.defect import BROKE, LEFT, is_hopeless, release_object, with_left
from cloudcore.tasks.flow import Context, Effects, Flow, Later, Step, Turn
from cloudcore.tasks.journal import is_known, known_journals, resumed
from cloudcore.tasks.notice import tell_end
from cloudcore.tasks.task import LOG_LENGTH, TASKS, Task, TaskState, log_entry

LEASE_S = 10.0
_EFFECT = tuple(field.name for field in attrs.fields(Effect))
RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


@attrs.frozen(kw_only=True)
class Engine:
    """Advances tasks. flows: by name; deployment: the id that marks carry; owner: this worker's name.

    near: the targets of effects that this process reaches and others may not; None: whatever there is, it reaches it.
    everywhere: the targets that every process reaches.
    resources: the types that flows work on.
    known: which journals its flows can go on with.
    """

    flows: Mapping[str, Flow]
    deployment: str
    owner: str
    near: Collection[str] | None = None
    everywhere: Collection[str] = ()
    resources: Sequence[Resource[Any]] = ()
    known: Expr = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "known", known_journals(self.flows))

    def advance(
        self, tx: Transaction, task: Task, outcomes: Sequence[Outcome] = (), *, no_further: bool = False
    ) -> Task:
        """Take the task over the outcomes of its intents, up to the next effects or its end; saves it.

        no_further: than one function of a step, so that what raises is known by where the task stands.

        Raises:
            Contention: somebody else has advanced it.
            Exception: a step's function failed; nothing of this unit may be kept, and `fail` goes into a fresh one.
        """
        old = task
        flow, task = resumed(self.flows, task)
        task = evolve(task, fence=_next_fence(task, tx.now))
        if task.intents:
            task = self._settle(tx, flow, task, outcomes)
            if no_further:
                return self._save(tx, task, old)
        while task.is_open and not task.intents and not _waits(task, tx.now):
            task = self._turn(tx, flow, task)
            if no_further:
                break
        saved = self._save(tx, task, old)
        if saved.state is TaskState.COMPLETE and (follows := flow.then(self._context(tx, saved))) is not None:
            tx.of(TASKS, PLATFORM).add(follows)
            tx.announce("")
        return saved

    def takes(self, task: Task, now: datetime) -> bool:
        """Whether this process can do what the task waits for, or give it up because nobody has done it in time."""
        if not is_known(self.flows, task):
            # A later release has begun it: its processes know how it goes on.
            return False
        return self.near is None or not task.place or task.place in self.near or _is_given_up(task, now)

    def read_ahead(self, tx: Transaction, tasks: Sequence[Task]) -> None:
        """Read at once what advancing each of these tasks reads first: a storage may keep that for the unit."""
        for flow in self.flows.values():
            if flow.objects is not None:
                idents = [task.obj_id for task in tasks if task.flow == flow.name]
                if idents:
                    tx.of(flow.objects, PLATFORM).find(Query(where=one_of("id", idents)))

    def fail(self, tx: Transaction, task: Task, error: str, *, defect: bool = False, alone: bool = False) -> Task:
        """Note that a step's function raised. Forwards it turns the task round; backwards it is tried again a few times, and
        then left (`cloudcore.tasks.defect`).

        defect: it raised what it never should. alone: the object of a flow whose ending raised is left as it is, too.
        """
        old = task
        flow, task = resumed(self.flows, task)
        task = evolve(task, fence=_next_fence(task, tx.now), intents=[])
        step = self._step_name(task)
        if task.state is TaskState.RUNNING:
            return self._save(tx, _unwind(task, tx.now, step, error), old)
        step = step if task.cursor >= 0 else ""
        if not is_hopeless(task, step, defect=defect):
            return self._save(tx, _again(task, tx.now, step, error, event=BROKE), old)
        task = evolve(_logged(task, tx.now, step, LEFT, error), error=with_left(task, step or "its end", error))
        if task.cursor >= 0:
            cursor = min(task.cursor, len(flow.steps)) - 1
            return self._save(tx, evolve(task, cursor=cursor, attempt=1, deadline_at=None, wake_at=tx.now), old)
        if not alone:
            release_object(tx, self.resources, task, task.error)
        return self._save(tx, _end(task, tx.now, _ended(task)), old)

    def claim(self, tx: Transaction, task: Task) -> Task:
        """Take a task over whose driver has gone: from now on that one's saves fail."""
        return self._save(tx, evolve(task, fence=_next_fence(task, tx.now)), task)

    def _step_name(self, task: Task) -> str:
        steps = resumed(self.flows, task)[0].steps
        return steps[max(0, min(task.cursor, len(steps) - 1))].name

    def _context(self, tx: Transaction, task: Task) -> Context:
        return Context(tx=tx, task=task, deployment=self.deployment, fence=task.fence)

    def _turn(self, tx: Transaction, flow: Flow, task: Task) -> Task:
        if task.state is TaskState.UNWINDING:
            return self._back(tx, flow, task)
        if task.cancelled:
            return _unwind(task, tx.now, self._step_name(task), "cancelled")
        if task.cursor >= len(flow.steps):
            flow.succeed(self._context(tx, task))
            return _end(task, tx.now, TaskState.COMPLETE)
        step = flow.steps[task.cursor]
        context = self._context(tx, task)
        if not step.when(context):
            return evolve(task, cursor=task.cursor + 1, attempt=1)
        asked = step.do(context)
        if isinstance(asked, Later):
            return evolve(task, attempt=task.attempt + 1, wake_at=tx.now + timedelta(seconds=asked.seconds))
        if isinstance(asked, Turn):
            return self._take_turn(tx, task, step, asked)
        if wanted := _listed(asked):
            return _intend(task, tx.now, step, wanted, "begin", step.deadline_s)
        return self._finish(tx, task, step, ())

    def _take_turn(self, tx: Transaction, task: Task, step: Step, asked: Turn) -> Task:
        others = both(eq("exclusive", asked.held), Compare("id", Op.NE, task.id))
        if tx.of(TASKS, PLATFORM).count(others):
            return evolve(task, attempt=task.attempt + 1, wake_at=tx.now + timedelta(seconds=asked.seconds))
        return self._finish(tx, evolve(task, exclusive=asked.held), step, ())

    def _finish(self, tx: Transaction, task: Task, step: Step, results: Sequence[JsonObject]) -> Task:
        value = step.done(self._context(tx, task), results)
        task = _logged(task, tx.now, step.name, "done")
        kept = {**task.results, step.name: value} if value is not None else task.results
        return evolve(task, results=kept, cursor=task.cursor + 1, attempt=1, intents=[], deadline_at=None)

    def _settle(self, tx: Transaction, flow: Flow, task: Task, outcomes: Sequence[Outcome]) -> Task:
        step = flow.steps[task.cursor]
        if called_back(task) and all(isinstance(o, Done | Failed) for o in outcomes):
            return _unwind(evolve(task, intents=[]), tx.now, step.name, "cancelled")
        failed = next((o for o in outcomes if isinstance(o, Failed)), None)
        if failed is not None:
            return self._failed(tx, step, task, failed)
        if len(outcomes) != len(task.intents) or not all(isinstance(o, Done) for o in outcomes):
            return task
        results = [o.result for o in outcomes if isinstance(o, Done)]
        if task.state is TaskState.UNWINDING:
            step.seen(self._context(tx, task), results)
            step.undone(self._context(tx, task))
            task = _logged(task, tx.now, step.name, "undone")
            return evolve(task, intents=[], cursor=task.cursor - 1, attempt=1, deadline_at=None)
        return self._finish(tx, task, step, results)

    def _failed(self, tx: Transaction, step: Step, task: Task, failed: Failed) -> Task:
        unwinding = task.state is TaskState.UNWINDING
        if failed.newer_fence:
            # Who commits this drives the task, so that the other is no newer driver: the clock that fences come from has
            # gone back since an earlier task of the object.
            return evolve(_again(task, tx.now, step.name, failed.error), fence=failed.newer_fence, wake_at=tx.now)
        # Taking back is tried until it works: giving up would leave something behind that nobody knows of.
        if unwinding or (failed.transient and task.attempt < step.attempts):
            return _again(task, tx.now, step.name, failed.error)
        if step.again(self._context(tx, task)):
            return _again(task, tx.now, step.name, failed.error)
        return _unwind(evolve(task, intents=[]), tx.now, step.name, failed.error)

    def _back(self, tx: Transaction, flow: Flow, task: Task) -> Task:
        if task.cursor < 0:
            flow.fail(self._context(tx, task), task.error)
            return _end(task, tx.now, _ended(task))
        step = flow.steps[task.cursor]
        context = self._context(tx, task)
        if not step.when(context):
            return evolve(task, cursor=task.cursor - 1, attempt=1)
        if wanted := _listed(step.undo(context)):
            return _intend(task, tx.now, step, wanted, "undo", step.deadline_s)
        step.undone(context)
        return evolve(_logged(task, tx.now, step.name, "undone"), cursor=task.cursor - 1, attempt=1)

    def _save(self, tx: Transaction, task: Task, old: Task) -> Task:
        if task.is_awaited and old.is_open and not task.is_open:
            tell_end(tx, task)
        if (place := self._place(task)) != task.place:
            task = evolve(task, place=place)
        is_mine = self.takes(task, tx.now)
        due = _due(task, tx.now) if is_mine else tx.now - timedelta(microseconds=1)
        held = due is None and task.is_open
        lease = tx.now + timedelta(seconds=LEASE_S)
        volatile: dict[str, Any] = {
            "lease_owner": self.owner if held else "",
            "lease_until": lease if held else None,
            "wake_at": lease if due is None else due,
            "deadline_at": task.deadline_at,
            "progress": task.progress,
            "place": task.place,
        }
        if not is_mine:
            tx.announce(task.place)
        try:
            return tx.of(TASKS, PLATFORM).save(task, old=old, volatile=volatile)
        except DuplicateResourceError as error:
            raise Contention("another task took its turn first", internal=str(error)) from error

    def _place(self, task: Task) -> str:
        """Where the effects are done that a task waits for; empty where everybody reaches that."""
        if self.near is None:
            return ""
        targets = (str(intent["effect"]["target"]) for intent in task.intents)
        return next((target for target in targets if target not in self.everywhere), "")


def recall(tx: Transaction, task: Task) -> None:
    """Ask that a task take back what it did; due at once, whoever drives it has lost it."""
    tx.announce(task.place)
    due = {"wake_at": tx.now - timedelta(microseconds=1), "lease_owner": "", "lease_until": None}
    tx.of(TASKS, PLATFORM).save(evolve(task, cancelled=True), old=task, volatile=due)


def called_back(task: Task) -> bool:
    """Whether somebody has asked that the task be taken back, and it still goes forwards."""
    return task.cancelled and task.state is TaskState.RUNNING


def effects_of(task: Task) -> list[tuple[str, Effect]]:
    """The keys and effects that the task waits for, in order."""
    return [(intent["key"], Effect(**intent["effect"])) for intent in task.intents]


def _is_given_up(task: Task, now: datetime) -> bool:
    return task.deadline_at is not None and now > task.deadline_at + timedelta(seconds=GIVEN_UP_S)


def _due(task: Task, now: datetime) -> datetime | None:
    """When somebody should take a task that nobody need hold until then; None for one that is held."""
    return task.wake_at if _waits(task, now) and not task.intents else None


def _waits(task: Task, now: datetime) -> bool:
    return task.wake_at > now and task.attempt > 1


def _stored(effect: Effect, task: Task) -> JsonObject:
    return {name: getattr(effect, name) for name in _EFFECT} | {"request_id": task.request_id}


def _listed(effects: Effects) -> list[Effect]:
    if effects is None or isinstance(effects, Later | Turn):
        return []
    return [effects] if isinstance(effects, Effect) else list(effects)


def _intend(task: Task, now: datetime, step: Step, effects: Sequence[Effect], event: str, deadline_s: int) -> Task:
    way = "u" if task.state is TaskState.UNWINDING else "d"
    intents = [
        {"key": f"{task.id}/{step.name}/{way}{task.attempt}/{place}", "effect": _stored(effect, task)}
        for place, effect in enumerate(effects)
    ]
    task = _logged(task, now, step.name, event, ", ".join(dict.fromkeys(e.kind for e in effects)))
    return evolve(task, intents=intents, deadline_at=now + timedelta(seconds=deadline_s))


def _next_fence(task: Task, now: datetime) -> int:
    # Fences grow along one object's tasks without a counter of their own: microseconds of the storage's clock.
    return max(task.fence + 1, int(now.timestamp() * 1_000_000))


def _again(task: Task, now: datetime, step: str, error: str, *, event: str = "retry") -> Task:
    wait = RETRY_S[min(task.attempt - 1, len(RETRY_S) - 1)]
    task = _logged(task, now, step, event, error)
    return evolve(task, intents=[], attempt=task.attempt + 1, deadline_at=None, wake_at=now + timedelta(seconds=wait))


def _unwind(task: Task, now: datetime, step: str, error: str) -> Task:
    task = _logged(task, now, step, "failed", error)
    return evolve(
        task, state=TaskState.UNWINDING, intents=[], attempt=1, error=error[:1000], deadline_at=None, wake_at=now
    )


def _ended(task: Task) -> TaskState:
    return TaskState.CANCELLED if task.cancelled else TaskState.FAILED


def _end(task: Task, now: datetime, state: TaskState) -> Task:
    task = _logged(task, now, "", str(state), task.error)
    return evolve(
        task,
        state=state,
        exclusive=None,
        intents=[],
        ended_at=now,
        deadline_at=None,
        progress=100.0,
        cursor=max(task.cursor, 0),
    )


def _logged(task: Task, now: datetime, step: str, event: str, text: str = "") -> Task:
    log = [*task.log, log_entry(now, step, event, text)]
    return evolve(task, log=log if len(log) <= LOG_LENGTH else [*log[:20], *log[-(LOG_LENGTH - 20) :]])
