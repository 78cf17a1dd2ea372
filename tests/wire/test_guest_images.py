"""Guest images: several images, looked at, shared and deleted as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.wire.exchange import DISK, World

IMAGES, GUESTS = "/image/v1/images", "/image/v1/guestimages"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    return World()


def upload(world: World, name: str) -> str:
    headers = {"Content-Type": "application/octet-stream", "X-Image-Meta-Name": name, "X-Image-Meta-Protected": "false"}
    sent = world.ask("admin", "POST", IMAGES, content=DISK, headers=headers)
    assert sent.status_code == 200, sent.text
    world.place.settle()
    return str(sent.json()["image"]["id"])


def make(world: World, **body: Any) -> Any:
    return world.ask("admin", "POST", GUESTS, json={"guestimage": {"protected": False, **body}})


def show(world: World, name: str) -> Any:
    return world.ask("admin", "GET", f"{GUESTS}/{name}").json()["guestimage"]


def test_images_that_are_there_make_an_active_one(world: World) -> None:
    root, data = upload(world, "root-1"), upload(world, "data-1")
    made = make(world, name="both", images=[{"id": root}, {"id": data}], image_number=2, os_arch="x86_64")
    assert made.status_code == 200, made.text
    shown = made.json()["guestimage"]
    assert (shown["status"], shown["size"], shown["disk_format"]) == ("active", 2 * len(DISK), "raw")
    assert (shown["root_image"]["id"], [one["id"] for one in shown["data_images"]]) == (root, [data])
    image = world.ask("admin", "GET", f"{IMAGES}?id={data}&details=true").json()["images"][0]
    assert (image["is_guest_image"], image["is_data"], image["guest_image"]) == (True, True, "both")
    again = make(world, name="twice", images=[root])
    assert (again.status_code, again.json()["class"]) == (409, "ConflictError")
    refused = world.ask("admin", "DELETE", f"{IMAGES}/{root}")
    assert (refused.status_code, refused.json()["data"]["field"]) == (409, "guest_image_id")


def test_new_images_wait_for_their_bytes(world: World) -> None:
    new = {"disk_format": "raw", "virtual_size": 1024}
    shown = make(world, name="later", images=[new, {**new, "name": "second"}]).json()["guestimage"]
    assert (shown["status"], shown["min_disk"]) == ("queued", 2048)
    assert [shown["root_image"]["name"], shown["data_images"][0]["name"]] == ["later-root", "second"]
    for ident, status in ((shown["root_image"]["id"], "saving"), (shown["data_images"][0]["id"], "active")):
        headers = {"Content-Type": "application/octet-stream"}
        assert world.ask("admin", "PUT", f"{IMAGES}/{ident}", content=DISK, headers=headers).status_code == 200
        world.place.settle()
        assert show(world, "later")["status"] == status


def test_it_is_shared_with_its_images_and_deleted_with_them(world: World) -> None:
    root = upload(world, "root-2")
    ident = make(world, name="shared", images=[root]).json()["guestimage"]["id"]
    assert world.ask("admin", "POST", f"{GUESTS}/{ident}/public", json={}).json()["guestimage"]["is_public"] is True
    assert world.ask("bob", "GET", f"{GUESTS}/{ident}").status_code == 200
    assert world.ask("bob", "HEAD", f"{IMAGES}/{root}").status_code == 200
    assert world.ask("bob", "DELETE", f"{GUESTS}/{ident}").status_code == 403
    assert world.ask("admin", "POST", f"{GUESTS}/{ident}/private", json={}).status_code == 200
    assert world.ask("bob", "GET", f"{GUESTS}/{ident}").status_code == 404
    gone = world.ask("admin", "DELETE", f"{GUESTS}/{ident}?override_pending_delete=true")
    assert (gone.status_code, gone.json()["guestimage"]["status"]) == (200, "deleting")
    world.place.settle()
    assert world.ask("admin", "GET", f"{GUESTS}/{ident}").status_code == 404
    assert world.ask("admin", "HEAD", f"{IMAGES}/{root}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"images": []}, "images"),
        ({}, "images"),
        ({"images": [7]}, "images.0"),
        ({"images": [{"virtual_size": -1}]}, "images.0.virtual_size"),
        ({"images": [{"disk_format": "tape"}]}, "disk_format"),
        ({"images": [{}], "image_number": 2}, "image_number"),
        ({"images": [{"id": "nowhere"}]}, "image"),
    ],
)
def test_what_makes_none_is_refused_and_leaves_nothing(world: World, body: Any, field: str) -> None:
    before = world.ask("admin", "GET", f"{IMAGES}?limit=1").json()["total"]
    answer = make(world, name="none", **body)
    assert answer.status_code in (400, 404), answer.text
    assert answer.json().get("data", {}).get("field", "") == field
    assert world.ask("admin", "GET", f"{GUESTS}/none").status_code == 404
    assert world.ask("admin", "GET", f"{IMAGES}?limit=1").json()["total"] == before


def test_protected_ones_stay(world: World) -> None:
    assert make(world, name="kept", images=[{"disk_format": "raw"}], protected=True).status_code == 200
    refused = world.ask("admin", "DELETE", f"{GUESTS}/kept")
    assert (refused.status_code, refused.json()["class"]) == (403, "ForbiddenError")
    sent = {"guestimage": {"protected": False, "properties": {"os_type": "Linux"}}}
    assert world.ask("admin", "PUT", f"{GUESTS}/kept", json=sent).status_code == 200
    assert show(world, "kept")["properties"] == {"os_type": "Linux"}
    assert world.ask("admin", "DELETE", f"{GUESTS}/kept").status_code == 200
    world.place.settle()
    assert world.ask("admin", "GET", f"{GUESTS}/kept").status_code == 404


def test_an_image_is_looked_at_again_and_its_status_set_by_hand(world: World) -> None:
    ident = upload(world, "seen-again")
    done = world.ask("admin", "POST", f"{IMAGES}/{ident}/probe", json={})
    assert done.json()["image"]["status"] == "probing"
    world.place.settle()
    assert world.ask("admin", "HEAD", f"{IMAGES}/{ident}").headers["X-Image-Meta-Status"] == "active"
    sent = {"image": {"status": "killed", "reason": "bad bytes"}}
    assert (
        world.ask("admin", "POST", f"{IMAGES}/{ident}/update-status", json=sent).json()["image"]["status"] == "killed"
    )
    assert world.ask("admin", "POST", f"{IMAGES}/{ident}/probe", json={}).status_code == 400
    odd = {"image": {"status": "wonderful"}}
    assert world.ask("admin", "POST", f"{IMAGES}/{ident}/update-status", json=odd).status_code == 400
