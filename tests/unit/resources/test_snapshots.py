"""Whose snapshots are, and how lists tell them apart."""

from __future__ import annotations

import pytest
from tests.unit.resources.conftest import People

from cloudcore.model.errors import InvalidInputError, ResourceNotFoundError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.disk import DISKS, Disk
from cloudcore.resources.compute.snapshot import SNAPSHOTS, Snapshot
from cloudcore.resources.storage.storage import STORAGES, Storage


@pytest.fixture
def disk(people: People) -> str:
    """A disk of bob's with one snapshot."""
    project = people.admin.get("projects", "bob")
    owner = {"tenant_id": project["id"], "domain_id": project["domain_id"]}
    with people.cloud.platform.uow.write(Author()) as tx:
        storage = Storage(id="s1", name="s1", domain_id="default", zone_id="z", capacity=1000, storage_type="local")
        tx.of(STORAGES, PLATFORM).add(storage)
        tx.of(DISKS, PLATFORM).add(
            Disk(id="disk1", name="disk1", storage_id="s1", disk_size=64, status="ready", **owner)
        )
        row = Snapshot(id="snap1", name="kept", disk_id="disk1", storage_id="s1", size=64, status="ready", **owner)
        tx.of(SNAPSHOTS, PLATFORM).add(row)
        tx.commit()
    return "disk1"


def test_the_owner_sees_his_snapshot_with_its_disk_and_storage(people: People, disk: str) -> None:
    (found,) = people.bob.list("snapshots", {"disk_id": disk}).items

    assert (found["name"], found["disk"], found["disk_name"]) == ("kept", "disk1", "disk1")
    assert (found["storage_type"], found["is_sub_snapshot"], found["guest_id"]) == ("local", False, "")
    assert people.bob.list("snapshots", {"disk_type": "sys"}).total == 0


@pytest.mark.parametrize("wrong", [{}, [], "\x00", "d" * 1025])
def test_a_description_is_a_text(people: People, disk: str, wrong: object) -> None:
    before = people.bob.list("snapshots").total
    with pytest.raises(InvalidInputError, match="description: "):
        people.bob.create("snapshots", {"name": "noted", "disk_id": disk, "description": wrong})
    assert people.bob.list("snapshots").total == before


@pytest.mark.usefixtures("disk")
def test_a_snapshot_and_a_disk_of_somebody_else_are_not_found(people: People) -> None:
    assert people.eve.list("snapshots").total == 0
    for call in (
        lambda: people.eve.create("snapshots", {"name": "mine", "disk_id": "disk1"}),
        lambda: people.eve.get("snapshots", "snap1"),
        lambda: people.eve.delete("snapshots", "snap1"),
        lambda: people.eve.perform("disks", "disk1", "disk-reset", {"snapshot_id": "snap1"}),
    ):
        with pytest.raises(ResourceNotFoundError):
            call()
    assert people.bob.get("snapshots", "snap1")["status"] == "ready"
