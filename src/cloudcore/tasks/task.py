"""One run of a flow, as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, cast

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.entity import Entity, entity
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import EVERYTHING, NOTHING, Expr, Not, both, eq, one_of
from cloudcore.model.reading import format_time, read_bool
from cloudcore.model.resource import Action, Level, Resource, Show, Spec, Verb

LOG_LENGTH = 200
JOURNAL_FORMAT = 1
_LINE = ("at", "step", "event", "text")
_EFFECT = frozenset(field.name for field in attrs.fields(Effect))


class TaskState(StrEnum):
    """Where a task stands."""

    RUNNING = "running"
    UNWINDING = "unwinding"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SET_ASIDE = "set_aside"
    """Nobody can go on with it, nor take it back (`cloudcore.tasks.aside`); its object is free."""


OPEN = (TaskState.RUNNING.value, TaskState.UNWINDING.value)
ENDED = (TaskState.COMPLETE.value, TaskState.FAILED.value, TaskState.CANCELLED.value, TaskState.SET_ASIDE.value)


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
    intents: Annotated[list[Any], Spec("Effects of the current step", show=Show.NEVER, lenient=True)] = attrs.field(
        factory=list[Any]
    )
    fence: Annotated[int, Spec("Grows with every change of hands", show=Show.NEVER)] = 0
    params: Annotated[JsonObject, Spec("Input of the flow", show=Show.DETAIL, lenient=True)] = attrs.field(
        factory=dict[str, Any]
    )
    results: Annotated[JsonObject, Spec("Results of finished steps", show=Show.NEVER, lenient=True)] = attrs.field(
        factory=dict[str, Any]
    )
    log: Annotated[list[Any], Spec("What happened, oldest first", show=Show.DETAIL, lenient=True)] = attrs.field(
        factory=list[Any]
    )
    error: Annotated[str, Spec("Why it failed", width=1024, multiline=True)] = ""
    cancelled: Annotated[bool, Spec("Somebody asked that it unwind")] = False
    is_awaited: Annotated[bool, Spec("Somebody wants to be told of its end", show=Show.DETAIL)] = False
    request_id: Annotated[str, Spec("Request that began it", width=128)] = ""
    actor: Annotated[JsonObject, Spec("Who began it", show=Show.NEVER, lenient=True)] = attrs.field(
        factory=dict[str, Any]
    )
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
            "stage": str(task.state) if not task.is_open else step_of(task),
            "step": step_of(task),
            "status": str(task.state),
            "steps": [{k: v for k, v in entry.items() if v} for entry in lines_of(task)],
            "start_at": format_time(task.created_at) if task.created_at else "",
            "end_at": format_time(task.ended_at) if task.ended_at else "",
            "next_action": next_action(task),
            "summary": summary(task),
        }
        for task in page
    ]


def next_action(task: Task) -> str:
    """What happens next to a task, in some words that follow its name; empty for one that has ended. Times are UTC."""
    if task.state is TaskState.SET_ASIDE:
        return "waits for a person: `climc task-cancel` or `cloudcore doctor --fix` ends it"
    if not task.is_open:
        return ""
    back = task.state is TaskState.UNWINDING
    step = step_of(task) or "its first step"
    if task.intents:
        kinds = ", ".join(dict.fromkeys(_kind(intent) for intent in task.intents))
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
        if task.state is TaskState.SET_ASIDE:
            return f"{what} was set aside{ended}: {task.error}; it {next_action(task)}."
        return f"{what} ended as {task.state}{ended}" + (f": {task.error}." if task.error else ".")
    last = next((line for line in reversed(task.log) if is_line(line)), None)
    since = datetime.fromisoformat(str(last["at"])) if last else task.created_at
    place = f"at {step_of(task) or 'its beginning'}" + (f" since {_clock(since)}" if since is not None else "")
    back = "being taken back, " if task.state is TaskState.UNWINDING else ""
    why = f" because: {task.error}" if task.error else ""
    tried = f", last: {last['text']}" if last and last["event"] in ("retry", "broke") and last["text"] else ""
    holder = f"held by {task.lease_owner}" if task.lease_owner else "held by nobody"
    return f"{what} is {back}{place}, {holder}{why}{tried}; it {next_action(task)}."


def step_of(task: Task) -> str:
    """The step that its log names last; empty where there is none."""
    return next((str(line["step"]) for line in reversed(task.log) if is_line(line) and line["step"]), "")


def lines_of(task: Task) -> Sequence[JsonObject]:
    """The lines of its log; of a damaged one those that can be read."""
    return [line for line in task.log if is_line(line)]


def is_line(value: Any) -> bool:
    """Whether this is a line of a log."""
    if not isinstance(value, dict):
        return False
    line = cast("JsonObject", value)
    return all(isinstance(line.get(name), str) for name in _LINE) and _is_moment(line["at"])


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _kind(intent: Any) -> str:
    return str(intent["effect"]["kind"]) if is_intent(intent) else "something that can't be read"


def is_intent(value: Any) -> bool:
    """Whether this is an intent."""
    if not isinstance(value, dict):
        return False
    intent = cast("JsonObject", value)
    if not isinstance(intent.get("key"), str) or not isinstance(intent.get("effect"), dict):
        return False
    effect = cast("JsonObject", intent["effect"])
    told = all(isinstance(effect.get(name), str) for name in ("kind", "target", "resource"))
    return told and effect.keys() <= _EFFECT and isinstance(effect.get("args", {}), dict)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _narrow(params: JsonMapping) -> Expr:
    """The names by which clients of the wire ask for tasks: task_name, object, status, stage and its kin."""
    parts = [
        one_of(field, wanted)
        for word, field in (("task_name", "flow"), ("object", "obj_name"), ("status", "state"))
        if (wanted := _texts(params.get(word)))
    ]
    if stages := _texts(params.get("stage")):
        parts.append(_at(stages))
    if stages := _texts(params.get("not_stage")):
        parts.append(Not(_at(stages)))
    parts += [NOTHING for word in ("parent_id", "parent_task_id") if _texts(params.get(word))]
    parts += [rows if read_bool(params[word], word) else Not(rows) for word, rows in _FLAGS if _texts(params.get(word))]
    return both(*parts)


def _at(stages: Sequence[str]) -> Expr:
    # Until it is over, a stage is a step of a flow: such tasks are the open ones.
    over = [stage for stage in stages if stage in ENDED]
    return one_of("state", [*over, *(OPEN if len(over) < len(stages) else ())])


_FLAGS: tuple[tuple[str, Expr], ...] = (
    ("is_complete", one_of("state", ENDED)),
    ("is_init", both(one_of("state", OPEN), eq("cursor", 0))),
    ("is_root", EVERYTHING),
    ("is_multi", NOTHING),
)
"""Truth values by which the wire asks for tasks. Here none has a parent, and none works on several objects."""


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
