"""The cloud that benchmarks measure on: 10,000 servers with two disks, a card and three tags each, 100 hosts,
200 networks, 20 projects in 3 domains, and in every row a value in every column.

What a cloud must have to work (hosts with storages, wires, claims) is made by the platform's own operations; the many
rows are written straight into the tables, in the form that the storage gives them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import event

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model.entity import from_row
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Field, Resource, Show, field_map, fields_of
from cloudcore.operations.hosts import register_host
from cloudcore.operations.session import CoreSession
from cloudcore.ports.clock import Clock
from cloudcore.ports.sealer import Sealer
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.crypto.sealing import AesGcmSealer, MasterKey, new_data_key
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.router import SimulatedHosts
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.migrations import migrate

SERVERS = 10_000
HOSTS = 100
WIRES = 10
NETWORKS = 200
PROJECTS = 20
DOMAINS = 3
OF_MEMBER = 1_500
"""Servers of the first project, whose member asks: more than one page of 1,000."""

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "Correct-Horse-Battery-9"
"""The password of the member."""


@attrs.frozen(kw_only=True)
class StandardCloud:
    """admin: `sysadmin`, with that password. member: `member`, an owner of `project-0`, which has `OF_MEMBER` servers."""

    cloud: Cloud
    password: str
    uow: SqlUnitOfWork
    admin: CoreSession
    member: CoreSession
    worker: Worker

    def create(self, name: str) -> JsonObject:
        """Make a server and drive it until it runs."""
        made = self.ask(name)
        self.drive()
        return made

    def ask(self, name: str) -> JsonObject:
        """Ask for a server."""
        body: Mapping[str, Any] = {
            "name": name,
            "vmem_size": "256M",
            "vcpu_count": 1,
            "disks": ["tiny:1g"],
            "nets": ["default"],
            "auto_start": True,
            "disable_delete": False,
        }
        return self.admin.create("servers", body)

    def drive(self) -> None:
        """Do all that is due."""
        self.worker.run_all(self.worker.due())


@contextmanager
def standard_cloud(servers: int = SERVERS, clock: Clock | None = None) -> Iterator[StandardCloud]:
    """Build one on a SQLite file that commits durably (`synchronous=FULL`); gone with the block.

    clock: the machine's, unless another is given.
    """
    with tempfile.TemporaryDirectory(prefix="cloudcore-bench-") as folder:
        built = _built(Path(folder), servers, clock or SystemClock())
        try:
            yield built
        finally:
            built.uow.close()


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """The SQL statements of the block, as they are sent."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        seen.append(text)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _built(folder: Path, servers: int, clock: Clock) -> StandardCloud:
    ids = SystemIds()
    master = MasterKey(ids.random_bytes(32))
    sealer = AesGcmSealer(master, [new_data_key(master)])
    uow = SqlUnitOfWork(f"sqlite:///{folder}/cloud.sqlite", TYPES, ids, clock=clock, sealer=sealer)
    migrate(uow.engine)
    cloud, password = memory_cloud(memory_platform(clock=clock, ids=ids, uow=uow))
    admin = cloud.login("sysadmin", password, project="system")
    worker = _worker(cloud, clock, ids)
    admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    member = _people(cloud, admin)
    built = StandardCloud(cloud=cloud, password=password, uow=uow, admin=admin, member=member, worker=worker)
    built.drive()
    first = built.create("first")
    status = admin.get("servers", first["id"])["status"]
    if status != "running":
        raise RuntimeError(f"the first server is {status}")
    _Filling(uow, sealer).run(servers)
    return built


def _worker(cloud: Cloud, clock: Clock, ids: SystemIds) -> Worker:
    hosts = {}
    for n in range(HOSTS):
        host = SimulatedHost(clock, deployment="memory")
        facts = attrs.evolve(host.facts(), uuid=ids.new_id(), hostname=f"host-{n}")
        hosts[register_host(cloud.platform, facts)] = host
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))

    def failed(_task: Any, error: Exception) -> None:
        raise error

    return cloud.worker(RoutedEffects({"host": SimulatedHosts(hosts), "image": images}), "bench", failed)


def _people(cloud: Cloud, admin: CoreSession) -> CoreSession:
    """Domains and projects, and an owner of the first project."""
    domains = [admin.create("domains", {"name": f"department-{n}"})["id"] for n in range(1, DOMAINS)]
    domains = ["default", *domains]
    for n in range(PROJECTS):
        admin.create("projects", {"name": f"project-{n}", "domain_id": domains[n % DOMAINS]})
    admin.create("users", {"name": "member", "password": SECRET, "domain_id": domains[0]})
    cloud.grant(admin, "project-0", "users", "member", "project_owner", remove=False)
    return cloud.login("member", SECRET, project="project-0")


class _Filling:
    """The many rows: written in one transaction."""

    def __init__(self, uow: SqlUnitOfWork, sealer: Sealer) -> None:
        self._uow = uow
        self._sealer = sealer
        self._types = {r.plural: r for r in TYPES}
        named = one_of("name", [f"project-{n}" for n in range(PROJECTS)])
        projects = sorted(self._all("projects", Query(where=named)), key=lambda p: int(p.name.partition("-")[2]))
        self._owners = [{"domain_id": p.domain_id, "tenant_id": p.id} for p in projects]
        self._hosts = [h.id for h in self._all("hosts")]
        storages = {link.host_id: link.storage_id for link in self._all("hoststorages")}
        self._storages = [storages[h] for h in self._hosts]
        (self._zone,) = self._all("zones")
        (self._image,) = self._all("cachedimages")

    def run(self, servers: int) -> None:
        """Write everything."""
        with self._uow.engine.begin() as connection:
            for plural, rows in (*self._ground(), *self._servers(servers)):
                self._insert(connection, self._types[plural], rows)
            self._claim(connection, servers)
            for plural in ("hosts", "storages", "zones", "vpcs", "cloudregions", "cachedimages", "projects"):
                self._complete(connection, self._types[plural])

    def _all(self, plural: str, query: Query = Query()) -> Sequence[Any]:  # noqa: B008 - frozen
        with self._uow.read() as tx:
            return tx.of(self._types[plural], PLATFORM).find(query)

    def _insert(self, connection: sa.Connection, resource: Resource[Any], rows: Sequence[JsonMapping]) -> None:
        table = self._uow.metadata.tables[resource.table]
        codec = Codec(resource, table, None)
        filled = _values(resource.entity)
        sealed = {
            n: self._sealed(resource, n, filled[n]) for n, f in field_map(resource.entity).items() if f.spec.sealed
        }
        if rows:
            stored = [
                codec.encode(from_row(resource.entity, {**filled, **row}))
                | {n: seal(row["id"]) for n, seal in sealed.items()}
                for row in rows
            ]
            connection.execute(sa.insert(table), stored)

    def _sealed(self, resource: Resource[Any], name: str, value: str) -> Any:
        return lambda ident: self._sealer.seal(value.encode(), f"{resource.table}.{name}:{ident}")

    def _complete(self, connection: sa.Connection, resource: Resource[Any]) -> None:
        """Values in the columns that the platform's own rows leave empty."""
        table = self._uow.metadata.tables[resource.table]
        codec = Codec(resource, table, None)
        encoded = {n: codec.encode_value(n, v) for n, v in _values(resource.entity).items()}
        kept = {"id", "name", *(f.name for f in fields_of(resource.entity) if f.ref is not None or f.kind is bool)}
        for name, value in encoded.items():
            if name in kept or any(name in unique for unique in resource.unique):
                continue
            column = table.c[name]
            empty = sa.or_(column.is_(None), column.in_(("", 0, "{}", "[]")))
            connection.execute(sa.update(table).where(empty).values({name: value}))

    def _ground(self) -> Iterator[tuple[str, list[JsonObject]]]:
        """Wires, networks, a key pair."""
        shared = {"is_public": True, "public_scope": "system", "status": "available"}
        yield "wires", [
            {**shared, "id": f"wire-{w}", "name": f"wire-{w}", "domain_id": "default", "vpc_id": "default",
             "zone_id": self._zone.id}
            for w in range(WIRES)
        ]  # fmt: skip
        yield "networks", [
            {
                **shared, **self._owners[n % PROJECTS], "id": f"network-{n}", "name": f"network-{n}",
                "wire_id": f"wire-{n % WIRES}", "guest_ip_start": f"10.100.{n}.10", "guest_ip_end": f"10.100.{n}.250",
                "guest_ip_mask": 24, "guest_gateway": f"10.100.{n}.1", "server_type": "guest",
            }
            for n in range(NETWORKS)
        ]  # fmt: skip
        (admin,) = [u.id for u in self._all("users") if u.name == "member"]
        yield "keypairs", [{"id": "keypair-0", "name": "key", "owner_id": admin}]

    def _servers(self, count: int) -> Iterator[tuple[str, list[JsonObject]]]:
        yield "servers", [self._server(n) for n in range(count)]
        yield "disks", [self._disk(n, place) for n in range(count) for place in range(2)]
        yield "guestdisks", [
            {"id": f"link-{n}-{place}", "guest_id": f"server-{n}", "disk_id": f"disk-{n}-{place}", "index": place,
             "driver": "scsi", "cache_mode": "none"}
            for n in range(count) for place in range(2)
        ]  # fmt: skip
        yield "guestnetworks", [_card(n) for n in range(count)]
        yield (
            "guestsecgroups",
            [{"id": f"rules-{n}", "guest_id": f"server-{n}", "secgroup_id": "default"} for n in range(count)],
        )

    def _owner(self, n: int) -> JsonMapping:
        return self._owners[0 if n % 20 < 3 and n < OF_MEMBER * 20 // 3 else 1 + n % (PROJECTS - 1)]

    def _server(self, n: int) -> JsonObject:
        power = n % 10 != 0
        return {
            **self._owner(n), **_made(n),
            "id": f"server-{n}", "name": f"server-{n:05d}", "hostname": f"server-{n:05d}",
            "metadata": {f"user:{key}": f"{key}-{n % 7}" for key in ("team", "stage", "cost")},
            "status": "running" if power else "ready", "power_states": "on" if power else "off",
            "vcpu_count": 1 + n % 4, "vmem_size": 512 << n % 3,
            "host_id": self._hosts[n % HOSTS], "keypair_id": "keypair-0", "hypervisor": "kvm",
            "os_type": "Linux", "os_arch": "x86_64", "machine": "q35",
        }  # fmt: skip

    def _disk(self, n: int, place: int) -> JsonObject:
        return {
            **self._owner(n), **_made(n),
            "id": f"disk-{n}-{place}", "name": f"vdisk-{n:05d}-{place}", "status": "ready",
            "metadata": {f"user:{key}": f"{key}-{n % 7}" for key in ("team", "stage", "cost")},
            "storage_id": self._storages[n % HOSTS], "disk_size": 10240 * (1 + place),
            "disk_type": "data" if place else "sys", "disk_format": "qcow2",
            "template_id": "" if place else self._image.id,
        }  # fmt: skip

    def _claim(self, connection: sa.Connection, servers: int) -> None:
        """What the servers hold of hosts and storages."""
        of_host = [list(range(place, servers, HOSTS)) for place in range(HOSTS)]
        claims, disks = (self._uow.metadata.tables[t] for t in ("compute_hostclaims", "storage_storageclaims"))
        for host, storage, mine in zip(self._hosts, self._storages, of_host, strict=True):
            held = {
                "vcpus": claims.c.vcpus + sum(1 + n % 4 for n in mine),
                "memory_mib": claims.c.memory_mib + sum(512 << n % 3 for n in mine),
                "guests": claims.c.guests + len(mine),
            }
            connection.execute(sa.update(claims).where(claims.c.id == host).values(held))
            size = {"size_mib": disks.c.size_mib + 30720 * len(mine)}
            connection.execute(sa.update(disks).where(disks.c.id == storage).values(size))


def _card(n: int) -> JsonObject:
    place, network = divmod(n, NETWORKS)
    return {
        "id": f"card-{n}", "guest_id": f"server-{n}", "network_id": f"network-{network}", "index": 0,
        "mac_addr": f"00:22:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}",
        "ip_addr": f"10.100.{network}.{10 + place}", "is_default": True, "driver": "virtio", "virtual": False,
        "bw_limit": 1000,
    }  # fmt: skip


def _made(n: int) -> JsonObject:
    return {"created_at": _BEGAN + timedelta(seconds=n), "updated_at": _BEGAN + timedelta(seconds=n, days=1)}


@cache
def _values(entity: Any) -> JsonObject:
    """A value for every field of a type; what counts for the measurement is that there is one."""
    return {field.name: _value(field) for field in fields_of(entity)}


def _value(field: Field) -> Any:
    if field.enum is not None:
        return field.default if field.has_default else next(iter(field.enum))
    if field.spec.choices is not None:
        return field.default if field.has_default else field.spec.choices[-1]
    if field.kind is bool:
        return bool(field.default)
    if field.kind is datetime:
        return _BEGAN
    if field.kind is dict:
        return {"key": "value", "number": 4}
    if field.kind is list:
        return [{"key": "value", "number": 4}]
    if field.kind in (int, float):
        return field.default or field.kind(max(field.spec.minimum or 0, 4))
    long = 1024 if field.spec.show is Show.NEVER else 40
    return field.default or (f"{field.name} " * long)[: min(field.spec.width, long)].strip()
