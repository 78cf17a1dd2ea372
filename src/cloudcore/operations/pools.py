"""Decisions by standing columns: read once, then kept up to date by what has changed.

    what this process does          each commit that touches a claim or a host leaves its id in a trail: these rows are read
                                    again, but for those that the pool has claimed itself; and all of it is looked
                                    through when a storage, network or link was changed
    what other processes do         all claims are read once in a while, and of everything else the versions: rows of hosts
                                    that differ are taken over; anything else, such as a new host, makes a new pool
    what was decided                is claimed in the pool at once, so that the next thread decides beside it, and read
                                    again when it was not committed

A decision that is out of date costs another try: what it claims is admitted by conditional updates, and a refusal is only
ever given by columns that were read for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.allowances import is_narrowed
from cloudcore.operations.crowds import crowd_of, making
from cloudcore.operations.packing import Packing, packing_of
from cloudcore.operations.placement import (
    HOST_COLUMNS,
    NODE_CLAIM,
    Surroundings,
    claimed,
    host_row,
    measured,
    networks_now,
    read_columns,
    surroundings,
    unclaimed,
)
from cloudcore.operations.platform import Platform
from cloudcore.operations.watermark import BY_ROW, TAGS, Mark
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.limits import narrowed_owners
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS
from cloudcore.scheduling import Answer, Inventory, Pool, Request
from cloudcore.scheduling.claims import with_hosts, with_networks
from cloudcore.scheduling.pool import Terms
from cloudcore.scheduling.replay import seen_of
from cloudcore.scheduling.snapshot import kept_on
from cloudcore.scheduling.tables import NODE_COLUMNS, Hosts, Storages

CROWDS = timedelta(seconds=10)
"""For so long it may be unknown where other processes put servers of a project."""
MOST_CROWDS = 256
_NEVER = datetime.min.replace(tzinfo=UTC)
FRESH = timedelta(seconds=1)
"""For so long, and as long again for each `MANY` hosts, what other processes do may be unknown."""
MANY = 5_000
MOST_ONE_BY_ONE = 256
"""Of more rows it is cheaper to read them all."""

_FIXED: tuple[Resource[Any], ...] = (ZONES, STORAGES, HOSTSTORAGES, HOSTWIRES, NETWORKS, SHAREDRESOURCES)
"""Types a change of which makes a new pool."""


@attrs.define(eq=False, kw_only=True)
class KeptPool:
    """A pool, and what it was made of.

    narrowed: whose limits are narrowed. told_at: when it was told last which hosts become empty when; see `foresight`.
    bare: its columns with nothing claimed. hosts, storages: the version of each; fixed: those of everything else. beside:
    what else their rows were made of.
    doubts: hosts and storages whose claims are to be read again. crowds: projects whose servers the pool knows, and since when. own: claims that are in the pool already, by id. pending: what is claimed in the pool, by identity, of which
    the ports have not been read since. read_at: when it was all looked through.
    """

    pool: Pool
    bare: Inventory
    hosts: dict[str, int]
    storages: Mapping[str, int]
    beside: Surroundings
    fixed: Sequence[Sequence[tuple[Any, ...]]]
    mark: Mark
    narrowed: frozenset[tuple[str, str]]
    read_at: datetime
    doubts: set[str] = attrs.field(factory=set[str])
    own: Counter[str] = attrs.field(factory=Counter[str])
    crowds: dict[str, datetime] = attrs.field(factory=dict[str, datetime])
    pending: dict[int, Answer] = attrs.field(factory=dict[int, Answer])
    told_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to look what other processes have done."""
        return not timedelta(0) <= now - self.read_at < FRESH * (1 + len(self.hosts) / MANY)


def bring_up_to_date(platform: Platform, tx: Transaction, host_type: str, seen: Mark, *, doubted: bool = False) -> None:
    """Let the pool of a type of host know what has changed, as far as it has to; a bounded number of statements.

    doubted: it was wrong just now, so that all claims are read.
    """
    columns = platform.columns
    kept = columns.get(host_type)
    if kept is None:
        columns.put(host_type, _new(platform, tx, host_type, seen))
    elif seen.is_elsewhere(kept.mark) or kept.is_due(platform.clock.now()):
        # Others need not do the same meanwhile.
        kept.read_at = platform.clock.now()
        _look_through(platform, tx, host_type, kept, seen)
    elif seen.differs(kept.mark, BY_ROW) and not _take_hosts(platform, tx, host_type, kept):
        _look_through(platform, tx, host_type, kept, seen)
    elif doubted:
        _take_claims(platform, tx, kept, seen)
    else:
        _take_changed(platform, tx, kept, seen)


def bring_project(platform: Platform, tx: Transaction, request: Request) -> None:
    """Let the pool of a type of host know where servers of the request's project are, as far as it was not told of late."""
    kept, now, project = platform.columns.get(request.host_type), platform.clock.now(), request.project_id
    if kept is None or timedelta(0) <= now - kept.crowds.get(project, _NEVER) < CROWDS:
        return
    crowd = crowd_of(tx, project)
    with platform.columns.lock:
        if len(kept.crowds) >= MOST_CROWDS:
            kept.crowds.clear()
        kept.crowds[project] = now
        kept.pool.set_guests(project, crowd)


def has_narrowed(platform: Platform, request: Request) -> bool:
    """Whether limits of the request's owner were narrowed, as far as the pool of its type of host knows."""
    kept = platform.columns.get(request.host_type)
    return kept is not None and is_narrowed(request, kept.narrowed)


def find_place(platform: Platform, request: Request, *, spare: int, claim: bool) -> Answer | None:
    """Where the servers of a request go by the pool of its type of host, with alternatives; None where that is nowhere, which
    the pool may be wrong about.

    claim: others are to decide beside it. Then `settle` has to follow, and the answer says what was seen.
    """
    with platform.columns.lock:
        kept = platform.columns.get(request.host_type)
        answer = None if kept is None else kept.pool.find(request, spare=spare)
        if kept is not None and answer is not None and claim:
            seen = seen_of(kept.pool.present, request, answer.placements, answer.alternatives)
            answer = attrs.evolve(answer, seen=seen, terms=_terms(kept, answer))
            kept.pool.take(request, answer)
            kept.pending[id(answer)] = answer
        return answer


def settle(platform: Platform, request: Request, answer: Answer, *, is_kept: bool) -> None:
    """What was claimed in the pool is committed, or is not: let it be read again before the next decision."""
    with platform.columns.lock:
        kept = platform.columns.get(request.host_type)
        if kept is None:
            return
        pending = kept.pending.pop(id(answer), None) is not None
        for one in answer.placements:
            # The disks on one storage are claimed together.
            claimed = [one.host_id, *dict.fromkeys(disk.storage_ids[0] for disk in one.disks)]
            if is_kept:
                kept.own.update(claimed)
                continue
            kept.doubts.update(claimed)
            if pending:
                kept.pool.release(request, one)


def is_up_to_date(platform: Platform, host_type: str, seen: Mark) -> bool:
    """Whether `bring_up_to_date` would find nothing to do, so that no unit need be opened for it."""
    kept = platform.columns.get(host_type)
    if kept is None or kept.doubts or seen.is_elsewhere(kept.mark) or seen.differs(kept.mark, BY_ROW):
        return False
    if kept.is_due(platform.clock.now()):
        return False
    changed = _changed(platform, kept)
    return changed is not None and not changed


def _new(platform: Platform, tx: Transaction, host_type: str, seen: Mark) -> KeptPool:
    # Versions before rows: where a row changes in between, what is known of it is taken to be old.
    hosts, fixed = _hosts(tx, host_type), _versions(tx)
    beside = surroundings(tx, platform.settings)
    bare = unclaimed(tx, platform.settings, eq("host_type", host_type), beside)
    bare = with_networks(bare, networks_now(tx, None))
    pool = Pool(claimed(tx, bare))
    pool.set_creating(making(tx))
    return KeptPool(
        pool=pool,
        bare=bare,
        hosts=hosts,
        storages={str(ident): version for ident, version in fixed[_FIXED.index(STORAGES)]},
        beside=beside,
        fixed=fixed,
        mark=seen,
        narrowed=narrowed_owners(tx),
        read_at=platform.clock.now(),
    )


def _look_through(platform: Platform, tx: Transaction, host_type: str, kept: KeptPool, seen: Mark) -> None:
    """Compare versions, take over hosts that differ and all claims; or make a new pool."""
    hosts, fixed = _hosts(tx, host_type), _versions(tx)
    if fixed != kept.fixed or hosts.keys() != kept.hosts.keys():
        platform.columns.put(host_type, _new(platform, tx, host_type, seen))
        return
    packing = packing_of(tx, platform.settings)
    changed = {ident for ident, version in hosts.items() if kept.hosts[ident] != version}
    put_hosts(platform, kept, hosts_now(tx, changed | _repacked(kept, packing)), packing)
    free, busy, narrowed = networks_now(tx, None), making(tx), narrowed_owners(tx)
    with platform.columns.lock:
        kept.hosts, kept.fixed, kept.narrowed = hosts, fixed, narrowed
        kept.pending.clear()
        kept.pool.set_creating(busy)
        for network in free:
            kept.pool.set_network(network.id, network.free_ports)
    _take_claims(platform, tx, kept, seen)


def _hosts(tx: Transaction, host_type: str) -> dict[str, int]:
    return dict(tx.of(HOSTS, PLATFORM).columns(("id", "update_version"), Query(where=eq("host_type", host_type))))


def _versions(tx: Transaction) -> list[Sequence[tuple[Any, ...]]]:
    return [tx.of(resource, PLATFORM).columns(("id", "update_version")) for resource in _FIXED]


def _terms(kept: KeptPool, answer: Answer) -> dict[str, Terms]:
    """By which an answer can be admitted without reading rows again, as long as they have these versions."""
    found: dict[str, Terms] = {}
    live, bare, stores = kept.pool.present.hosts, kept.bare.hosts, kept.bare.storages
    for one in (*answer.placements, *answer.alternatives):
        row = bare.index[one.host_id]
        # Of whom something is kept, less may be given to most.
        if live.enabled[row] and not (live.kept.shape[1] and live.kept[row].any()):
            limits = int(bare.cpu_free[row]), int(bare.mem_free_mib[row])
            found[one.host_id] = Terms(kept.hosts[one.host_id], limits)
        for ident in dict.fromkeys(disk.storage_ids[0] for disk in one.disks):
            found[ident] = Terms(kept.storages[ident], (int(stores.free_mib[stores.index[ident]]),))
    return found


def _take_hosts(platform: Platform, tx: Transaction, host_type: str, kept: KeptPool) -> bool:
    """Take over the hosts that this process has changed; False, with nothing taken, where that is not known, or one of them is
    new or gone.
    """
    changed = _written(platform, kept, HOSTS)
    tagged = [_written(platform, kept, each) for each in TAGS]
    if changed is None or None in tagged:
        return False
    packing = packing_of(tx, platform.settings) if any(tagged) else kept.beside.packing
    touched = {*changed, *_repacked(kept, packing)}
    if len(touched) > MOST_ONE_BY_ONE:
        return False
    found = [host for host in hosts_now(tx, touched) if host.host_type == host_type]
    if {host.id for host in found} != touched & kept.hosts.keys():
        return False
    put_hosts(platform, kept, found, packing)
    return True


def _written(platform: Platform, kept: KeptPool, resource: Resource[Any]) -> Mapping[str, int] | None:
    """The ids of rows of a type that this process has written since the pool was brought up to date; None: not known."""
    return platform.uow.written(resource.plural, kept.mark.trails[resource.plural])[1]


def _repacked(kept: KeptPool, packing: Packing) -> set[str]:
    """The hosts of which it was said otherwise before whether they pack."""
    before, now = kept.beside.packing.hosts, packing.hosts
    return {ident for ident, _ in before.items() ^ now.items() if ident in kept.hosts} if now is not before else set()


def hosts_now(tx: Transaction, idents: Collection[str]) -> Sequence[Any]:
    """What columns are made of, and the version, of these hosts."""
    names = (*HOST_COLUMNS, "update_version")
    return read_columns(tx, HOSTS, names, Query(where=one_of("id", sorted(idents)))) if idents else ()


def put_hosts(platform: Platform, kept: KeptPool, found: Sequence[Any], packing: Packing) -> None:
    """Let the columns say what the rows of some hosts say; what is claimed of them is to be read then."""
    with platform.columns.lock:
        kept.beside = attrs.evolve(kept.beside, packing=packing)
        live = kept.pool.present
        rows = [
            attrs.evolve(host_row(host, platform.settings, kept.beside), kept=kept_on(live, live.hosts.index[host.id]))
            for host in found
        ]
        kept.bare = with_hosts(kept.bare, rows)
        for host, row in zip(found, rows, strict=True):
            kept.pool.refresh(row)
            kept.told_at = None
            kept.hosts[host.id] = host.update_version
            kept.doubts.add(host.id)


def _take_claims(platform: Platform, tx: Transaction, kept: KeptPool, seen: Mark) -> None:
    with platform.columns.lock:
        kept.doubts, kept.own = set(), Counter()
    left = claimed(tx, kept.bare)
    with platform.columns.lock:
        kept.pool.adopt(left)
        kept.mark = seen


def _take_changed(platform: Platform, tx: Transaction, kept: KeptPool, seen: Mark) -> None:
    changed = _changed(platform, kept)
    with platform.columns.lock:
        doubts, kept.doubts = kept.doubts, set()
        kept.own = Counter()
    if changed is None or len(changed) + len(doubts) > MOST_ONE_BY_ONE:
        _take_claims(platform, tx, kept, seen)
        return
    known = kept.bare
    servers = _read(
        tx, HOSTCLAIMS, ("vcpus", "memory_mib", "guests", "update_version"), {*changed, *doubts}, known.hosts
    )
    volumes = _read(tx, STORAGECLAIMS, ("size_mib",), {*changed, *doubts}, known.storages)
    nodes = _nodes_left(tx, known.hosts, servers)
    actual = measured(tx) if volumes else {}
    with platform.columns.lock:
        for ident, (vcpus, memory, guests, generation) in servers.items():
            row = known.hosts.index[ident]
            kept.pool.set_host(
                ident,
                cpu_free=max(int(known.hosts.cpu_free[row]) - vcpus, 0),
                mem_free_mib=max(int(known.hosts.mem_free_mib[row]) - memory, 0),
                guests=guests,
                generation=generation,
            )
        for ident, left in nodes.items():
            kept.pool.set_nodes(ident, left)
        for ident, (size,) in volumes.items():
            row = known.storages.index[ident]
            room = max(int(known.storages.free_mib[row]) - size, 0)
            kept.pool.set_storage(ident, min(room, actual.get(ident, room)))
        kept.mark = seen


def _nodes_left(tx: Transaction, hosts: Hosts, idents: Iterable[str]) -> dict[str, dict[int, tuple[int, int]]]:
    """What is free of the NUMA nodes of those of some hosts that have any: host → node → CPUs and memory (MiB)."""
    if not hosts.has_nodes:
        return {}
    left: dict[str, dict[int, tuple[int, int]]] = {}
    for ident in idents:
        columns = [getattr(hosts, name)[hosts.index[ident]].tolist() for name in NODE_COLUMNS]
        found = {node: (cpus, memory) for node, cpus, memory in zip(*columns, strict=True) if node >= 0}
        if found:
            left[ident] = found
    claims = (
        tx.of(NODECLAIMS, PLATFORM).columns(NODE_CLAIM, Query(where=one_of("host_id", sorted(left)))) if left else ()
    )
    for ident, node, vcpus, memory in claims:
        if node in left[ident]:
            cpus_free, memory_free = left[ident][node]
            left[ident][node] = max(cpus_free - vcpus, 0), max(memory_free - memory, 0)
    return left


def _changed(platform: Platform, kept: KeptPool) -> Collection[str] | None:
    """The hosts and storages that this process has adjusted otherwise than the pool has; None when that is not known."""
    hosts, storages = _written(platform, kept, HOSTCLAIMS), _written(platform, kept, STORAGECLAIMS)
    if hosts is None or storages is None:
        return None
    found, own = Counter({**hosts, **storages}), kept.own
    return [ident for ident in {**found, **own} if found[ident] != own[ident]]


def _read(
    tx: Transaction, resource: Resource[Any], names: Sequence[str], wanted: Collection[str], known: Hosts | Storages
) -> dict[str, tuple[int, ...]]:
    """Id → these numbers of a ledger; zeros where there is none, for nothing was ever claimed there."""
    idents = sorted(ident for ident in wanted if ident in known.index)
    if not idents:
        return {}
    rows = tx.of(resource, PLATFORM).columns(("id", *names), Query(where=one_of("id", idents)))
    found: dict[str, tuple[int, ...]] = dict.fromkeys(idents, (0,) * len(names))
    found.update({str(row[0]): tuple(row[1:]) for row in rows})
    return found
