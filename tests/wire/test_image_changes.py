"""What headers and bodies say of an image when it is made, gets its bytes or is changed: it holds, or is refused by name."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from tests.wire.test_cloud import DISK, OCTETS
from tests.wire.test_image_wire import Place

NAMES = (f"image-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


def said(**about: Any) -> dict[str, str]:
    return {f"X-Image-Meta-{name.replace('Property_', 'Property-')}": str(value) for name, value in about.items()}


def make(place: Place, *, who: str = "admin", content: bytes = DISK, **about: Any) -> Any:
    headers = said(Name=next(NAMES), **about)
    return place.ask("POST", "", who=who, content=content, headers=headers | (OCTETS if content else {}))


def made(place: Place, **about: Any) -> str:
    answer = make(place, **about)
    assert answer.status_code == 200, answer.text
    place.cloud.settle()
    return str(answer.json()["image"]["id"])


def shown(place: Place, ident: str) -> dict[str, str]:
    headers = place.ask("HEAD", f"/{ident}").headers
    return {name[13:].lower(): value for name, value in headers.items() if name.lower().startswith("x-image-meta-")}


def test_an_image_is_made_for_the_owner_that_it_names(place: Place) -> None:
    ann = place.projects["ann"]
    for owner in (ann, "ann"):
        assert shown(place, made(place, Owner=owner))["owner"] == ann
    assert make(place, who="bob", Owner=ann).status_code == 403
    assert make(place, Owner="nobody").status_code == 404


@pytest.mark.parametrize("content", [DISK, b""])
def test_an_encrypted_image_is_refused_and_not_stored_as_it_is(place: Place, content: bytes) -> None:
    refused = make(place, content=content, Encrypt_key_id="key")
    assert (refused.status_code, refused.json()["data"]) == (406, {"field": "encrypt_key_id"})
    ident = made(place)
    changed = place.ask("PUT", f"/{ident}", headers=said(Encrypt_key_id="key"))
    assert (changed.status_code, changed.json()["data"]) == (406, {"field": "encrypt_key_id"})


def test_bytes_that_come_later_bring_what_they_are(place: Place) -> None:
    ident = made(place, content=b"", Disk_format="qcow2")
    about = said(Disk_format="raw", Min_disk=77, Property_os_type="Linux", Protected="false", Size=len(DISK))
    answer = place.ask("PUT", f"/{ident}", content=DISK, headers=OCTETS | about)
    assert answer.status_code == 200, answer.text
    place.cloud.settle()
    now = shown(place, ident)
    assert {name: now[name] for name in ("status", "disk_format", "min_disk", "protected", "property-os_type")} == {
        "status": "active",
        "disk_format": "raw",
        "min_disk": "77",
        "protected": "false",
        "property-os_type": "Linux",
    }


def test_a_format_is_corrected_while_the_image_waits_and_not_afterwards(place: Place) -> None:
    waiting = made(place, content=b"", Disk_format="qcow2")
    for form, status in (("vmdk", 200), ("nonsense", 400)):
        assert place.ask("PUT", f"/{waiting}", headers=said(Disk_format=form)).status_code == status
    assert shown(place, waiting)["disk_format"] == "vmdk"
    refused = place.ask("PUT", f"/{place.image}", headers=said(Disk_format="iso", Min_ram=5))
    assert (refused.status_code, refused.json()["data"]) == (406, {"field": "disk_format"})
    assert shown(place, place.image)["min_ram"] == "0"


def test_an_update_shares_and_makes_standard_as_the_actions_do(place: Place) -> None:
    ident = made(place)
    for about, wanted in (
        ({"Is_public": "true"}, ("true", "system", "false")),
        ({"Is_public": "true", "Is_standard": "true"}, ("true", "system", "true")),
        ({"Is_public": "false", "Is_standard": "false"}, ("false", "none", "false")),
        ({"Is_public": "true", "Public_scope": "domain"}, ("true", "domain", "false")),
    ):
        answer = place.ask("PUT", f"/{ident}", headers=said(**about))
        assert answer.status_code == 200, answer.text
        now = shown(place, ident)
        assert (now["is_public"], now["public_scope"], now["is_standard"]) == wanted, about


@pytest.mark.parametrize("about", [{"Is_public": "true"}, {"Is_standard": "true"}])
def test_nobody_gets_by_an_update_what_the_action_refuses_him(place: Place, about: dict[str, str]) -> None:
    ident = made(place, who="bob")
    before = shown(place, ident)
    assert place.ask("PUT", f"/{ident}", who="bob", headers=said(**about)).status_code == 403
    assert shown(place, ident) == before


def test_an_update_gives_no_image_away(place: Place) -> None:
    ident = made(place)
    refused = place.ask("PUT", f"/{ident}", headers=said(Owner=place.projects["ann"]))
    assert (refused.status_code, refused.json()["data"]) == (406, {"field": "owner"})
    assert "change-owner" in refused.json()["details"]
    for owner in (shown(place, ident)["owner"], "system"):
        assert place.ask("PUT", f"/{ident}", headers=said(Owner=owner)).status_code == 200


def test_what_was_shown_can_be_sent_back(place: Place) -> None:
    ident = made(place)
    (row,) = place.ask("GET", f"?filter=id.equals({ident})&details=true").json()["images"]
    answer = place.ask("PUT", f"/{ident}", json={"image": {**row, "description": "new"}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["image"] | {"updated_at": 0, "update_version": 0} == {
        **row,
        "description": "new",
        "updated_at": 0,
        "update_version": 0,
    }
