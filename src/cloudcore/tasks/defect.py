"""What becomes of a task whose steps raise: it ends all the same, and says what it had to leave.

A defect in taking a step back would come again at every try. After a few the step is left as it is, with a line in the
task's log and error that `cloudcore doctor` tells of, and those before it are taken back. When the flow's own ending fails,
its object gets the failure status that its lifecycle names for where it stands, from which it can go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.tasks.task import Task

BROKE = "broke"
"""In a log: a function of the step raised while it was taken back."""
LEFT = "left"
"""In a log: the step was not taken back."""
LEFT_BEHIND = "; not taken back: "
"""In the error of a task: what follows was left."""
DEFECTS = 3
"""So often a function may raise what it never should."""
REFUSALS = 8
"""So often it may refuse for a reason, which may pass."""


def is_hopeless(task: Task, step: str, *, defect: bool) -> bool:
    """Whether the step has raised so often while it was taken back that once more is the last."""
    broke = sum(line["step"] == step and line["event"] == BROKE for line in task.log)
    tries = DEFECTS if defect else REFUSALS
    return bool(broke + 1 >= tries)


def with_left(task: Task, step: str, error: str) -> str:
    """The task's error, with what was left."""
    left = f"{step} ({error[:200]})"
    joint = ", " if LEFT_BEHIND in task.error else LEFT_BEHIND
    return f"{task.error[: 1000 - len(joint) - len(left)]}{joint}{left}"


def release_object(tx: Transaction, resources: Sequence[Resource[Any]], task: Task, reason: str) -> None:
    """Move the task's object out of a status in which something is under way, into that of its failure."""
    for resource in resources:
        if resource.singular != task.obj_type or resource.lifecycle is None:
            continue
        row: Any = tx.of(resource, PLATFORM).get(task.obj_id)
        moving: Mapping[str, Any] = resource.lifecycle.transitional()
        if row is not None and (transition := moving.get(str(row.status))) is not None:
            failed = {"status": str(transition.failed), "status_reason": reason[:1000]}
            tx.of(resource, PLATFORM).save(evolve(row, **failed), action="fail")
