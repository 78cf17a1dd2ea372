"""One run of a flow, as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, cast

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import Expr, both, one_of
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Action, Level, Resource, Show, Spec, Verb

LOG_LENGTH = 200
JOURNAL_FORMAT = 1


class TaskState(StrEnum):
    """Where a task stands."""

    RUNNING = "running"
    UNWINDING = "unwinding"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (TaskState.RUNNING.value, TaskState.UNWINDING.value)
ENDED = (TaskState.COMPLETE.value, TaskState.FAILED.value, TaskState.CANCELLED.value)


@entity
class Task(Entity):
    """One run of a flow; the journal of its steps.

    cursor: index of the step that is under way, forwards or backwards.
    intents: effects of the current step, each `{key, effect, outcome?}`; written before they are submitted.
    results: what each finished step gave, by its name.
    exclusive: held while the task is open, so that one object has one long operation at a time. It is the object itself, or
        what the object is part of: the server whose disk is snapshot.
    """

    flow: Annotated[str, Spec("Name of the flow", width=64, index=True)]
    flow_version: Annotated[int, Spec("Version of the flow that wrote this journal")] = 1
    format: Annotated[int, Spec("Version of the journal's form", show=Show.NEVER)] = JOURNAL_FORMAT
    obj_type: Annotated[str, Spec("Singular of the type it works on", width=40)]
    obj_id: Annotated[str, Spec("Id of the object it works on", width=128, index=True)]
    obj_name: Annotated[str, Spec("Name of that object when the task began", width=128)] = ""
    domain_id: Annotated[str, Spec("Domain of the object's owner", width=64, index=True)] = ""
    tenant_id: Annotated[str, Spec("Project of the object's owner", width=64, index=True)] = ""
    state: Annotated[TaskState, Spec("Where it stands", width=16, index=True)] = TaskState.RUNNING
    cursor: Annotated[int, Spec("Index of the current step", show=Show.DETAIL)] = 0
    attempt: Annotated[int, Spec("Which try of the current step this is, from 1", show=Show.DETAIL)] = 1
    intents: Annotated[list[Any], Spec("Effects of the current step", show=Show.NEVER)] = attrs.field(factory=list[Any])
    fence: Annotated[int, Spec("Grows with every change of hands", show=Show.NEVER)] = 0
    params: Annotated[JsonObject, Spec("Input of the flow", show=Show.DETAIL)] = attrs.field(factory=dict[str, Any])
    results: Annotated[JsonObject, Spec("Results of finished steps", show=Show.NEVER)] = attrs.field(
        factory=dict[str, Any]
    )
    log: Annotated[list[Any], Spec("What happened, oldest first", show=Show.DETAIL)] = attrs.field(factory=list[Any])
    error: Annotated[str, Spec("Why it failed", width=1024, multiline=True)] = ""
    cancelled: Annotated[bool, Spec("Somebody asked that it unwind")] = False
    is_awaited: Annotated[bool, Spec("Somebody wants to be told of its end", show=Show.DETAIL)] = False
    request_id: Annotated[str, Spec("Request that began it", width=128)] = ""
    actor: Annotated[JsonObject, Spec("Who began it", show=Show.NEVER)] = attrs.field(factory=dict[str, Any])
    exclusive: Annotated[str | None, Spec("Held while open", width=200, show=Show.NEVER)] = None
    deadline_at: Annotated[datetime | None, Spec("When the current step is given up", volatile=True)] = None
    wake_at: Annotated[datetime, Spec("When somebody should look at it", volatile=True, show=Show.NEVER, index=True)]
    lease_owner: Annotated[str, Spec("Worker that drives it", width=64, volatile=True, show=Show.DETAIL)] = ""
    lease_until: Annotated[datetime | None, Spec("Until when", volatile=True, show=Show.DETAIL)] = None
    place: Annotated[
        str, Spec("Who reaches this can take it; empty: anybody", width=160, volatile=True, show=Show.NEVER)
    ] = ""
    progress: Annotated[float, Spec("Percent", volatile=True)] = 0.0
    ended_at: Annotated[datetime | None, Spec("When it ended")] = None

    @property
    def is_open(self) -> bool:
        """Whether it still has work to do."""
        return self.state in OPEN


def _details(_tx: Any, page: Sequence[Task]) -> Sequence[JsonObject]:
    return [
        {
            "task_name": task.flow,
            "object": task.obj_name,
            "stage": str(task.state) if not task.is_open else _step(task),
            "step": _step(task),
            "status": str(task.state),
            "steps": [{k: v for k, v in entry.items() if v} for entry in task.log],
            "start_at": format_time(task.created_at) if task.created_at else "",
            "end_at": format_time(task.ended_at) if task.ended_at else "",
            "next_action": next_action(task),
            "summary": summary(task),
        }
        for task in page
    ]


def next_action(task: Task) -> str:
    """What happens next to a task, in some words that follow its name; empty for one that has ended. Times are UTC."""
    if not task.is_open:
        return ""
    back = task.state is TaskState.UNWINDING
    step = _step(task) or "its first step"
    if task.intents:
        kinds = ", ".join(dict.fromkeys(str(intent["effect"]["kind"]) for intent in task.intents))
        if task.cancelled and not back:
            return f"waits for {kinds} to end early, and then takes back what it did"
        until = f", given up at {_clock(task.deadline_at)}" if task.deadline_at is not None else ""
        return f"waits for {kinds}{until}" + (" and tried again" if back and until else "")
    if task.attempt > 1:
        what = f"takes {step} back" if back else f"tries {step}"
        return f"{what} again at {_clock(task.wake_at)} (try {task.attempt})"
    return "goes on as soon as a worker takes it up"


def summary(task: Task) -> str:
    """One sentence: which operation it is, where it stands since when, who holds it, and what happens next."""
    what = f"{task.flow} of {task.obj_type} {task.obj_name or task.obj_id} (task {task.id})"
    if not task.is_open:
        ended = f" at {_clock(task.ended_at)}" if task.ended_at is not None else ""
        return f"{what} ended as {task.state}{ended}" + (f": {task.error}." if task.error else ".")
    last = task.log[-1] if task.log else None
    since = datetime.fromisoformat(str(last["at"])) if last else task.created_at
    place = f"at {_step(task) or 'its beginning'}" + (f" since {_clock(since)}" if since is not None else "")
    back = "being taken back, " if task.state is TaskState.UNWINDING else ""
    why = f" because: {task.error}" if task.error else ""
    tried = f", last: {last['text']}" if last and last["event"] in ("retry", "broke") and last["text"] else ""
    holder = f"held by {task.lease_owner}" if task.lease_owner else "held by nobody"
    return f"{what} is {back}{place}, {holder}{why}{tried}; it {next_action(task)}."


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _step(task: Task) -> str:
    return next((str(entry["step"]) for entry in reversed(task.log) if entry["step"]), "")


def _narrow(params: JsonMapping) -> Expr:
    """The names by which clients of the wire ask for tasks: task_name, object, status and stage."""
    parts = [
        one_of(field, wanted)
        for word, field in (("task_name", "flow"), ("object", "obj_name"), ("status", "state"))
        if (wanted := _texts(params.get(word)))
    ]
    if stages := _texts(params.get("stage")):
        # Until it is over, a stage is a step of a flow: such tasks are the open ones.
        over = [stage for stage in stages if stage in ENDED]
        parts.append(one_of("state", [*over, *(OPEN if len(over) < len(stages) else ())]))
    return both(*parts)


def _texts(value: Any) -> list[str]:
    found: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [str(text) for text in found if text not in (None, "")]


TASKS = Resource(
    entity=Task,
    service="compute",
    area="tasks",
    singular="task",
    plural="tasks",
    doc="Long operations: what they do, how far they are, why they failed.",
    level=Level.PROJECT,
    columns=("id", "flow", "obj_type", "obj_name", "state", "step", "created_at"),
    unique=(("exclusive",),),
    indexes=(("state", "wake_at"), ("obj_id", "created_at")),
    verbs=frozenset({Verb.LIST, Verb.GET}),
    actions=(
        Action(
            name="callback",
            doc="Let it look at once at what it waits for; also POST /tasks/ID.",
            params=(
                param("__status__", "OK, success or error", width=32),
                param("__reason__", "Why it failed", width=65_536, multiline=True),
            ),
        ),
        Action(name="cancel", doc="Take back what it did so far; refused once that can't be done.", params=()),
    ),
    recorded=False,
    narrow=_narrow,
    details=_details,
)


def new_task(
    *,
    ident: str,
    flow: str,
    flow_version: int,
    subject: Any,
    obj_type: str,
    params: JsonMapping,
    actor: JsonMapping,
    request_id: str,
    now: datetime,
    held: str | None = None,
    is_awaited: bool = False,
) -> Task:
    """A task that is due at once. `subject` is the entity that it works on.

    held: what no other task may hold meanwhile, as `<singular>/<id>`; the subject where nothing is said.
    is_awaited: somebody wants to be told of its end (`cloudcore.tasks.notice`).
    """
    return Task(
        id=ident,
        flow=flow,
        flow_version=flow_version,
        obj_type=obj_type,
        obj_id=subject.id,
        obj_name=getattr(subject, "name", ""),
        domain_id=getattr(subject, "domain_id", "") or "",
        tenant_id=getattr(subject, "tenant_id", "") or "",
        params=dict(params),
        actor=dict(actor),
        request_id=request_id,
        exclusive=held or f"{obj_type}/{subject.id}",
        is_awaited=is_awaited,
        wake_at=now - timedelta(microseconds=1),
    )


def log_entry(now: datetime, step: str, event: str, text: str = "") -> JsonObject:
    """One line of a task's log."""
    return {"at": now.isoformat(), "step": step, "event": event, "text": text[:500]}
