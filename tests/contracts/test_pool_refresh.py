"""A pool that is brought up to date by what has changed is what one that is read anew would be, whoever has changed it.

Random changes to hosts, storages, attachments, tags, networks and claims: by this process, after which it is so at once, and by another one,
after which it is so when what others do is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
from tests.contracts import mariadb, postgres
from tests.effort import some

from cloudcore.cloud import TYPES
from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Resource
from cloudcore.model.trail import Trail
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform, Settings
from cloudcore.operations.pools import FRESH, bring_up_to_date, find_place
from cloudcore.operations.watermark import mark
from cloudcore.ports.unit_of_work import Author, Transaction, UnitOfWork
from cloudcore.quotas.claims import claim_host, claim_storage, release_host, release_storage
from cloudcore.resources.compute.schedtag import SCHEDTAGS, Schedtag
from cloudcore.resources.compute.tagging import SCHEDTAGHOSTS, Schedtaghost
from cloudcore.resources.infrastructure.host import HOSTS, Host
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES, Sharedresource
from cloudcore.resources.infrastructure.zone import ZONES, Zone, ZoneStatus
from cloudcore.resources.network.network import NETWORKS, Network
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES, Hoststorage
from cloudcore.resources.storage.hostwire import HOSTWIRES, Hostwire
from cloudcore.resources.storage.storage import STORAGES, Storage
from cloudcore.scheduling import DiskRequest, Inventory, NicRequest, Request, schedule
from cloudcore.scheduling.columns import Coded, Sharing
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import ManualClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork

KIND = "hypervisor"
AUTHOR = Author()
HOSTS_AT_FIRST = 6
SHARED: dict[str, Any] = {"is_public": True, "public_scope": "system", "domain_id": "default"}
ONLINE: dict[str, Any] = {"status": "running", "host_status": "online", "host_type": KIND, "zone_id": "zone"}
WISHES = (
    Request(vcpus=1, memory_mib=512, disks=[DiskRequest(size_mib=1024)], is_admin=True, project_id="p", seed="a"),
    Request(vcpus=4, memory_mib=4096, nets=[NicRequest()], is_admin=True, project_id="p", seed="b"),
    Request(vcpus=1, memory_mib=1 << 20, project_id="p", seed="c"),
)


@attrs.frozen
class Deployment:
    """One storage and the process that keeps a pool over it. others: lets another process use it within the block."""

    platform: Platform
    clock: ManualClock
    others: Callable[[], AbstractContextManager[UnitOfWork]]

    def refresh(self) -> None:
        """Bring the pool up to date, as before a decision."""
        before = mark(self.platform)
        with self.platform.uow.read() as tx:
            bring_up_to_date(self.platform, tx, KIND, before)

    def check(self) -> None:
        """Compare the pool with columns that are read now, and what is decided by both."""
        with self.platform.uow.read() as tx:
            fresh = inventory_of(tx, self.platform.settings, host_type=KIND, networks=None)
        kept = self.platform.columns.get(KIND)
        assert kept is not None
        assert texts(kept.pool.inventory()) == texts(fresh)
        for wish in WISHES:
            wanted, found = schedule(fresh, wish, spare=2), find_place(self.platform, wish, spare=2, claim=False)
            assert (found is None) == (wanted.refusal is not None)
            if found is not None:
                assert (found.placements, found.alternatives) == (wanted.placements, wanted.alternatives)


def texts(inventory: Inventory) -> dict[str, Any]:
    """Everything that columns say, but for whose guests there are and who is being made, which are told otherwise."""
    found: dict[str, Any] = {}
    for table in ("hosts", "storages", "networks"):
        columns = getattr(inventory, table)
        for field in attrs.fields(type(columns)):
            if field.name not in ("memo", "crowds", "creating"):
                found[f"{table}.{field.name}"] = _text(getattr(columns, field.name), len(columns.ids))
    for name in ("host_storages", "host_wires"):
        edges = getattr(inventory, name)
        found[name] = (edges.left.tolist(), edges.right.tolist())
    return found


def _text(column: Any, size: int) -> Any:
    if isinstance(column, Coded):
        return [column[row] for row in range(size)]
    if isinstance(column, Sharing):
        shared = [
            {key: rows.tolist() for key, rows in each.items() if len(rows)}
            for each in (column.shared_domains, column.shared_projects)
        ]
        flags = (column.system_wide.tolist(), column.domain_wide.tolist())
        return [_text(column.domain, size), _text(column.project, size), *flags, *shared]
    return column.tolist() if hasattr(column, "tolist") else column


@contextmanager
def in_memory() -> Iterator[Deployment]:
    clock = ManualClock()
    store = MemoryStore(TYPES, clock, SystemIds())

    @contextmanager
    def others() -> Iterator[UnitOfWork]:
        # The rows are those of all; what this process has heard of is its own.
        heard = dict(store.revisions), store.trail
        store.trail = Trail()
        yield store
        store.revisions.clear()
        store.revisions.update(heard[0])
        store.trail = heard[1]

    yield _deployment(store, clock, others)


@contextmanager
def on(url: str) -> Iterator[Deployment]:
    clock = ManualClock()
    ours, theirs = (SqlUnitOfWork(url, TYPES, SystemIds(), clock=clock, sealer=None) for _ in range(2))
    ours.metadata.create_all(ours.engine)

    @contextmanager
    def others() -> Iterator[UnitOfWork]:
        yield theirs

    yield _deployment(ours, clock, others)
    ours.close()
    theirs.close()


@contextmanager
def on_postgresql() -> Iterator[Deployment]:
    with postgres.server() as url, on(url) as found:
        yield found


@contextmanager
def on_mariadb() -> Iterator[Deployment]:
    with mariadb.server() as url, on(url) as found:
        yield found


def _deployment(
    uow: UnitOfWork, clock: ManualClock, others: Callable[[], AbstractContextManager[UnitOfWork]]
) -> Deployment:
    platform = memory_platform(uow=uow, clock=clock, settings=Settings(deployment="pools", cpu_overcommit=2.0))
    with uow.write(AUTHOR) as tx:
        tx.of(ZONES, PLATFORM).add(
            Zone(id="zone", name="zone", cloudregion_id="region", status=ZoneStatus.ENABLE.value)
        )
        tx.of(SCHEDTAGS, PLATFORM).add(Schedtag(id="tag", name="tag", resource_type="hosts", placement="pack"))
        for number in range(HOSTS_AT_FIRST):
            _add_host(tx, number)
        tx.commit()
    return Deployment(platform, clock, others)


def _add_host(tx: Transaction, number: int) -> None:
    host, store = f"host-{number:03}", f"store-{number:03}"
    size: dict[str, Any] = {"cpu_count": 8, "mem_size": 16_384}
    tx.of(HOSTS, PLATFORM).add(Host(id=host, name=host, uuid=f"u-{number}", **size, **ONLINE, **SHARED))
    tx.of(STORAGES, PLATFORM).add(
        Storage(
            id=store, name=store, zone_id="zone", capacity=50_000, status="online", storage_type="local",
            medium_type="ssd", storagecache_id="cache", **SHARED,
        )
    )  # fmt: skip
    tx.of(HOSTSTORAGES, PLATFORM).add(
        Hoststorage(id=f"link-{number}", host_id=host, storage_id=store, mount_point="/disks")
    )
    tx.of(HOSTWIRES, PLATFORM).add(Hostwire(id=f"plug-{number}", host_id=host, wire_id="wire"))


class Hand:
    """Changes something at random."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.hosts = HOSTS_AT_FIRST
        self.made = 0
        self.claims: list[tuple[str, int]] = []

    def change(self, uow: UnitOfWork) -> None:
        """A unit with one to three changes, of which some are not kept."""
        is_kept, claims = self.chance.random() < 0.9, list(self.claims)
        with uow.write(AUTHOR) as tx:
            for _ in range(self.chance.randrange(1, 4)):
                self.chance.choice(
                    (self._host, self._host, self._tag, self._claim, self._release, self._storage, self._beside)
                )(tx)
            if is_kept:
                tx.commit()
        if not is_kept:
            self.claims = claims

    def _one(self, tx: Transaction, resource: Resource[Any]) -> Any:
        found = tx.of(resource, PLATFORM).find()
        return self.chance.choice(found) if found else None

    def _host(self, tx: Transaction) -> None:
        host, chance = self._one(tx, HOSTS), self.chance
        changes: list[dict[str, Any]] = [
            {"mem_reserved": chance.randrange(4096)},
            {"enabled": not host.enabled},
            {"cpu_count": chance.randrange(4, 12)},
            {"host_status": chance.choice(("online", "offline"))},
            {"name": f"{host.id}-{chance.randrange(9)}"},
            {"cpu_cmtbound": chance.choice((1.0, 3.0))},
            {"is_public": not host.is_public, "public_scope": "none" if host.is_public else "system"},
            {"zone_id": chance.choice(("zone", "elsewhere"))},
        ]
        tx.of(HOSTS, PLATFORM).save(evolve(host, **chance.choice(changes)))

    def _tag(self, tx: Transaction) -> None:
        mark = self._one(tx, SCHEDTAGHOSTS)
        if mark is not None and self.chance.random() < 0.4:
            tx.of(SCHEDTAGHOSTS, PLATFORM).remove(mark)
        elif self.chance.random() < 0.3:
            tag = self._one(tx, SCHEDTAGS)
            tx.of(SCHEDTAGS, PLATFORM).save(evolve(tag, placement=self.chance.choice(("pack", "spread", ""))))
        else:
            host = self._one(tx, HOSTS)
            marks = tx.of(SCHEDTAGHOSTS, PLATFORM)
            if host.id not in {one.host_id for one in marks.find()}:
                marks.add(Schedtaghost(id=f"mark-{host.id}", schedtag_id="tag", host_id=host.id))

    def _claim(self, tx: Transaction) -> None:
        number = self.chance.randrange(HOSTS_AT_FIRST)
        limits = {"cpu_limit": 100, "memory_limit": 1 << 20}
        assert claim_host(tx, f"host-{number:03}", vcpus=1, memory_mib=256, **limits)
        assert claim_storage(tx, f"store-{number:03}", size_mib=128, limit_mib=1 << 20)
        self.claims.append((f"{number:03}", 128))

    def _release(self, tx: Transaction) -> None:
        if self.claims:
            number, size = self.claims.pop()
            release_host(tx, f"host-{number}", vcpus=1, memory_mib=256)
            release_storage(tx, f"store-{number}", size_mib=size)

    def _storage(self, tx: Transaction) -> None:
        storage, chance = self._one(tx, STORAGES), self.chance
        changes: dict[str, Any] = chance.choice(
            ({"capacity": chance.randrange(9000, 60_000)}, {"enabled": not storage.enabled})
        )
        tx.of(STORAGES, PLATFORM).save(evolve(storage, **changes))

    def _beside(self, tx: Transaction) -> None:
        """What a pool is made anew for."""
        match self.chance.randrange(4):
            case 0:
                _add_host(tx, self.hosts)
                self.hosts += 1
            case 1:
                links = tx.of(HOSTSTORAGES, PLATFORM)
                if (link := self._one(tx, HOSTSTORAGES)) is not None:
                    links.save(evolve(link, mount_point="" if link.mount_point else "/disks"))
            case 2:
                self.made += 1
                ident, first = f"net-{self.made:03}", f"10.0.{self.made}"
                tx.of(NETWORKS, PLATFORM).add(
                    Network(
                        id=ident, name=ident, wire_id="wire", guest_ip_start=f"{first}.2", guest_ip_end=f"{first}.20",
                        guest_ip_mask=24, tenant_id="p", **SHARED,
                    )
                )  # fmt: skip
            case _:
                host = self._one(tx, HOSTS)
                tx.of(HOSTS, PLATFORM).save(evolve(host, is_public=True, public_scope="domain"))
                self.made += 1
                shared = Sharedresource(
                    id=f"shared-{self.made:03}", resource_type="hosts", resource_id=host.id, target_type="domain",
                    target_id=f"domain-{self.made}",
                )  # fmt: skip
                tx.of(SHAREDRESOURCES, PLATFORM).add(shared)


def follow(deployment: Deployment, seed: int, changes: int = 30) -> None:
    """Change, bring up to date, compare."""
    hand = Hand(seed)
    deployment.refresh()
    deployment.check()
    for _ in range(changes):
        is_ours = hand.chance.random() < 0.6
        if is_ours:
            hand.change(deployment.platform.uow)
        else:
            with deployment.others() as another:
                hand.change(another)
            deployment.clock.advance(FRESH.total_seconds() * 1.01)
        deployment.refresh()
        deployment.check()


@pytest.mark.parametrize("seed", some(range(60), 3, 3))
def test_a_pool_follows_what_anybody_changes_in_memory(seed: int) -> None:
    with in_memory() as deployment:
        follow(deployment, seed)


@pytest.mark.parametrize("seed", some(range(60), 5, 2))
def test_a_pool_follows_what_anybody_changes_on_sqlite(tmp_path: Path, seed: int) -> None:
    with on(f"sqlite:///{tmp_path}/cloud.sqlite") as deployment:
        follow(deployment, seed)


@pytest.mark.system
@pytest.mark.parametrize("opened", [on_postgresql, on_mariadb])
def test_a_pool_follows_what_anybody_changes_on_a_server(
    opened: Callable[[], AbstractContextManager[Deployment]],
) -> None:
    with opened() as deployment:
        follow(deployment, 3, 60)


def test_one_host_that_changes_is_read_by_itself(tmp_path: Path) -> None:
    with on(f"sqlite:///{tmp_path}/cloud.sqlite") as deployment:
        deployment.refresh()
        kept = deployment.platform.columns.get(KIND)
        before = mark(deployment.platform)
        with deployment.platform.uow.write(AUTHOR) as tx:
            host = tx.of(HOSTS, PLATFORM).get("host-001")
            assert host is not None
            tx.of(HOSTS, PLATFORM).save(evolve(host, mem_reserved=77))
            tx.commit()
        with deployment.others() as another, another.write(AUTHOR) as tx:
            host = tx.of(HOSTS, PLATFORM).get("host-002")
            assert host is not None
            tx.of(HOSTS, PLATFORM).save(evolve(host, mem_reserved=99))
            tx.commit()
        with deployment.platform.uow.read() as tx:
            # Whoever has asked before the commit takes it over once more.
            bring_up_to_date(deployment.platform, tx, KIND, before)
        deployment.refresh()
        assert kept is deployment.platform.columns.get(KIND)
        free = kept.pool.inventory().hosts.mem_free_mib.tolist()
        assert free[1] == free[0] - 77
        assert free[2] == free[0], "what others do is looked for once in a while"
        deployment.clock.advance(FRESH.total_seconds() * 1.01)
        deployment.refresh()
        assert kept.pool.inventory().hosts.mem_free_mib.tolist()[2] == free[0] - 99
