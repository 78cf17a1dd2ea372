"""`scheduler-…`: where servers would go, and why not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import click

from cloudcore.resources.compute.server import SERVERS
from cloudcore_apps.climc import options
from cloudcore_apps.climc.handmade.servers import PLACES
from cloudcore_apps.climc.runtime import runtime

_SUGGESTED = ("id", "name", "count", "capacity", "score")
_HOST = ("id", "name", "host_type", "status", "host_status", "enable_status", "cpu.free", "mem.free", "storage.free")
_DECISION = ("session_id", "time", "status", "count", "guests", "is_suggestion", "user")
_STORY = ("id", "time", "user", "question", "status", "guests", "count", "summary", "request", "servers", "relaxations")
_FILTER = ("filter_name", "removed", "alone", "limits", "text")
_WEIGHED = ("name", "count", "score", "weighers", "filter_name", "reason")
_ROOM = ("name", "zone_id", "count", "capacity", "filter_name")
_REFUSED = ("name", "filter_name", "reasons")
_BATCH = ("index", "server", "name", "host_id", "error", "reason", "relaxations")
_BATCH_SUM = ("req_count", "allow_count", "opened", "opened_singly", "stranded")


def _ask(word: str, body: Mapping[str, Any]) -> Any:
    return runtime().session.perform_class("scheduler", word, body)


def _wanted(*, needs_memory: bool = True) -> list[click.Parameter]:
    """What a server is to be, as for making one."""
    several = ("--disk", "disks", "SIZE or IMAGE:SIZE."), ("--net", "nets", "Network."), ("--group", "groups", "Group.")
    return [
        click.Option(["--mem", "vmem_size"], required=needs_memory, help="Memory: 512M, 2G; a bare number is MiB."),
        click.Option(["--ncpu", "vcpu_count"], type=click.IntRange(1), help="Virtual CPUs."),
        *(click.Option([name, dest], multiple=True, help=doc) for name, dest, doc in several),
        click.Option(["--schedtag", "schedtags"], multiple=True, metavar="TAG:STRATEGY", help="Scheduling tag."),
        click.Option(["--hypervisor"], help="Hypervisor, such as kvm."),
        click.Option(["--sku"], help="Size by name."),
        click.Option(["--tenant"], help="Project that would own it."),
        click.Option(["--resource-type"], type=click.Choice(["shared", "prepaid", "dedicated"]), help="Kind of hosts."),
        *(click.Option([f"--prefer-{p}", f"prefer_{p}"], help=f"Only in this {p}.") for p in PLACES),
        click.Option(["--prefer-zones", "prefer_zones"], multiple=True, help="Only in one of these zones."),
        click.Option(["--ignore-filter", "ignore_filters"], multiple=True, help="Leave this filter out."),
        click.Option(["--count"], type=click.IntRange(1, 5000), default=1, help="How many."),
        click.Option(["--log", "record_to_history"], is_flag=True, help="Remember the decision."),
    ]


def _moving() -> list[click.Parameter]:
    """Where it is that is to move."""
    return [
        click.Option(["--host-id"], metavar="HOST", help="The host that it is to leave."),
        click.Option(["--live-migrate"], is_flag=True, help="Without a stop."),
        click.Option(["--skip-cpu-check"], is_flag=True, help="Then also to a host with another processor."),
    ]


def _body(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in options.given(dict(values)).items() if v is not False}


def _forecast(**values: Any) -> None:
    run, told = runtime(), _ask("forecast", _body(values))
    if run.is_raw:
        run.show_one(told)
        return
    run.show_one({k: told[k] for k in ("can_create", "req_count", "allow_count", "not_allow_reasons", "relaxations")})
    if told["filtered_candidates"]:
        run.show_list(told["filtered_candidates"], _REFUSED)


def _test(**values: Any) -> None:
    run, told = runtime(), _ask("test", _body(values))
    why = "; ".join(told.get("not_allow_reasons", ()))
    if told.get("relaxations"):
        why += f"; it would fit with {' or '.join(told['relaxations'])}"
    run.show_list(told["data"], _SUGGESTED, why or f"{told['total']} hosts")


def _batch(servers: Any, *, apply: bool) -> None:
    run, told = runtime(), _ask("batch", {"servers": servers, **({"apply": True} if apply else {})})
    if apply:
        run.show_list(told["servers"], SERVERS.columns)
        return
    if run.is_raw:
        run.show_one(told)
        return
    run.show_one({name: told[name] for name in _BATCH_SUM})
    run.show_list(told["candidates"], _BATCH)


def _hosts(**values: Any) -> None:
    told = _ask("candidate-list", _body(values))
    runtime().show_list(told["data"], _HOST, f"{told['total']} hosts")


def _host(ident: str) -> None:
    runtime().show_one(_ask("candidate-detail", {"ident": ident})["candidate"])


def _clean(host_id: str | None, session_id: str | None, sync: bool) -> None:
    told = {"ident": host_id, "session": session_id, "sync_clean": sync or None}
    _ask("clean-cache", {k: v for k, v in told.items() if v})


def _history(**values: Any) -> None:
    told = _ask("history-list", _body({("all" if k == "every" else k): v for k, v in values.items()}))
    runtime().show_list(told["history"], _DECISION, f"{told['total']} decisions")


def _decision(ident: str, **_values: Any) -> None:
    runtime().show_one(_ask("history-detail", {"ident": ident})["history"])


def _explain(ident: str) -> None:
    run, told = runtime(), _ask("explain", {"ident": ident})["explanation"]
    if run.is_raw:
        run.show_one(told)
        return
    run.show_one({k: told[k] for k in _STORY if k in told} | {"now": _of_now(told["now"])})
    if told["filters"]:
        run.show_list(told["filters"], _FILTER, f"{told['hosts']} hosts were looked at")
    run.show_list(told["candidates"], _WEIGHED, "Hosts that mattered, the best first")


def _of_now(now: Mapping[str, Any]) -> str:
    names = ", ".join(dict.fromkeys(one["name"] or "a host" for one in now["candidates"]))
    return f"it would go to {names}" if now["can_create"] else str(now["summary"])


def _capacity(**values: Any) -> None:
    run, told = runtime(), _ask("capacity", _body(values))
    if run.is_raw:
        run.show_one(told)
        return
    head = {"total": f"at least {told['total']}" if told["at_least"] else told["total"]}
    run.show_one(head | {k: told[k] for k in ("zones", "bounds", "filters", "growth") if k in told})
    run.show_list(told["candidates"], _ROOM, "Hosts, those first that take most")


def _lost(ident: str) -> None:
    run, told = runtime(), _ask("without", {"ident": ident})
    if run.is_raw:
        run.show_one(told)
        return
    run.show_one({k: told[k] for k in ("id", "name", "can_be_lost")})
    for word, columns in (
        ("moved", ("id", "name", "is_on", "host")),
        ("stay", ("id", "name", "reason", "relaxations")),
    ):
        if told[word]:
            run.show_list(told[word], columns, word)


def _emptied(most: int | None) -> None:
    run, told = runtime(), _ask("emptied", {"most": most} if most else {})
    if run.is_raw:
        run.show_one(told)
        return
    run.show_list(told["hosts"], ("id", "name", "servers"), f"{told['moves']} servers would move")


def _queue(wanted: Any) -> None:
    told = _ask("queue", {"requests": wanted})["requests"]
    runtime().show_list(told, ("at", "until", "name", "count", "placed", "hosts", "reason"), f"{len(told)} requests")


def _snapshot() -> None:
    click.echo(json.dumps(_ask("snapshot", {}), separators=(",", ":")))


def _skus(wait: bool) -> None:
    _ask("sync-sku", {"wait": wait})


def _command(name: str, run: Callable[..., None], params: list[click.Parameter], doc: str) -> click.Command:
    return click.Command(name, callback=run, params=params, help=doc)


forecast = _command(
    "scheduler-forecast", _forecast, [*_wanted(), *_moving()], "Say whether servers would fit, and why not."
)
test = _command(
    "scheduler-test",
    _test,
    [
        *_wanted(),
        *_moving(),
        click.Option(["--suggestion-limit"], type=click.IntRange(1, 5000), help="Hosts at most."),
        click.Option(["--suggestion-all"], is_flag=True, help="All hosts that would do."),
    ],
    "List hosts in the order in which servers would go there.",
)
batch = _command(
    "scheduler-batch",
    _batch,
    [
        click.Argument(["servers"], type=options.Json(), metavar="JSON|@FILE"),
        click.Option(["--apply"], is_flag=True, help="Make them there, all or none."),
    ],
    "Say where servers of different shapes would go together: a list of objects as for making servers, each with a count.",
)
candidate_list = _command(
    "scheduler-candidate-list",
    _hosts,
    [
        click.Option(["--region"], help="Only in this region."),
        click.Option(["--zone"], help="Only in this zone."),
        click.Option(["--type"], type=click.Choice(["host", "baremetal"]), help="Kind of hosts."),
        click.Option(["--available"], is_flag=True, help="Only those that servers can go to."),
        click.Option(["--limit"], type=click.IntRange(1, 5000), default=50, help="Rows at most."),
        click.Option(["--offset"], type=click.IntRange(0), help="Rows to skip."),
    ],
    "List hosts as the scheduler sees them.",
)
candidate_show = _command(
    "scheduler-candidate-show",
    _host,
    [click.Argument(["ident"], metavar="ID")],
    "Show a host as the scheduler sees it.",
)
clean_cache = _command(
    "scheduler-clean-cache",
    _clean,
    [
        click.Option(["-h", "--host-id"], help="Of this host."),
        click.Option(["-s", "--session-id"], help="Of this session."),
        click.Option(["--sync"], is_flag=True, help="Wait for it."),
    ],
    "Have hosts read anew.",
)
history_list = _command(
    "scheduler-history-list",
    _history,
    [
        click.Option(["--all", "every"], is_flag=True, help="Suggestions too."),
        click.Option(["--is-suggestion"], is_flag=True, help="Suggestions only."),
        click.Option(["--failed"], is_flag=True, help="Only those that found no place."),
        click.Option(["--limit"], type=click.IntRange(1, 5000), help="Rows at most."),
    ],
    "List past decisions, newest first.",
)
history_show = _command(
    "scheduler-history-show",
    _decision,
    [click.Argument(["ident"], metavar="SESSION")],
    "Show a decision with its reasons.",
)
explain = _command(
    "scheduler-explain",
    _explain,
    [click.Argument(["ident"], metavar="DECISION|SERVER")],
    "Say why a server went where it is, or why it was refused, and what would become of it now.",
)
capacity = _command(
    "capacity",
    _capacity,
    [
        *_wanted(needs_memory=False)[:-2],
        click.Option(["--most"], type=click.IntRange(1, 10_000), help="How many are tried at most."),
        click.Option(["--days"], type=click.IntRange(1, 90), help="Days of history that give the rate."),
    ],
    "Say how many more such servers fit, where, what bounds them, and when it is full.",
)
without = _command(
    "scheduler-without",
    _lost,
    [click.Argument(["ident"], metavar="HOST")],
    "Say whether a host can be lost: where its servers would go, and which nowhere.",
)
emptied = _command(
    "scheduler-emptied",
    _emptied,
    [click.Option(["--most"], type=click.IntRange(1, 5000), help="Servers that would move in all, 50 if left out.")],
    "List hosts that can be emptied onto others in use, those first that hold least. Nothing moves.",
)
queue = _command(
    "scheduler-queue",
    _queue,
    [click.Argument(["wanted"], type=options.Json(), metavar="@FILE")],
    "Say which of the servers that a file wants on days to come would find a place.",
)
snapshot = _command(
    "scheduler-snapshot",
    _snapshot,
    [],
    "Write all hosts with what is free, and all servers, as JSON for `cloudcore scheduler`.",
)
sync_sku = _command(
    "scheduler-sync-sku", _skus, [click.Option(["--wait"], is_flag=True, help="Wait for it.")], "Have sizes read anew."
)
