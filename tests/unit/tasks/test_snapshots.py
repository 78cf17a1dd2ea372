"""Snapshots of disks: what they keep, what they lock, and who may not have them."""

from __future__ import annotations

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check_history, check_ledgers, check_tasks

from cloudcore.model.effects import Effect, Failed
from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    Contention,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
    OutOfQuotaError,
    ResourceBusyError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations import instancesnapshots, snapshots
from cloudcore.operations.run import write_once, writing
from cloudcore.operations.session import CoreSession
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit


@attrs.frozen
class World:
    """One server with two disks, and a client."""

    cloud: Cloud
    client: CoreSession

    def disk(self, kind: str = "sys") -> str:
        """The id of a disk of the server."""
        return str(self.client.list("disks", {"disk_type": kind}).items[0]["id"])

    def keep(self, name: str, disk: str = "") -> dict[str, object]:
        """Make a snapshot to its end."""
        made = self.client.create("snapshots", {"name": name, "disk_id": disk or self.disk()})
        self.cloud.settle()
        return self.client.get("snapshots", made["id"])

    def write(self, letter: str, kind: str = "sys") -> None:
        """What the guest writes on a disk."""
        volumes = self.cloud.machines["h1"].machine.volumes
        key = ("/sim/storage", self.disk(kind))
        volumes[key] = attrs.evolve(volumes[key], data=letter)

    def read(self, kind: str = "sys") -> str:
        """What is on a disk."""
        return self.cloud.machines["h1"].machine.volumes["/sim/storage", self.disk(kind)].data

    def stop(self) -> None:
        """Power off."""
        self.client.perform("servers", "web", "stop", {"is_force": True})
        self.cloud.settle()

    def limit(self, **limits: int) -> None:
        """Set the project's quota."""
        row = Quotalimit(id="q1", domain_id="d1", tenant_id="p1", **limits)
        writing(self.cloud.platform, CALLER, lambda tx: tx.of(QUOTALIMITS, PLATFORM).add(row))


@pytest.fixture
def world() -> World:
    cloud = Cloud(hosts=1)
    client = CoreSession(cloud.platform, CALLER)
    client.create("servers", server_body("web", auto_start=True))
    cloud.settle()
    return World(cloud, client)


def test_a_running_servers_disk_is_kept_and_gone_back_to(world: World) -> None:
    world.write("a")

    kept = world.keep("before")

    assert (kept["status"], kept["disk_type"], kept["size"]) == ("ready", "sys", 1024)
    assert (kept["guest"], kept["guest_status"], kept["is_sub_snapshot"]) == ("web", "running", False)
    world.write("b")
    world.stop()
    world.client.perform("disks", world.disk(), "disk-reset", {"snapshot_id": "before", "auto_start": True})
    world.cloud.settle()
    assert world.read() == "a"
    assert world.client.get("servers", "web")["status"] == "running"
    assert world.client.get("disks", world.disk())["status"] == "ready"
    check_tasks(world.cloud)


def test_a_server_shows_that_its_disk_is_snapshot_and_is_busy_meanwhile(world: World) -> None:
    world.client.create("snapshots", {"name": "one", "disk_id": world.disk()})

    assert world.client.get("servers", "web")["status"] == "snapshot_start"
    assert world.client.get("disks", world.disk())["status"] == "start_snapshot"
    with pytest.raises(ResourceBusyError, match="snapshot-create"):
        world.client.perform("servers", "web", "stop")
    with pytest.raises(ResourceBusyError, match="snapshot-create"):
        world.client.create("snapshots", {"name": "two", "disk_id": world.disk("data")})
    world.cloud.settle()
    assert world.client.get("servers", "web")["status"] == "running"


def test_a_disk_that_no_server_has_is_kept_too(world: World) -> None:
    disk = world.client.create("disks", {"name": "alone", "size": 64})["id"]
    world.cloud.settle()

    kept = world.keep("alone", disk)
    world.client.perform("disks", disk, "disk-reset", {"snapshot_id": "alone"})
    world.cloud.settle()

    assert (kept["status"], kept["guest_id"]) == ("ready", "")
    assert world.client.get("disks", disk)["status"] == "ready"


def test_a_running_server_is_not_reset(world: World) -> None:
    world.keep("before")

    with pytest.raises(InvalidStatusError, match="not off"):
        world.client.perform("disks", world.disk(), "disk-reset", {"snapshot_id": "before"})

    assert world.client.get("disks", world.disk())["status"] == "ready"


def test_a_snapshot_of_another_disk_is_refused(world: World) -> None:
    world.keep("before")
    world.stop()

    with pytest.raises(InvalidInputError, match="not of disk") as caught:
        world.client.perform("disks", world.disk("data"), "disk-reset", {"snapshot_id": "before"})

    assert caught.value.field == "snapshot_id"


def test_a_raw_disk_has_no_snapshots(world: World) -> None:
    disk = world.client.create("disks", {"name": "raw", "size": 64, "format": "raw"})["id"]
    world.cloud.settle()

    with pytest.raises(NotSupportedError, match="raw"):
        world.client.create("snapshots", {"name": "no", "disk_id": disk})

    assert world.client.list("snapshots").total == 0


def test_snapshots_count_for_the_quota_and_give_it_back(world: World) -> None:
    world.limit(snapshot=1)
    kept = world.keep("one")

    with pytest.raises(OutOfQuotaError, match="snapshot: limit 1"):
        world.client.create("snapshots", {"name": "two", "disk_id": world.disk()})
    assert world.client.get("servers", "web")["status"] == "running"

    world.client.delete("snapshots", str(kept["id"]))
    world.cloud.settle()
    assert world.keep("two")["status"] == "ready"
    check_ledgers(world.cloud)


def test_what_has_snapshots_is_deleted_only_with_them(world: World) -> None:
    world.keep("one")
    world.keep("two")

    with pytest.raises(NotEmptyError, match="2 snapshots"):
        world.client.delete("servers", "web")

    assert world.client.get("servers", "web")["status"] == "running"
    world.client.delete("servers", "web", {"delete_snapshots": True})
    world.cloud.settle()
    assert world.client.list("snapshots").total == 0
    check_ledgers(world.cloud)
    check_tasks(world.cloud)


def test_a_snapshot_that_failed_is_deleted_without_its_host(world: World) -> None:
    volumes = world.cloud.machines["h1"].machine.volumes
    volume = volumes.pop(("/sim/storage", world.disk()))

    failed = world.keep("never")

    assert (failed["status"], failed["guest_status"]) == ("create_failed", "running")
    assert "not on this storage" in str(failed["status_reason"])
    volumes["/sim/storage", world.disk()] = volume
    assert world.client.delete("snapshots", "never")["status"] == "deleting"
    assert world.client.list("snapshots").total == 0
    assert world.cloud.open_tasks() == []
    check_ledgers(world.cloud)


def test_all_disks_of_a_running_server_are_kept_and_gone_back_to(world: World) -> None:
    world.write("a")
    world.write("x", "data")

    answer = world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})

    assert answer["status"] == "start_instance_snapshot"
    world.cloud.settle()
    kept = world.client.get("instance_snapshots", answer["instance_snapshot_id"])
    assert (kept["status"], kept["guest"], kept["size"]) == ("ready", "web", 3072)
    assert [part["disk_type"] for part in kept["snapshots"]] == ["sys", "data"]
    assert kept["server_config"]["vmem_size"] == 512
    world.write("b")
    world.write("y", "data")
    world.stop()
    world.client.perform("servers", "web", "instance-snapshot-reset", {"instance_snapshot": "whole"})
    world.cloud.settle()
    assert (world.read(), world.read("data")) == ("a", "x")
    assert world.client.get("servers", "web")["status"] == "ready"
    check_tasks(world.cloud)


def test_the_parts_of_an_instance_snapshot_go_with_it_only(world: World) -> None:
    world.limit(instance_snapshot=1, snapshot=2)
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.cloud.settle()
    part = world.client.get("instance_snapshots", "whole")["snapshots"][0]["id"]

    with pytest.raises(ConflictError, match="whole server"):
        world.client.delete("snapshots", part)
    with pytest.raises(OutOfQuotaError):
        world.client.perform("servers", "web", "instance-snapshot", {"name": "more"})

    world.client.delete("instance_snapshots", "whole")
    world.cloud.settle()
    assert (world.client.list("snapshots").total, world.client.list("instance_snapshots").total) == (0, 0)
    assert not any(v.snapshots for v in world.cloud.machines["h1"].machine.volumes.values())
    check_ledgers(world.cloud)


def test_a_server_with_an_instance_snapshot_is_deleted_with_it(world: World) -> None:
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.cloud.settle()

    with pytest.raises(NotEmptyError):
        world.client.delete("servers", "web")
    world.client.delete("servers", "web", {"delete_snapshots": True})
    world.cloud.settle()

    assert world.client.list("instance_snapshots").total == 0
    check_ledgers(world.cloud)
    check_history(world.cloud)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "whole", "with_memory": True}, "with_memory"),
        ({"name": "bad\nname"}, "name"),
        ({}, "name"),
    ],
)
def test_a_wrong_wish_names_its_field_and_changes_nothing(world: World, body: dict[str, object], field: str) -> None:
    with pytest.raises(CloudcoreError) as caught:
        world.client.perform("servers", "web", "instance-snapshot", body)

    assert caught.value.field == field
    assert world.client.get("servers", "web")["status"] == "running"
    assert world.client.list("instance_snapshots").total == 0


def test_a_server_is_reset_to_its_own_snapshots_only_and_while_it_is_off(world: World) -> None:
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.client.create("servers", server_body("other"))
    world.cloud.settle()

    with pytest.raises(InvalidStatusError, match="not off"):
        world.client.perform("servers", "web", "instance-snapshot-reset", {"instance_snapshot": "whole"})
    with pytest.raises(InvalidInputError, match="not a snapshot of server other"):
        world.client.perform("servers", "other", "instance-snapshot-reset", {"instance_snapshot": "whole"})
    with pytest.raises(MissingParameterError):
        world.client.perform("servers", "web", "instance-snapshot-reset")


def test_a_disk_is_made_of_a_snapshot_that_is_just_being_made(world: World) -> None:
    world.write("a")
    world.client.create("snapshots", {"name": "one", "disk_id": world.disk()})
    copy = world.client.create("disks", {"name": "copy", "snapshot_id": "one", "size": "2g"})
    assert copy["status"] == "start_alloc"

    world.cloud.settle()

    made = world.client.get("disks", copy["id"])
    assert (made["status"], made["disk_size"], made["disk_format"]) == ("ready", 2048, "qcow2")
    assert world.cloud.machines["h1"].machine.volumes["/sim/storage", copy["id"]].data == "a"


def test_a_disk_of_a_snapshot_that_failed_fails_as_well(world: World) -> None:
    volumes = world.cloud.machines["h1"].machine.volumes
    volume = volumes.pop(("/sim/storage", world.disk()))
    world.client.create("snapshots", {"name": "one", "disk_id": world.disk()})
    copy = world.client.create("disks", {"name": "copy", "snapshot_id": "one"})["id"]

    world.cloud.settle()

    failed = world.client.get("disks", copy)
    assert failed["status"] == "alloc_failed"
    assert "cannot be used any more" in failed["status_reason"]
    volumes["/sim/storage", world.disk()] = volume
    check_ledgers(world.cloud)
    world.client.delete("disks", copy)
    assert world.cloud.row("disks", copy) is None
    assert world.cloud.open_tasks() == []
    check_ledgers(world.cloud)


def test_a_snapshot_that_is_being_copied_stays(world: World) -> None:
    kept = world.keep("one")
    world.client.create("disks", {"name": "copy", "snapshot_id": "one"})

    with pytest.raises(ResourceBusyError, match="disk copy is just made"):
        world.client.delete("snapshots", str(kept["id"]))
    with pytest.raises(ResourceBusyError, match="disk copy is just made"):
        world.client.delete("servers", "web", {"delete_snapshots": True})

    world.cloud.settle()
    world.client.delete("snapshots", str(kept["id"]))
    world.cloud.settle()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"snapshot_id": "one", "size": 512}, "size"),
        ({"snapshot_id": "one", "image_id": "i1"}, "snapshot_id"),
        ({"snapshot_id": "nope"}, "snapshot_id"),
        ({"snapshot_id": "one", "storage_id": "elsewhere"}, "storage_id"),
    ],
)
def test_a_disk_that_a_snapshot_cannot_fill_is_refused(world: World, body: dict[str, object], field: str) -> None:
    world.keep("one")

    with pytest.raises(CloudcoreError) as caught:
        world.client.create("disks", {"name": "copy", **body})

    assert caught.value.field == field
    assert world.client.list("disks", {"name": "copy"}).total == 0


def test_a_server_is_made_of_an_instance_snapshot(world: World) -> None:
    world.write("a")
    world.write("x", "data")
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.cloud.settle()
    world.write("b")

    body = {"name": "twin", "instance_snapshot_id": "whole", "nets": [{"network": "n1"}], "auto_start": True}
    world.client.create("servers", {**body, "disable_delete": False})
    world.cloud.settle()

    twin = world.client.get("servers", "twin")
    assert (twin["status"], twin["vmem_size"], twin["disk"]) == ("running", 512, 3072)
    volumes = world.cloud.machines["h1"].machine.volumes
    assert [volumes["/sim/storage", disk["id"]].data for disk in twin["disks_info"]] == ["a", "x"]
    world.client.delete("servers", "web", {"delete_snapshots": True})
    world.client.delete("servers", "twin")
    world.cloud.settle()
    check_ledgers(world.cloud)


def test_disks_of_an_instance_snapshot_are_not_named_again(world: World) -> None:
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.cloud.settle()

    with pytest.raises(InvalidInputError, match="come from the instance snapshot"):
        world.client.create("servers", {**server_body("twin"), "instance_snapshot_id": "whole"})


def test_a_system_disk_is_made_of_a_system_disk(world: World) -> None:
    world.keep("data", world.disk("data"))

    with pytest.raises(InvalidInputError, match="system disk") as caught:
        world.client.create("servers", server_body("twin", disks=[{"snapshot_id": "data"}]))

    assert caught.value.field == "disks.0.snapshot_id"


def test_a_server_is_cloned_as_it_is_now(world: World) -> None:
    world.write("a")
    world.write("x", "data")

    answer = world.client.perform("servers", "web", "snapshot-and-clone", {"name": "twin", "count": 2})
    assert answer["status"] == "start_instance_snapshot"
    assert len(answer["guests"]) == 2
    world.cloud.settle()

    volumes = world.cloud.machines["h1"].machine.volumes
    for guest in answer["guests"]:
        twin = world.client.get("servers", guest["id"])
        assert (twin["status"], twin["vmem_size"], len(twin["nics"])) == ("ready", 512, 1)
        assert [volumes["/sim/storage", disk["id"]].data for disk in twin["disks_info"]] == ["a", "x"]
    kept = world.client.get("instance_snapshots", answer["instance_snapshot_id"])
    assert (kept["name"], kept["status"]) == ("twin-source", "ready")
    assert world.client.get("servers", "web")["status"] == "running"
    check_ledgers(world.cloud)
    check_tasks(world.cloud)


def test_a_clone_that_does_not_fit_leaves_no_snapshot(world: World) -> None:
    world.limit(count=2)

    with pytest.raises(OutOfQuotaError):
        world.client.perform("servers", "web", "snapshot-and-clone", {"name": "twin", "count": 2})
    with pytest.raises(MissingParameterError):
        world.client.perform("servers", "web", "snapshot-and-clone", {})

    assert world.client.list("instance_snapshots").total == 0
    assert world.client.get("servers", "web")["status"] == "running"


def test_clones_of_a_snapshot_that_fails_fail_as_well(world: World) -> None:
    volumes = world.cloud.machines["h1"].machine.volumes
    volume = volumes.pop(("/sim/storage", world.disk("data")))

    answer = world.client.perform("servers", "web", "snapshot-and-clone", {"name": "twin"})
    world.cloud.settle()

    volumes["/sim/storage", volume.volume_id] = volume
    failed = world.client.get("servers", answer["guests"][0]["id"])
    assert (failed["status"], "cannot be used" in failed["status_reason"]) == ("create_fail", True)
    check_ledgers(world.cloud)


def test_a_server_is_cloned_with_new_disks(world: World) -> None:
    world.write("a")

    answer = world.client.perform("servers", "web", "clone", {"name": "fresh", "auto_start": True})
    world.cloud.settle()

    fresh = world.client.get("servers", answer["guests"][0]["id"])
    assert (fresh["status"], fresh["disk"], fresh["vcpu_count"]) == ("running", 3072, 1)
    volumes = world.cloud.machines["h1"].machine.volumes
    assert [volumes["/sim/storage", disk["id"]].data for disk in fresh["disks_info"]] == ["", ""]


def test_lists_tell_snapshots_apart(world: World) -> None:
    world.keep("one")
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.client.create("disks", {"name": "alone", "size": 64})
    world.cloud.settle()
    world.keep("alone", str(world.client.get("disks", "alone")["id"]))

    def names(**params: object) -> list[str]:
        return sorted(item["name"] for item in world.client.list("snapshots", params).items)

    assert names() == ["alone", "one", "whole-disk0", "whole-disk1"]
    assert names(is_instance_snapshot=True) == ["whole-disk0", "whole-disk1"]
    assert names(is_instance_snapshot=False) == ["alone", "one"]
    assert names(server_id="web") == ["one", "whole-disk0", "whole-disk1"]
    assert names(disk_type="sys") == ["one", "whole-disk0"]


def test_several_snapshots_of_one_server_are_deleted_one_after_the_other(world: World) -> None:
    names = [f"s{n}" for n in range(4)]
    for place, name in enumerate(names):
        world.keep(name, world.disk("sys" if place % 2 else "data"))
    for name in names:
        assert world.client.delete("snapshots", name)["status"] == "deleting"
    for refused in (
        lambda: world.client.delete("snapshots", "s3"),
        lambda: world.client.perform("servers", "web", "stop"),
    ):
        with pytest.raises((ResourceBusyError, InvalidStatusError)):
            refused()
    world.cloud.settle()
    assert world.cloud.rows("snapshots") == []
    assert world.client.get("servers", "web")["status"] == "running"
    check_tasks(world.cloud)
    check_ledgers(world.cloud)


def test_a_deletion_that_queues_fails_without_harm_when_its_disk_changes_hands(world: World) -> None:
    world.keep("first")
    world.keep("second", world.disk("data"))
    world.client.delete("snapshots", "first")
    world.client.delete("snapshots", "second")
    (link,) = [row for row in world.cloud.rows("guestdisks") if row.disk_id == world.disk("data")]
    writing(world.cloud.platform, CALLER, lambda tx: tx.of(GUESTDISKS, PLATFORM).remove(link))
    world.cloud.settle()
    (left,) = world.cloud.rows("snapshots")
    assert (left.name, left.status) == ("second", "delete_failed")
    assert world.client.get("servers", "web")["status"] == "running"
    check_tasks(world.cloud)


def test_all_snapshots_of_a_disk_go_but_for_parts_of_instance_snapshots(world: World) -> None:
    for name in ("one", "two"):
        world.keep(name)
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.cloud.settle()
    world.keep("data", world.disk("data"))
    gone = world.client.perform_class("snapshots", "delete-disk-snapshots", {"disk_id": world.disk()})
    assert len(gone["snapshots"]) == 2
    world.cloud.settle()
    assert {row.name for row in world.cloud.rows("snapshots")} == {"data", "whole-disk0", "whole-disk1"}
    with pytest.raises(MissingParameterError):
        world.client.perform_class("snapshots", "delete-disk-snapshots", {})
    world.client.delete("snapshots", "data")
    world.client.delete("instance_snapshots", "whole")
    world.cloud.settle()
    assert world.cloud.rows("snapshots") == world.cloud.rows("instance_snapshots") == []
    check_tasks(world.cloud)
    check_ledgers(world.cloud)


def test_parts_whose_deletion_failed_are_not_said_to_be_ready() -> None:
    broken = [Failed("the disk is broken")]

    def fail(effect: Effect, _tried: int) -> Failed | None:
        return broken.pop() if effect.kind == "snapshot-delete" and broken else None

    cloud = Cloud(hosts=1, failures=fail, late_failures=1.0)
    client = CoreSession(cloud.platform, CALLER)
    server = client.create("servers", server_body("web"))["id"]
    cloud.settle()
    kept = client.perform("servers", server, "instance-snapshot", {"name": "whole"})["instance_snapshot_id"]
    cloud.settle()

    client.delete("instance_snapshots", kept)
    cloud.settle()

    assert client.get("instance_snapshots", kept)["status"] == "instance_snapshot_delete_failed"
    assert {row["status"] for row in client.list("snapshots").items} == {"delete_failed"}
    client.delete("instance_snapshots", kept)
    cloud.settle()
    assert client.list("snapshots").total == client.list("instance_snapshots").total == 0
    check_ledgers(cloud)


def test_who_deletes_what_is_just_being_removed_with_its_disk_or_server_tries_again(world: World) -> None:
    world.keep("one")
    world.client.perform("servers", "web", "instance-snapshot", {"name": "all"})
    world.cloud.settle()
    one = next(row for row in world.cloud.rows("snapshots") if row.name == "one")
    (whole,) = world.cloud.rows("instance_snapshots")
    gone = "00000000-0000-0000-0000-000000000000"
    for module, row in (
        (snapshots, attrs.evolve(one, disk_id=gone)),
        (instancesnapshots, attrs.evolve(whole, guest_id=gone)),
    ):
        with pytest.raises(Contention, match="is being removed with its snapshots"):
            write_once(
                world.cloud.platform,
                CALLER,
                lambda tx, module=module, row=row: module.begin_delete(world.cloud.platform, tx, CALLER, row),
            )
    assert {row.status for row in world.cloud.rows("snapshots")} == {"ready"}


@pytest.mark.parametrize(
    ("field", "value"), [("project", "\u0084"), ("project_domain", ["d1"]), ("description", {"a": 1})]
)
def test_what_is_no_text_is_refused_also_where_nobody_needs_it(world: World, field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        world.client.create("snapshots", {"name": "s", "disk_id": world.disk(), field: value})
    assert refused.value.field == field
    assert world.client.list("snapshots").total == 0
