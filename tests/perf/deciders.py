"""Processes that decide where servers go, all against one database: place, claim and charge in a transaction each.

    python -m tests.perf.deciders URL REQUESTS SEED RELEASING   waits for a line, does its requests, and tells in JSON
                                                                what it holds and what it met

What makes a server beside that (rows, addresses, a task) is left out; `creates_bench` has it all.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa

from cloudcore.cloud import TYPES
from cloudcore.model.errors import Contention, InsufficientResourceError, OutOfQuotaError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.deciding import seats, spare_at
from cloudcore.operations.placement import admit, inventory_of
from cloudcore.operations.platform import Platform, Settings
from cloudcore.operations.pools import bring_up_to_date, find_place, is_up_to_date, settle
from cloudcore.operations.watermark import mark
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.quotas.claims import release_host, release_storage
from cloudcore.quotas.ledger import charge, refund
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS, Hostclaim
from cloudcore.resources.infrastructure.host import HOSTS, Host
from cloudcore.resources.infrastructure.zone import ZONES, Zone, ZoneStatus
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES, Hoststorage
from cloudcore.resources.storage.storage import STORAGES, Storage
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS, Storageclaim
from cloudcore.scheduling import Answer, DiskRequest, Request, schedule
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.migrations import migrate
from cloudcore_apps.pacing import back_off

ROOT = Path(__file__).parents[2]
DOMAINS = 4
PROJECTS = 4
CPUS, MEMORY, DISK = 16, 32_768, 400_000
"""Of each host: virtual CPUs, MiB of memory, MiB of its one storage."""
TRIES = 12
LOOKS = 3


def opened(url: str) -> SqlUnitOfWork:
    """The database at an address."""
    return SqlUnitOfWork(url, TYPES, SystemIds(), clock=SystemClock(), sealer=None)


def platform_over(uow: SqlUnitOfWork) -> Platform:
    """What decides over a database."""
    return memory_platform(uow=uow, settings=Settings(deployment="deciders", cpu_overcommit=1.0))


def populate(uow: SqlUnitOfWork, hosts: int, limit: int = -1) -> None:
    """Fill an empty database with hosts that have a storage each, as they are after registering.

    limit: of the servers of each project; a domain may have three times as many, which is less than its projects together.
    """
    migrate(uow.engine)
    shared = {"is_public": True, "public_scope": "system", "domain_id": "default"}
    numbers = range(hosts)
    online: dict[str, Any] = {"status": "running", "host_status": "online", "host_type": "hypervisor"}
    size: dict[str, Any] = {"cpu_count": CPUS, "mem_size": MEMORY, "zone_id": "zone-0"}
    rows: list[tuple[Any, list[Any]]] = [
        (ZONES, [Zone(id="zone-0", name="zone-0", cloudregion_id="region-0", status=ZoneStatus.ENABLE.value)]),
        (
            HOSTS,
            [Host(id=f"host-{n:05}", name=f"host-{n}", uuid=f"u-{n}", **size, **online, **shared) for n in numbers],
        ),
        (HOSTCLAIMS, [Hostclaim(id=f"host-{n:05}") for n in numbers]),
        (STORAGES, [_storage(n, shared) for n in numbers]),
        (STORAGECLAIMS, [Storageclaim(id=f"disk-{n:05}") for n in numbers]),
        (
            HOSTSTORAGES,
            [
                Hoststorage(id=f"link-{n}", host_id=f"host-{n:05}", storage_id=f"disk-{n:05}", mount_point="/disks")
                for n in numbers
            ],
        ),
    ]
    if limit >= 0:
        owners = [
            (f"domain-{d}", f"project-{d}-{p}" if p >= 0 else "") for d in range(DOMAINS) for p in range(-1, PROJECTS)
        ]
        rows.append((QUOTALIMITS, [_limit(d, p, limit if p else 3 * limit) for d, p in owners]))
    now = datetime.now(UTC)
    with uow.engine.begin() as connection:
        for resource, entities in rows:
            table = uow.metadata.tables[resource.table]
            codec = Codec(resource, table, None)
            stored = [codec.encode(attrs.evolve(one, created_at=now, updated_at=now)) for one in entities]
            connection.execute(sa.insert(table), stored)


def _storage(number: int, shared: dict[str, Any]) -> Storage:
    return Storage(
        id=f"disk-{number:05}", name=f"disk-{number}", zone_id="zone-0", capacity=DISK, status="online",
        storage_type="local", medium_type="ssd", storagecache_id="cache", **shared,
    )  # fmt: skip


def _limit(domain: str, project: str, count: int) -> Quotalimit:
    return Quotalimit(id=f"limit-{domain}-{project}", domain_id=domain, tenant_id=project, count=count)


@attrs.frozen
class Held:
    """A server that was placed."""

    host: str
    disks: tuple[tuple[str, int], ...]
    vcpus: int
    memory: int
    domain: str
    project: str

    @property
    def amounts(self) -> dict[str, int]:
        """What it counts for."""
        storage = sum(size for _, size in self.disks)
        return {"count": 1, "cpu": self.vcpus, "memory": self.memory, "storage": storage}


class Decider:
    """One process that decides. met: how often what happened; wrong: refusals that were not true."""

    def __init__(self, uow: SqlUnitOfWork, seed: int) -> None:
        self.uow = uow
        self.platform = platform_over(uow)
        self.chance = random.Random(seed)
        self.held: list[Held] = []
        self.met: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self, requests: int, releasing: float) -> None:
        """Do so many requests, of which a share gives something back."""
        for number in range(requests):
            if self.held and self.chance.random() < releasing:
                self._again(lambda: self._release(self.chance.randrange(len(self.held))))
            else:
                self._place(self._wish(number))

    def _wish(self, number: int) -> Request:
        chance = self.chance
        domain, project = chance.randrange(DOMAINS), chance.randrange(PROJECTS)
        return Request(
            vcpus=chance.choice((1, 1, 2, 4)),
            memory_mib=1024 * chance.choice((1, 2, 2, 4, 8)),
            disks=[
                DiskRequest(size_mib=10_240 * (1 + n + chance.randrange(3)), index=n) for n in range(1 + number % 2)
            ],
            domain_id=f"domain-{domain}",
            project_id=f"project-{domain}-{project}",
            seed=str(chance.random()),
        )

    def _place(self, request: Request) -> None:
        looks = iter(range(1, TRIES + 1))
        try:
            self._again(lambda: self._try(request, next(looks)))
        except InsufficientResourceError:
            self.met["refused"] += 1
        except OutOfQuotaError as error:
            self.met["over quota"] += 1
            over: Any = error.data
            if not any(o["used"] + o["requested"] > o["limit"] for o in over["exceeded"]):
                self.wrong.append(str(error))

    def _again(self, once: Any) -> None:
        for attempt in range(1, TRIES):
            try:
                once()
            except Contention:
                self.met["conflicts"] += 1
                back_off(attempt)
            else:
                return
        once()

    def _try(self, request: Request, look: int) -> None:
        self.met["tries"] += 1
        answer = self._decided(request, look)
        is_kept = False
        try:
            with self.uow.write(Author()) as tx:
                held = self._claimed(tx, request, answer)
                charge(tx, held.domain, held.project, held.amounts)
                tx.commit()
            is_kept = True
        finally:
            settle(self.platform, request, answer, is_kept=is_kept)
        self.met["placed"] += 1
        self.met["elsewhere"] += held.host != answer.placements[0].host_id
        self.held.append(held)

    def _decided(self, request: Request, look: int) -> Answer:
        seen = mark(self.platform)
        if look <= LOOKS:
            if look > 1 or not is_up_to_date(self.platform, request.host_type, seen):
                with self.uow.read() as tx:
                    bring_up_to_date(self.platform, tx, request.host_type, seen, doubted=look > 1)
            if (answer := find_place(self.platform, request, spare=spare_at(look), claim=True)) is not None:
                return answer
        with self.uow.read() as tx:
            inventory = inventory_of(tx, self.platform.settings, host_type=request.host_type, networks=None)
            decision = schedule(inventory, request, spare=spare_at(look))
            if decision.refusal is not None:
                self._check(tx, request)
                raise InsufficientResourceError(decision.refusal.summary())
        return Answer(decision.placements, decision, decision.alternatives)

    def _claimed(self, tx: Transaction, request: Request, answer: Answer) -> Held:
        for placement in seats(answer):
            try:
                seat = admit(tx, self.platform.settings, placement, request, answer.terms)
            except InsufficientResourceError as error:
                raise Contention("the storage was taken") from error
            if seat is not None:
                sizes = [disk.size_mib for disk in request.disks]
                return Held(
                    host=seat.host_id,
                    disks=tuple(zip(seat.storages, sizes, strict=True)),
                    vcpus=request.vcpus,
                    memory=request.memory_mib,
                    domain=request.domain_id,
                    project=request.project_id,
                )
        raise Contention("the places were taken")

    def _check(self, tx: Transaction, request: Request) -> None:
        """Whether it is true that no host has room: by the rows themselves, in the same snapshot."""
        claims = {row.id: row for row in tx.of(HOSTCLAIMS, PLATFORM).find()}
        used = dict(tx.of(STORAGECLAIMS, PLATFORM).columns(("id", "size_mib")))
        wanted = sum(disk.size_mib for disk in request.disks)
        for link in tx.of(HOSTSTORAGES, PLATFORM).find():
            claim = claims[link.host_id]
            fits = claim.vcpus + request.vcpus <= CPUS and claim.memory_mib + request.memory_mib <= MEMORY
            if fits and used[link.storage_id] + wanted <= DISK:
                self.wrong.append(f"{link.host_id} has room for {request}")

    def _release(self, place: int) -> None:
        held = self.held[place]
        self.met["tries"] += 1
        with self.uow.write(Author()) as tx:
            release_host(tx, held.host, vcpus=held.vcpus, memory_mib=held.memory)
            for storage, size in held.disks:
                release_storage(tx, storage, size_mib=size)
            refund(tx, held.domain, held.project, held.amounts)
            tx.commit()
        self.met["released"] += 1
        del self.held[place]


@attrs.frozen
class Told:
    """What one process told. took_s: from the first request to the last; cpu_s: what it computed meanwhile."""

    held: Sequence[Held]
    met: Counter[str]
    wrong: Sequence[str]
    took_s: float
    cpu_s: float


@contextmanager
def deciding(
    url: str, processes: int, requests: int, *, releasing: float, seed: int = 0
) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ready; they begin together when the block does. `told` gets what each one met."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.perf.deciders", url, str(requests), str(seed + n), str(releasing)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for n in range(processes)
    ]  # fmt: skip
    try:
        for one in started:
            if one.stdout is None or one.stdout.readline() != "ready\n":
                raise RuntimeError("a process that decides did not begin")
        for one in started:
            if one.stdin is not None:
                one.stdin.write("go\n")
                one.stdin.flush()
        yield started
    finally:
        for one in started:
            one.kill()
            one.wait()


def told(process: subprocess.Popen[str]) -> Told:
    """Wait for the end of a process."""
    text, _ = process.communicate()
    found = json.loads(text)
    held = [Held(**{**one, "disks": tuple((s, n) for s, n in one["disks"])}) for one in found["held"]]
    return Told(held, Counter(found["met"]), found["wrong"], found["took_s"], found["cpu_s"])


def main(url: str, requests: str, seed: str, releasing: str) -> None:
    """Be one of them."""
    uow = opened(url)
    decider = Decider(uow, int(seed))
    with uow.read() as tx:
        bring_up_to_date(decider.platform, tx, "hypervisor", mark(decider.platform))
    print("ready", flush=True)
    if not sys.stdin.readline():
        return  # whoever started it is gone
    begun, computed = time.monotonic(), time.process_time()
    decider.run(int(requests), float(releasing))
    took, cpu = time.monotonic() - begun, time.process_time() - computed
    held = [attrs.asdict(one) for one in decider.held]
    print(
        json.dumps({"held": held, "met": decider.met, "wrong": decider.wrong, "took_s": took, "cpu_s": cpu}), flush=True
    )
    uow.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
