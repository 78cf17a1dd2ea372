"""A real guest that is held on a NUMA node of the machine: its threads run where its record says."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt.connection import LibvirtConnection

from .libvirtd import PrivateLibvirtd
from .one_host import NETWORK, SUBNET, OneHost, description, mark, open_host

pytest.importorskip("libvirt")
pytestmark = pytest.mark.system


@pytest.fixture
def host(libvirtd: PrivateLibvirtd) -> Iterator[OneHost]:
    folder = Path("/tmp") / f"cctest-nodes-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    opened = open_host(libvirtd.uri, folder)
    opened.ensure_network(NETWORK, f"{SUBNET}.0/24", f"{SUBNET}.1")
    one = OneHost(folder, opened, EffectRunner(opened, folder / "journal"))
    yield one
    assert one.runner.close()
    opened.remove_network(NETWORK)
    opened.close()
    shutil.rmtree(folder)


def test_a_guest_runs_on_the_processor_that_it_was_given(libvirtd: PrivateLibvirtd, host: OneHost) -> None:
    nodes = host.host.facts().nodes
    assert nodes
    assert {cpu for node in nodes for cpu in node.cpus} >= os.sched_getaffinity(0)
    node = next(one for one in nodes if set(one.cpus) & os.sched_getaffinity(0))
    cpu = max(set(node.cpus) & os.sched_getaffinity(0))
    host.twice(
        "volume-create", "v1", volume_id="v1", storage_path=host.storage_path, format="qcow2", size_mib=128,
        backing_image_id=None, mark=mark("v1"),
    )  # fmt: skip
    pins = [{"node": node.id, "cpus": [cpu], "memory_mib": 128, "extra": []}]
    desc = {**description(host.folder, "g1", "v1", 31), "pins": pins}
    assert host.twice("guest-create", "g1", desc=desc) == {"power_state": "off"}
    assert host.twice("guest-start", "g1", desc=desc) == {"power_state": "on"}
    connection = LibvirtConnection(libvirtd.uri)
    try:
        domain = connection.domain("g1")
        assert domain is not None
        ((_, _, _, runs_on),), (allowed,) = domain.vcpus()
        assert runs_on == cpu
        assert [number for number, may in enumerate(allowed) if may] == [cpu]
        assert f"<memory mode='strict' nodeset='{node.id}'/>" in domain.XMLDesc()
    finally:
        connection.close()
    host.twice("guest-stop", "g1", guest_id="g1", force=True, timeout_s=0)
    host.twice("guest-delete", "g1", guest_id="g1")
    host.twice("volume-delete", "v1", volume_id="v1", storage_path=host.storage_path)


def test_a_guest_on_several_nodes_is_one_that_libvirt_takes(libvirtd: PrivateLibvirtd, host: OneHost) -> None:
    host.twice(
        "volume-create", "v2", volume_id="v2", storage_path=host.storage_path, format="qcow2", size_mib=128,
        backing_image_id=None, mark=mark("v2"),
    )  # fmt: skip
    pins = [{"node": number, "cpus": [number], "memory_mib": 64, "extra": []} for number in (0, 1)]
    desc = {**description(host.folder, "g2", "v2", 32), "vcpus": 2, "pins": pins}
    assert host.twice("guest-create", "g2", desc=desc) == {"power_state": "off"}
    connection = LibvirtConnection(libvirtd.uri)
    try:
        domain = connection.domain("g2")
        assert domain is not None
        xml = domain.XMLDesc()
        assert "<memnode cellid='1' mode='strict' nodeset='1'/>" in xml
        assert "<cell id='1' cpus='1' memory='65536' unit='KiB'/>" in xml
    finally:
        connection.close()
    host.twice("guest-delete", "g2", guest_id="g2")
    host.twice("volume-delete", "v2", volume_id="v2", storage_path=host.storage_path)
