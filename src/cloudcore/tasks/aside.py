"""Tasks that this release can't go on with: their journal is damaged, or a release that is gone wrote it.

Nobody can take back what such a task has done, as nobody knows it, and trying again would go on for ever. It is set aside:
it holds nothing any more, its object gets the failure status that its lifecycle names for where it stands, from which it
can be deleted, synchronised or tried again, and the row stays as it is, with the reason, until a person ends it.

A task that a later release has begun may still be driven by that: it is set aside only when nobody has looked at it for
some minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from cloudcore.model.entity import evolve
from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import UNREADABLE
from cloudcore.model.query import PLATFORM, Compare, Expr, Not, Op, both, either, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.tasks.defect import LEFT_BEHIND, release_object
from cloudcore.tasks.flow import Flow
from cloudcore.tasks.journal import resumed
from cloudcore.tasks.notice import tell_end
from cloudcore.tasks.task import JOURNAL_FORMAT, TASKS, Task, TaskState, is_intent, is_line, log_entry

ABANDONED_S = 300.0
"""A task of which nobody has taken care for so long after it was due is driven by nobody."""
GIVEN_UP_S = 45.0
"""So long after its deadline a step may be given up by those who can't reach where it is done."""
_JSON = ("intents", "params", "results", "log", "actor")
_NUMBERS = ("flow_version", "format", "cursor", "attempt", "fence")


@attrs.frozen
class Strange:
    """Why a task can't be gone on with. is_damaged: by no release at all."""

    reason: str
    is_damaged: bool


def strangeness(flows: Mapping[str, Flow], task: Task) -> Strange | None:
    """Why this release can't go on with an open task; None when it can."""
    if task.format <= JOURNAL_FORMAT and (damage := _damage(task)):
        return Strange(f"its journal is damaged: {damage}", is_damaged=True)
    try:
        flow, task = resumed(flows, task)
    except NotSupportedError as error:
        return Strange(str(error), is_damaged=False)
    first = 0 if task.intents or task.state is TaskState.RUNNING else -1
    last = len(flow.steps) - (1 if task.intents else 0)
    if not first <= task.cursor <= last:
        return Strange(f"its journal is damaged: it stands at step {task.cursor}", is_damaged=True)
    return None


def is_abandoned(task: Task, now: datetime) -> bool:
    """Whether nobody has looked at an open task for so long that nobody will."""
    late = task.deadline_at is None or task.deadline_at < now - timedelta(seconds=GIVEN_UP_S)
    return late and task.wake_at < now - timedelta(seconds=ABANDONED_S)


def workable(known: Expr, place: Expr, now: datetime) -> Expr:
    """Which due tasks a worker looks at: those at his place that his release knows, and what everybody has abandoned.

    known: see `known_journals`.
    """
    abandoned = Compare("wake_at", Op.LT, now - timedelta(seconds=ABANDONED_S))
    return either(both(known, place), both(Not(known), abandoned))


def set_aside(
    tx: Transaction, resources: Sequence[Resource[Any]], task: Task, reason: str, *, alone: bool = False
) -> Task:
    """Let a task hold nothing any more, and its object go on without it.

    alone: the object is left as it is, as it can't be read or written.
    """
    task = evolve(task, error=f"{reason[:900]}{LEFT_BEHIND}whatever it had begun")
    if not alone:
        release_object(tx, resources, task, task.error)
    aside = _over(task, tx.now, TaskState.SET_ASIDE)
    if task.is_awaited:
        tell_end(tx, aside)
    free = {"lease_owner": "", "lease_until": None, "wake_at": tx.now, "deadline_at": None, "place": ""}
    return tx.of(TASKS, PLATFORM).save(aside, volatile=free)


def end_aside(tx: Transaction, task: Task, state: TaskState) -> Task:
    """End a task that was set aside; a person has seen it."""
    return tx.of(TASKS, PLATFORM).save(_over(task, tx.now, state))


def strange_states() -> Expr:
    """The tasks in a state that this release does not know."""
    return Not(one_of("state", [state.value for state in TaskState]))


def _over(task: Task, now: datetime, state: TaskState) -> Task:
    line = log_entry(now, "", str(state), task.error)
    log = task.log if isinstance(task.log, UNREADABLE) else [*task.log, line]
    return evolve(task, state=state, exclusive=None, ended_at=task.ended_at or now, log=log)


def _damage(task: Task) -> str:
    for name in _JSON:
        if isinstance(getattr(task, name), UNREADABLE):
            return f"{name} can't be read"
    for name in _NUMBERS:
        if type(getattr(task, name)) is not int:
            return f"{name} is no number"
    if not all(map(is_intent, task.intents)):
        return "intents are not effects"
    return "" if all(map(is_line, task.log)) else "log is not made of lines"
