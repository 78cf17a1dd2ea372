"""Calling a long operation back."""

from __future__ import annotations

from datetime import datetime

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidStatusError
from cloudcore.model.history import Fact
from cloudcore.model.json import JsonMapping
from cloudcore.operations.access import fetch_for
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.tasks.aside import Strange, end_aside, set_aside, strangeness
from cloudcore.tasks.engine import recall
from cloudcore.tasks.journal import resumed
from cloudcore.tasks.task import TASKS, Task, TaskState


def cancel_task(platform: Platform, tx: Transaction, caller: Caller, task: Task, _body: JsonMapping) -> None:
    """Ask that a task take back what it did: whoever drives it ends what is under way and undoes it.

    Asking again is allowed. The answer comes at once, and the task ends as `cancelled`. One that nobody can go on with ends
    at once, with nothing taken back; its object gets its failure status.

    Raises:
        InvalidStatusError: it has ended, is being taken back because it failed, or is past its point of no return.
        ResourceNotFoundError, ForbiddenError: the caller may not see the task, or not act on its object.
    """
    fetch_for(platform, tx, caller, TASKS, task.id, "get")
    kind = next(resource for resource in platform.resources if resource.singular == task.obj_type)
    fetch_for(platform, tx, caller, kind, task.obj_id, "perform", "cancel-task")
    what = f"task {task.id} ({task.flow})"
    if task.state is TaskState.SET_ASIDE:
        tx.record(_fact(task))
        end_aside(tx, task, TaskState.CANCELLED)
        return
    if not task.is_open:
        raise InvalidStatusError(f"{what} has ended: {task.state}", field="state")
    strange = strangeness(platform.flows, task)
    if strange is not None and not _is_driven(task, strange, tx.now):
        tx.record(_fact(task))
        end_aside(tx, set_aside(tx, platform.resources, task, strange.reason), TaskState.CANCELLED)
        return
    if task.cancelled:
        return
    if task.state is TaskState.UNWINDING:
        raise InvalidStatusError(f"{what} has failed and is being taken back already", field="state")
    if strange is None and (step := resumed(platform.flows, task)[0].no_return_at(task)) is not None:
        raise InvalidStatusError(f"{what} can't be taken back any more: it has begun with {step}", field="step")
    tx.record(_fact(task))
    recall(tx, task)
    platform.wake(task.id)


def _is_driven(task: Task, strange: Strange, now: datetime) -> bool:
    """Whether a process of a later release may have it in hand, which hears of it then."""
    return not strange.is_damaged and task.lease_until is not None and task.lease_until > now


def _fact(task: Task) -> Fact:
    return Fact(
        action="cancel",
        obj_type=TASKS.singular,
        obj_id=task.id,
        obj_name=task.obj_name,
        notes={"flow": task.flow, "obj_type": task.obj_type, "obj_id": task.obj_id},
        owner_domain_id=task.domain_id,
        owner_tenant_id=task.tenant_id,
        service=TASKS.service,
    )
