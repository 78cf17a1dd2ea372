"""A whole cloud in memory on simulated hosts, driven through the public operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from cloudcore.model.effects import Effect, Failed, Outcome
from cloudcore.model.errors import UnreachableError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.operations.kept_columns import KeptColumns
from cloudcore.operations.platform import Platform, Settings
from cloudcore.operations.policies import PolicyCache
from cloudcore.operations.saving import take_saved
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.recount import open_counters
from cloudcore.resources.image.image import IMAGES, Image
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS, Cloudregion
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus, Host, HostStatus
from cloudcore.resources.infrastructure.host.policy import ON_HOST_DOWN
from cloudcore.resources.infrastructure.zone import ZONES, Zone
from cloudcore.resources.network.network import NETWORKS, Network
from cloudcore.resources.network.vpc import VPCS, Vpc
from cloudcore.resources.network.wire import WIRES, Wire
from cloudcore.resources.registry import ALL
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES, Hoststorage
from cloudcore.resources.storage.hostwire import HOSTWIRES, Hostwire
from cloudcore.resources.storage.storage import STORAGES, Storage
from cloudcore.resources.storage.storagecache import STORAGECACHES, Storagecache
from cloudcore.tasks.engine import Engine
from cloudcore.tasks.flows import FLOWS
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.notice import NoticePerformer
from cloudcore.tasks.routing import RoutedEffects
from cloudcore.tasks.task import OPEN, TASKS, Task
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.converter import MemoryImageConverter
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_adapters.memory.keys import MemoryKeyPairs
from cloudcore_adapters.memory.notifier import MemoryNotifier
from cloudcore_adapters.memory.remote import MemoryRemoteFiles
from cloudcore_adapters.memory.secrets import MemoryPasswordHasher, MemoryTokenSigner
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SeededIds
from cloudcore_adapters.simulated import SimulatedHosts
from cloudcore_adapters.simulated.migration import Neighbours
from cloudcore_adapters.simulated.shared import SharedStorage
from cloudcore_apps.leases import keep_lease
from cloudcore_apps.simulate.agents import Agent
from cloudcore_apps.simulate.clock import TickingClock
from cloudcore_apps.simulate.database import SqlStore
from cloudcore_apps.simulate.images import PausedStore
from cloudcore_apps.simulate.machines import SHARED, add_shared, facts_of, way_to
from cloudcore_apps.simulate.people import CALLER, PROJECT, People, add_second

DEPLOYMENT = "11111111-0000-4000-8000-000000000000"
RESOURCES = tuple({r.plural: r for r in (*ALL, TASKS)}.values())
IMAGE_URL = "https://images.example.com/tiny.raw"
IMAGE_BYTES = bytes(510) + b"\x55\xaa" + bytes(512)


class Watched:
    """An effect port that lets others go first at each call."""

    def __init__(self, port: EffectPort, pause: Callable[[str], None]) -> None:
        self._port = port
        self._pause = pause

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        self._pause(f"submit {effect.kind}")
        self._port.submit(effect, key, fence)
        self._pause("submitted")

    def outcome(self, key: str) -> Outcome:
        self._pause("outcome")
        return self._port.outcome(key)

    def cancel(self, key: str) -> None:
        self._pause("cancel")
        self._port.cancel(key)


class Cloud:
    """Storage, hosts, images, and as many workers as are asked for.

    sql: storage is SQL. tenants: one or two. leases: hosts work only as long as they have one, and reach a storage together.
    addresses: of the network, from 10.99.1.1. files: of the world elsewhere, by URL.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        hosts: int = 2,
        cpus: int = 4,
        memory_mib: int = 4096,
        addresses: int = 200,
        delays: Mapping[str, float] | None = None,
        jitter: float = 0.0,
        failures: Callable[[Effect, int], Failed | None] | None = None,
        late_failures: float = 0.0,
        flows: Mapping[str, Any] = FLOWS,
        interleave: bool = False,
        files: Mapping[str, bytes] | None = None,
        pause: Callable[[str], None] | None = None,
        backoff: Callable[[int], None] = lambda _attempt: None,
        recycle_s: int = 0,
        on_outcome: Callable[[str], None] | None = None,
        leases: bool = False,
        sql: bool = False,
        tenants: int = 1,
    ) -> None:
        self.clock = TickingClock()
        self.ids = SeededIds(seed)
        self.pause = pause or (lambda _where: None)
        self.store = SqlStore(RESOURCES, self.clock, self.ids) if sql else self._new_store(interleave=interleave)
        self.images = MemoryImageStore()
        self.flows, self.leases, self.tenants = flows, leases, tenants
        self.held: dict[str, Task] = {}
        self.defects: list[Exception] = []
        shared, neighbours = ({SHARED: SharedStorage()}, Neighbours()) if leases else ({}, None)
        self.machines = {
            f"h{number}": Agent(
                self.clock,
                deployment=DEPLOYMENT,
                facts=facts_of(f"h{number}", cpus, memory_mib, reaches_shared=leases),
                delays=delays,
                jitter=jitter,
                failures=failures,
                late_failures=late_failures,
                uploads=self._take,
                seed=seed * 1000 + number,
                on_outcome=on_outcome,
                shared=shared,
                neighbours=neighbours,
                elapsed=(lambda: self.clock.elapsed_s) if leases else None,
            )
            for number in range(1, hosts + 1)
        }
        self.hosts = SimulatedHosts(self.machines)
        self._files = files or {IMAGE_URL: IMAGE_BYTES}
        self.notifier = MemoryNotifier()
        self._telling = InlineEffects(performer=NoticePerformer(self.notifier, self._notice))
        self.effects = self.new_effects()
        self.platform = self._new_platform(backoff, recycle_s)
        self._furnish(cpus, memory_mib, addresses)
        for ident in sorted(self.machines) if leases else ():
            self.keep_lease(ident)
        self.store.pause = self.pause

    def keep_lease(self, ident: str, platform: Platform | None = None) -> bool:
        """A host's agent renews its lease, at a process of the control plane that it reaches."""
        if ident in self.hosts.partitioned:
            raise UnreachableError("the control plane does not answer")
        return keep_lease(platform or self.platform, ident, self.machines[ident], lambda: self.clock.elapsed_s)

    def _note_defect(self, _effect: Effect, error: Exception) -> None:
        self.defects.append(error)

    def _notice(self, ident: str) -> Any:
        return self.row("tasknotices", ident)

    def _new_store(self, *, interleave: bool) -> Any:
        """A unit-of-work port that shows its `rows` by type and id; one that is another's overrides this."""
        return MemoryStore(RESOURCES, self.clock, self.ids, interleave=interleave)

    def _image_effects(self) -> InlineEffects:
        store = PausedStore(self.images, self.pause)
        performer = ImagePerformer(
            store,
            converter=MemoryImageConverter(store),
            remote=MemoryRemoteFiles(self._files),
            source_url=lambda ident: str(self.row("images", ident).copy_from),
        )
        return InlineEffects(performer=performer, on_defect=self._note_defect)

    def _new_platform(self, backoff: Callable[[int], None], recycle_s: int) -> Platform:
        signer = MemoryTokenSigner()
        directory = People(lambda plural: self.store.rows[plural])
        return Platform(
            uow=self.store,
            clock=self.clock,
            ids=self.ids,
            directory=directory,
            policies=PolicyCache(directory, self.clock),
            hasher=MemoryPasswordHasher(),
            signer=signer,
            verifier=signer,
            key_generator=MemoryKeyPairs(self.ids),
            image_store=self.images,
            flows=self.flows,
            resources=RESOURCES,
            settings=Settings(
                deployment=DEPLOYMENT,
                cpu_overcommit=1.0,
                memory_overcommit=1.0,
                image_import=True,
                notify_networks=(),
                recycle_s=recycle_s,
            ),
            backoff=backoff,
            guests=self.machines.get,
        )

    def _take(self, image_id: str, chunks: Iterable[bytes]) -> JsonObject:
        return take_saved(self.platform, image_id, chunks)

    def new_effects(self) -> EffectPort:
        """An effect port as a fresh process has it: it remembers nothing."""
        return Watched(self.bare_effects(), self.pause)

    def bare_effects(self) -> EffectPort:
        """The same, and nobody else goes first at its calls."""
        hosts = SimulatedHosts(self.machines)
        hosts.partitioned = self.hosts.partitioned
        return RoutedEffects({"host": hosts, "image": self._image_effects(), "notify": self._telling})

    def new_platform(self, wake: Callable[[str], None]) -> Platform:
        """The platform as a fresh process has it: with caches of its own."""
        directory = self.platform.directory
        policies = PolicyCache(directory, self.clock)
        return attrs.evolve(self.platform, policies=policies, columns=KeptColumns(), wake=wake)

    def worker(self, name: str = "w1") -> Worker:
        """A worker as a fresh process has it."""
        return Worker(
            uow=self.store,
            effects=self.new_effects(),
            engine=Engine(flows=self.flows, deployment=DEPLOYMENT, owner=name),
            on_defect=lambda _task, error: self.defects.append(error),
        )

    def rows(self, plural: str) -> list[Any]:
        """All rows of a type, by id."""
        return [row for _, row in sorted(self.store.rows[plural].items())]

    def row(self, plural: str, ident: str) -> Any:
        """One row, or None."""
        return self.store.rows[plural].get(ident)

    def open_tasks(self) -> list[Any]:
        """Tasks that have not ended, by id."""
        return [task for task in self.rows("tasks") if task.state in OPEN]

    def turn(self, worker: Worker, held: dict[str, Task] | None = None) -> None:
        """One round of a worker's duty."""
        held = self.held if held is None else held
        for ident, task in list(held.items()):
            _hold(held, ident, worker.turn(task))
        for ident in worker.due():
            _hold(held, ident, worker.run(ident))

    def settle(
        self, worker: Worker | None = None, *, seconds: int = 5000, each: Callable[[], None] | None = None
    ) -> None:
        """Rounds, a second apart, until every task has ended. each: done before each round."""
        worker = worker or self.worker()
        for _ in range(seconds):
            if each is not None:
                each()
            self.turn(worker)
            if not self.open_tasks():
                return
            self.clock.advance(1)
        raise AssertionError(f"tasks did not end: {[(t.flow, t.state, t.log[-3:]) for t in self.open_tasks()]}")

    def _furnish(self, cpus: int, memory_mib: int, addresses: int) -> None:
        with self.store.write(Author()) as tx:
            tx.of(CLOUDREGIONS, PLATFORM).add(Cloudregion(id="default", name="Default"))
            tx.of(ZONES, PLATFORM).add(Zone(id="z1", name="zone"))
            tx.of(VPCS, PLATFORM).add(Vpc(id="default", name="Default", domain_id="default", cloudregion_id="default"))
            tx.of(WIRES, PLATFORM).add(Wire(id="w1", name="wire", domain_id="default", zone_id="z1"))
            network = Network(
                id="n1",
                name="net",
                wire_id="w1",
                domain_id=PROJECT.domain_id,
                tenant_id=PROJECT.id,
                guest_ip_start="10.99.1.1",
                guest_ip_end=f"10.99.1.{addresses}",
                guest_ip_mask=16,
                guest_gateway="10.99.0.1",
                is_public=self.tenants > 1,
                public_scope="project" if self.tenants > 1 else "none",
            )
            tx.of(NETWORKS, PLATFORM).add(network)
            image = Image(
                id="i1",
                name="image",
                status="active",
                domain_id=PROJECT.domain_id,
                tenant_id=PROJECT.id,
                size=len(IMAGE_BYTES),
                virtual_size=len(IMAGE_BYTES),
                disk_format="raw",
                sha256="ab" * 32,
                store_key="images/i1",
                protected=False,
                is_public=self.tenants > 1,
                public_scope="project" if self.tenants > 1 else "none",
            )
            tx.of(IMAGES, PLATFORM).add(image)
            if self.tenants > 1:
                add_second(tx)
            for ident in sorted(self.machines):
                self._add_host(tx, ident, cpus, memory_mib, leases=self.leases)
            if self.leases:
                add_shared(tx, sorted(self.machines))
            open_counters(tx)
            tx.commit()
        self.images.write("images/i1", [IMAGE_BYTES])

    @staticmethod
    def _add_host(tx: Any, ident: str, cpus: int, memory_mib: int, *, leases: bool) -> None:
        host = Host(
            id=ident,
            name=ident,
            domain_id="default",
            zone_id="z1",
            enabled=True,
            is_public=True,
            public_scope="system",
            status=HostStatus.RUNNING.value,
            host_status=AgentStatus.ONLINE,
            cpu_count=cpus,
            mem_size=memory_mib,
            cpu_architecture="x86_64",
            metadata={ON_HOST_DOWN: "enable"},
            migrate_uri=way_to(ident) if leases else "",
        )
        tx.of(HOSTS, PLATFORM).add(host)
        tx.of(STORAGECACHES, PLATFORM).add(Storagecache(id=f"c-{ident}", name=f"cache-{ident}", path="/sim/storage"))
        storage = Storage(
            id=f"s-{ident}",
            name=f"storage-{ident}",
            domain_id="default",
            zone_id="z1",
            capacity=4_000 if leases else 100_000,
            storage_type="local",
            storagecache_id=f"c-{ident}",
            is_public=True,
            public_scope="system",
        )
        tx.of(STORAGES, PLATFORM).add(storage)
        link = Hoststorage(id=f"hs-{ident}", host_id=ident, storage_id=storage.id, mount_point="/sim/storage")
        tx.of(HOSTSTORAGES, PLATFORM).add(link)
        wire = Hostwire(id=f"hw-{ident}", host_id=ident, wire_id="w1", bridge="simbr0")
        tx.of(HOSTWIRES, PLATFORM).add(wire)


def server_body(name: str, **changes: Any) -> dict[str, Any]:
    """What a client sends for a small server from the image."""
    return {
        "name": name,
        "vmem_size": 512,
        "vcpu_count": 1,
        "disks": [{"image_id": "i1", "size": 1024}, {"size": 2048}],
        "nets": [{"network": "n1"}],
        "disable_delete": False,
        **changes,
    }


def _hold(held: dict[str, Task], ident: str, task: Task | None) -> None:
    if task is None:
        held.pop(ident, None)
    else:
        held[ident] = task


__all__ = ["CALLER", "IMAGE_BYTES", "PROJECT", "RESOURCES", "SHARED", "Cloud", "server_body"]
