"""What goes with a server when its deletion asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import World

AT_ONCE = "override_pending_delete=true"


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    body = {"name": "outside", "wire": "wire0", "guest_ip_start": "10.200.0.10", "guest_ip_end": "10.200.0.90"}
    world.make("network", {**body, "guest_ip_mask": 24, "guest_gateway": "10.200.0.1", "server_type": "eip"})
    return world


def _furnished(world: World, name: str) -> str:
    """A server with a disk that was attached, and a public address."""
    disks = [{"image_id": "tiny", "size": 10240}]
    made = {"name": name, "vcpu_count": 1, "vmem_size": 64, "disks": disks, "disable_delete": False}
    ident = world.make("server", {**made, "nets": [{"network": "net0"}]})
    host = world.ask("admin", "GET", f"/compute/servers/{ident}").json()["server"]["host_id"]
    disk = {"disk": {"name": f"{name}-data", "size": 1024, "prefer_host_id": host}}
    for path, body in (
        ("disks", disk),
        (f"servers/{ident}/attachdisk", {"disk_id": f"{name}-data"}),
        ("eips", {"eip": {"name": f"{name}-ip", "network": "outside"}}),
        (f"servers/{ident}/associate-eip", {"eip_id": f"{name}-ip"}),
    ):
        done = world.ask("admin", "POST", f"/compute/{path}", json=body)
        assert done.status_code == 200, done.text
        world.place.settle()
    return ident


def _deleted(world: World, ident: str, query: str, body: Any = None) -> None:
    answer = world.ask("admin", "DELETE", f"/compute/servers/{ident}?{AT_ONCE}&{query}", json=body)
    assert answer.status_code == 200, answer.text
    world.place.settle()
    assert world.ask("admin", "GET", f"/compute/servers/{ident}").status_code == 404


def _left(world: World, name: str) -> list[int]:
    return [
        world.ask("admin", "GET", f"/compute/{path}").status_code for path in (f"disks/{name}-data", f"eips/{name}-ip")
    ]


def test_what_was_attached_stays(world: World) -> None:
    _deleted(world, _furnished(world, "plain"), "delete_eip=false&delete_disks=0")
    assert _left(world, "plain") == [200, 200]
    assert world.ask("admin", "GET", "/compute/eips/plain-ip").json()["eip"].get("associate_id", "") == ""


def test_its_public_address_goes_along(world: World) -> None:
    _deleted(world, _furnished(world, "one"), "delete_eip=true")
    assert _left(world, "one") == [200, 404]


def test_all_its_disks_go_along(world: World) -> None:
    _deleted(world, _furnished(world, "two"), "", {"server": {"delete_disks": True}})
    assert _left(world, "two") == [404, 200]


def test_a_server_without_an_address_is_deleted_all_the_same(world: World) -> None:
    made = {"name": "bare", "vcpu_count": 1, "vmem_size": 64, "disks": [{"image_id": "tiny"}], "disable_delete": False}
    _deleted(world, world.make("server", made), "delete_eip=true&delete_disks=true")
