"""The commands that change a server, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

Climc = Callable[..., Any]


@pytest.fixture
def climc(world: World, capsys: pytest.CaptureFixture[str]) -> Climc:
    """Runs a command as alice, lets its work be done, and gives the server or disk that it shows."""

    def call(*argv: str) -> Any:
        code = run(argv, Runtime({"CLIMC_OUTPUT_FORMAT": "json"}, world.alice))
        told = capsys.readouterr()
        assert code == 0, told.err
        world.settle()
        return json.loads(told.out)

    return call


def test_disks_are_attached_grown_and_detached(world: World, climc: Climc) -> None:
    server = world.server(world.alice)
    world.disk(world.alice)
    shown = climc("server-attach-disk", "--cache", "none", "--boot-index", "1", "web", "data")
    assert (shown["id"], shown["status"]) == (server["id"], "attach_disk")
    climc("server-resize-disk", "web", "data", "1g")
    assert climc("disk-resize", "data", "2g")["status"] == "start_resize"
    assert world.alice.get("disks", "data")["disk_size"] == 2048
    climc("server-detach-disk", "web", "data")
    climc("server-create-disk", "web", "64", "32:auto_delete=true")
    disks = world.alice.get("servers", "web")["disks_info"]
    assert [disk["size"] for disk in disks] == [1024, 64, 32]
    climc("server-detach-disk", "--delete-disk", "web", disks[2]["id"])
    assert [disk["name"] for disk in world.alice.list("disks", {"disk_type": "data"}).items].count(
        disks[2]["name"]
    ) == 0


def test_cards_are_named_by_address_or_hardware_address(world: World, climc: Climc) -> None:
    server = world.server(world.alice)
    climc("server-attach-network", "web", "default")
    second = world.alice.get("servers", "web")["nics"][1]
    climc("server-detach-network", "web", second["mac"])
    climc("server-change-ipaddr", "web", server["ips"], f"default:{second['ip_addr']}")
    assert world.alice.get("servers", "web")["ips"] == second["ip_addr"]
    climc("server-change-bandwidth", "--tx", "10", "web", second["ip_addr"], "100")
    assert [(nic.bw_limit, nic.tx_bw_limit) for nic in world.rows(GUESTNETWORKS)] == [(100, 10)]


def test_a_size_is_changed(world: World, climc: Climc) -> None:
    world.server(world.alice)
    climc(
        "server-change-config", "--ncpu", "2", "--vmem", "512M", "--disk", "2g", "--force-stop", "--auto-start", "web"
    )
    after = world.alice.get("servers", "web")
    assert (after["status"], after["vcpu_count"], after["vmem_size"], after["disk"]) == ("running", 2, 512, 2048)
