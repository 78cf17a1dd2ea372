"""Hosts that can be emptied: all of their servers go elsewhere, and nothing empty is opened for it."""

from __future__ import annotations

from collections import Counter
from random import Random

import attrs
import pytest

from cloudcore.scheduling import HostRow, Inventory, Request
from cloudcore.scheduling.emptying import emptied
from cloudcore.scheduling.moving import Guest


def town(held: dict[str, list[tuple[int, int]]], empty: int = 2) -> tuple[Inventory, list[Guest]]:
    """Hosts of 16 CPUs and 64 GiB with servers of these CPUs and GiB."""
    rows = [
        HostRow(
            id=host,
            cpu_count=16,
            cpu_cmtbound=1.0,
            mem_size=65536,
            cpu_claimed=sum(cpus for cpus, _ in servers),
            mem_claimed=sum(gib for _, gib in servers) * 1024,
            guests=len(servers),
        )
        for host, servers in {**held, **{f"empty{n}": [] for n in range(empty)}}.items()
    ]
    guests = [
        Guest(id=f"{host}-{n}", host_id=host, request=Request(vcpus=cpus, memory_mib=gib * 1024, seed=str(n)))
        for host, servers in held.items()
        for n, (cpus, gib) in enumerate(servers)
    ]
    return Inventory.build(rows), guests


def test_the_host_that_holds_least_is_emptied_onto_others_in_use():
    inventory, guests = town({"a": [(8, 32)], "b": [(8, 32), (2, 8)], "c": [(2, 8), (2, 8)]})
    found = emptied(inventory, guests, most=10)
    assert [one.host_id for one in found] == ["c"]
    assert {move.host_id for move in found[0].moves} <= {"a", "b"}
    assert len(found[0].moves) == 2


def test_neither_stuck_servers_nor_too_many_moves_nor_empty_hosts_are_used():
    inventory, guests = town({"a": [(16, 64)], "b": [(1, 4), (1, 4)]})
    assert emptied(inventory, guests, most=10) == []
    inventory, guests = town({"a": [(8, 32)], "b": [(1, 4), (1, 4)]})
    assert [one.host_id for one in emptied(inventory, guests, most=1)] == ["a"]
    stuck = [attrs.evolve(one, stuck="it has devices of its host") if one.host_id == "b" else one for one in guests]
    assert [one.host_id for one in emptied(inventory, stuck, most=10)] == ["a"]
    (moved,) = emptied(inventory, guests, most=2)
    assert moved.host_id == "b"


@pytest.mark.parametrize("seed", range(4))
def test_all_of_them_can_be_emptied_in_that_order(seed):
    draw = Random(seed)
    held = {
        f"h{n:02}": [(draw.randint(1, 3), draw.randint(2, 12)) for _ in range(draw.randint(1, 4))] for n in range(20)
    }
    inventory, guests = town(held)
    found = emptied(inventory, guests, most=30)
    assert found
    assert sum(len(one.moves) for one in found) <= 30
    where = {guest.id: guest.host_id for guest in guests}
    gone: set[str] = set()
    for one in found:
        assert {move.guest.id for move in one.moves} >= {ident for ident, host in where.items() if host == one.host_id}
        gone.add(one.host_id)
        for move in one.moves:
            assert move.host_id in held
            assert move.host_id not in gone
            where[move.guest.id] = move.host_id
    sizes = {guest.id: guest.request for guest in guests}
    cpus, mib = Counter(), Counter()
    for ident, host in where.items():
        cpus[host] += sizes[ident].vcpus
        mib[host] += sizes[ident].memory_mib
    assert max(cpus.values()) <= 16
    assert max(mib.values()) <= 65536
    assert not gone & set(cpus)
