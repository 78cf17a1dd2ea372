"""NUMA nodes: those of the host as libvirt tells them, and what a guest has of them in its domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.guest import GuestDescription, GuestPin
from cloudcore.model.host import NodeFacts

MOST_NODES = 1024
MOST_CPUS = 65_536
_KIB_OF = {"b": 1 / 1024, "KiB": 1, "MiB": 1024, "GiB": 1 << 20}
TUNING = ("cputune", "numatune")
"""The elements of a domain that hold it on nodes of its host; its guest sees nothing of them."""


def node_facts(capabilities: ET.Element) -> tuple[NodeFacts, ...]:
    """The nodes of a host that have processors and memory, by number; none where libvirt tells of none."""
    found: list[NodeFacts] = []
    for cell in capabilities.iterfind("host/topology/cells/cell"):
        memory = cell.find("memory")
        size = int(int(memory.text or 0) * _KIB_OF.get(memory.get("unit", "KiB"), 1)) if memory is not None else 0
        cpus = _threads_in_turn(cell.iterfind("cpus/cpu"))
        if size >= 1024 and cpus:
            found.append(NodeFacts(id=int(cell.get("id", "0")), cpus=cpus, memory_mib=size // 1024))
    return tuple(sorted(found, key=lambda one: one.id))


def check_pins(desc: GuestDescription) -> None:
    """Check what a description says of nodes.

    Raises:
        InvalidInputError: the parts are not those of its processors and memory, or no numbers of nodes and processors.
    """
    if not desc.pins:
        return
    numbers = [(one.node, MOST_NODES) for one in desc.pins]
    numbers += [(cpu, MOST_CPUS) for one in desc.pins for cpu in (*one.cpus, *one.extra)]
    sizes = [one.memory_mib for one in desc.pins]
    if not all(type(value) is int and 0 <= value < most for value, most in numbers):
        raise InvalidInputError("desc.pins must name nodes and processors by number", field="desc.pins")
    if len({one.node for one in desc.pins}) < len(desc.pins):
        raise InvalidInputError("desc.pins names a node twice", field="desc.pins")
    if not all(type(size) is int and size > 0 for size in sizes) or sum(sizes) != desc.memory_mib:
        raise InvalidInputError("desc.pins must part the memory of the guest", field="desc.pins.memory_mib")
    if sum(len(one.cpus) for one in desc.pins) != desc.vcpus:
        raise InvalidInputError("desc.pins must part the processors of the guest", field="desc.pins.cpus")


def tune(domain: ET.Element, pins: tuple[GuestPin, ...], *, parted: bool) -> None:
    """Hold a guest's processors on theirs and its memory on the nodes of these pins. parted: it sees `cells` of several."""
    tuning = ET.SubElement(domain, "cputune")
    mine = [cpu for one in pins for cpu in one.cpus]
    for number, cpu in enumerate(mine):
        ET.SubElement(tuning, "vcpupin", vcpu=str(number), cpuset=str(cpu))
    beside = [cpu for one in pins for cpu in one.extra] or mine
    if beside:
        ET.SubElement(tuning, "emulatorpin", cpuset=_set_of(beside))
    memory = ET.SubElement(domain, "numatune")
    ET.SubElement(memory, "memory", mode="strict", nodeset=_set_of(one.node for one in pins))
    if parted and len(pins) > 1:
        for number, one in enumerate(pins):
            ET.SubElement(memory, "memnode", cellid=str(number), mode="strict", nodeset=str(one.node))


def cells(cpu: ET.Element, pins: tuple[GuestPin, ...]) -> None:
    """Let a guest that is on several nodes see as many: its kernel keeps memory and processors together then."""
    numa, first = ET.SubElement(cpu, "numa"), 0
    for number, one in enumerate(pins):
        cell = ET.SubElement(numa, "cell", id=str(number), memory=str(one.memory_mib), unit="MiB")
        if one.cpus:
            last = first + len(one.cpus) - 1
            cell.set("cpus", str(first) if last == first else f"{first}-{last}")
            first = last + 1


def _threads_in_turn(cpus: Iterable[ET.Element]) -> tuple[int, ...]:
    """One processor of each core, then the second one of each, and so on."""
    turns: Counter[tuple[str, ...]] = Counter()
    ordered: list[tuple[int, int]] = []
    for cpu in sorted(cpus, key=lambda one: int(one.get("id", "0"))):
        number = int(cpu.get("id", "0"))
        known = cpu.get("core_id") is not None
        core = tuple(cpu.get(key, "") for key in ("socket_id", "die_id", "core_id")) if known else (str(number),)
        ordered.append((turns[core], number))
        turns[core] += 1
    return tuple(number for _, number in sorted(ordered))


def _set_of(numbers: Iterable[int]) -> str:
    return ",".join(str(number) for number in sorted(set(numbers)))
