"""What the hosts of a simulated cloud are, and what they reach together in lives with leases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.model.host import Facts
from cloudcore.model.query import PLATFORM
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES, Hoststorage
from cloudcore.resources.storage.storage import STORAGES, Storage
from cloudcore.resources.storage.storagecache import STORAGECACHES, Storagecache
from cloudcore_adapters.simulated import default_facts

SHARED = "/sim/shared"
"""Where each host has the storage that all reach, in lives with leases."""


def facts_of(hostname: str, cpus: int, memory_mib: int, *, reaches_shared: bool) -> Facts:
    """What a host says of itself."""
    facts = attrs.evolve(default_facts(hostname), cpu_count=cpus, memory_mib=memory_mib)
    shared = attrs.evolve(facts.storages[0], name="shared", path=SHARED, storage_type="nfs")
    if not reaches_shared:
        return facts
    return attrs.evolve(facts, storages=(*facts.storages, shared), migrate_uri=way_to(hostname))


def way_to(host_id: str) -> str:
    """How other hosts reach this one."""
    return f"simulated://{host_id}"


def add_shared(tx: Any, hosts: Sequence[str]) -> None:
    """Have the storage that all these hosts reach."""
    tx.of(STORAGECACHES, PLATFORM).add(Storagecache(id="c-shared", name="cache-shared", path=SHARED))
    storage = Storage(
        id="s-shared",
        name="shared",
        domain_id="default",
        zone_id="z1",
        capacity=100_000,
        storage_type="nfs",
        storagecache_id="c-shared",
        is_public=True,
        public_scope="system",
    )
    tx.of(STORAGES, PLATFORM).add(storage)
    for ident in hosts:
        link = Hoststorage(id=f"hs-shared-{ident}", host_id=ident, storage_id=storage.id, mount_point=SHARED)
        tx.of(HOSTSTORAGES, PLATFORM).add(link)
