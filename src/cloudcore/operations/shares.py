"""The share of a host that a server takes, and what of it is of which NUMA nodes where the host keeps its servers on nodes.

Whoever has claimed of a host keeps everybody else from claiming of it until his unit ends. So the nodes are chosen, claimed
and given CPUs after that, and it is looked then whether the host still keeps nodes as it did when its row was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cloudcore.model.errors import Contention
from cloudcore.model.host import NodeFacts
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.operations.platform import Settings
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_host, claim_nodes, release_host
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.server.pins import Pin, amounts_of, excess, read_pins, written_pins
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.host.nodes import keeps_nodes, nodes_of
from cloudcore.scheduling import Request
from cloudcore.scheduling.nodes import NodeChoice, choose
from cloudcore.scheduling.rows import NodeRow


def node_rows(host: Any) -> tuple[NodeRow, ...]:
    """The nodes on which a host keeps its servers, with nothing claimed; none where it keeps them on none."""
    if not keeps_nodes(host):
        return ()
    return tuple(NodeRow(id=one.id, cpus=len(one.cpus), memory_mib=one.memory_mib) for one in nodes_of(host))


def keeping(tx: Transaction) -> frozenset[str]:
    """The ids of the hosts that keep their servers on nodes."""
    where = Query(where=eq("enable_numa_allocate", True))
    return frozenset(host.id for host in tx.of(HOSTS, PLATFORM).find(where) if keeps_nodes(host))


def check_kept(servers: Sequence[Any], hosts: Sequence[Any]) -> None:
    """Check that servers that were just given a share of these hosts, as they are now, are on nodes where their host keeps them on any.

    Raises:
        Contention: the host was told so after the decision.
    """
    keeps = {host.id for host in hosts if keeps_nodes(host)}
    if any(not server.cpu_numa_pin for server in servers if server.host_id in keeps):
        raise Contention("the host was told meanwhile to keep servers on NUMA nodes")


def claim_share(
    tx: Transaction,
    settings: Settings,
    host: Any,
    request: Request,
    *,
    limits: tuple[int, int],
    extra: int = 0,
    chosen: Sequence[NodeChoice] | None = None,
) -> list[JsonObject] | None:
    """Take what one server of a request needs of a host; its pins, of which there are none where the host keeps no nodes.

    None, with nothing held, where it does not fit, or the host is not as its row was read.

    limits: CPUs and memory (MiB) that may be given out. extra: CPUs among those of the request that the guest does not see.
    chosen: the nodes that were decided on; without, they are chosen now.
    """
    vcpus, memory_mib = request.vcpus, request.memory_mib
    cpu_limit, memory_limit = limits
    fits = claim_host(tx, host.id, vcpus=vcpus, memory_mib=memory_mib, cpu_limit=cpu_limit, memory_limit=memory_limit)
    if not fits:
        return None
    keeps = keeps_nodes(host)
    if is_as_read(tx, host) and (chosen is None or keeps == bool(chosen)):
        pins = _pinned(tx, settings, host, request, extra=extra, chosen=chosen) if keeps else []
        if pins is not None:
            return pins
    release_host(tx, host.id, vcpus=vcpus, memory_mib=memory_mib)
    return None


def is_as_read(tx: Transaction, host: Any) -> bool:
    """Whether a host of which this unit has claimed still keeps its servers on nodes, or on none, as its row was read."""
    now = both(eq("id", host.id), eq("enable_numa_allocate", host.enable_numa_allocate))
    return tx.of(HOSTS, PLATFORM).count(now) > 0


def resized_pins(
    tx: Transaction, settings: Settings, host: Any, request: Request, *, before: Sequence[Any], extra: int = 0
) -> list[JsonObject] | None:
    """The pins of a server of a new size; what they are more than it holds is claimed. None, with nothing held: they don't fit.

    before: its pins; until the change has ended it may be taken back, so that it holds the larger of both of each node.
        Whoever calls has claimed of the host in this unit.
    """
    if not keeps_nodes(host):
        return []
    choice = choose(request, free_of_nodes(tx, settings, host, before))
    if choice is None:
        return None
    wanted = {one.node: (one.vcpus, one.memory_mib) for one in choice}
    if not claim_nodes(tx, host.id, excess(wanted, amounts_of(before)), _limits(settings, host)):
        return None
    return _on_cpus(tx, host, choice, extra, but=before)


def free_of_nodes(
    tx: Transaction, settings: Settings, host: Any, but: Sequence[Any] = ()
) -> list[tuple[int, int, int]]:
    """Each node of a host, and how many CPUs and how much memory (MiB) are free of it. but: pins that are given up."""
    claims = tx.of(NODECLAIMS, PLATFORM).columns(("node", "vcpus", "memory_mib"), Query(where=eq("host_id", host.id)))
    held = {node: (vcpus, memory) for node, vcpus, memory in claims}
    own, nothing = amounts_of(but), (0, 0)
    found: list[tuple[int, int, int]] = []
    for node, (cpus, memory) in _limits(settings, host).items():
        taken, given = held.get(node, nothing), own.get(node, nothing)
        found.append((node, cpus - taken[0] + given[0], memory - taken[1] + given[1]))
    return found


def free_in_words(tx: Transaction, settings: Settings, host: Any, but: Sequence[Any] = ()) -> str:
    """What is free of each node of a host. but: pins that are given up."""
    there = free_of_nodes(tx, settings, host, but)
    return ", ".join(f"node {node}: {cpus} CPUs and {memory} MiB" for node, cpus, memory in there)


def _pinned(
    tx: Transaction,
    settings: Settings,
    host: Any,
    request: Request,
    *,
    extra: int,
    chosen: Sequence[NodeChoice] | None,
) -> list[JsonObject] | None:
    choice = choose(request, free_of_nodes(tx, settings, host)) if chosen is None else chosen
    if choice is None or not {one.node for one in choice} <= {one.id for one in nodes_of(host)}:
        return None
    wanted = {one.node: (one.vcpus, one.memory_mib) for one in choice}
    if not claim_nodes(tx, host.id, wanted, _limits(settings, host)):
        return None
    return _on_cpus(tx, host, choice, extra)


def _limits(settings: Settings, host: Any) -> dict[int, tuple[int, int]]:
    """How many CPUs and how much memory (MiB) may be given out of each node."""
    bound = host.cpu_cmtbound if host.cpu_cmtbound is not None else settings.cpu_overcommit
    return {one.id: (int(len(one.cpus) * bound), one.memory_mib) for one in nodes_of(host)}


def _on_cpus(
    tx: Transaction, host: Any, choice: Sequence[NodeChoice], extra: int, but: Sequence[Any] = ()
) -> list[JsonObject]:
    """Give each virtual CPU the one that serves the fewest. but: pins that are given up."""
    there = both(eq("host_id", host.id), eq("pending_deleted", False))
    busy: Counter[int] = Counter()
    for (pins,) in tx.of(SERVERS, PLATFORM).columns(("cpu_numa_pin",), Query(where=there)):
        for pin in read_pins(pins):
            busy.update(pin.cpus)
    for pin in read_pins(but):
        busy.subtract(pin.cpus)
    known = {one.id: one for one in nodes_of(host)}
    largest = max(choice, key=lambda one: one.vcpus).node
    return written_pins(
        [
            Pin(
                node=one.node,
                cpus=_least_busy(known[one.node], one.vcpus, busy),
                memory_mib=one.memory_mib,
                extra=min(extra, one.vcpus) if one.node == largest else 0,
            )
            for one in choice
        ]
    )


def _least_busy(node: NodeFacts, number: int, busy: Counter[int]) -> tuple[int, ...]:
    turns = {cpu: turn for turn, cpu in enumerate(node.cpus)}
    found: list[int] = []
    for _ in range(number):
        cpu = min(node.cpus, key=lambda one: (busy[one], turns[one]))
        busy[cpu] += 1
        found.append(cpu)
    return tuple(found)
