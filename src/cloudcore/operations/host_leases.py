"""Leases of hosts: renewed by their agents, taken away when they are not, given back when a host has put itself in order.

`HostWatch` is kept by each process that looks; everything else is in the storage, and each change is one conditional
update, so that a renewal and its loss never both succeed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cloudcore.auth.caller import platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention, DuplicateResourceError, InvalidStatusError, ResourceNotFoundError
from cloudcore.model.history import HISTORY
from cloudcore.model.lease import GRACE_S, TERM_S, Return
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.operations.begin import held_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.hostlease import HOSTLEASES, Hostlease
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.resources.compute.server.lifecycle import CHANGEABLE
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus
from cloudcore.tasks.task import OPEN, TASKS

_CALLER = "host lease"


def renew(platform: Platform, host_id: str, *, fences: bool = False) -> bool:
    """Renew a host's lease, and note that its agent answers; False when the lease was taken away (see `returning`).

    fences: whether the host stops by itself what others may start, once it cannot renew.
    """

    def work(tx: Transaction) -> bool:
        host = _host(tx, host_id)
        lease = lease_of(tx, host_id)
        change = {"fences": 1} if fences and not lease.fences else {"fences": -1} if lease.fences and not fences else {}
        if not _while(tx, host_id, "held", change):
            return False
        tx.of(HOSTS, PLATFORM).touch([(host_id, {"last_ping_at": tx.now})])
        if host.host_status != AgentStatus.ONLINE:
            tx.of(HOSTS, PLATFORM).save(evolve(host, host_status=AgentStatus.ONLINE), action="online")
        return True

    return writing(platform, platform_caller(_CALLER), work)


def revoke(platform: Platform, host_id: str, turn: int) -> bool:
    """Take a lease away that was not renewed since this turn: the host is down, and its servers are unknown.

    False when it was renewed, or taken away, meanwhile. Servers that tasks hold are left to these.
    """

    def work(tx: Transaction) -> bool:
        lease = tx.of(HOSTLEASES, PLATFORM).get(host_id)
        host = tx.of(HOSTS, PLATFORM).get(host_id)
        if lease is None or host is None:
            return False
        floor = max(0, _newest_fence(tx) + 1 - lease.floor)
        change = {"held": -1, "turn": 1, "fenced": lease.fences, "floor": floor}
        if not tx.of(HOSTLEASES, PLATFORM).adjust(host_id, change, limits={"turn": turn + 1, "fenced": 1}):
            return False
        if host.host_status != AgentStatus.OFFLINE:
            tx.of(HOSTS, PLATFORM).save(evolve(host, host_status=AgentStatus.OFFLINE), action="host_down")
        _lose_servers(tx, host)
        return True

    return writing(platform, platform_caller(_CALLER), work)


def confirm_fenced(tx: Transaction, host: Any) -> None:
    """Take somebody's word that no guest of the host runs any more: he has switched it off. Twice is once.

    Raises:
        InvalidStatusError: the host has its lease: it runs.
    """
    lease = lease_of(tx, host.id)
    if lease.held:
        raise InvalidStatusError(f"host {host.name} has its lease: it runs, or did so a moment ago", field="fenced")
    if not lease.fenced:
        tx.of(HOSTLEASES, PLATFORM).adjust(host.id, {"fenced": 1, "turn": 1}, limits={"fenced": 1})


def returning(platform: Platform, host_id: str, guests: Collection[str]) -> Return:
    """What a host whose lease was taken away must do before it gets it back. guests: those with our mark on it."""

    def work(tx: Transaction) -> Return:
        lease = lease_of(tx, host_id)
        rows = tx.of(SERVERS, PLATFORM).find(Query(where=one_of("id", sorted(guests))))
        places = {row.id: row.host_id for row in rows}
        lost = sorted(set(guests) - places.keys())
        elsewhere = [ident for ident in sorted(places) if places[ident] != host_id]
        return Return(turn=lease.turn, stale=[*elsewhere, *_deleted(tx, lost)], floor=lease.floor)

    return reading(platform, work)


def readmit(platform: Platform, host_id: str, back: Return) -> bool:
    """Give a host its lease back, after it has done what `returning` said; False when that is not all any more."""

    def work(tx: Transaction) -> bool:
        lease = lease_of(tx, host_id)
        change = {"held": 1, "turn": 1, "fenced": -lease.fenced}
        if not tx.of(HOSTLEASES, PLATFORM).adjust(host_id, change, limits={"turn": back.turn + 1, "held": 1}):
            return False
        host = _host(tx, host_id)
        tx.of(HOSTS, PLATFORM).touch([(host_id, {"last_ping_at": tx.now})])
        if host.host_status != AgentStatus.ONLINE:
            tx.of(HOSTS, PLATFORM).save(evolve(host, host_status=AgentStatus.ONLINE), action="online")
        return True

    return writing(platform, platform_caller(_CALLER), work)


class HostWatch:
    """Looks at the leases of all hosts, and takes those away that are not renewed.

    What counts is for how long this process has seen a lease unchanged, by its own clock that only goes forwards: when the
    storage's clock is set, no host dies of it, and a process that has just begun waits for the whole time.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._seen: dict[str, tuple[int, float]] = {}

    def look(self, elapsed_s: float) -> Sequence[str]:
        """Ids of the hosts that were found down just now. elapsed_s: of a clock that nobody sets."""
        leases = reading(self._platform, lambda tx: tx.of(HOSTLEASES, PLATFORM).columns(("id", "turn", "held")))
        seen = {ident: (turn, elapsed_s) for ident, turn, held in leases if held}
        for ident, before in self._seen.items():
            if ident in seen and seen[ident][0] == before[0]:
                seen[ident] = before
        self._seen = seen
        late = [ident for ident, (_, since) in seen.items() if elapsed_s - since > TERM_S + GRACE_S]
        return [ident for ident in sorted(late) if revoke(self._platform, ident, seen[ident][0])]


def lease_of(tx: Transaction, host_id: str) -> Hostlease:
    """The lease of a host; one that it never asked for is held."""
    leases = tx.of(HOSTLEASES, PLATFORM)
    if (lease := leases.get(host_id)) is not None:
        return lease
    return Hostlease(id=host_id)


def _while(tx: Transaction, host_id: str, flag: str, change: dict[str, int]) -> bool:
    """Note a turn of the lease if the flag is set, in one conditional update and a second that undoes its mark."""
    leases = tx.of(HOSTLEASES, PLATFORM)
    if leases.get(host_id) is None:
        if flag != "held":
            return False
        try:
            leases.add(Hostlease(id=host_id))
        except DuplicateResourceError as error:
            raise Contention("the lease was just opened", internal=host_id) from error
    if not leases.adjust(host_id, {flag: -1}):
        return False
    return leases.adjust(host_id, {flag: 1, "turn": 1, **change})


def _host(tx: Transaction, host_id: str) -> Any:
    host = tx.of(HOSTS, PLATFORM).get(host_id)
    if host is None:
        raise ResourceNotFoundError(f"host {host_id} not found")
    return host


def _newest_fence(tx: Transaction) -> int:
    """At least as high as that of every effect that was asked for until now, also when the storage's clock went back."""
    rows = tx.of(TASKS, PLATFORM).columns(("fence",), Query(where=one_of("state", OPEN)))
    return max([int(tx.now.timestamp() * 1_000_000), *(int(row[0]) for row in rows)])


def _lose_servers(tx: Transaction, host: Any) -> None:
    where = both(eq("host_id", host.id), eq("pending_deleted", False))
    # Of one whose move failed the guest is nowhere, and that stays known: moving it again makes it.
    there = {
        server.id: server
        for server in tx.of(SERVERS, PLATFORM).find(Query(where=where))
        if server.status in CHANGEABLE and server.status != ServerStatus.MIGRATE_FAILED
    }
    for ident in sorted(there.keys() - held_of(tx, SERVERS, there)):
        # Its power stays as it was last known: it says whether the server is to be started elsewhere.
        reason = f"its host {host.name} is down"
        lost = evolve(there[ident], status=ServerStatus.UNKNOWN.value, status_reason=reason)
        tx.of(SERVERS, PLATFORM).save(lost, action="host_down")


def _deleted(tx: Transaction, idents: Sequence[str]) -> list[str]:
    """Those of which the history says that they were deleted; of others nothing is known, and they are left alone."""
    if not idents:
        return []
    where = both(eq("obj_type", SERVERS.singular), eq("action", "delete"), one_of("obj_id", idents))
    return sorted({row.obj_id for row in tx.of(HISTORY, PLATFORM).find(Query(where=where))})
