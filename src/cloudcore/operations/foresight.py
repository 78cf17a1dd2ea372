"""How long servers are going to stay, where hosts pack: learned of those that were deleted of late and of those that are there.

Read in three statements and kept for `LEARNED`; which hosts become empty when is told again each `TOLD`, in one statement more.
Where no host packs, nothing is read. It is a preference: what it does not know costs quality and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from cloudcore.model.history import HISTORY
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Order, Query, both, eq, one_of
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS
from cloudcore.scheduling import Inventory, Life, Lifetimes, Request
from cloudcore.scheduling.columns import FloatArray
from cloudcore.scheduling.lifetimes import leaving

WATCHED = timedelta(days=60)
"""Servers that were deleted longer ago say nothing any more."""
MOST = 2_000
"""So many of them count, those that were deleted last."""
LEARNED, TOLD = timedelta(hours=1), timedelta(minutes=10)
_HOUR = timedelta(hours=1)
_SERVER = ("host_id", "created_at", "tenant_id", "vcpu_count", "vmem_size", "release_at", "expired_at", "auto_renew")


def packs(inventory: Inventory) -> bool:
    """Whether any host packs, so that it matters when servers leave."""
    return bool(inventory.hosts.packs.any())


def with_foresight(
    platform: Platform, tx: Transaction, inventory: Inventory, request: Request, terms: JsonMapping
) -> tuple[Inventory, Request]:
    """The columns with when hosts become empty, and the request with how long its servers stay. terms: as of `with_stays`."""
    if not packs(inventory):
        return inventory, request
    column = leaving_now(platform, tx, inventory.hosts.index)
    hosts = attrs.evolve(inventory.hosts, leaving=column)
    return attrs.evolve(inventory, hosts=hosts), with_stays(platform, tx, request, terms)


def bring_times(platform: Platform, tx: Transaction, request: Request, terms: JsonMapping) -> Request:
    """Let the pool of a type of host know when its hosts become empty, as far as it was not told of late, and the request how
    long its servers stay. terms: as of `with_stays`.
    """
    kept, now = platform.columns.get(request.host_type), platform.clock.now()
    if kept is None or not packs(kept.pool.present):
        return request
    if kept.told_at is None or not timedelta(0) <= now - kept.told_at < TOLD:
        column = leaving_now(platform, tx, kept.bare.hosts.index)
        with platform.columns.lock:
            kept.told_at = now
            kept.pool.set_leaving(column)
    return with_stays(platform, tx, request, terms)


def with_stays(platform: Platform, tx: Transaction, request: Request, terms: JsonMapping) -> Request:
    """The request with how long its servers stay. terms: of the servers: `release_at`, `expired_at`, `auto_renew`."""
    keys = _keys(request.project_id, request.vcpus, request.memory_mib)
    end = _ends_in(tx.now, terms.get("release_at"), terms.get("expired_at"), terms.get("auto_renew"))
    return attrs.evolve(request, stays=learned(platform, tx).stays(keys, ends_in=end))


def leaving_now(platform: Platform, tx: Transaction, hosts: Mapping[str, int]) -> FloatArray:
    """When each host becomes empty; see `lifetimes.leaving`. hosts: row by id."""
    known, now = learned(platform, tx), tx.now
    rows: list[int] = []
    stays: list[tuple[float, ...]] = []
    for host, created, project, vcpus, memory, release, expired, renews in tx.of(SERVERS, PLATFORM).columns(_SERVER):
        if host in hosts:
            rows.append(hosts[host])
            age = _hours(now, created)
            stays.append(
                known.stays(_keys(project, vcpus, memory), age=age, ends_in=_ends_in(now, release, expired, renews))
            )
    return leaving(len(hosts), rows, stays)


def learned(platform: Platform, tx: Transaction) -> Lifetimes:
    """What the lives of servers teach, as it was read at most `LEARNED` ago."""
    kept, now = platform.columns.lifetimes, platform.clock.now()
    if kept is not None and timedelta(0) <= now - kept[0] < LEARNED:
        return kept[1]
    found = Lifetimes.of([*_ended(tx), *_there(tx)])
    platform.columns.lifetimes = now, found
    return found


def _ended(tx: Transaction) -> list[Life]:
    """Lives that ended; records leave out when a server was made, which the one of its making says."""
    since, history = tx.now - WATCHED, tx.of(HISTORY, PLATFORM)
    deleted = both(_did("delete"), Compare("recorded_at", Op.GE, since))
    query = Query(where=deleted, order=(Order("recorded_at", True),), limit=MOST)
    found = history.columns(("recorded_at", "obj_id", "before"), query)
    if not found:
        return []
    idents = sorted({ident for _, ident, _ in found})
    where = both(_did("create"), one_of("obj_id", idents))
    made = dict(history.columns(("obj_id", "recorded_at"), Query(where=where)))
    first = found[-1][0] if len(found) == MOST else since
    return [
        _life({**before, "created_at": made[one]}, first, at, ended=True) for at, one, before in found if one in made
    ]


def _did(action: str) -> Expr:
    return both(eq("obj_type", SERVERS.singular), eq("action", action))


def _there(tx: Transaction) -> list[Life]:
    names = ("created_at", "tenant_id", "vcpu_count", "vmem_size")
    rows = tx.of(SERVERS, PLATFORM).columns(names)
    since = tx.now - WATCHED
    return [_life(dict(zip(names, row, strict=True)), since, tx.now, ended=False) for row in rows if row[0] is not None]


def _life(server: Mapping[str, Any], since: datetime, end: datetime, *, ended: bool) -> Life:
    """One life, of which is seen what was between two times."""
    created = server["created_at"]
    hours = _hours(end, created)
    keys = _keys(str(server.get("tenant_id", "")), int(server.get("vcpu_count", 0)), int(server.get("vmem_size", 0)))
    return Life(keys=keys, hours=hours, since=min(_hours(since, created), hours), ended=ended)


def _keys(project: str, vcpus: int, memory_mib: int) -> tuple[str, ...]:
    return project, f"{vcpus}x{memory_mib}"


def _ends_in(now: datetime, release: Any, expired: Any, renews: Any) -> float | None:
    """Hours until a server goes at the latest, where it was said; one that is renewed does not."""
    end = release or (None if renews else expired)
    return None if end is None else _hours(end, now)


def _hours(later: datetime, earlier: datetime | None) -> float:
    return 0.0 if earlier is None else max((later - earlier) / _HOUR, 0.0)
