"""All disks of a server saved together, and servers made of what was saved."""

from __future__ import annotations

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check_ledgers, check_tasks

from cloudcore.model.errors import (
    DuplicateNameError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.operations.session import CoreSession

DISKS = [{"image_id": "i1", "size": 1024}, {"size": 64}]


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud(hosts=1)
    body = server_body("web", disks=DISKS, auto_start=True)
    CoreSession(cloud.platform, CALLER).create("servers", body)
    cloud.settle()
    return cloud


@pytest.fixture
def client(cloud: Cloud) -> CoreSession:
    return CoreSession(cloud.platform, CALLER)


def test_all_disks_are_saved_and_servers_are_made_of_them(cloud: Cloud, client: CoreSession) -> None:
    answer = client.perform("servers", "web", "save-guest-image", {"name": "whole", "notes": "as of today"})
    assert answer["status"] == "start_save_disk"
    assert client.get("guestimages", "whole")["status"] == "saving"
    cloud.settle()

    shown = client.get("guestimages", answer["guest_image_id"])
    assert (shown["status"], shown["description"]) == ("active", "as of today")
    assert [shown["root_image"]["status"], *(one["status"] for one in shown["data_images"])] == ["active"] * 2
    assert client.get("servers", "web")["status"] == "running"
    assert not any(volume.snapshots for volume in cloud.machines["h1"].machine.volumes.values())

    images = [shown["root_image"]["id"], shown["data_images"][0]["id"]]
    body = server_body("copy", disks=[{"size": 2048}], guest_image_id="whole", auto_start=True)
    client.create("servers", body)
    cloud.settle()
    made = client.get("servers", "copy")
    assert made["status"] == "running"
    assert [disk["image_id"] for disk in made["disks_info"]] == images
    assert made["disks_info"][0]["size"] == 2048
    client.create("servers", {**server_body("text"), "disks": ["1500M", "", "32M"][::2], "guest_image_id": "whole"})
    cloud.settle()
    assert [disk["image_id"] for disk in client.get("servers", "text")["disks_info"]] == images
    check_tasks(cloud)
    check_ledgers(cloud)


def test_what_cannot_be_saved_or_made_is_refused(cloud: Cloud, client: CoreSession) -> None:
    client.perform("servers", "web", "save-guest-image", {"name": "whole"})
    with pytest.raises(InvalidStatusError) as refused:
        client.create("servers", server_body("early", disks=[], guest_image_id="whole"))
    assert refused.value.field == "guest_image_id"
    cloud.settle()
    with pytest.raises(DuplicateNameError):
        client.perform("servers", "web", "save-guest-image", {"name": "whole"})
    with pytest.raises(ResourceNotFoundError):
        client.create("servers", server_body("none", disks=[], guest_image_id="nobody's"))
    with pytest.raises(InvalidInputError) as wrong:
        client.create("servers", server_body("other", disks=[{"image_id": "i1"}], guest_image_id="whole"))
    assert wrong.value.field == "disks.0.image_id"
    client.create("servers", server_body("raw", disks=[*DISKS, {"size": 64, "format": "raw"}]))
    cloud.settle()
    with pytest.raises(NotSupportedError):
        client.perform("servers", "raw", "save-guest-image", {"name": "r"})
    assert client.get("servers", "web")["status"] == "running"
