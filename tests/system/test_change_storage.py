"""A real guest whose disk moves to another storage, and back, while it writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import CREATE, Machine, check_nothing_left, lent_cloud
from .test_first_server import await_boot, ssh
from .up import Up

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

WRITE = (
    "(trap '' HUP; i=0; while :; do i=$((i+1)); echo $i >> /root/count; sync; sleep 1; done) "
    "</dev/null >/dev/null 2>&1 &"
)
WHOLE = "awk '$1 != NR {bad = 1} END {print NR, bad + 0}' /root/count"
"""How many lines there are, and whether one is missing or torn."""


@pytest.fixture(scope="module")
def shared(machine: Machine) -> Path:
    """A folder that stands for one that other hosts have, too."""
    return machine.folder / "shared-storage"


@pytest.fixture(scope="module")
def cloud(machine: Machine, guest_image: Path, shared: Path) -> Iterator[Up]:
    """A running cloud whose host has two storages."""
    with lent_cloud(machine, guest_image, "--shared-storage", f"nfs={shared}") as cloud:
        yield cloud


def test_a_guest_writes_on_while_its_disk_moves_and_nothing_is_lost(machine: Machine, cloud: Up, shared: Path) -> None:
    key = machine.folder / "key"
    places = {row["storage_type"] == "local": row for row in cloud.rows("storage")}
    local, other = places[True]["id"], places[False]["name"]
    words = [word.replace("tiny:1g", f"tiny:1g:storage_id={local}") for word in CREATE]
    cloud.climc("server-create", *words, "--keypair", "mine", "web", "--wait")
    server = cloud.show("server", "web")
    disk = server["disks_info"][0]["id"]
    await_boot(cloud, server["ips"])
    ssh(
        cloud, key, f"head -c 8000000 /dev/urandom > /root/noise; md5sum /root/noise > /root/sum; sync; {WRITE} sleep 8"
    )

    cloud.climc("server-change-storage", "web", other, "--wait")
    assert cloud.show("server", "web")["status"] == "running"
    assert cloud.show("disk", disk)["storage"] == other
    assert [path.name for path in (shared / "volumes").iterdir()] == [disk]
    assert str(shared) in machine.virsh("domblklist", f"cloudcore-{server['id']}")
    lines, torn = (int(word) for word in ssh(cloud, key, WHOLE).split())
    assert (lines > 3, torn) == (True, 0), lines
    assert "OK" in ssh(cloud, key, "echo 3 > /proc/sys/vm/drop_caches; md5sum -c /root/sum")

    cloud.climc("server-change-disk-storage", "web", disk, local, "--wait")
    later, torn = (int(word) for word in ssh(cloud, key, WHOLE).split())
    assert (later > lines, torn) == (True, 0)
    assert list((shared / "volumes").iterdir()) == []
    cloud.climc("server-stop", "web", "--is-force", "--wait")
    cloud.climc("server-change-storage", "web", other, "--wait")
    cloud.climc("server-start", "web", "--wait")
    await_boot(cloud, server["ips"])
    assert "OK" in ssh(cloud, key, "md5sum -c /root/sum")
    last, torn = (int(word) for word in ssh(cloud, key, WHOLE).split())
    assert (last >= later, torn) == (True, 0)
    cloud.climc("server-delete", "web", "--wait")
    assert list((shared / "volumes").iterdir()) == []
    check_nothing_left(machine, cloud, kept=())
