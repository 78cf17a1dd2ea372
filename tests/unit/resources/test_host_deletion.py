"""Deleting a host: all that is its own goes with it, and what must stay keeps it, with the reason."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cloudcore.model.errors import InvalidStatusError, NotEmptyError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.host_leases import renew
from cloudcore.operations.hosts import register_host
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.disk import DISKS, Disk
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.simulated.host import default_facts


@attrs.define
class World:
    """A cloud with two hosts that have a storage together, and one of their own each."""

    cloud: Any
    session: Any
    hosts: list[str]

    def rows(self) -> dict[str, set[str]]:
        kept = ("history", "hosts", "counters")
        return {
            plural: set(rows) for plural, rows in self.cloud.platform.uow.rows.items() if rows and plural not in kept
        }


@pytest.fixture
def world() -> World:
    cloud, password = memory_cloud()
    session = cloud.login("sysadmin", password, project="system")
    hosts = []
    for number in (1, 2):
        facts = default_facts(f"h{number}", f"12345678-1234-4234-8234-00000000000{number}")
        shared = attrs.evolve(facts.storages[0], name="nfs1", path="/nfs1", storage_type="nfs")
        hosts.append(register_host(cloud.platform, attrs.evolve(facts, storages=(*facts.storages, shared))))
        renew(cloud.platform, hosts[-1])
    return World(cloud, session, hosts)


def own_storage(world: World, host: str) -> Any:
    links = [row for row in world.cloud.platform.uow.rows["hoststorages"].values() if row.host_id == host]
    storages = [world.cloud.platform.uow.rows["storages"][link.storage_id] for link in links]
    (own,) = [storage for storage in storages if storage.storage_type == "local"]
    return own


def test_all_that_is_its_own_goes_with_it_and_what_others_reach_stays(world: World) -> None:
    first, second = world.hosts
    own = own_storage(world, first)
    world.session.perform("hosts", first, "disable", {})

    world.session.delete("hosts", first)

    rows = world.rows()
    assert (rows["hostclaims"], rows["hostleases"]) == ({second}, {second})
    assert own.id not in rows["storages"] | rows["storageclaims"]
    assert own.storagecache_id not in rows["storagecaches"]
    assert len(rows["storages"]) == len(rows["storageclaims"]) == len(rows["storagecaches"]) == 2
    assert len(rows["hoststorages"]) == 2
    assert first not in str(world.cloud.platform.uow.rows["hostwires"])
    mended = register_host(world.cloud.platform, default_facts("h1", "12345678-1234-4234-8234-000000000001"))
    assert mended != first


def test_a_disk_on_its_own_storage_keeps_it_and_nothing_is_changed(world: World) -> None:
    first = world.hosts[0]
    own = own_storage(world, first)
    with world.cloud.platform.uow.write(Author()) as tx:
        tx.of(DISKS, PLATFORM).add(
            Disk(id="d1", name="d1", storage_id=own.id, disk_size=1, domain_id="d", tenant_id="p")
        )
        tx.commit()
    with pytest.raises(InvalidStatusError, match="disable the host"):
        world.session.delete("hosts", first)
    world.session.perform("hosts", first, "disable", {})
    before = world.rows()

    with pytest.raises(NotEmptyError, match="disks lie on this storage, which no other host reaches") as told:
        world.session.delete("hosts", first)
    assert told.value.data == {"storage_id": own.id}

    assert world.rows() == before
