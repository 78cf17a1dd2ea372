"""A whole cloud in dictionaries, without hosts: for programs that bring their own, and for tests."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from cloudcore.cloud import TYPES, Cloud, Platform
from cloudcore.operations.identity.directory import LocalDirectory
from cloudcore.operations.kept_columns import KeptColumns
from cloudcore.operations.platform import Settings
from cloudcore.operations.policies import PolicyCache
from cloudcore.operations.seed import seed
from cloudcore.ports.clock import Clock
from cloudcore.ports.ids import IdSource
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.tasks.flows import FLOWS
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_adapters.memory.keys import MemoryKeyPairs
from cloudcore_adapters.memory.secrets import MemoryPasswordHasher, MemoryTokenSigner
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds

PASSWORD = "memory-cloud-password-1"  # noqa: S105 - of a cloud that ends with its process


def memory_platform(
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    uow: UnitOfWork | None = None,
    settings: Settings | None = None,
    wake: Callable[[str], None] = lambda _task: None,
) -> Platform:
    """The ports of a cloud in memory; any of them can be brought along."""
    clock = clock or SystemClock()
    ids = ids or SystemIds()
    uow = uow or MemoryStore(TYPES, clock, ids)
    directory = LocalDirectory(uow)
    signer = MemoryTokenSigner(ids.random_bytes(16))
    return Platform(
        uow=uow,
        clock=clock,
        ids=ids,
        directory=directory,
        policies=PolicyCache(directory, clock),
        hasher=MemoryPasswordHasher(ids.random_bytes),
        signer=signer,
        verifier=signer,
        key_generator=MemoryKeyPairs(ids),
        image_store=MemoryImageStore(),
        flows=FLOWS,
        resources=TYPES,
        settings=settings or Settings(deployment="memory"),
        wake=wake,
        columns=KeptColumns(Lock()),
    )


def memory_cloud(platform: Platform | None = None) -> tuple[Cloud, str]:
    """A seeded cloud in memory, and the password of its administrator `sysadmin` (project `system`)."""
    cloud = Cloud(platform or memory_platform())
    seed(cloud.platform, PASSWORD)
    return cloud, PASSWORD
