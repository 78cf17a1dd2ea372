from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.conftest import plant, put_server

from cloudcore.model.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    MissingParameterError,
    NotEmptyError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.ties import untie_server
from cloudcore.resources.compute.disk import DISKS, Disk
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.serversku import find, name_of
from cloudcore.resources.storage.snapshotpolicy import SNAPSHOTPOLICIES, due


def test_servers_of_a_group_are_kept_apart(people: Any) -> None:
    one, two = plant(people).hosts
    a, b, c = put_server(people, "a", one), put_server(people, "b", one), put_server(people, "c", two)
    group = people.bob.create("instancegroups", {"name": "g"})
    assert (group["granularity"], group["force_dispersion"]) == (1, True)
    assert people.bob.perform("instancegroups", "g", "bind-guests", {"guests": [a, "c"]})["guest_count"] == 2
    with pytest.raises(ConflictError):
        people.bob.perform("instancegroups", "g", "bind-guests", {"guests": [b]})
    assert people.bob.list("groupguests", {"group": group["id"]}).total == 2
    people.bob.update("instancegroups", "g", {"force_dispersion": False})
    assert people.bob.perform("instancegroups", "g", "bind-guests", {"guests": [b]})["guest_count"] == 3
    assert people.bob.perform("instancegroups", "g", "unbind-guests", {"guests": [a, b, c]})["guest_count"] == 0


def test_only_own_servers_join_a_group(people: Any) -> None:
    plant(people)
    theirs = put_server(people, "a", owner="eve")
    people.bob.create("instancegroups", {"name": "g"})
    with pytest.raises(ResourceNotFoundError):
        people.bob.perform("instancegroups", "g", "bind-guests", {"guests": [theirs]})
    with pytest.raises(InvalidInputError):
        people.admin.perform("instancegroups", "g", "bind-guests", {"guests": [theirs]})
    with pytest.raises(MissingParameterError):
        people.bob.perform("instancegroups", "g", "bind-guests", {})


def test_a_server_that_goes_leaves_its_groups_and_devices(people: Any) -> None:
    host = plant(people).hosts[0]
    server = put_server(people, "a", host)
    people.bob.create("instancegroups", {"name": "g"})
    people.bob.perform("instancegroups", "g", "bind-guests", {"guests": [server]})
    device = people.admin.create("isolated_devices", {"host": host, **_GPU})["id"]
    with people.cloud.platform.uow.write(Author()) as tx:
        repository = tx.of(ISOLATED_DEVICES, PLATFORM)
        from cloudcore.model.entity import evolve

        repository.save(evolve(repository.get(device), guest_id=server))
        tx.commit()
    assert people.admin.get("isolated_devices", device)["guest"] == "a"
    with pytest.raises(ConflictError):
        people.admin.delete("isolated_devices", device)
    with pytest.raises(ConflictError):
        people.admin.perform("isolated_devices", device, "purge")
    with people.cloud.platform.uow.write(Author()) as tx:
        untie_server(tx, server)
        tx.commit()
    assert people.bob.get("instancegroups", "g")["guest_count"] == 0
    assert "guest_id" not in people.admin.get("isolated_devices", device)
    people.admin.perform("isolated_devices", device, "purge")
    assert people.admin.list("isolated_devices").total == 0


_GPU = {"name": "gpu", "dev_type": "GPU-HPC", "model": "Tesla T4", "addr": "3b:00.0", "vendor_device_id": "10de:1eb8"}


def test_devices_belong_to_their_hosts_domain_and_address(people: Any) -> None:
    host = plant(people).hosts[0]
    made = people.admin.create("isolated_devices", {"host": host, **_GPU})
    assert (made["vendor"], made["allocated_count"], made["domain_id"]) == ("NVIDIA", 0, "default")
    with pytest.raises(ConflictError) as caught:
        people.admin.create("isolated_devices", {"host": host, **_GPU, "name": "other"})
    assert caught.value.field == "addr"
    assert people.admin.get("hosts", host)["isolated_device_count"] == 1
    with pytest.raises(ForbiddenError):
        people.bob.create("isolated_devices", {"host": host, **_GPU})


def test_tags_mark_and_unmark_hosts(people: Any) -> None:
    one, two = plant(people).hosts
    tag = people.admin.create("schedtags", {"name": "fast", "resource_type": "hosts", "default_strategy": "prefer"})
    assert (tag["host_count"], tag["join_model_keyword"]) == (0, "schedtaghost")
    context = (("schedtags", tag["id"]), ("hosts", one))
    people.admin.create("schedtaghosts", {}, context=context)
    people.admin.perform("hosts", two, "set-schedtag", {"schedtag.0": "fast"})
    assert people.admin.get("schedtags", "fast")["resource_count"] == 2
    assert [t["name"] for t in people.admin.get("hosts", two)["schedtags"]] == ["fast"]
    with pytest.raises(NotEmptyError):
        people.admin.delete("schedtags", "fast")
    people.admin.perform("hosts", one, "set-schedtag", {})
    people.admin.perform("schedtags", "fast", "set-resource", {"resource_ids": []})
    assert "schedtags" not in people.admin.get("hosts", two)
    people.admin.delete("schedtags", "fast")


def test_a_tag_marks_only_its_kind(people: Any) -> None:
    made = plant(people)
    people.admin.create("schedtags", {"name": "net", "type": "networks"})
    for work in (
        lambda: people.admin.perform("hosts", made.hosts[0], "set-schedtag", {"schedtag": ["net"]}),
        lambda: people.admin.create("schedtaghosts", {}, context=(("schedtags", "net"), ("hosts", made.hosts[0]))),
    ):
        with pytest.raises(InvalidInputError):
            work()
    shown = people.admin.perform("networks", made.network, "set-schedtag", {"schedtags": ["net"]})
    assert [t["name"] for t in shown["schedtags"]] == ["net"]
    with pytest.raises(ForbiddenError):
        people.bob.perform("hosts", made.hosts[0], "set-schedtag", {})


def test_a_tag_is_kept_for_a_project_or_a_domain(people: Any) -> None:
    people.admin.create("schedtags", {"name": "own", "type": "zones"})
    bob = people.admin.get("projects", "bob")["id"]
    assert people.admin.perform("schedtags", "own", "set-scope", {"project": "bob"})["tenant_id"] == bob
    assert "tenant_id" not in people.admin.perform("schedtags", "own", "set-scope", {"domain": "Default"})
    assert "domain_id" not in people.admin.perform("schedtags", "own", "set-scope", {})
    with pytest.raises(InvalidInputError):
        people.admin.perform("schedtags", "own", "set-scope", {"project": "nobody"})


def test_conditions_are_checked_when_they_are_stored(people: Any) -> None:
    people.admin.create("schedtags", {"name": "fast", "type": "hosts"})
    body = {"name": "p", "schedtag": "fast", "condition": "server.vcpu_count > 8", "strategy": "require"}
    made = people.admin.create("schedpolicies", body)
    assert made["schedtag"] == "fast"
    for work in (
        lambda: people.admin.create("schedpolicies", {**body, "name": "q", "condition": "server >"}),
        lambda: people.admin.update("schedpolicies", "p", {"condition": "("}),
        lambda: people.admin.create("dynamicschedtags", {"name": "d", "schedtag": "fast", "condition": "a b"}),
    ):
        with pytest.raises(InvalidInputError) as caught:
            work()
        assert caught.value.field == "condition"


def test_sizes_are_there_from_the_start_and_named_by_what_they_are(people: Any) -> None:
    assert people.bob.list("serverskus").total == 38
    specs = people.bob.property("serverskus", "instance-specs")
    assert specs["cpu_mems_mb"]["1"] == [1024, 2048, 4096, 8192]
    assert specs["cpus"] == [1, 2, 4, 8, 12, 16, 24, 32]
    made = people.admin.create(
        "serverskus", {"cpu_core_count": 3, "memory_size_mb": 1536, "instance_type_category": "compute_optimized"}
    )
    assert made["name"] == "ecs.c1.c3m1.5"
    with pytest.raises(ConflictError):
        people.admin.create("serverskus", {"name": "ecs.g1.c1m1", "cpu_core_count": 1, "memory_size_mb": 1024})
    with pytest.raises(ForbiddenError):
        people.bob.create("serverskus", {"cpu_core_count": 3, "memory_size_mb": 1024})
    assert name_of(2, 4096) == "ecs.g1.c2m4"


def test_a_size_is_found_while_it_is_for_sale(people: Any) -> None:
    def found(zone: str = "") -> Any:
        with people.cloud.platform.uow.read() as tx:
            return find(tx, "ecs.g1.c1m1", zone)

    own = found()
    zone = people.admin.get("zones", "zone0")["id"]
    people.admin.create("serverskus", {"name": "z", "zone": zone, "cpu_core_count": 1, "memory_size_mb": 1024})
    assert own.memory_size_mb == 1024
    people.admin.update("serverskus", own.id, {"postpaid_status": "soldout"})
    assert found() is None
    people.admin.update("serverskus", own.id, {"postpaid_status": "available"})
    people.admin.perform("serverskus", own.id, "disable")
    assert found(zone) is None


def policy(people: Any, **more: Any) -> Any:
    body = {"name": "daily", "type": "disk", "retention_days": 7, "repeat_weekdays": [3, "1"], "time_points": [0]}
    return people.bob.create("snapshotpolicies", {**body, **more})


def test_a_snapshot_policy_is_a_timetable_for_disks(people: Any) -> None:
    made = policy(people)
    assert made["repeat_weekdays"] == [1, 3]
    disk = put_disk(people, "d1", "bob")
    bound = people.bob.perform("snapshotpolicies", "daily", "bind-disks", {"disk_id": [disk]})
    assert (bound["binding_disk_count"], bound["binding_resource_count"]) == (1, 1)
    with pytest.raises(NotEmptyError):
        people.bob.delete("snapshotpolicies", "daily")
    with people.cloud.platform.uow.read() as tx:
        stored = tx.of(SNAPSHOTPOLICIES, PLATFORM).get(made["id"])
        assert [due(stored, day, 0) for day in (1, 2, 3)] == [True, False, True]
        assert not due(stored, 1, 1)
    people.bob.perform("snapshotpolicies", "daily", "unbind-disks", {"disks": [disk]})
    people.bob.delete("snapshotpolicies", "daily")


def put_disk(people: Any, name: str, owner: str) -> str:
    project = people.admin.get("projects", owner)
    with people.cloud.platform.uow.write(Author()) as tx:
        row = Disk(
            id=f"{name}-id",
            name=name,
            disk_size=1,
            storage_id="s1",
            domain_id=project["domain_id"],
            tenant_id=project["id"],
        )
        tx.of(DISKS, PLATFORM).add(row)
        tx.commit()
    return row.id


def test_a_policy_holds_for_its_kind_and_own_things_only(people: Any) -> None:
    policy(people, type="server")
    server, theirs = put_server(people, "a"), put_server(people, "b", owner="eve")
    disk = put_disk(people, "d1", "bob")
    bind = "bind-resources"
    for resources, error in (
        ([{"type": "disk", "id": disk}], InvalidInputError),
        ([{"type": "host", "id": disk}], InvalidInputError),
        ([{"type": "server", "id": theirs}], ResourceNotFoundError),
        ("server", InvalidInputError),
    ):
        with pytest.raises(error):
            people.bob.perform("snapshotpolicies", "daily", bind, {"resources": resources})
    bound = people.bob.perform("snapshotpolicies", "daily", bind, {"resources": [{"type": "server", "id": server}]})
    assert (bound["binding_disk_count"], bound["binding_resource_count"]) == (0, 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"repeat_weekdays": [0]}, "repeat_weekdays"),
        ({"repeat_weekdays": []}, "repeat_weekdays"),
        ({"time_points": [24]}, "time_points"),
        ({"retention_days": 0}, "retention_days"),
        ({"retention_days": -2}, "retention_days"),
    ],
)
def test_a_wrong_timetable_names_the_field(people: Any, change: Any, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        policy(people, **change)
    assert caught.value.field == field


def test_a_group_or_policy_with_members_does_not_go_to_another_project(people: Any) -> None:
    put_server(people, "a")
    people.bob.create("instancegroups", {"name": "apart"})
    people.bob.perform("instancegroups", "apart", "bind-guests", {"guests": ["a"]})
    timetable = {"type": "server", "repeat_weekdays": [1], "time_points": [3]}
    people.bob.create("snapshotpolicies", {"name": "nightly", **timetable})
    people.bob.perform("servers", "a", "bind-snapshotpolicy", {"snapshotpolicy_id": "nightly"})
    for plural, name in (("instancegroups", "apart"), ("snapshotpolicies", "nightly")):
        ident = people.bob.get(plural, name)["id"]
        with pytest.raises(NotEmptyError):
            people.admin.perform(plural, ident, "change-owner", {"project": "eve"})
        assert people.eve.list(plural).items == []
    people.bob.perform("instancegroups", "apart", "unbind-guests", {"guests": ["a"]})
    ident = people.bob.get("instancegroups", "apart")["id"]
    assert people.admin.perform("instancegroups", ident, "change-owner", {"project": "eve"})["tenant"] == "eve"
