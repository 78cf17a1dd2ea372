"""`task-show` and `task-cancel`: what a long operation did, step by step, who holds it, and what happens next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.batch import over
from cloudcore_apps.climc.output import TABLE, printable
from cloudcore_apps.climc.runtime import columns_of, runtime

PLURAL = "tasks"
_SAID = {
    "begin": "begins",
    "done": "is done",
    "retry": "fails, and is tried again",
    "failed": "fails: what was done is taken back from here",
    "undo": "is taken back",
    "undone": "is taken back now",
    "broke": "cannot be taken back, and is tried again",
    "left": "is left as it is: it could not be taken back",
}
_ENDS = {
    "complete": "it is complete",
    "failed": "it has failed",
    "cancelled": "it was called back, and everything is taken back",
    "set_aside": "nobody can go on with it, and it is set aside",
}


def story(task: Mapping[str, Any]) -> str:
    """A task as people read it: what it is, where it stands, and a line for each thing that happened."""
    return "\n".join([*_head(task), "", *_lines(task.get("steps") or task.get("log") or [])]).rstrip()


def _head(task: Mapping[str, Any]) -> Iterator[str]:
    name = task.get("obj_name") or task.get("obj_id")
    yield _plain(f"{task.get('flow')} of {task.get('obj_type')} {name}")
    facts = (
        ("task", task.get("id")),
        ("state", _state(task)),
        ("why", task.get("error")),
        ("object", task.get("obj_id") if name != task.get("obj_id") else ""),
        ("request", task.get("request_id")),
        ("began", _moment(task.get("created_at"))),
        ("ended", _moment(task.get("ended_at"))),
        ("progress", f"{task.get('progress', 0):g} %" if _is_open(task) and task.get("progress") else ""),
        ("held by", _holder(task) if _is_open(task) else ""),
        ("next", f"it {task['next_action']}" if task.get("next_action") else ""),
    )
    yield from (f"  {label:<9} {_plain(str(value))}" for label, value in facts if value)


def _lines(log: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    tries: Counter[tuple[str, bool]] = Counter()
    day, back = "", False
    wide = max((len(str(line.get("step") or "")) for line in log), default=0)
    for line in log:
        step, event, text = (str(line.get(name) or "") for name in ("step", "event", "text"))
        at = _moment(line.get("at"))
        if at[:10] != day:
            day = at[:10]
            yield day
        if event in ("begin", "undo"):
            tries[step, back] += 1
        number = tries[step, back]
        said = (_SAID if step else _ENDS).get(event, event)
        said += f" (try {number})" if event in ("begin", "undo") and number > 1 else ""
        said += f": {text}" if text else ""
        yield _plain(f"  {at[11:19]}  {step:<{wide}}  {said}").rstrip()
        back = back or event == "failed"


def _state(task: Mapping[str, Any]) -> str:
    state = str(task.get("state"))
    if task.get("cancelled") and state == "running":
        return "running, and called back"
    return {"unwinding": "being taken back", "set_aside": "set aside"}.get(state, state)


def _is_open(task: Mapping[str, Any]) -> bool:
    return task.get("state") in ("running", "unwinding")


def _holder(task: Mapping[str, Any]) -> str:
    if not task.get("lease_owner"):
        return "nobody"
    until = _moment(task.get("lease_until"))
    return f"{task['lease_owner']}" + (f", until {until} at least" if until else "")


def _moment(text: Any) -> str:
    """`2026-01-02 03:04:05 UTC` of a time on the wire; empty for none."""
    return f"{str(text)[:10]} {str(text)[11:19]} UTC" if text else ""


def _plain(text: str) -> str:
    return printable(text)


def _run(idents: tuple[str, ...]) -> None:
    run = runtime()
    if run.format != TABLE or run.query is not None or run.columns:
        over(run, idents, lambda ident: run.session.get(PLURAL, ident), columns_of(PLURAL), whole=True)
    elif len(idents) == 1:
        click.echo(story(run.session.get(PLURAL, idents[0])))
    else:
        over(run, idents, _told, (), whole=True)


def _told(ident: str) -> None:
    click.echo(story(runtime().session.get(PLURAL, ident)) + "\n")


show = click.Command(
    "task-show",
    callback=_run,
    params=[options.idents("task")],
    help="Tell what a long operation did, step by step, who holds it, and what happens next.",
)


def _cancel(idents: tuple[str, ...]) -> None:
    run = runtime()
    columns = columns_of(PLURAL)

    def ask(ident: str) -> Any:
        run.session.perform(PLURAL, ident, "cancel", {})
        return run.session.get(PLURAL, ident)

    def told(ident: str) -> None:
        click.echo(_plain(str(ask(ident)["summary"])))

    if run.format != TABLE or run.query is not None or run.columns:
        over(run, idents, ask, columns)
    elif len(idents) == 1:
        told(idents[0])
    else:
        over(run, idents, told, (), whole=True)


cancel = click.Command(
    "task-cancel",
    callback=_cancel,
    params=[options.idents("task")],
    help="Have a long operation take back what it did so far; refused once that can't be done.",
)
