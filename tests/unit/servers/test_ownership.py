"""Servers and disks change their project with all that hangs on them, and what it counts for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    ConflictError,
    DuplicateNameError,
    ForbiddenError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    OutOfQuotaError,
    ResourceBusyError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import SNAPSHOTS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES

TO_BOB = {"project": "bobs"}
KINDS: tuple[Any, ...] = (SERVERS, DISKS, SNAPSHOTS, INSTANCE_SNAPSHOTS, EIPS)


def usage(world: World, project: str) -> dict[str, int]:
    """What a project uses, without what it uses nothing of."""
    ident = world.admin.get("projects", project)["id"]
    (row,) = [row for row in world.rows(QUOTAUSAGES) if row.id.endswith(ident)]
    names = ("count", "cpu", "memory", "storage", "snapshot", "instance_snapshot", "eip", "instancegroup")
    return {name: getattr(row, name) for name in names if getattr(row, name)}


def everything(world: World) -> list[Any]:
    return [[vars(row) for row in world.rows(kind)] for kind in (*KINDS, QUOTAUSAGES, GROUPGUESTS)]


@pytest.fixture
def full(world: World) -> World:
    """A server of alice with two disks, snapshots of every kind, a public address and a group."""
    wire = world.admin.list("wires").items[0]["id"]
    pool = {"name": "public", "wire": wire, "server_type": "eip", "guest_ip_prefix": "198.51.100.0/29"}
    world.admin.create("networks", pool)
    world.admin.perform("networks", "public", "public", {"scope": "system"})
    world.alice.create("instancegroups", {"name": "apart"})
    world.server(world.alice, disks=["tiny:1g", {"size": 64}], eip_bw=5, groups=["apart"])
    data = world.alice.get("servers", "web")["disks_info"][1]["id"]
    world.alice.create("snapshots", {"name": "kept", "disk_id": data})
    world.settle()
    world.alice.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.settle()
    # bob has a snapshot of that name already
    world.disk(world.bob)
    world.bob.create("snapshots", {"name": "kept", "disk_id": "data"})
    world.settle()
    return world


def test_a_server_goes_with_all_that_hangs_on_it(full: World) -> None:
    before = {name: usage(full, name) for name in ("alices", "bobs")}
    project = full.admin.get("projects", "bobs")["id"]
    full.admin.perform("servers", "web", "change-owner", TO_BOB)

    assert all({row.tenant_id for row in full.rows(kind)} == {project} for kind in KINDS)
    after = {name: usage(full, name) for name in ("alices", "bobs")}
    moved = {key: value for key, value in before["alices"].items() if key != "instancegroup"}
    assert after["alices"] == {"instancegroup": 1}
    assert after["bobs"] == {k: before["bobs"].get(k, 0) + moved.get(k, 0) for k in {**moved, **before["bobs"]}}
    assert full.rows(GROUPGUESTS) == []
    assert len({row.name for row in full.rows(SNAPSHOTS)}) == len(full.rows(SNAPSHOTS)) == 4
    with pytest.raises(ResourceNotFoundError):
        full.alice.get("servers", "web")
    assert full.bob.get("servers", "web")["secgroups"] == [{"id": "default", "name": "Default"}]

    full.act(full.bob, "web", "stop")
    full.act(full.bob, "web", "instance-snapshot-reset", instance_snapshot="whole")
    full.bob.delete("servers", "web", {"delete_snapshots": True})
    full.settle()
    assert usage(full, "bobs") == {**before["bobs"], "eip": 1}
    assert [row.name for row in full.rows(SNAPSHOTS)] == ["kept"]


def test_who_may_not_give_it_away_changes_nothing(full: World) -> None:
    before = everything(full)
    for session, error in ((full.alice, ForbiddenError), (full.bob, ResourceNotFoundError)):
        with pytest.raises(error):
            session.perform("servers", "web", "change-owner", TO_BOB)
    for wrong, error in (({}, InvalidInputError), ({"project": "nobodys"}, ResourceNotFoundError)):
        with pytest.raises(error):
            full.admin.perform("servers", "web", "change-owner", wrong)
    assert everything(full) == before


def test_what_the_new_project_has_no_room_for_stays(full: World) -> None:
    before = everything(full)
    full.admin.perform("region_quotas", "projects", "bobs", {"snapshot": 2})
    with pytest.raises(OutOfQuotaError):
        full.admin.perform("servers", "web", "change-owner", TO_BOB)
    assert everything(full) == before


def test_a_name_or_network_that_the_new_project_cannot_have_is_refused(full: World) -> None:
    full.server(full.bob, on=False)
    before = everything(full)
    with pytest.raises(DuplicateNameError):
        full.admin.perform("servers", full.alice.get("servers", "web")["id"], "change-owner", TO_BOB)
    assert everything(full) == before
    full.bob.update("servers", "web", {"name": "other"})
    full.admin.perform("networks", "default", "private")
    full.change(NETWORKS, full.admin.get("networks", "default")["id"], tenant_id=full.alice.caller.project_id)
    before = everything(full)
    with pytest.raises(ConflictError, match="network"):
        full.admin.perform("servers", "web", "change-owner", TO_BOB)
    assert everything(full) == before


def test_nothing_moves_while_something_is_done_with_it(full: World) -> None:
    web = full.alice.get("servers", "web")
    full.alice.perform("servers", "web", "stop")
    with pytest.raises(ResourceBusyError):
        full.admin.perform("servers", "web", "change-owner", TO_BOB)
    full.settle()
    frozen = web["disks_info"][1]["id"]
    full.alice.perform("disks", frozen, "freeze")
    before = everything(full)
    with pytest.raises(InvalidStatusError, match="frozen"):
        full.admin.perform("servers", "web", "change-owner", TO_BOB)
    assert everything(full) == before


def test_disks_go_alone_or_with_their_server_and_snapshots_with_their_disk(full: World) -> None:
    attached = full.alice.get("servers", "web")["disks_info"][1]["id"]
    with pytest.raises(ConflictError, match="server"):
        full.admin.perform("disks", attached, "change-owner", TO_BOB)
    for plural, name in (("snapshots", "kept"), ("instance_snapshots", "whole")):
        ident = full.alice.get(plural, name)["id"]
        with pytest.raises(NotSupportedError):
            full.admin.perform(plural, ident, "change-owner", TO_BOB)
    full.disk(full.alice, "alone")
    full.alice.create("snapshots", {"name": "of-alone", "disk_id": "alone"})
    full.settle()
    before = usage(full, "bobs")
    full.admin.perform("disks", "alone", "change-owner", TO_BOB)
    assert full.bob.get("snapshots", "of-alone")["disk_name"] == "alone"
    after = usage(full, "bobs")
    assert after["storage"] - before["storage"] == 512
    assert after["snapshot"] - before["snapshot"] == 1
