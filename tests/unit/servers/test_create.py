"""What a new server or disk may not ask for, and what happens once however often it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.test_wishes import BODY
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    ConflictError,
    InsufficientResourceError,
    InvalidInputError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.operations.idempotency import PARAMETER
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.identity.domain import DOMAINS, Domain
from cloudcore.resources.infrastructure.host import HOSTS

SYSTEM = {"image_id": "tiny", "size": 1024}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"disks": [{**SYSTEM, "index": 3}]}, "disks.0.index"),
        ({"disks": [{"size": 64, "index": 1}]}, "disks.0.index"),
        ({"disks": [SYSTEM, {"size": 64, "index": 2}, {"size": 64, "index": 2}]}, "disks.2.index"),
        ({"disks": [{**SYSTEM, "boot_index": 0}, {"size": 64, "boot_index": 0}]}, "disks.1.boot_index"),
        ({"nets": [{"network": "default", "index": 0}, {"network": "default", "index": 0}]}, "nets.0.index"),
    ],
)
def test_disks_and_cards_have_places_of_their_own(world: World, wish: dict[str, Any], field: str) -> None:
    body = {"name": "web", "vmem_size": 256, "disks": [SYSTEM], "nets": ["default"], **wish}
    with pytest.raises(InvalidInputError) as caught:
        world.alice.create("servers", body)
    assert caught.value.field == field
    assert world.rows(SERVERS) == []


def test_the_disk_at_index_0_holds_the_system_wherever_it_stands_in_the_list(world: World) -> None:
    made = world.server(world.alice, disks=[{"size": 64, "index": 1}, {**SYSTEM, "index": 0}])
    assert [(d["index"], d["disk_type"], bool(d.get("image_id"))) for d in made["disks_info"]] == [
        (0, "sys", True), (1, "data", False),
    ]  # fmt: skip


def test_further_disks_do_not_boot_at_a_place_that_is_taken(world: World) -> None:
    world.server(world.alice, disks=[{**SYSTEM, "boot_index": 0}], on=False)
    for action in ("createdisk", "change-config"):
        with pytest.raises(InvalidInputError, match="boots at position 0"):
            world.alice.perform("servers", "web", action, {"disks": [{"size": 64, "index": 1, "boot_index": 0}]})


def test_cpus_that_no_quota_counts_are_given_by_administrators_only(world: World) -> None:
    world.server(world.alice, extra_cpu_count=2)
    assert [claim.vcpus for claim in world.rows(HOSTCLAIMS)] == [1]
    world.server(world.admin, "theirs", extra_cpu_count=2)
    assert [claim.vcpus for claim in world.rows(HOSTCLAIMS)] == [4]


@pytest.mark.parametrize(("action", "more"), [("clone", {}), ("snapshot-and-clone", {"count": 2})])
def test_a_clone_is_made_once_under_a_key(world: World, action: str, more: dict[str, Any]) -> None:
    world.server(world.alice, on=False)
    key = {PARAMETER: "k1"}

    def again(name: str) -> Any:
        made = world.alice.perform("servers", "web", action, {"name": name, **more}, key)["guests"]
        world.settle()
        return [guest["id"] for guest in made]

    first = again("copy")
    assert again("copy") == first
    assert len(world.rows(SERVERS)) == 1 + more.get("count", 1)
    with pytest.raises(ConflictError):
        again("other")


def test_a_disk_is_not_made_on_a_host_of_another_domain(world: World) -> None:
    world.insert(DOMAINS, Domain(id="elsewhere", name="elsewhere"))
    world.change(HOSTS, world.host_id, domain_id="elsewhere", is_public=False, public_scope="none")
    for body in ({}, {"prefer_host": world.host_id}):
        with pytest.raises(InsufficientResourceError):
            world.alice.create("disks", {"name": "data", "size": 64, **body})
    world.change(HOSTS, world.host_id, is_public=True, public_scope="system")
    world.disk(world.alice)


def test_nothing_of_another_project_goes_into_a_server(world: World) -> None:
    """Every nested id is looked up as its owner's, and told apart from none at all by nobody else."""
    mine, theirs = world.server(world.bob, on=False), world.server(world.alice, "their", on=False)
    disk = world.disk(world.alice)["id"]
    kept = world.alice.create("snapshots", {"name": "kept", "disk_id": theirs["disks_info"][0]["id"]})["id"]
    world.settle()
    whole = world.alice.perform("servers", "their", "instance-snapshot", {"name": "whole"})["instance_snapshot_id"]
    world.settle()
    group = world.alice.create("secgroups", {"name": "inner"})["id"]
    key = world.alice.create("keypairs", {"name": "key"})["id"]
    timetable = {"repeat_weekdays": [1], "time_points": [1]}
    policy = world.alice.create("snapshotpolicies", {"name": "daily", **timetable})["id"]
    own = mine["disks_info"][0]["id"]
    tries: list[tuple[str, str, str, dict[str, Any]]] = [
        ("servers", "web", "attachdisk", {"disk_id": disk}),
        ("servers", "web", "detachdisk", {"disk_id": disk}),
        ("servers", "web", "createdisk", {"disks": [{"snapshot_id": kept}]}),
        ("servers", "web", "resize-disk", {"disk_id": disk, "size": 2048}),
        ("servers", "web", "snapshot-and-clone", {"name": "copy", "instance_snapshot_id": whole}),
        ("servers", "web", "instance-snapshot-reset", {"instance_snapshot": whole}),
        ("servers", "web", "set-secgroup", {"secgroup_ids": [group]}),
        ("servers", "web", "deploy", {"keypair": key}),
        ("servers", "web", "bind-snapshotpolicy", {"snapshotpolicy_id": policy}),
        ("disks", own, "disk-reset", {"snapshot_id": kept}),
        ("disks", disk, "resize", {"size": 2048}),
        ("disks", disk, "save", {"name": "image"}),
        ("servers", theirs["id"], "clone", {"name": "copy"}),
    ]
    for plural, ident, action, body in tries:
        with pytest.raises(ResourceNotFoundError):
            world.bob.perform(plural, ident, action, body)
    for plural, body in (
        ("disks", {"snapshot_id": kept}),
        ("servers", {"instance_snapshot_id": whole, "nets": ["default"]}),
    ):
        with pytest.raises(ResourceNotFoundError):
            world.bob.create(plural, {"name": "copy", **body})


def test_the_system_disk_keeps_its_place(world: World) -> None:
    made = world.server(world.alice, disks=[{**SYSTEM, "boot_index": 0}, {"size": 64}, {"size": 64}], on=False)
    system, data, other = (disk["id"] for disk in made["disks_info"])
    under = (("servers", made["id"]),)
    for disk, wrong in ((system, {"index": 3}), (data, {"index": 0}), (data, {"boot_index": 0})):
        with pytest.raises((InvalidInputError, ConflictError)):
            world.alice.update("guestdisks", disk, wrong, context=under)
    changed = world.alice.update("guestdisks", other, {"index": 7, "boot_index": 1}, context=under)
    assert (changed["index"], changed["boot_index"]) == (7, 1)


def test_tags_do_not_grow_without_end(world: World) -> None:
    world.server(world.alice, on=False)
    for part in range(2):
        world.alice.perform("servers", "web", "metadata", {f"k{part}-{n}": "v" for n in range(500)})
    with pytest.raises(OutOfRangeError):
        world.alice.perform("servers", "web", "metadata", {f"more{n}": "v" for n in range(100)})
    world.alice.perform("servers", "web", "metadata", {"k0-0": "w", "k0-1": "none"})
    world.alice.create("keypairs", {"name": "key"})
    long = {f"k{n}": "x" * 60_000 for n in range(17)}
    world.alice.perform("keypairs", "key", "metadata", long)
    with pytest.raises(OutOfRangeError):
        world.alice.perform("keypairs", "key", "metadata", {"more": "x" * 60_000})


def test_hosts_and_servers_are_found_by_what_hangs_off_them(world: World) -> None:
    def hosts(image: str) -> list[str]:
        return [row["id"] for row in world.admin.list("hosts", {"cachedimage": image}).items]

    assert hosts("tiny") == []
    world.server(world.alice)
    world.admin.update("hosts", world.host_id, {"sn": "SN-1"})
    assert (hosts("tiny"), hosts("other")) == ([world.host_id], [])
    by_number = [
        world.admin.list("servers", {"scope": "system", "host_sn": number}).total for number in ("SN-1", "SN-2")
    ]
    assert by_number == [1, 0]


@pytest.mark.parametrize("inside", [2, "2", -1, "many"])
def test_how_many_is_said_beside_the_server(world: World, inside: Any) -> None:
    with pytest.raises((InvalidInputError, OutOfRangeError)) as refused:
        world.alice.create("servers", {**BODY, "count": inside})
    assert refused.value.field == "count"
    assert world.rows(SERVERS) == []


def test_clients_that_say_it_in_both_places_are_understood(world: World) -> None:
    wish = {**BODY, "dry_run": True}
    assert len(world.alice.create_many("servers", {**wish, "count": 2}, 2)) == 2
    assert len(world.alice.create_many("servers", {**wish, "count": 1}, 2)) == 2
    for nothing in (0, None, "1"):
        world.alice.create("servers", {**wish, "count": nothing})
