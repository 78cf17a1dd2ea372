"""A small cloud in memory: one zone, wire, network, storage and host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from cloudcore.cloud import Cloud
from cloudcore.model.query import PLATFORM
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.disk import DISKS, Disk
from cloudcore.resources.compute.guestdisk import GUESTDISKS, Guestdisk
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, Guestnetwork
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS, Hostclaim
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS, Cloudregion
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus, Host
from cloudcore.resources.infrastructure.zone import ZONES, Zone
from cloudcore.resources.network.network import NETWORKS, Network
from cloudcore.resources.network.vpc import VPCS, Vpc
from cloudcore.resources.network.wire import WIRES, Wire
from cloudcore.resources.registry import ALL
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES, Hoststorage
from cloudcore.resources.storage.hostwire import HOSTWIRES, Hostwire
from cloudcore.resources.storage.storage import STORAGES, Storage
from cloudcore.resources.storage.storagecache import STORAGECACHES, Storagecache
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS, Storageclaim
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import ManualClock, SeededIds

PROJECT = {"domain_id": "d1", "tenant_id": "p1"}
SECRET = "Correct-Horse-Battery-9"


@attrs.frozen
class People:
    """A seeded cloud: its administrator, and two users who each own a project of their name."""

    cloud: Cloud
    admin: Session
    bob: Session
    eve: Session


@attrs.frozen
class Plant:
    """What servers of bob need: a zone, a wire, a network, and two hosts. Ids."""

    network: str
    hosts: tuple[str, str]
    zone: str


def plant(people: People) -> Plant:
    """Make what servers need in a seeded cloud."""
    admin = people.admin
    zone = admin.get("zones", "zone0")["id"]
    network = admin.create(
        "networks",
        {"name": "net1", "wire": "wire0", "guest_ip_prefix": "10.1.0.0/28", "project": "bob"},
    )["id"]
    hosts = tuple(
        admin.create("hosts", {"name": f"h{n}", "zone": zone, "access_mac": f"00:22:00:00:00:0{n}"})["id"]
        for n in (1, 2)
    )
    return Plant(network, (hosts[0], hosts[1]), zone)


def put_server(people: People, name: str, host: str | None = None, *, owner: str = "bob", ip: str = "") -> str:
    """A server record of somebody's project, on a host, with a card; its id."""
    project = people.admin.get("projects", owner)
    with people.cloud.platform.uow.write(Author()) as unit:
        server = Server(
            id=f"{name}-id",
            name=name,
            vmem_size=512,
            host_id=host,
            status="ready",
            domain_id=project["domain_id"],
            tenant_id=project["id"],
        )
        unit.of(SERVERS, PLATFORM).add(server)
        if ip:
            network = unit.of(NETWORKS, PLATFORM).find()[0]
            card = Guestnetwork(
                id=f"{name}-gn", guest_id=server.id, network_id=network.id, ip_addr=ip, mac_addr=f"00:22:{name}"
            )
            unit.of(GUESTNETWORKS, PLATFORM).add(card)
        unit.commit()
    return server.id


@pytest.fixture
def people() -> People:
    cloud, password = memory_cloud()
    admin = cloud.login("sysadmin", password, project="system")

    def owner(name: str) -> Session:
        admin.create("projects", {"name": name})
        admin.create("users", {"name": name, "password": SECRET})
        cloud.grant(admin, name, "users", name, "project_owner", remove=False)
        return cloud.login(name, SECRET, project=name)

    return People(cloud, admin, owner("bob"), owner("eve"))


class CountingStore(MemoryStore):
    """Storage in memory that counts the questions put to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(ALL, ManualClock(), SeededIds(1), pause=self.asked.append)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def tx(store: CountingStore) -> Iterator[Any]:
    with store.write(Author()) as unit:
        fill(unit)
        store.asked.clear()
        yield unit


def fill(tx: Any) -> None:
    def add(resource: Any, row: Any) -> None:
        tx.of(resource, PLATFORM).add(row)

    add(CLOUDREGIONS, Cloudregion(id="default", name="Default"))
    add(ZONES, Zone(id="z1", name="zone1"))
    add(VPCS, Vpc(id="default", name="Default", domain_id="d1", is_default=True))
    add(WIRES, Wire(id="w1", name="bcast0", domain_id="d1", zone_id="z1"))
    add(
        NETWORKS,
        Network(
            id="n1",
            name="net1",
            wire_id="w1",
            guest_ip_start="10.1.0.10",
            guest_ip_end="10.1.0.19",
            guest_ip_mask=24,
            guest_gateway="10.1.0.1",
            guest_dns="10.1.0.1",
            **PROJECT,
        ),
    )
    add(STORAGECACHES, Storagecache(id="c1", name="cache1", path="/cache"))
    add(
        STORAGES,
        Storage(
            id="s1",
            name="local1",
            domain_id="d1",
            zone_id="z1",
            capacity=1000,
            reserved=100,
            cmtbound=2.0,
            storage_type="local",
            storagecache_id="c1",
            actual_capacity_used=7,
        ),
    )
    add(STORAGECLAIMS, Storageclaim(id="s1", size_mib=300))
    add(
        HOSTS,
        Host(
            id="h1",
            name="host1",
            domain_id="d1",
            zone_id="z1",
            status="running",
            host_status=AgentStatus.ONLINE,
            cpu_count=8,
            mem_size=16_384,
            mem_reserved=384,
            access_mac="00:22:00:00:00:01",
        ),
    )
    add(HOSTCLAIMS, Hostclaim(id="h1", vcpus=4, memory_mib=8000, guests=2))
    add(HOSTSTORAGES, Hoststorage(id="hs1", host_id="h1", storage_id="s1", mount_point="/disks"))
    add(HOSTWIRES, Hostwire(id="hw1", host_id="h1", wire_id="w1", bridge="br0", mac_addr="00:22:00:00:00:01"))


def add_server(tx: Any, ident: str, *, ip: str = "", status: str = "ready", **changes: Any) -> Server:
    """A server on h1 with one disk and, if an address is given, one card."""
    server = Server(id=ident, name=ident, vmem_size=512, host_id="h1", status=status, **PROJECT, **changes)
    tx.of(SERVERS, PLATFORM).add(server)
    disk = Disk(id=f"{ident}-d", name=f"{ident}-d", storage_id="s1", disk_size=100, disk_type="sys", **PROJECT)
    tx.of(DISKS, PLATFORM).add(disk)
    tx.of(GUESTDISKS, PLATFORM).add(Guestdisk(id=f"{ident}-gd", guest_id=ident, disk_id=disk.id))
    if ip:
        card = Guestnetwork(
            id=f"{ident}-gn",
            guest_id=ident,
            network_id="n1",
            ip_addr=ip,
            mac_addr=f"00:22:00:00:01:{len(ip):02x}{ident}",
        )
        tx.of(GUESTNETWORKS, PLATFORM).add(card)
    return server
