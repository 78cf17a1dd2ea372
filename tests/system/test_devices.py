"""Disks, cards and sizes that change under a real guest: it sees each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import CREATE, NETWORK, Machine, check_nothing_left, lent_cloud
from .test_first_server import BOOT_S, Terminal, await_boot, ssh
from .up import Up, wait_for

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def cloud(machine: Machine, guest_image: Path) -> Iterator[Up]:
    """A running cloud that holds the image `tiny` and knows a key as `mine`."""
    with lent_cloud(machine, guest_image) as cloud:
        yield cloud


def test_a_guest_sees_what_changes_under_it(machine: Machine, cloud: Up) -> None:
    key = machine.folder / "key"

    def inside(words: str) -> str:
        return ssh(cloud, key, words).strip()

    cloud.climc("server-create", *CREATE, "--keypair", "mine", "web", "--wait")
    server = cloud.show("server", "web")
    await_boot(cloud, server["ips"])

    # A disk comes, is written, grows, and goes with what was written.
    cloud.climc("disk-create", "data", "64", "--wait")
    cloud.climc("server-attach-disk", "web", "data", "--wait")
    assert inside("cat /sys/block/vdb/size") == str(64 * 2048)
    inside("echo kept > /dev/vdb; sync")
    cloud.climc("server-resize-disk", "web", "data", "96", "--wait")
    assert inside("cat /sys/block/vdb/size; head -c 4 /dev/vdb") == f"{96 * 2048}\nkept"
    cloud.climc("server-detach-disk", "web", "data", "--wait")
    assert inside("ls /sys/block | grep vd") == "vda"
    cloud.climc("server-attach-disk", "web", "data", "--wait")
    assert inside("head -c 4 /dev/vdb") == "kept"

    # A card comes, gets by DHCP the address that its record has, and goes.
    cloud.climc("server-attach-network", "web", "default", "--wait")
    second = cloud.show("server", "web")["nics"][1]
    got = inside(
        "ip link set eth1 up; udhcpc -i eth1 -n -q -t 10 -T 1 -s /etc/udhcpc.script > /dev/null 2>&1; "
        "cat /sys/class/net/eth1/address; ip -4 -o addr show dev eth1"
    )
    assert second["mac"] in got
    assert f"{second['ip_addr']}/24" in got
    assert len(machine.reserved(NETWORK)) == 2
    cloud.climc("server-detach-network", "web", second["mac"], "--wait")
    assert "eth1" not in inside("ls /sys/class/net")
    assert len(machine.reserved(NETWORK)) == 1

    # Processors come while it runs; memory of so small a guest waits for its next start.
    cloud.climc("server-change-config", "--ncpu", "2", "--vmem", "384M", "web", "--wait")
    grown = cloud.show("server", "web")
    assert (grown["status"], grown["vcpu_count"], grown["vmem_size"]) == ("running", 2, 384)
    assert "memory" in grown["status_reason"]
    assert inside("cat /sys/devices/system/cpu/present") == "0-1"
    assert _memory_mib(inside("cat /proc/meminfo")) < 256

    # Cold: another address and another size, which the guest has after its start.
    cloud.climc("server-change-ipaddr", "web", server["ips"], f"default:{second['ip_addr']}", "--wait")
    changed = ("--vmem", "1g", "--disk", "2g", "--force-stop", "--auto-start")
    cloud.climc("server-change-config", *changed, "web", "--wait")
    after = cloud.show("server", "web")
    assert (after["status"], after["vmem_size"], after["ips"]) == ("running", 1024, second["ip_addr"])
    terminal = Terminal(cloud, "web")
    said = terminal.read_until(b"BOOT-DONE", b"login:", timeout_s=BOOT_S)
    assert f"BOOT-DONE web eth0={second['ip_addr']}/24".encode() in said
    assert terminal.leave() == 0
    cold = _memory_mib(inside("cat /proc/meminfo"))
    assert cold > 800
    assert inside("grep -c ^processor /proc/cpuinfo; cat /sys/block/vda/size") == f"2\n{2048 * 2048}"
    assert inside("head -c 4 /dev/vdb") == "kept"

    # A guest of a gibibyte has room for modules, which come while it runs.
    cloud.climc("server-change-config", "--vmem", "1280M", "web", "--wait")
    assert cloud.show("server", "web").get("status_reason", "") == ""
    online = "for one in /sys/devices/system/memory/memory*/state; do grep -q offline $one && echo online > $one; done"
    wait_for(lambda: _memory_mib(inside(f"{online}; cat /proc/meminfo")) >= cold + 250, 30, cloud.explain)

    cloud.climc("server-delete", "web", "--wait")
    assert [disk["name"] for disk in cloud.rows("disk")] == ["data"]
    cloud.climc("disk-delete", "data", "--wait")
    check_nothing_left(machine, cloud, kept=())


def _memory_mib(text: str) -> int:
    found = re.search(r"MemTotal:\s+([0-9]+) kB", text)
    assert found is not None, text
    return int(found[1]) // 1024
