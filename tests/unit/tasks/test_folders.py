"""A storage without a folder on a host: nothing is placed there, and what was placed before ends in good order."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check_ledgers

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InsufficientResourceError, InvalidInputError, InvalidStatusError, NotEmptyError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore_apps.simulate.stage import Stage


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(hosts=1)


@pytest.fixture
def client(cloud: Cloud) -> CoreSession:
    return CoreSession(cloud.platform, CALLER)


def put_folder(cloud: Cloud, folder: str) -> None:
    def work(tx: Any) -> None:
        link = tx.of(HOSTSTORAGES, PLATFORM).get("hs-h1")
        tx.of(HOSTSTORAGES, PLATFORM).save(evolve(link, mount_point=folder))

    writing(cloud.platform, CALLER, work)


def test_no_server_goes_where_its_disks_have_no_folder(cloud: Cloud, client: CoreSession) -> None:
    put_folder(cloud, "")
    with pytest.raises(InsufficientResourceError, match="no storage of the host suits"):
        client.create("servers", server_body("web"))
    assert cloud.rows("servers") == []


def test_a_disk_is_not_added_where_it_has_no_folder(cloud: Cloud, client: CoreSession) -> None:
    ident = client.create("servers", server_body("web"))["id"]
    cloud.settle()
    put_folder(cloud, "")
    with pytest.raises(InsufficientResourceError, match="no storage of the server's host suits"):
        client.perform("servers", ident, "createdisk", {"disks": [{"size": 64}]})


def test_a_create_that_loses_its_folder_fails_and_is_taken_back(cloud: Cloud, client: CoreSession) -> None:
    ident = client.create("servers", server_body("web"))["id"]
    put_folder(cloud, "")

    cloud.settle()

    (task,) = cloud.rows("tasks")
    assert (task.state, "no folder" in task.error) == ("failed", True)
    assert cloud.row("servers", ident).status == "create_fail"
    assert cloud.machines["h1"].machine.inventory() == []
    client.delete("servers", ident)
    cloud.settle()
    assert cloud.rows("servers") == cloud.rows("disks") == []
    check_ledgers(cloud)


@pytest.mark.parametrize("create", ["servers", "disks", "snapshots", "instance_snapshots", "images"])
def test_nothing_is_sent_to_a_host_with_an_empty_path(cloud: Cloud, client: CoreSession, create: str) -> None:
    ident = client.create("servers", server_body("web"))["id"]
    cloud.settle()
    disk = cloud.rows("disks")[0].id
    if create == "instance_snapshots":
        client.perform("servers", ident, "instance-snapshot", {"name": "two"})
    elif create == "images":
        client.perform("disks", disk, "save", {"name": "two"})
    else:
        client.create(
            create,
            {
                "servers": server_body("two"),
                "disks": {"size": 64, "name": "two"},
                "snapshots": {"disk_id": disk, "name": "two"},
            }[create],
        )
    made = next(row.id for row in cloud.rows(create) if row.name == "two")
    put_folder(cloud, "")
    cloud.settle()
    failed = next(task for task in cloud.rows("tasks") if task.obj_id == made)
    assert (failed.state, "no folder" in failed.error) == ("failed", True)
    client.delete("servers", ident, {"delete_snapshots": True})
    cloud.settle()
    assert cloud.row("servers", ident).status == "delete_fail"
    assert "no folder" in cloud.row("servers", ident).status_reason

    put_folder(cloud, "/sim/storage")
    for plural in ("instance_snapshots", "snapshots", "servers", "disks"):
        for row in cloud.rows(plural):
            client.delete(plural, row.id)
            cloud.settle()
    assert [thing for thing in cloud.machines["h1"].machine.inventory() if thing.kind.value != "image"] == []


def test_a_local_storage_is_of_one_host(client: CoreSession) -> None:
    other = client.create(
        "hosts", {"name": "h2", "zone": "z1", "access_mac": "52:54:00:00:00:09", "host_type": "hypervisor"}
    )["id"]
    with pytest.raises(InvalidInputError, match="storage-h1 is local and attached to another host") as refused:
        client.create("hoststorages", {"host_id": other, "storage_id": "s-h1", "mount_point": "/x"})
    assert refused.value.field == "storage_id"


def test_a_storage_in_use_keeps_its_folder_and_its_host(cloud: Cloud, client: CoreSession) -> None:
    client.update("hoststorages", "hs-h1", {"mount_point": "/sim/storage", "is_root_partition": True})
    disk = client.create("disks", {"name": "data", "size": 64})["id"]
    cloud.settle()
    for change in (
        lambda: client.update("hoststorages", "hs-h1", {"mount_point": ""}),
        lambda: client.delete("hoststorages", "hs-h1"),
    ):
        with pytest.raises(NotEmptyError, match="disks lie on this storage"):
            change()
    client.delete("disks", disk)
    cloud.settle()
    client.update("hoststorages", "hs-h1", {"mount_point": ""})
    with pytest.raises((InvalidStatusError, InsufficientResourceError)):
        client.create("disks", {"name": "data", "size": 64})
    with cloud.platform.uow.read() as tx:
        assert tx.of(STORAGES, PLATFORM).get("s-h1") is not None


def test_of_two_hosts_that_want_a_local_storage_at_the_same_time_one_gets_it() -> None:
    for seed in range(20):
        cloud = Cloud(hosts=0, interleave=True)
        client = CoreSession(cloud.platform, CALLER)
        storage = client.create("storages", {"name": "s", "zone": "z1", "storage_type": "local", "capacity": 1024})[
            "id"
        ]
        hosts = [
            client.create("hosts", {"name": f"h{n}", "zone": "z1", "access_mac": f"52:54:00:00:00:0{n}"})["id"]
            for n in (1, 2)
        ]
        stage = Stage(cloud.clock, seed)
        cloud.store.pause = stage.pause
        refused: list[str] = []

        def attach(
            host: str, client: CoreSession = client, storage: str = storage, refused: list[str] = refused
        ) -> None:
            try:
                client.create("hoststorages", {"host_id": host, "storage_id": storage, "mount_point": "/x"})
            except InvalidInputError:
                refused.append(host)

        for host in hosts:
            stage.add(host, lambda host=host, attach=attach: attach(host))
        stage.run()

        assert len(cloud.rows("hoststorages")) == len(refused) == 1
