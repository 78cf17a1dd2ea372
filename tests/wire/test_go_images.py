"""The original's commands for images: `image-upload`, `image-update`, `image-download` and their like."""

from __future__ import annotations

import pytest
from tests.wire.exchange import DISK, World
from tests.wire.go_client import GoError, GoSession
from tests.wire.go_images import Images, said
from tests.wire.test_go_client import login_body

COLUMNS = (
    "id name disk_format size is_public protected is_standard min_disk min_ram status checksum tenant_id tenant "
    "is_guest_image"
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def images(world: World) -> Images:
    project = {"name": "system", "domain": {"name": "Default"}}
    return Images(GoSession.login(world.client, login_body(project=project)))


def test_an_image_is_uploaded_shown_changed_downloaded_and_deleted(world: World, images: Images) -> None:
    about = said(
        format="raw", protected=True, min_disk=1000, os_type="Linux", os_dist="Debian", os_version="12", notes="ü %41+b"
    )
    made = images.make({"name": "up", **about}, DISK)
    assert (made["name"], made["disk_format"], made["properties"]["os_distribution"]) == ("up", "raw", "Debian")
    world.place.settle()
    shown = images.get("up")
    assert set(COLUMNS.split()) <= set(shown)
    assert (shown["status"], shown["size"], shown["protected"]) == ("active", str(len(DISK)), "true")
    assert shown["min_disk"] == "1000"

    before = images.get("up")["properties"]
    images.update("up", {"name": "up2", "description": "größer", **said(protected=False, os_version="13", min_ram=64)})
    images.update("up2", said(protected=False, preference=3, hypervisor="kvm,esxi", disable_usb_kbd=True))
    after = images.get(made["id"])
    assert (after["name"], after["description"], after["protected"]) == ("up2", "größer", "false")
    more = {"os_version": "13", "preference": "3", "hypervisor": "kvm,esxi", "disable_usb_kbd": "true"}
    assert {k: v for k, v in after["properties"].items() if k in {**before, **more}} == {**before, **more}
    assert all("-" not in name for name in images.list(name="up2", details=True)[0]["properties"])

    assert images.download("up2") == DISK
    assert images.download("up2", format="raw") == DISK
    assert images.delete(made["id"], override_pending_delete="true")["id"] == made["id"]
    world.place.settle()
    with pytest.raises(GoError) as gone:
        images.get(made["id"])
    assert gone.value.code == 404


def test_an_image_gets_its_bytes_later_and_lies_in_the_bin_when_it_is_deleted(world: World, images: Images) -> None:
    made = images.make({"name": "later", **said(format="raw", is_public=True)})
    assert made["status"] == "queued"
    images.make({"image_id": made["id"]}, DISK)
    world.place.settle()
    assert images.get("later")["status"] == "active"
    images.update("later", said(protected=False))
    images.delete("later")
    world.place.settle()
    assert "later" not in {row["name"] for row in images.list(limit=50)}
    told = images.get(made["id"])
    assert (told["status"], told["pending_deleted"]) == ("pending_delete", "true")
    assert told["auto_delete_at"].endswith("Z")
    with pytest.raises(GoError) as caught:
        images.download(made["id"])
    assert caught.value.kind == "InvalidStatusError"
    images.session.perform("image", f"images/{made['id']}/cancel-delete", "image")
    assert images.get("later")["status"] == "active"
    images.delete("later", override_pending_delete="true")


@pytest.mark.parametrize(
    ("about", "kind"),
    [
        ({"copy_from": "file:///etc/passwd"}, "InputParameterError"),
        ({"copy_from": "http://127.0.0.1/x"}, "NotSupportedError"),
        ({"disk-format": "zip"}, "InputParameterError"),
    ],
    ids=str,
)
def test_what_is_refused_is_told(images: Images, about: dict[str, str], kind: str) -> None:
    with pytest.raises(GoError) as caught:
        images.make({"name": "refused", **said(format="raw"), **about})
    assert caught.value.kind == kind, caught.value


def test_what_is_locked_stays(world: World, images: Images) -> None:
    images.make({"name": "kept", **said(format="raw", protected=True)}, DISK)
    world.place.settle()
    with pytest.raises(GoError) as caught:
        images.delete("kept", override_pending_delete="true")
    assert (caught.value.code, caught.value.kind) == (403, "ForbiddenError")
    (row,) = world.ask("admin", "GET", "/image/v1/images?name=kept").json()["images"]
    assert (row["can_delete"], row["delete_fail_reason"]["code"]) == (False, 403)
    images.update("kept", said(protected=False))
    images.delete("kept", override_pending_delete="true")
    with pytest.raises(GoError) as caught:
        images.download("nothing")
    assert caught.value.code == 404
