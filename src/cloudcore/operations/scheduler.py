"""The scheduler as a service: what would be chosen, and why not. It decides and claims nothing, unless a batch is to be made.

So there is nothing to release: what a session reserved elsewhere, the unit of work that makes a server claims here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_flag, read_int, read_str, said
from cloudcore.operations.access import fetch, reach
from cloudcore.operations.allowances import with_allowances
from cloudcore.operations.batch_plan import batch_of
from cloudcore.operations.candidates import candidate_detail, candidate_list
from cloudcore.operations.crowds import crowded
from cloudcore.operations.deciding import refused
from cloudcore.operations.decisions import keep
from cloudcore.operations.emptying import emptied_hosts
from cloudcore.operations.explaining import explain, history_detail, history_list
from cloudcore.operations.foresight import with_foresight
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.devices import device_rows
from cloudcore.operations.servers.input import read_wanted
from cloudcore.operations.servers.moving import ways_of
from cloudcore.operations.servers.together import create_together
from cloudcore.operations.servers.ways import EMULATED
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.operations.whatif import queue, read_ignored, room_for, snapshot, without
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Decision, Occupant, Request, schedule
from cloudcore.scheduling.claims import with_devices
from cloudcore.scheduling.forecast import candidates, explanation, forecast, reasons, suggestions
from cloudcore.scheduling.pipeline import ALTERNATIVES

SCHEDULER = "scheduler"
"""The word under which a session asks it (`perform_class`)."""

MAX_COUNT = 5000
SUGGESTIONS = 50
IDENT = "ident"
"""In a body: what stands behind the word in the URL."""
_MOVING = ("has_isolated_device", "change_config", "reset_cpu_numa_pin")
RELATIONS = "group_releations"
"""Groups with strategies of their own, as the wire spells it. Passed over, servers would lie where they must not."""
_WORDS = frozenset({"schedule", "test", "forecast"})

Answer: TypeAlias = Callable[[Platform, Caller, JsonMapping], JsonObject]


def ask_scheduler(platform: Platform, caller: Caller, question: str, body: JsonMapping, *, key: str = "") -> JsonObject:
    """Answer `schedule`, `test` or `forecast` of a server's create body with `count`, or one of `ANSWERS`.

    Beside the server the body may say: best_effort, ignore_filters, host_id (the host to move away from), live_migrate (it runs
    on while it moves) with skip_cpu_check, cpu_mode, cpu_desc, cpu_microcode and host_mem_page_size, session_id,
    record_to_history, suggestion_limit, suggestion_all, details.

    Hosts that the caller may not list stand in the answers without id and name.

    A `batch` with `apply` makes the servers: the one thing here that does. key: as of `create_servers`, for that.

    Raises:
        InsufficientResourceError: `schedule` finds no place for all, and shall not place as many as fit.
        InvalidInputError and others: there is no such question; else as for making a server.
    """
    sent: Any = body.get(SCHEDULER)
    asked: JsonObject = {**(cast("JsonObject", sent) if isinstance(sent, dict) else {}), **body}
    if question in _WORDS:
        return _placed(platform, caller, question, asked)
    if question == "batch" and read_flag(asked, "apply"):
        return create_together(platform, caller, asked, key=key)
    answer = ANSWERS.get(question)
    if answer is None:
        raise InvalidInputError(f"the scheduler has no action {question[:64]}", field="action")
    return answer(platform, caller, asked)


def _placed(platform: Platform, caller: Caller, question: str, asked: JsonMapping) -> JsonObject:
    session = read_str(asked.get("session_id") or caller.request_id or platform.ids.new_id(), "session_id", 128)
    decision = reading(platform, lambda tx: _decide(platform, tx, caller, question, asked))
    there = reading(platform, lambda tx: _occupants(platform, tx, caller, decision))
    answer, refusal = _shaped(question, decision, asked, session, there)
    if read_flag(asked, "record_to_history"):
        told = explanation(decision.refusal) if decision.refusal is not None else {}
        name = read_str(said(asked, "name"), "name", 128)
        told = refusal.data if refusal is not None else told

        def note(tx: Transaction) -> None:
            keep(tx, caller, decision, decision.request, question=question, session=session, name=name, told=told)

        writing(platform, caller, note)
    shown = reading(platform, lambda tx: hosts_shown(platform, tx, caller))
    if refusal is not None:
        raise InsufficientResourceError(
            str(refusal), internal=refusal.internal, field=refusal.field, data=veil(refusal.data, shown)
        )
    return veil(answer, shown)


def _shaped(
    question: str, decision: Decision, asked: JsonMapping, session: str, there: Sequence[Occupant]
) -> tuple[JsonObject, InsufficientResourceError | None]:
    if question == "forecast":
        return forecast(decision, session_id=session) | _told(decision, there), None
    if question == "test":
        everyone = read_flag(asked, "suggestion_all")
        limit = read_int(said(asked, "suggestion_limit", otherwise=SUGGESTIONS), "suggestion_limit", 1, MAX_COUNT)
        rows = suggestions(decision, details=read_flag(asked, "details"))
        page = rows if everyone else rows[:limit]
        answer: JsonObject = {"data": page, "total": len(page), "limit": len(page) if everyone else limit, "offset": 0}
        if decision.refusal is not None:
            answer |= {"not_allow_reasons": reasons(decision)} | _told(decision, there)
        return answer, None
    if decision.refusal is not None and not decision.request.best_effort:
        return {}, refused(decision, decision.refusal, there)
    return {"candidates": candidates(decision, session_id=session)}, None


def _told(decision: Decision, there: Sequence[Occupant]) -> JsonObject:
    """How many hosts each filter removed, and what would help, of a question that finds no place for all."""
    if decision.refusal is None:
        return {"filters": [], "relaxations": []}
    told = refused(decision, decision.refusal, there).data
    return {name: told[name] for name in ("filters", "relaxations")}


def _occupants(platform: Platform, tx: Transaction, caller: Caller, decision: Decision) -> Sequence[Occupant]:
    if decision.refusal is None:
        return ()
    return occupants_of(platform, tx, caller, decision.request)


def _decide(platform: Platform, tx: Transaction, caller: Caller, question: str, asked: JsonMapping) -> Decision:
    if moving := next((name for name in _MOVING if asked.get(name) not in (None, False, "", "false")), ""):
        raise NotSupportedError(
            f"{moving} is not asked of the scheduler here: it follows from the server", field=moving
        )
    if asked.get(RELATIONS):
        raise NotSupportedError(f"{RELATIONS} are not asked of the scheduler here: name the groups", field=RELATIONS)
    count = read_int(said(asked, "count", otherwise=1), "count", 1, MAX_COUNT)
    present = read_str(said(asked, "host_id"), "host_id", 128)
    wanted = read_wanted(platform, tx, caller, asked, count, placing=True)
    request = attrs.evolve(
        wanted.request,
        best_effort=read_flag(asked, "best_effort"),
        ignore_filters=read_ignored(asked),
        seed=read_str(asked.get("session_id") or caller.request_id, "session_id", 128),
        present_host=str(fetch(platform, tx, caller, HOSTS, present).id) if present else "",
    )
    if read_flag(asked, "live_migrate"):
        request = _running(tx, request, asked)
    if not present:
        extra = int(wanted.draft.get("extra_cpu_count") or 0)
        request = with_allowances(tx, request, extra_cpus=extra, everywhere=True)
    inventory = inventory_of(tx, platform.settings, host_type=request.host_type, networks=None)
    inventory = crowded(tx, inventory, request.project_id)
    inventory, request = with_foresight(platform, tx, inventory, request, wanted.draft)
    if request.has_devices:
        inventory = with_devices(inventory, device_rows(tx))
    spare = MAX_COUNT if question == "test" else ALTERNATIVES
    return schedule(inventory, request, spare=spare)


def _running(tx: Transaction, request: Request, asked: JsonMapping) -> Request:
    """As for a server that runs on its present host and runs on while it moves."""
    if not request.present_host:
        raise MissingParameterError("host_id is missing: which host is it on?", field="host_id")
    if said(asked, "target_host_kernel"):
        raise NotSupportedError("target_host_kernel: kernels of hosts are not compared", field="target_host_kernel")
    read_flag(asked, "skip_kernel_check")
    roads = ways_of(tx)
    if not roads.uri(request.present_host):
        text = "it neither gives nor takes servers that run: it was started without --migrate-uri"
        raise InvalidStatusError(text, field="host_id")
    any_cpu = read_flag(asked, "skip_cpu_check") or said(asked, "cpu_mode") == EMULATED
    needs = roads.needs(request.present_host, any_cpu=any_cpu)
    if not any_cpu:
        cpu, microcode = (read_str(said(asked, name), name, 256) for name in ("cpu_desc", "cpu_microcode"))
        needs = attrs.evolve(needs, cpu_desc=cpu or needs.cpu_desc, cpu_microcode=microcode or needs.cpu_microcode)
    if said(asked, "host_mem_page_size"):
        size = read_int(asked["host_mem_page_size"], "host_mem_page_size", 1, 1 << 30)
        needs = attrs.evolve(needs, page_size_kb=size)
    return attrs.evolve(request, live=needs, marks=(*request.marks, roads.mark(request.present_host)))


def _past(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: history_list(platform, tx, caller, body))


def _past_one(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: history_detail(platform, tx, caller, _ident(body)))


def _explain(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: explain(platform, tx, caller, _ident(body)))


def _capacity(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: room_for(platform, tx, caller, body))


def _without(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: without(platform, tx, caller, _ident(body)))


def _queue(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: queue(platform, tx, caller, body))


def _snapshot(platform: Platform, caller: Caller, _body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: snapshot(platform, tx, caller))


def _forget(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    """Drop what this process keeps of hosts between two decisions; they are read anew then."""
    reach(platform, caller, HOSTS, "perform", "sync-config")
    if body.get(IDENT):
        reading(platform, lambda tx: fetch(platform, tx, caller, HOSTS, _ident(body)))
    platform.columns.forget()
    return {SCHEDULER: {}}


def _released(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    """A session is over. It held nothing."""
    reach(platform, caller, HOSTS, "list")
    return {SCHEDULER: {"session_id": _ident(body)}}


def _nothing_kept(platform: Platform, caller: Caller, _body: JsonMapping) -> JsonObject:
    """Sizes are read with each decision."""
    reach(platform, caller, HOSTS, "list")
    return {SCHEDULER: {}}


def _ident(body: JsonMapping) -> str:
    ident = read_str(said(body, IDENT), IDENT, 128)
    if not ident:
        raise MissingParameterError("the path lacks an id", field=IDENT)
    return ident


def _list(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: candidate_list(platform, tx, caller, body))


def _detail(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    return reading(platform, lambda tx: candidate_detail(platform, tx, caller, _ident(body)))


ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        "batch": batch_of,
        "candidate-list": _list,
        "candidate-detail": _detail,
        "emptied": emptied_hosts,
        "history-list": _past,
        "history-detail": _past_one,
        "explain": _explain,
        "capacity": _capacity,
        "without": _without,
        "queue": _queue,
        "snapshot": _snapshot,
        "clean-cache": _forget,
        "cleanup": _forget,
        "completed": _released,
        "sync-sku": _nothing_kept,
    }
)
"""What it answers beside placing, by the word in the URL."""
