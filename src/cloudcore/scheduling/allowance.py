"""What limits still allow in a region or zone: which hosts are meant, and of how many servers that is the room."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import attrs
import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Allowance, Request
from cloudcore.scheduling.tables import Hosts


def takes(allowance: Allowance, request: Request, inventory: Inventory) -> Mapping[str, int]:
    """What one server of a request counts for, by counter."""
    return allowance.each or _asked(request, inventory)


def _asked(request: Request, inventory: Inventory) -> Mapping[str, int]:
    networks = inventory.networks
    exits = 0
    for nic in request.nets:
        row = networks.index.get(nic.network_id) if nic.network_id else None
        exits += nic.exit if row is None else bool(networks.is_exit[row])
    return {
        "count": 1,
        "cpu": request.vcpus,
        "memory": request.memory_mib,
        "storage": sum([disk.size_mib for disk in request.disks]),
        "isolated_device": len(request.passed),
        "port": len(request.nets) - exits,
        "eport": exits,
    }


def left(allowance: Allowance, request: Request, inventory: Inventory) -> int:
    """How many servers of a request it is room for."""
    each = takes(allowance, request, inventory)
    return min([free // each[name] for name, free in allowance.free.items() if each.get(name)], default=UNLIMITED)


def there(allowance: Allowance, hosts: Hosts) -> BoolArray:
    """The hosts that it is about; not to be written to."""
    if allowance.region and allowance.zone:
        return hosts.region.equals(allowance.region) & hosts.zone.equals(allowance.zone)
    if allowance.region:
        return hosts.region.equals(allowance.region)
    return hosts.zone.equals(allowance.zone) if allowance.zone else np.ones(len(hosts), dtype=np.bool_)


class Drawn:
    """What requests of one series have taken of limits that they share."""

    def __init__(self) -> None:
        self._taken: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def now(self, request: Request) -> Request:
        """A request with what earlier ones have left of its limits."""
        if not request.allowances or not self._taken:
            return request
        lower = [
            attrs.evolve(
                one, free={name: free - self._taken[one.owner, one.name][name] for name, free in one.free.items()}
            )
            for one in request.allowances
        ]
        return attrs.evolve(request, allowances=tuple(lower))

    def note(self, request: Request, host_id: str, inventory: Inventory, sign: int = 1) -> None:
        """One server of a request is placed on a host (1), or is there no more (-1)."""
        row = inventory.hosts.index[host_id] if request.allowances else 0
        for one in request.allowances:
            if is_about(one, inventory.hosts, row):
                for name, amount in takes(one, request, inventory).items():
                    self._taken[one.owner, one.name][name] += sign * amount


def is_about(allowance: Allowance, hosts: Hosts, row: int) -> bool:
    """Whether a host is one of those."""
    if allowance.region and hosts.region[row] != allowance.region:
        return False
    return not allowance.zone or hosts.zone[row] == allowance.zone
