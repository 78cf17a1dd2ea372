from __future__ import annotations

from typing import Any

import pytest

from cloudcore.auth.caller import SYSTEM
from cloudcore.model.columns import parts_of
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    InvalidFormatError,
    InvalidInputError,
    OutOfRangeError,
    ProtectedResourceError,
)
from cloudcore.model.resource import fields_of
from cloudcore.model.wire import page_to_wire, read_create
from cloudcore.resources.image.image import IMAGES, Image, read_properties


def image(**changes: Any) -> Image:
    return Image(id="i1", name="i", domain_id="d1", tenant_id="p1", **changes)


def test_images_are_protected_until_somebody_says_otherwise(tx: Any) -> None:
    with pytest.raises(ProtectedResourceError):
        IMAGES.check_delete(tx, SYSTEM, image())
    sent = read_create(IMAGES, {"name": "i", "disable_delete": "false"}, admin=False)
    assert sent["protected"] is False
    IMAGES.check_delete(tx, SYSTEM, image(protected=False))


def test_keys_of_the_store_are_never_shown() -> None:
    hidden = image(staged_key="staged/1", store_key="images/1", location="x")
    page = parts_of(Image, [hidden], [field.name for field in fields_of(Image)])
    (shown,) = page_to_wire(IMAGES, page).rows()
    assert "id" in shown
    assert not {"staged_key", "store_key", "location"} & set(shown)


def test_architectures_get_one_name(tx: Any) -> None:
    assert IMAGES.prepare(tx, SYSTEM, {"os_arch": "amd64"})["os_arch"] == "x86_64"
    assert IMAGES.prepare(tx, SYSTEM, {"properties": {"os_arch": "ARM64"}})["os_arch"] == "aarch64"


def test_properties_are_merged_and_emptied_ones_go(tx: Any) -> None:
    old = image(properties={"os_type": "Linux", "note": "x"})
    changed = IMAGES.check_update(tx, SYSTEM, old, {"properties": {"note": "", "os_version": 12}})
    assert changed["properties"] == {"os_type": "Linux", "os_version": "12"}
    assert (changed["os_type"], changed["os_version"], changed["os_arch"]) == ("Linux", "12", "")
    assert IMAGES.check_update(tx, SYSTEM, old, {"min_ram": 1}) == {"min_ram": 1}


def test_properties_have_a_limit_also_when_merged(tx: Any) -> None:
    many = {f"p{n}": "x" for n in range(64)}
    assert len(read_properties(many)) == 64
    with pytest.raises(OutOfRangeError):
        read_properties({**many, "q": "x"})
    with pytest.raises(OutOfRangeError):
        IMAGES.check_update(tx, SYSTEM, image(properties=many), {"properties": {"q": "x"}})


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"a b": "x"}, InvalidInputError),
        ({"": "x"}, InvalidInputError),
        ({"é": "x"}, InvalidInputError),
        ({"a\r\nX-Evil": "x"}, InvalidInputError),
        ({"a": "x\r\ny"}, InvalidFormatError),
        ({"a": ["x"]}, InvalidFormatError),
        ({"a": "x" * 1025}, OutOfRangeError),
    ],
)
def test_properties_that_cannot_stand_in_a_header_are_refused(sent: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_properties(sent)


def test_details_repeat_the_owner_and_a_checksum() -> None:
    assert IMAGES.details is not None
    (extra,) = IMAGES.details(None, [evolve(image(), checksum="abc")])
    assert extra == {"owner": "p1", "disable_delete": True, "oss_checksum": "abc"}
