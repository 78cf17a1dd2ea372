"""How much may be given out of a host or storage."""

from __future__ import annotations

from typing import Any

from cloudcore.operations.platform import Settings
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.kept import still_kept


def host_limits(host: Any, settings: Settings) -> tuple[int, int]:
    """How many CPUs and how much memory (MiB) may be given out of a host."""
    cpu_bound = host.cpu_cmtbound if host.cpu_cmtbound is not None else settings.cpu_overcommit
    memory_bound = host.mem_cmtbound if host.mem_cmtbound is not None else settings.memory_overcommit
    return int(host.cpu_count * cpu_bound) - host.cpu_reserved, int(host.mem_size * memory_bound) - host.mem_reserved


def limits_for(tx: Transaction, host: Any, settings: Settings, *, has_devices: bool) -> tuple[int, int]:
    """The same for a server that has devices of the host, or none: then without what is kept for those that have."""
    cpu, memory = host_limits(host, settings)
    cpus_kept, memory_kept = (0, 0) if has_devices else still_kept(tx, host.id)
    return max(cpu - cpus_kept, 0), max(memory - memory_kept, 0)


def storage_limit(storage: Any, settings: Settings) -> int:
    """How much (MiB) may be given out of a storage."""
    bound = storage.cmtbound if storage.cmtbound is not None else settings.storage_overcommit
    return int(storage.capacity * bound) - int(storage.reserved)
