"""Beginning a long operation in the commit that accepts the request."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidStatusError, ResourceBusyError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, both, either, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.tasknotice import TASKNOTICES, TaskNotice
from cloudcore.tasks.task import TASKS, Task, new_task

Held: TypeAlias = tuple[Resource[Any], Any]
"""A type and a row of it."""


def begin(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    row: Any,
    flow: str,
    params: JsonMapping,
    *,
    holding: Held | None = None,
    is_new: bool = False,
) -> Task:
    """Insert the task of a flow that works on this row.

    holding: what it holds instead of the row itself, such as the server whose disk it works on.
    is_new: this unit has inserted what it holds: nobody else can know it.

    Raises:
        ResourceBusyError: another open task holds that; `data["task_id"]` names it.
    """
    held, subject = holding or (resource, row)
    if not is_new:
        check_idle(tx, held, subject)
    task = new_task(
        ident=tx.new_id(),
        flow=flow,
        flow_version=platform.flows[flow].version,
        subject=row,
        obj_type=resource.singular,
        params=params,
        actor=caller.actor(),
        request_id=caller.request_id,
        now=tx.now,
        held=f"{held.singular}/{subject.id}",
        is_awaited=bool(caller.notify_url),
    )
    if caller.notify_url:
        tx.of(TASKNOTICES, PLATFORM).add(_notice(caller, task))
    tx.announce("")
    return tx.of(TASKS, PLATFORM).add(task)


def _notice(caller: Caller, task: Task) -> TaskNotice:
    return TaskNotice(
        id=task.id,
        url=caller.notify_url,
        caller_task=caller.notify_task,
        flow=task.flow,
        obj_type=task.obj_type,
        obj_id=task.obj_id,
        obj_name=task.obj_name,
        domain_id=task.domain_id,
        tenant_id=task.tenant_id,
    )


def check_idle(tx: Transaction, resource: Resource[Any], row: Any) -> None:
    """Refuse while another long operation holds the row, or works on it.

    Raises:
        ResourceBusyError: names that operation.
    """
    mine = both(eq("obj_id", row.id), eq("obj_type", resource.singular), eq("ended_at", None))
    holds = either(eq("exclusive", f"{resource.singular}/{row.id}"), mine)
    held = tx.of(TASKS, PLATFORM).find(Query(where=holds, limit=1))
    if held:
        raise ResourceBusyError(
            f"{resource.singular} {getattr(row, 'name', row.id)} is busy with {held[0].flow} (task {held[0].id})",
            data={"task_id": held[0].id, "flow": held[0].flow},
        )


def held_of(tx: Transaction, resource: Resource[Any], idents: Collection[str]) -> set[str]:
    """Those of these rows that open tasks hold."""
    if not idents:
        return set()
    wanted = {f"{resource.singular}/{ident}": ident for ident in idents}
    held = tx.of(TASKS, PLATFORM).columns(("exclusive",), Query(where=one_of("exclusive", sorted(wanted))))
    return {wanted[text] for (text,) in held}


def start_transition(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    row: Any,
    name: str,
    params: JsonMapping,
    *,
    force: bool = False,
) -> Any:
    """Move the row into the transition's first status and begin its flow; gives the row as it now is.

    Raises:
        InvalidStatusError: the row's status does not allow it.
        ResourceBusyError: another long operation holds the row.
    """
    assert resource.lifecycle is not None
    if getattr(row, "pending_deleted", False) and name != "delete":
        raise InvalidStatusError(f"{resource.singular} {row.name} is in the recycle bin", field="pending_deleted")
    # Busy says more than a status in the middle of something.
    check_idle(tx, resource, row)
    transition = resource.lifecycle.start(
        name, row.status, force=force, what=f"{resource.singular} {getattr(row, 'name', row.id)}"
    )
    moved = tx.of(resource, PLATFORM).save(
        evolve(row, status=str(transition.through[0]), status_reason=""), action=name
    )
    begin(platform, tx, caller, resource, moved, transition.flow, params)
    return moved
