"""Disks saved as images: from the volume through quarantine and inspection, like an upload."""

from __future__ import annotations

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check_ledgers, check_tasks

from cloudcore.model.effects import Failed
from cloudcore.model.errors import (
    DuplicateNameError,
    NotSupportedError,
    OutOfQuotaError,
    ResourceBusyError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.run import writing
from cloudcore.operations.saving import take_saved
from cloudcore.operations.session import CoreSession
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud(hosts=1)
    CoreSession(cloud.platform, CALLER).create("servers", server_body("web", auto_start=True))
    cloud.settle()
    return cloud


@pytest.fixture
def client(cloud: Cloud) -> CoreSession:
    return CoreSession(cloud.platform, CALLER)


def test_a_running_server_is_saved_and_servers_are_made_of_it(cloud: Cloud, client: CoreSession) -> None:
    answer = client.perform("servers", "web", "save-image", {"name": "golden", "notes": "as of today"})
    assert answer["status"] == "start_save_disk"
    assert client.get("images", answer["image_id"])["status"] == "saving"

    cloud.settle()

    image = client.get("images", "golden")
    assert (image["status"], image["size"], image["description"]) == ("active", 1024, "as of today")
    assert (image["properties"], image["os_arch"]) == ({"os_type": "Linux", "os_arch": "x86_64"}, "x86_64")
    assert client.get("servers", "web")["status"] == "running"
    assert not any(volume.snapshots for volume in cloud.machines["h1"].machine.volumes.values())
    client.create("servers", server_body("copy", disks=[{"image_id": "golden"}], auto_start=True))
    cloud.settle()
    assert client.get("servers", "copy")["status"] == "running"
    check_tasks(cloud)


def test_a_disk_that_no_server_has_is_saved(cloud: Cloud, client: CoreSession) -> None:
    disk = client.create("disks", {"name": "data", "size": 64})["id"]
    cloud.settle()

    answer = client.perform("disks", disk, "save", {"name": "of data"})
    cloud.settle()

    image = client.get("images", answer["image_id"])
    assert (image["status"], image["is_data"]) == ("active", True)


@pytest.mark.parametrize("action", ["save-image", "save-guest-image"])
def test_a_server_that_is_off_is_started_once_it_is_saved(cloud: Cloud, client: CoreSession, action: str) -> None:
    client.perform("servers", "web", "stop")
    cloud.settle()

    client.perform("servers", "web", action, {"name": "golden"})
    cloud.settle()
    assert client.get("servers", "web")["status"] == "ready"

    client.perform("servers", "web", action, {"name": "golden-2", "auto_start": True})
    cloud.settle()
    assert (client.get("servers", "web")["status"], client.get("servers", "web")["power_states"]) == ("running", "on")

    client.perform("servers", "web", action, {"name": "golden-3", "restart": "true"})
    cloud.settle()
    assert client.get("servers", "web")["status"] == "running"
    started = [task for task in client.list("tasks").items if task["flow"] == "server-start"]
    assert [task["state"] for task in started] == ["complete"]
    check_tasks(cloud)


def test_what_was_saved_stays_if_the_server_does_not_start(cloud: Cloud, client: CoreSession) -> None:
    client.perform("servers", "web", "stop")
    cloud.settle()
    client.perform("servers", "web", "save-image", {"name": "golden", "auto_start": True})
    cloud.machines["h1"]._failures = lambda effect, _n: Failed("no kernel") if effect.kind == "guest-start" else None
    cloud.settle()
    assert client.get("images", "golden")["status"] == "active"
    assert client.get("servers", "web")["status"] == "start_fail"


def test_what_is_in_an_image_may_be_said(cloud: Cloud, client: CoreSession) -> None:
    said = {"name": "golden", "os_type": "Windows", "os_arch": "aarch64"}
    image = client.get("images", client.perform("servers", "web", "save-image", said)["image_id"])
    assert (image["properties"], image["os_arch"]) == ({"os_type": "Windows", "os_arch": "aarch64"}, "aarch64")


def test_what_is_being_saved_is_left_alone(cloud: Cloud, client: CoreSession) -> None:
    client.perform("servers", "web", "save-image", {"name": "golden"})

    with pytest.raises(ResourceBusyError, match="image-save"):
        client.perform("servers", "web", "stop")
    with pytest.raises(ResourceBusyError, match="image-save"):
        client.delete("images", "golden")

    cloud.settle()
    assert client.get("images", "golden")["status"] == "active"


def test_a_host_that_cannot_send_leaves_nothing(cloud: Cloud, client: CoreSession) -> None:
    cloud.machines["h1"].machine.uploads = None

    client.perform("servers", "web", "save-image", {"name": "golden"})
    cloud.settle()

    image = client.get("images", "golden")
    assert (image["status"], image["status_reason"]) == ("save_fail", "this host reaches no image store")
    assert client.get("servers", "web")["status"] == "running"
    assert not any(volume.snapshots for volume in cloud.machines["h1"].machine.volumes.values())


def test_wrong_wishes_begin_nothing(cloud: Cloud, client: CoreSession) -> None:
    with pytest.raises(NotSupportedError, match="qcow2") as caught:
        client.perform("servers", "web", "save-image", {"name": "golden", "format": "vmdk"})
    assert caught.value.field == "format"
    with pytest.raises(DuplicateNameError):
        client.perform("servers", "web", "save-image", {"name": "image"})

    assert client.get("servers", "web")["status"] == "running"
    assert client.list("images").total == 1
    assert cloud.open_tasks() == []


def test_images_count_for_the_quota_and_give_it_back(cloud: Cloud, client: CoreSession) -> None:
    row = Quotalimit(id="q1", domain_id="d1", tenant_id="p1", image=1)
    writing(cloud.platform, CALLER, lambda tx: tx.of(QUOTALIMITS, PLATFORM).add(row))
    client.perform("servers", "web", "save-image", {"name": "golden", "is_public": True})
    cloud.settle()
    assert client.get("images", "golden")["public_scope"] == "system"

    with pytest.raises(OutOfQuotaError, match="image: limit 1"):
        client.perform("servers", "web", "save-image", {"name": "more"})

    assert client.get("servers", "web")["status"] == "running"
    client.delete("images", "golden")
    cloud.settle()
    check_ledgers(cloud)


def test_bytes_for_which_nobody_waits_are_refused(cloud: Cloud) -> None:
    for ident in ("i1", "nope"):
        with pytest.raises(ResourceNotFoundError):
            take_saved(cloud.platform, ident, [b"x"])

    assert cloud.images.size("images/i1") == 1024
