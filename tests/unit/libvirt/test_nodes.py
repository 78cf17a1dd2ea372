"""NUMA nodes: what is read of a host's, and how a domain is held on some."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import attrs
import pytest
from tests.unit.libvirt.test_domain import GUEST, tree
from tests.unit.libvirt.test_migration import AWAITED, RUNNING

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.guest import GuestPin, from_json, to_json
from cloudcore.model.host import NodeFacts
from cloudcore_adapters.libvirt.domain import validate
from cloudcore_adapters.libvirt.migration import as_there
from cloudcore_adapters.libvirt.nodes import node_facts

CAPABILITIES = """
<capabilities><host><topology><cells num="4">
<cell id="1"><memory unit="KiB">4194304</memory><cpus num="2"><cpu id="4"/><cpu id="5"/></cpus></cell>
<cell id="0"><memory unit="KiB">8388608</memory><cpus num="4">
 <cpu id="0" socket_id="0" die_id="0" core_id="0" siblings="0-1"/>
 <cpu id="1" socket_id="0" die_id="0" core_id="0" siblings="0-1"/>
 <cpu id="2" socket_id="0" die_id="0" core_id="1" siblings="2-3"/>
 <cpu id="3" socket_id="0" die_id="0" core_id="1" siblings="2-3"/></cpus></cell>
<cell id="2"><memory unit="KiB">4194304</memory><cpus num="0"/></cell>
<cell id="3"><cpus num="1"><cpu id="9"/></cpus></cell>
</cells></topology></host></capabilities>"""
ONE = GuestPin(node=1, cpus=(4, 6), memory_mib=512)
TWO = (
    GuestPin(node=1, cpus=(4,), memory_mib=256, extra=(5,)),
    GuestPin(node=0, cpus=(2,), memory_mib=256),
)


def pins_of(domain: ET.Element) -> list[tuple[str | None, str | None]]:
    return [(one.get("vcpu"), one.get("cpuset")) for one in domain.iterfind("cputune/vcpupin")]


def test_nodes_are_told_with_one_thread_of_each_core_first() -> None:
    assert node_facts(ET.fromstring(CAPABILITIES)) == (
        NodeFacts(id=0, cpus=(0, 2, 1, 3), memory_mib=8192),
        NodeFacts(id=1, cpus=(4, 5), memory_mib=4096),
    )
    assert node_facts(ET.fromstring("<capabilities><host/></capabilities>")) == ()


def test_a_guest_is_held_on_its_processors_and_node() -> None:
    domain = tree(attrs.evolve(GUEST, pins=(ONE,)), cpus=64, memory_mib=1 << 20)
    assert pins_of(domain) == [("0", "4"), ("1", "6")]
    memory, beside = domain.find("numatune/memory"), domain.find("cputune/emulatorpin")
    assert memory is not None
    assert beside is not None
    assert (memory.attrib, beside.get("cpuset")) == ({"mode": "strict", "nodeset": "1"}, "4,6")
    assert domain.find("cpu/numa") is None
    assert domain.find("maxMemory") is None, "its size changes while it is off"
    assert domain.findtext("vcpu") == "2"


def test_a_guest_on_several_nodes_sees_as_many() -> None:
    domain = tree(attrs.evolve(GUEST, pins=TWO), cpus=64)
    assert pins_of(domain) == [("0", "4"), ("1", "2")]
    cells = [(one.get("id"), one.get("cpus"), one.get("memory")) for one in domain.iterfind("cpu/numa/cell")]
    assert cells == [("0", "0", "256"), ("1", "1", "256")]
    held = [(one.get("cellid"), one.get("nodeset")) for one in domain.iterfind("numatune/memnode")]
    assert held == [("0", "1"), ("1", "0")]
    beside = domain.find("cputune/emulatorpin")
    assert beside is not None
    assert beside.get("cpuset") == "5", "what is done for it has a processor of its own"


def test_a_guest_that_is_on_no_nodes_may_use_all_of_its_host() -> None:
    domain = tree(GUEST)
    assert (domain.find("cputune"), domain.find("numatune")) == (None, None)


@pytest.mark.parametrize(
    "pins",
    [
        (attrs.evolve(ONE, cpus=(4,)),),
        (attrs.evolve(ONE, memory_mib=256),),
        (attrs.evolve(TWO[0], node=0), TWO[1]),
        (attrs.evolve(ONE, node=-1),),
        (attrs.evolve(ONE, cpus=(4, "6'/>")),),
        (attrs.evolve(ONE, cpus=(4, True)),),
        (attrs.evolve(ONE, extra=(1 << 20,)),),
        (attrs.evolve(TWO[0], memory_mib=512), attrs.evolve(TWO[1], memory_mib=0)),
    ],
)
def test_pins_that_are_not_of_the_guest_are_refused(pins: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        validate(attrs.evolve(GUEST, pins=pins))
    assert str(refused.value.field).startswith("desc.pins")


def test_a_description_keeps_its_pins_and_says_nothing_of_none() -> None:
    assert from_json(to_json(attrs.evolve(GUEST, pins=TWO))).pins == TWO
    assert "pins" not in to_json(GUEST)


def test_a_guest_that_moves_is_held_where_the_other_host_has_it() -> None:
    here = RUNNING.replace(
        "<domain>",
        "<domain><numatune><memory nodeset='0'/></numatune><cputune><vcpupin vcpu='0' cpuset='1'/></cputune>",
    )
    there = AWAITED.replace("<domain>", "<domain><cputune><vcpupin vcpu='0' cpuset='9'/></cputune>")
    moved = ET.fromstring(as_there(ET.fromstring(here), ET.fromstring(there)))
    assert (pins_of(moved), moved.find("numatune")) == ([("0", "9")], None)
    free = ET.fromstring(as_there(ET.fromstring(here), ET.fromstring(AWAITED)))
    assert pins_of(free) == []
