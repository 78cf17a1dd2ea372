"""Telling whoever asked for it that a task is over: in the commit that ends it, a task of its own begins that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from cloudcore.model.columns import parts_of
from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.wire import page_to_wire, written_fields
from cloudcore.ports.notifier import Notifier
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.tasknotice import NOTICE_LIFECYCLE, TASKNOTICES, TaskNotice
from cloudcore.resources.registry import ALL
from cloudcore.tasks.task import TASKS, Task, TaskState, new_task

NOTIFIER = "notify:world"
"""Who performs the effect `task-notify`."""


def tell_end(tx: Transaction, task: Task) -> None:
    """Begin to tell that a task has ended, and how; nothing where nobody wants to know any more."""
    notices = tx.of(TASKNOTICES, PLATFORM)
    notice = notices.get(task.id)
    if notice is None:
        return
    transition = NOTICE_LIFECYCLE.transition("tell")
    notice = notices.save(
        evolve(notice, status=str(transition.through[0]), body=end_of(tx, task), obj_name=task.obj_name), action="tell"
    )
    telling = new_task(
        ident=tx.new_id(),
        flow=transition.flow,
        flow_version=1,
        subject=notice,
        obj_type=TASKNOTICES.singular,
        params={},
        actor=task.actor,
        request_id=task.request_id,
        now=tx.now,
    )
    tx.of(TASKS, PLATFORM).add(evolve(telling, obj_name=task.obj_name))
    tx.announce("")


def end_of(tx: Transaction, task: Task) -> JsonObject:
    """How a task ended, in the words of the wire: the object it worked on, and for a failure why."""
    body: JsonObject = {
        "id": task.obj_id,
        "name": task.obj_name,
        "type": task.obj_type,
        "task_id": task.id,
        "task_name": task.flow,
        "__status__": "success",
    }
    if task.state is not TaskState.COMPLETE:
        reason = task.error or str(task.state)
        body |= {"__status__": "error", "__reason__": reason, "__task_name__": task.flow}
    resource = next((one for one in ALL if one.singular == task.obj_type), None)
    row: Any = tx.of(resource, PLATFORM).get(task.obj_id) if resource is not None else None
    if resource is not None and row is not None:
        # Without details: what references and hooks add is for callers whose rights are looked at when they ask.
        page = parts_of(resource.entity, [row], written_fields(resource.entity))
        body[resource.singular] = page_to_wire(resource, page).rows()[0]
    return body


@attrs.frozen
class NoticePerformer:
    """A `Performer` of the effect `task-notify`. notice_of: a notice by its id, or None."""

    notifier: Notifier
    notice_of: Callable[[str], TaskNotice | None]

    def perform(
        self, effect: Effect, _fence: int, progress: Callable[[float], None], _cancelled: Callable[[], bool]
    ) -> JsonObject:
        """See `Performer.perform`; whoever takes it may be told twice, under one `Idempotency-Key`."""
        if effect.version != 1 or effect.kind != "task-notify":
            raise NotSupportedError(f"{effect.kind[:40]!r} is not told to anybody", field="kind")
        notice = self.notice_of(str(effect.args.get("notice_id", "")))
        if notice is not None:
            headers = {
                "X-Task-Id": notice.caller_task or notice.id,
                "Idempotency-Key": str(effect.args.get("delivery_id", "")),
            }
            if effect.request_id:
                headers["X-Request-Id"] = effect.request_id
            self.notifier.tell(notice.url, notice.body, headers)
        progress(100.0)
        return {}
