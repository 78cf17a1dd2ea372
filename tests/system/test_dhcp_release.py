"""An address of a guest that is gone can be given to another at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudcore_adapters.libvirt import HostSettings, LibvirtHost, StorageSetting
from cloudcore_adapters.libvirt.connection import LibvirtConnection
from cloudcore_adapters.libvirt.networks import Networks, Reservation

from .libvirtd import PrivateLibvirtd

pytestmark = pytest.mark.system

NETWORK, ADDRESS = "cctest2", "10.231.12.30"
RELEASE = "import sys; from cloudcore_adapters.libvirt.dhcp import release; sys.exit(not release(*sys.argv[1:]))"


@pytest.fixture
def networks(libvirtd: PrivateLibvirtd, tmp_path: Path) -> Iterator[Networks]:
    storage = StorageSetting(name="local", path=tmp_path / "storage")
    settings = HostSettings(uri=libvirtd.uri, data=tmp_path / "data", deployment="dhcp", storages=(storage,))
    host = LibvirtHost(settings)
    host.ensure_network(NETWORK, "10.231.12.0/24", "10.231.12.1")
    connection = LibvirtConnection(libvirtd.uri)
    yield Networks(connection, "dhcp")
    connection.close()
    host.remove_network(NETWORK)
    host.close()


def inside(libvirtd: PrivateLibvirtd, *command: str) -> str:
    done = subprocess.run(
        [*libvirtd.command_inside, *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def plug_in(libvirtd: PrivateLibvirtd, bridge: str, name: str, mac: str) -> str:
    """Put a card with this address on the network and ask for a lease; answers what the DHCP client says."""
    inside(libvirtd, "ip", "link", "add", name, "address", mac, "type", "veth", "peer", "name", f"{name}p")
    inside(libvirtd, "ip", "link", "set", f"{name}p", "master", bridge, "up")
    inside(libvirtd, "ip", "link", "set", name, "up")
    client = ["busybox", "udhcpc", "-i", name, "-n", "-q", "-t", "4", "-T", "1", "-s", "/bin/true"]
    done = subprocess.run([*libvirtd.command_inside, *client], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_released_address_goes_to_the_next_card_at_once(libvirtd: PrivateLibvirtd, networks: Networks) -> None:
    first = Reservation(NETWORK, "52:54:00:0c:c1:01", ADDRESS)
    second = Reservation(NETWORK, "52:54:00:0c:c1:02", ADDRESS)
    info = subprocess.run(
        ["virsh", "-c", libvirtd.uri, "net-info", NETWORK], capture_output=True, text=True, check=True
    )
    bridge = next(line.split()[1] for line in info.stdout.splitlines() if line.startswith("Bridge:"))
    networks.reserve(first)
    assert f"lease of {ADDRESS} obtained" in plug_in(libvirtd, bridge, "card1", first.mac)
    networks.release(first)
    networks.reserve(second)
    assert "obtained" not in plug_in(libvirtd, bridge, "card2", second.mac), "the server keeps it for the first card"
    inside(libvirtd, sys.executable, "-c", RELEASE, bridge, "10.231.12.1", ADDRESS, first.mac)
    assert f"lease of {ADDRESS} obtained" in plug_in(libvirtd, bridge, "card3", second.mac)
    networks.release(second)
