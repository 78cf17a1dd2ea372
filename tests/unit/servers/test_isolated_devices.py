"""Devices of hosts for servers: asked for in every form, claimed once, explained, passed on, and given back."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.unit.servers.test_wishes import BODY, more_hosts
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import SERVERS


def device(world: World, name: str, **more: Any) -> str:
    """A device of the simulated host."""
    fields = {"dev_type": "GPU-HPC", "model": "Tesla T4", "vendor_device_id": "10de:1eb8", "addr": f"0000:3b:00.{name}"}
    body = {"name": f"d{name}", "host_id": world.host_id, "is_public": True, "public_scope": "system", **fields, **more}
    return str(world.admin.create("isolated_devices", body)["id"])


def owners(world: World) -> dict[str, str | None]:
    return {row.name: row.guest_id for row in world.rows(ISOLATED_DEVICES)}


@pytest.mark.parametrize(
    "wish",
    [
        {"isolated_devices": [{"dev_type": "GPU-HPC", "model": "Tesla T4", "network_index": -1}]},
        {"isolated_devices": ["GPU-HPC"]},
        {"isolated_devices": ["Tesla T4:vendor=NVIDIA"]},
        {"isolated_devices": ["vendor=10de:GPU-HPC:Tesla T4"]},
        {"isolated_device.0": "Tesla T4"},
        {"isolated_devices": ["device_path=/dev/dri/1"]},
        {"isolated_devices": [{"memory_mib": 16000}]},
    ],
)
def test_every_form_claims_the_device_that_it_means(world: World, wish: dict[str, Any]) -> None:
    device(world, "1", dev_type="USB", model="key", vendor_device_id="0781:5567", addr="1:2")
    device(world, "0", device_path="/dev/dri/1", memory_size=16384)
    made = world.server(world.alice, on=True, **wish)
    assert owners(world) == {"d0": made["id"], "d1": None}
    assert [one["model"] for one in made["isolated_devices"]] == ["Tesla T4"]
    assert (made["is_gpu"], made["gpu_count"]) == (True, 1)
    (passed,) = world.guest(made["id"]).devices
    assert (passed.kind, passed.address) == ("pci", "0000:3b:00.0")


def test_who_sees_devices_names_one(world: World) -> None:
    first, second = device(world, "0"), device(world, "1")
    world.server(world.admin, "a", isolated_devices=[second], project="alices")
    world.server(world.admin, "b", isolated_devices=[{"id": "d0"}], project="alices")
    assert all(owners(world).values())
    with pytest.raises(InvalidInputError):
        world.admin.create("servers", {**BODY, "isolated_devices": [first, {"id": "d0"}]})
    with pytest.raises(ForbiddenError):
        world.alice.create("servers", {**BODY, "isolated_devices": [first]})


def test_no_device_goes_twice_and_a_refusal_says_why(world: World) -> None:
    for name in ("0", "1"):
        device(world, name)
    made = world.alice.create_many("servers", {**BODY, "isolated_devices": ["GPU-HPC"]}, 2)
    world.settle()
    assert sorted(owners(world).values(), key=str) == sorted(one["id"] for one in made)
    with pytest.raises(InsufficientResourceError) as refused:
        world.alice.create("servers", {**BODY, "name": "third", "isolated_devices": ["GPU-HPC"]})
    assert "host_isolated_device" in str(refused.value)
    assert "GPU-HPC" in str(refused.value)
    assert len(world.rows(SERVERS)) == 2


def test_the_host_is_the_one_that_has_the_device(world: World) -> None:
    (other,) = more_hosts(world, 1)
    device(world, "0", host_id=other)
    wish = {**BODY, "isolated_devices": ["Tesla T4"], "dry_run": True}
    assert world.alice.create("servers", wish)["host_id"] == other
    assert owners(world) == {"d0": None}


def test_deleting_and_recycling_give_devices_back(world: World) -> None:
    device(world, "0")
    made = world.server(world.alice, isolated_devices=["GPU-HPC"])
    world.alice.delete("servers", made["id"], {"override_pending_delete": True})
    world.settle()
    assert owners(world) == {"d0": None}


def test_a_create_that_fails_gives_devices_back(world: World) -> None:
    device(world, "0")
    world.host.machine.facts = attrs.evolve(world.host.machine.facts, bridges=())
    ident = world.alice.create("servers", {**BODY, "isolated_devices": ["GPU-HPC"]})["id"]
    world.settle()
    assert world.alice.get("servers", ident)["status"] == "create_fail"
    assert owners(world) == {"d0": None}


def test_devices_come_and_go_while_a_server_is_off(world: World) -> None:
    for name in ("0", "1"):
        device(world, name)
    made = world.server(world.alice, on=False)
    shown = world.act(world.admin, made["id"], "attach-isolated-device", device="d0")
    assert (shown["status"], owners(world)["d0"]) == ("ready", made["id"])
    world.act(world.admin, made["id"], "set-isolated-device", add_devices=["d1"], del_devices=["d0"])
    assert owners(world) == {"d0": None, "d1": made["id"]}
    assert [one.address for one in world.guest(made["id"]).devices] == ["0000:3b:00.1"]
    world.act(world.alice, made["id"], "detach-isolated-device", detach_all=True)
    assert (owners(world), world.guest(made["id"]).devices) == ({"d0": None, "d1": None}, ())


def test_only_what_can_be_plugged_comes_to_a_server_that_runs(world: World) -> None:
    device(world, "0")
    device(world, "1", dev_type="USB", addr="1:2", hot_pluggable=True)
    made = world.server(world.alice)
    with pytest.raises(InvalidStatusError):
        world.admin.perform("servers", made["id"], "attach-isolated-device", {"device": "d0"})
    shown = world.act(world.admin, made["id"], "attach-isolated-device", device="d1")
    assert shown["status"] == "running"
    assert [one.kind for one in world.guest(made["id"]).devices] == ["usb"]


def test_devices_that_cannot_be_given_are_refused(world: World) -> None:
    device(world, "0")
    made = world.server(world.alice, on=False)
    theirs = world.server(world.bob, "theirs", isolated_devices=["Tesla T4"])
    (other,) = more_hosts(world, 1)
    device(world, "1", host_id=other)
    device(world, "2", addr="")
    assert owners(world)["d0"] == theirs["id"]
    wrong: tuple[tuple[dict[str, Any], type[CloudcoreError]], ...] = (
        ({"device": "d0"}, ConflictError),
        ({"device": "d1"}, InvalidInputError),
        ({"device": "d2"}, InvalidInputError),
        ({"device": "none"}, ResourceNotFoundError),
        ({}, InvalidInputError),
    )
    for body, error in wrong:
        with pytest.raises(error):
            world.admin.perform("servers", made["id"], "attach-isolated-device", body)
    with pytest.raises(InvalidInputError):
        world.alice.perform("servers", made["id"], "detach-isolated-device", {"device": "d0"})
    with pytest.raises(InvalidInputError):
        world.alice.perform("servers", made["id"], "detach-isolated-device", {"device": [""]})


@pytest.mark.parametrize("wish", ["", ":", [{}], [{"dev_type": ["x"]}], ["GPU-HPC:GPU-VGA"], 7, ["a"] * 17])
def test_entries_that_say_nothing_good_are_refused(world: World, wish: Any) -> None:
    with pytest.raises(CloudcoreError) as refused:
        world.alice.create("servers", {**BODY, "isolated_devices": wish if wish != "" else [""]})
    assert str(refused.value.field).startswith("isolated_devices")
