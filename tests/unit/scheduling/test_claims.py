"""Claims and networks that are put upon kept columns make the inventory that a build from rows makes."""

from __future__ import annotations

import random
from typing import Any

import attrs
import numpy as np
import pytest

from cloudcore.scheduling import (
    DiskRequest,
    HostRow,
    Inventory,
    NetworkRow,
    NicRequest,
    Request,
    StorageRow,
    schedule,
)
from cloudcore.scheduling.claims import with_claims, with_networks

SIZE = 30


def _rows(chance: random.Random) -> tuple[list[Any], ...]:
    hosts = [
        HostRow(
            id=f"h{n}", zone_id="z", cpu_count=chance.randint(1, 64), cpu_reserved=chance.randint(0, 8),
            cpu_claimed=chance.randint(0, 80), mem_size=chance.randint(1, 9) * 1024, mem_reserved=chance.randint(0, 2048),
            mem_claimed=chance.randint(0, 9000), guests=chance.randint(0, 9), generation=chance.randint(0, 5),
        )
        for n in range(SIZE)
    ]  # fmt: skip
    storages = [
        StorageRow(id=f"s{n}", capacity=chance.randint(0, 90_000), claimed=chance.randint(0, 100_000), reserved=n)
        for n in range(SIZE)
    ]
    networks = [NetworkRow(id=f"n{n}", wire_id=f"w{n % 7}", free_ports=chance.randint(0, 3)) for n in range(9)]
    storage_links = [(f"h{n}", f"s{chance.randrange(SIZE)}") for n in range(SIZE) for _ in range(2)]
    # Some hosts have no wire, some have two; nobody has the wires 5 and 6.
    wire_links = [(f"h{n}", f"w{chance.randrange(5)}") for n in range(SIZE) for _ in range(n % 3)]
    return hosts, storages, networks, storage_links, wire_links


def _refreshed(hosts: list[Any], storages: list[Any], networks: list[Any], *links: list[Any]) -> Inventory:
    bare = [attrs.evolve(h, cpu_claimed=0, mem_claimed=0, guests=0, generation=0) for h in hosts]
    columns = Inventory.build(bare, [attrs.evolve(s, claimed=0) for s in storages], [], *links)
    taken = [(h.id, h.cpu_claimed, h.mem_claimed, h.guests, h.generation) for h in reversed(hosts)]
    sizes = [(s.id, s.claimed) for s in storages]
    stray = ("gone", 1, 1, 1, 1)
    return with_claims(with_networks(columns, networks), [stray, *taken], [("gone", 1), *sizes])


@pytest.mark.parametrize("seed", range(20))
def test_the_same_decisions_come_of_both(seed: int) -> None:
    rows = _rows(random.Random(seed))
    built, refreshed = Inventory.build(*rows), _refreshed(*rows)
    for name in ("cpu_free", "mem_free_mib", "guests", "generation"):
        assert np.array_equal(getattr(built.hosts, name), getattr(refreshed.hosts, name)), name
    assert np.array_equal(built.storages.free_mib, refreshed.storages.free_mib)
    for count, network in ((1, ""), (9, ""), (1, "n3"), (200, "")):
        request = Request(
            count=count, vcpus=1, memory_mib=256, disks=(DiskRequest(size_mib=900),), nets=(NicRequest(network_id=network),),
            is_admin=True, seed="s",
        )  # fmt: skip
        one, other = schedule(built, request), schedule(refreshed, request)
        assert one.explain() == other.explain()
        assert (one.placements, one.alternatives, one.refusal) == (other.placements, other.alternatives, other.refusal)


def test_what_was_not_claimed_is_free_and_columns_stay_read_only() -> None:
    columns = Inventory.build([HostRow(id="h", zone_id="z", cpu_count=4, mem_size=1024)])
    free = with_claims(columns, [], [])
    assert free.hosts.cpu_free.tolist() == columns.hosts.cpu_free.tolist()
    with pytest.raises(ValueError, match="read-only"):
        free.hosts.cpu_free[0] = 1
