"""What if: how many more servers fit, when it is full, whether hosts can be lost, what becomes of a queue, all of it as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError, InvalidInputError, NotSupportedError, OutOfRangeError
from cloudcore.model.history import HISTORY
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.query import Compare, Op, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_int, read_list_of_str, read_str, said
from cloudcore.operations.access import fetch_for, reach
from cloudcore.operations.allowances import for_moves, with_allowances
from cloudcore.operations.deciding import MAX_RELAXED_HOSTS
from cloudcore.operations.decisions import told_of
from cloudcore.operations.explaining import today
from cloudcore.operations.history import visible
from cloudcore.operations.placement import everything
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.devices import device_rows
from cloudcore.operations.servers.input import read_wanted
from cloudcore.operations.servers.moving import guests_of
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Request
from cloudcore.scheduling.capacity import FEWEST_DAYS, Capacity, capacity, days_until_full, rate_of
from cloudcore.scheduling.claims import with_devices
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.moving import Move, resettle
from cloudcore.scheduling.request import MAX_COUNT
from cloudcore.scheduling.snapshot import snapshot_of
from cloudcore.scheduling.wishes import Fate, Wish, play

MOST_DAYS = 90
DAYS = 30
MOST_WISHES = 200
MOST_QUEUED = 100_000
_MOVING = ("host_id", "live_migrate")
MOST_RECORDS = 200_000
MOST_EXPLAINED = 10
"""Servers that go nowhere of which it is said what would help."""
EVACUATE = "evacuate"


def room_for(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """How many more servers of a create body fit: together, by zone and by host; what bounds them; when it is full.

    body: also most (how many are tried), days (of history by which the rate is measured), ignore_filters.

    Raises:
        Those of making a server.
    """
    most = read_int(body.get("most") or MAX_COUNT, "most", 1, MAX_COUNT)
    days = read_int(body.get("days") or DAYS, "days", 1, MOST_DAYS)
    if moving := next((name for name in _MOVING if said(body, name) not in (False, "", "false")), ""):
        raise NotSupportedError(f"{moving}: room is counted for servers that are made", field=moving)
    request = _wanted(platform, tx, caller, body, 1)
    if any(nic.address for nic in request.nets):
        raise InvalidInputError("one address cannot be given to several servers", field="nets")
    shown = hosts_shown(platform, tx, caller)
    # Who looks after the hosts asks how much room they have, and not what his own project may still have of it.
    request = with_allowances(tx, request, everywhere=shown is not None)
    found = capacity(today(platform, tx, request), request, most)
    answer: JsonObject = {
        "total": found.total,
        "at_least": found.is_bounded,
        "request": told_of(request),
        "zones": [{"zone_id": zone, "count": count} for zone, count in found.zones],
        "bounds": [{"filter_name": name, "hosts": hosts} for name, hosts in found.bounds],
        "filters": [{"filter_name": name, "removed": count, "text": text} for name, count, text in found.removed],
        "candidates": [
            {
                "host_id": one.host_id,
                "name": one.host_name,
                "zone_id": one.zone_id,
                "count": one.count,
                "capacity": one.alone,
                "filter_name": one.bound_by,
            }
            for one in found.hosts
        ],
    }
    if shown is None:
        answer["growth"] = _growth(platform, tx, caller, request, found, days)
    return veil(answer, shown)


def _wanted(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, count: int) -> Request:
    request = read_wanted(platform, tx, caller, body, count, placing=True).request
    ignored = read_ignored(body)
    return attrs.evolve(request, ignore_filters=ignored) if ignored else request


def read_ignored(body: JsonMapping) -> list[str]:
    """The names of filters that a question leaves out.

    Raises:
        InvalidInputError: there is no such filter.
    """
    known = [each.name for each in FILTERS]
    wanted = read_list_of_str(said(body, "ignore_filters", otherwise=[]), "ignore_filters", 64)
    if wrong := [name for name in wanted if name not in known]:
        raise InvalidInputError(
            f"ignore_filters: there is no {wrong[0][:40]}, only {', '.join(known)}", field="ignore_filters"
        )
    return wanted


def _growth(
    platform: Platform, tx: Transaction, caller: Caller, request: Request, found: Capacity, days: int
) -> JsonObject:
    """When it is full at the rate of the last days, in servers like the one that was asked for."""
    unit, size = _unit(request, found)
    net = _net(platform, tx, caller, unit, days)
    rate = rate_of([one / size for one in net])
    if rate is None:
        return {"known": False, "reason": f"there are {len(net)} days of history, and {FEWEST_DAYS} are needed"}
    return {
        "known": True,
        "measured_in": unit,
        "days": rate.days,
        "per_day": round(rate.per_day, 3),
        "per_day_low": round(rate.low, 3),
        "per_day_high": round(rate.high, 3),
        "full_in_days": _rounded(days_until_full(found.total, rate.per_day)),
        "full_in_days_soonest": _rounded(days_until_full(found.total, rate.high)),
        "full_in_days_latest": _rounded(days_until_full(found.total, rate.low)),
    }


def _rounded(days: float | None) -> float | None:
    return None if days is None else round(days, 1)


def _unit(request: Request, found: Capacity) -> tuple[str, float]:
    """What is scarce, and how much of it one such server takes."""
    first = found.bounds[0][0] if found.bounds else ""
    if first == "host_cpu" and request.vcpus:
        return "vcpu_count", request.vcpus
    if first == "host_memory" and request.memory_mib:
        return "vmem_size", request.memory_mib
    return "servers", 1


def _net(platform: Platform, tx: Transaction, caller: Caller, unit: str, days: int) -> list[float]:
    """How much more there was of it after each of the last days, the oldest first; only days of which there is a history."""
    history = tx.of(HISTORY, visible(platform, caller, {}))
    oldest = history.columns(("recorded_at",), Query(order=(Order("recorded_at"),), limit=1))
    known = min(days, (tx.now - oldest[0][0]) // timedelta(days=1)) if oldest else 0
    net = [0.0] * known
    begin = tx.now - timedelta(days=known)
    where = both(
        eq("obj_type", SERVERS.singular), one_of("action", ("create", "delete")), Compare("recorded_at", Op.GE, begin)
    )
    query = Query(where=where, limit=MOST_RECORDS)
    for at, action, before, after in history.columns(("recorded_at", "action", "before", "after"), query):
        row: JsonMapping = after if action == "create" else before
        amount = 1.0 if unit == "servers" else float(row.get(unit) or 0)
        day = (at - begin) // timedelta(days=1)
        if 0 <= day < known and "vmem_size" in row:
            net[day] += amount if action == "create" else -amount
    return net


def without(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> JsonObject:
    """Whether a host can be lost: where each of its servers would go, and which nowhere, with the reason.

    Raises:
        ResourceNotFoundError, ForbiddenError: the caller may not see it, or not have it evacuated.
    """
    host = fetch_for(platform, tx, caller, HOSTS, ident, "perform", EVACUATE)
    moves = moves_of(platform, tx, [host.id])
    stay = [one for one in moves if not one.host_id]
    return {
        "id": host.id,
        "name": host.name,
        "can_be_lost": not stay,
        "moved": [told_move(one) for one in moves if one.host_id],
        "stay": [told_stay(one) for one in stay],
    }


def moves_of(platform: Platform, tx: Transaction, hosts: Sequence[str]) -> list[Move]:
    """Where the servers of these hosts would go, if nothing were placed on the hosts any more."""
    inventory = everything(tx, platform.settings, networks=[])
    explained = MOST_EXPLAINED if len(inventory.hosts) <= MAX_RELAXED_HOSTS else 0
    return resettle(inventory, for_moves(tx, guests_of(platform, tx, hosts)), hosts, explained=explained)


def told_move(move: Move) -> JsonObject:
    """A move as JSON; a server that is on and does not go live is stopped and started again."""
    return {
        "id": move.guest.id,
        "name": move.guest.name,
        "is_on": move.guest.is_on,
        "is_live": move.is_live,
        "host_id": move.host_id,
        "host": move.host_name,
    }


def told_stay(move: Move) -> JsonObject:
    """A server that goes nowhere as JSON."""
    guest = move.guest
    return {"id": guest.id, "name": guest.name, "reason": move.reason, "relaxations": list(move.helps)}


def queue(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """What becomes of servers that are wanted on days to come. body: requests: create bodies with `at`, `until`, `count`,
    `ignore_filters`.

    Raises:
        InvalidInputError: names the request and what is wrong with it.
        Others of making a server.
    """
    sent: Json = body.get("requests")
    if not isinstance(sent, list) or not 0 < len(cast("list[Json]", sent)) <= MOST_WISHES:
        raise InvalidInputError(f"requests must be a list of 1 to {MOST_WISHES} requests", field="requests")
    wishes = [_wish(platform, tx, caller, one, f"requests[{n}]") for n, one in enumerate(cast("list[Json]", sent))]
    if len({wish.request.host_type for wish in wishes}) > 1:
        raise InvalidInputError("all requests of a queue are for one hypervisor", field="requests")
    if sum(wish.request.count for wish in wishes) > MOST_QUEUED:
        raise OutOfRangeError(f"requests: more than {MOST_QUEUED} servers in all", field="requests")
    fates = play(today(platform, tx, wishes[0].request), wishes)
    shown = hosts_shown(platform, tx, caller)
    return {"requests": [_told_fate(one, names=shown is None) for one in fates]}


def _wish(platform: Platform, tx: Transaction, caller: Caller, value: Json, place: str) -> Wish:
    if not isinstance(value, dict):
        raise InvalidInputError(f"{place} must be an object", field=place)
    entry = cast("JsonObject", value)
    count = read_int(entry.get("count") or 1, f"{place}.count", 1, MAX_COUNT)
    try:
        request = with_allowances(tx, _wanted(platform, tx, caller, entry, count))
        days = {name: read_str(entry.get(name) or "", name, 10) for name in ("at", "until")}
        return Wish(**days, name=read_str(entry.get("name") or "", "name", 128), request=request)
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{place}: {error}", field=f"{place}.{error.field}" if error.field else place
        ) from error


def _told_fate(fate: Fate, *, names: bool) -> JsonObject:
    hosts: Mapping[str, int] = {name: fate.hosts.count(name) for name in dict.fromkeys(fate.hosts)} if names else {}
    return {
        "at": fate.wish.at,
        "until": fate.wish.until,
        "name": fate.wish.name,
        "count": fate.wish.request.count,
        "placed": fate.placed,
        "hosts": hosts,
        "reason": fate.reason,
    }


def snapshot(platform: Platform, tx: Transaction, caller: Caller) -> JsonObject:
    """All hosts with what is free of them, storages, networks, devices and servers, as a versioned file; see `read_snapshot`.

    Raises:
        ForbiddenError: the caller may not list the hosts and servers of everybody.
    """
    for kind in (HOSTS, SERVERS):
        if not reach(platform, caller, kind, "list").scope.covers(Scope.SYSTEM):
            raise ForbiddenError(f"a snapshot has the {kind.plural} of everybody, which you may not list")
    inventory = with_devices(everything(tx, platform.settings, networks=None), device_rows(tx))
    # How hosts reach each other is no part of it.
    servers = tuple(attrs.evolve(one, live_hosts=frozenset()) for one in guests_of(platform, tx))
    return attrs.evolve(snapshot_of(inventory), servers=servers).written()
