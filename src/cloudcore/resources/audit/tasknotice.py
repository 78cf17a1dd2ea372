"""Who wants to be told that a task is over, and what became of telling him."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, Statused, entity
from cloudcore.model.errors import ResourceBusyError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.resource import Action, Level, Resource, Show, Spec, Verb

TELL_S = 60
TELL_ATTEMPTS = 6
"""The first try and five more."""


class NoticeStatus(StrEnum):
    """How far telling is."""

    WAITING = "waiting"
    TELLING = "telling"
    TELL_FAILED = "tell_failed"


@entity
class TaskNotice(Statused, Entity):
    """The wish to be told of one task's end; the id is the task's. It goes once he was told.

    url: may be as good as a password. body: what he is told; empty until the task has ended.
    """

    status: Annotated[str, Spec("Status, see the type's lifecycle", width=36, index=True)] = NoticeStatus.WAITING.value
    url: Annotated[str, Spec("Where to tell it", width=2048, show=Show.NEVER, sealed=True, secret=True)]
    caller_task: Annotated[str, Spec("What the caller calls the task: his X-Task-Id", width=128)] = ""
    flow: Annotated[str, Spec("Name of the task's flow", width=64)]
    obj_type: Annotated[str, Spec("Singular of the type that the task works on", width=40)]
    obj_id: Annotated[str, Spec("Id of the object it works on", width=128, index=True)]
    obj_name: Annotated[str, Spec("Name of that object when the task began", width=128)] = ""
    domain_id: Annotated[str, Spec("Domain of the object's owner", width=64, index=True)] = ""
    tenant_id: Annotated[str, Spec("Project of the object's owner", width=64, index=True)] = ""
    body: Annotated[JsonObject, Spec("What is told", show=Show.NEVER)] = attrs.field(factory=dict[str, Any])


NOTICE_LIFECYCLE = Lifecycle(
    states=NoticeStatus,
    initial=NoticeStatus.WAITING,
    stable=(NoticeStatus.WAITING,),
    transitions=(
        Transition(
            name="tell",
            sources=(NoticeStatus.TELL_FAILED,),
            through=(NoticeStatus.TELLING,),
            to=None,
            failed=NoticeStatus.TELL_FAILED,
            flow="task-notify",
            deadline_s=TELL_S * TELL_ATTEMPTS,
        ),
    ),
)


def _check_delete(_tx: Any, _caller: Any, notice: TaskNotice) -> None:
    if notice.status == NoticeStatus.TELLING:
        raise ResourceBusyError("it is being told just now", field="status")


TASKNOTICES = Resource(
    entity=TaskNotice,
    service="compute",
    area="audit",
    singular="tasknotice",
    plural="tasknotices",
    doc="Who wants to be told of the ends of tasks: those still to come, and those that nobody took.",
    level=Level.PROJECT,
    columns=("id", "flow", "obj_type", "obj_name", "status", "status_reason"),
    verbs=frozenset({Verb.LIST, Verb.GET, Verb.DELETE}),
    lifecycle=NOTICE_LIFECYCLE,
    check_delete=_check_delete,
    actions=(Action(name="tell", doc="Tell it again, after nobody took it.", params=(), transition="tell"),),
)
