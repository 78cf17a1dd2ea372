"""Inventories for the scheduler's tests: small ones by hand, random ones by hypothesis."""

from __future__ import annotations

import pytest

from cloudcore.scheduling import HostRow, Inventory, NetworkRow, StorageRow


def small_inventory(hosts=(), *, storages=(), networks=None, links=None) -> Inventory:
    """Plug every host into wire `w1` and attach storage `s-<host>` to host `<host>` unless told otherwise."""
    return Inventory.build(
        hosts,
        storages,
        [NetworkRow(id="n1", wire_id="w1", free_ports=100)] if networks is None else networks,
        [(s.id.split("-")[1], s.id) for s in storages] if links is None else links,
        [(h.id, "w1") for h in hosts],
    )


def host(ident: str, **changes) -> HostRow:
    """A host of 8 CPUs without overcommit and 8192 MiB."""
    return HostRow(**({"id": ident, "cpu_count": 8, "cpu_cmtbound": 1.0, "mem_size": 8192} | changes))


def storage(ident: str, capacity: int, **changes) -> StorageRow:
    """An empty storage."""
    return StorageRow(id=ident, capacity=capacity, **changes)


@pytest.fixture
def make():
    """The builders, as one value."""

    class Make:
        inventory = staticmethod(small_inventory)
        host = staticmethod(host)
        storage = staticmethod(storage)

    return Make
