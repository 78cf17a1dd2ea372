"""`action-show`, and what the `…-event` commands share with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.ids import is_id
from cloudcore_apps.climc import options
from cloudcore_apps.climc.output import TABLE, cell
from cloudcore_apps.climc.runtime import columns_of, runtime

SUMMARY = 72


def event_options() -> list[click.Parameter]:
    """Filters of the action log."""
    return [
        click.Option(["--since"], help="Not before this time."),
        click.Option(["--until"], help="Not after this time."),
        click.Option(["--ascending"], is_flag=True, help="Oldest first."),
        click.Option(["--descending"], is_flag=True, help="Newest first, which is the default."),
        click.Option(["--action"], multiple=True, help="Filter: what was done."),
        click.Option(["--succ"], is_flag=True, help="Only what succeeded."),
        click.Option(["--fail"], is_flag=True, help="Only what failed."),
        click.Option(["--system-account"], is_flag=True, help="Only what the platform did by itself."),
        click.Option(["--normal-account"], is_flag=True, help="Only what people and programs did."),
        click.Option(["--project"], help="Filter: project."),
        click.Option(["--service"], multiple=True, help="Filter: service."),
        click.Option(["--scope"], type=click.Choice(["project", "domain", "system"]), help="How wide."),
        click.Option(["--limit"], type=click.IntRange(1), help="Rows at most."),
        click.Option(["--paging-marker"], help="Where the next page begins."),
        click.Option(["-w", "--watch"], is_flag=True, help="Go on and show what happens, until Ctrl-C."),
        click.Option(["--watch-seconds", "watch_s"], type=click.FloatRange(0), help="Watch for so long."),
    ]


def show_events(values: Mapping[str, Any]) -> None:
    """Fetch a page of the action log and show it."""
    told = {k: v for k, v in values.items() if v not in (None, False, ())}
    if told.pop("succ", False):
        told["success"] = True
    if told.pop("fail", False):
        told["success"] = False
    for name, means in (("system_account", True), ("normal_account", False)):
        if told.pop(name, False):
            told["is_system_account"] = means
    if told.pop("ascending", False):
        told["paging_order"] = "ASC"
    told.pop("descending", None)
    from cloudcore_adapters.client.feed import position

    run = runtime()
    watching = told.pop("watch", False)
    timeout_s = told.pop("watch_s", None)
    after = position(run.session) if watching else ""
    page = run.session.list("actions", options.given(told))
    more = f"more with --paging-marker {page.next_marker}" if page.next_marker else ""
    shown = run.format == TABLE and not run.columns and run.query is None
    items = [{**item, "notes": summary(item.get("notes"))} for item in page.items] if shown else page.items
    run.show_list(items, columns_of("actions"), "" if watching else more or ("" if page.items else "no actions"))
    if watching:
        from cloudcore_apps.climc.watching import watch_log

        kept = {k: v for k, v in told.items() if k not in ("paging_marker", "paging_order", "limit")}
        watch_log(run, after, options.given(kept), columns_of("actions"), timeout_s)


def summary(notes: Any) -> str:
    """What a record says, in few words: which values changed to what, or the beginning of its text."""
    if isinstance(notes, dict) and isinstance(notes.get("after"), dict) and notes.get("before"):
        before, after = notes["before"], notes["after"]
        text = ", ".join(f"{k} {cell(before.get(k))} > {cell(v)}" for k, v in after.items())
    elif isinstance(notes, dict):
        text = ""
    else:
        text = str(notes or "")
    return text if len(text) <= SUMMARY else f"{text[: SUMMARY - 3]}..."


def subject(plural: str, ident: str) -> dict[str, str]:
    """The filter for one object: its id where it is there, else what was typed as the name of one that is gone."""
    if is_id(ident):
        return {"obj_id": ident}
    try:
        return {"obj_id": str(runtime().session.get(plural, ident)["id"])}
    except ResourceNotFoundError:
        return {"obj_name": ident}


def _run(obj_ids: tuple[str, ...], obj_types: tuple[str, ...], **values: Any) -> None:
    show_events({**values, "obj_id": list(obj_ids) or None, "obj_type": list(obj_types) or None})


action_show = click.Command(
    "action-show",
    callback=_run,
    params=[
        *event_options(),
        click.Option(["--id", "obj_ids"], multiple=True, help="Filter: id of the object."),
        click.Option(["--type", "obj_types"], multiple=True, help="Filter: type of the object."),
    ],
    help="Show the action log, newest first.",
)


def _splitable(**_values: Any) -> None:
    run = runtime()
    tables = run.session.property("actions", "splitable")
    run.show_list(tables, ["table", "rows", "start", "start_date", "end", "end_date"], "")


def _purge(tables: tuple[str, ...], **_values: Any) -> None:
    runtime().session.perform_class("actions", "purge-splitable", {"tables": list(tables)})


def _logs(what: str, table: str | None, **_values: Any) -> None:
    if what == "splitable":
        _splitable()
        return
    runtime().session.property("actions", what, options.given({"table": table}))


action_splitable = click.Command(
    "action-splitable", callback=_splitable, help="Show the tables that the action log is kept in."
)
action_purge_splitable = click.Command(
    "action-purge-splitable",
    callback=_purge,
    params=[click.Option(["--tables"], multiple=True, help="Tables to take away.")],
    help="Take tables of the action log away. It only grows: this cloud refuses.",
)
logs_show = click.Command(
    "logs-show",
    callback=_logs,
    params=[
        click.Argument(["what"], type=click.Choice(["splitable", "splitable-export"]), metavar="{splitable}"),
        click.Option(["--table"], help="One of the tables."),
        click.Option(
            ["--service"], type=click.Choice(["compute", "identity", "image", "log"]), help="They share one log."
        ),
    ],
    help="Show the tables that the log is kept in.",
)
logs_purge = click.Command(
    "logs-purge-splitable",
    callback=_purge,
    params=[
        click.Option(["--tables"], multiple=True, help="Tables to take away."),
        click.Option(
            ["--service"], type=click.Choice(["compute", "identity", "image", "log"]), help="They share one log."
        ),
    ],
    help="Take tables of the log away. It only grows: this cloud refuses.",
)
