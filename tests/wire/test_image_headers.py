"""An image's attributes as headers, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidInputError
from cloudcore_adapters.rest.image_headers import attributes_of, image_headers
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.serving import Limits


def call(*headers: tuple[str, bytes]) -> Call:
    async def receive():
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "headers": [(n.lower().encode(), v) for n, v in headers]}
    return Call(scope, receive, Limits())


def test_names_have_capitals_and_underscores():
    image = {"id": "i", "disk_format": "qcow2", "size": 5, "is_public": False, "properties": {"os_type": "Linux"}}
    assert dict(image_headers(image)) == {
        "X-Image-Meta-Id": "i",
        "X-Image-Meta-Disk_format": "qcow2",
        "X-Image-Meta-Size": "5",
        "X-Image-Meta-Is_public": "false",
        "X-Image-Meta-Property-Os_type": "Linux",
    }


def test_empty_values_and_impossible_names_are_left_out():
    image = {"a": "", "b": None, "c": [], "properties": {"x y": "1", "ok\r\nEvil": "1", "fine": "1", "": "1"}}
    assert image_headers(image) == (("X-Image-Meta-Property-Fine", "1"),)


def test_maps_are_json_text():
    assert dict(image_headers({"metadata": {"user:env": "ä"}})) == {
        "X-Image-Meta-Metadata": '{"user:env":"%C3%A4"}',
    }


def test_dashes_count_as_underscores():
    sent = call(("X-Image-Meta-Disk-Format", b"raw"), ("X-Image-Meta-Property-Os-Type", b"Linux"), ("X-Other", b"1"))
    assert attributes_of(sent) == {"disk_format": "raw", "properties": {"os_type": "Linux"}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ä+ö".encode(), "ä ö"),
        (b"%C3%A4%2B%C3%B6", "ä+ö"),
        (b"%25C3%25A4%252B%25C3%25B6", "ä+ö"),
        (b"a%20b", "a b"),
        (b"100%", "100%"),
    ],
)
def test_values_may_be_encoded_once_or_twice_or_not_at_all(value, text):
    assert attributes_of(call(("X-Image-Meta-Description", value)))["description"] == text


def test_metadata_is_read_as_an_object():
    assert attributes_of(call(("X-Image-Meta-Metadata", b'{"user:a":"b"}'))) == {"metadata": {"user:a": "b"}}


@pytest.mark.parametrize(
    "headers",
    [
        (("X-Image-Meta-Name", b"\xff\xfe"),),
        (("X-Image-Meta-Name", b"%ff"),),
        (("X-Image-Meta-", b"x"),),
        (("X-Image-Meta-Metadata", b"[1]"),),
        (("X-Image-Meta-Name", b"x" * 9000),),
        tuple((f"X-Image-Meta-A{n}", b"x") for n in range(300)),
    ],
)
def test_headers_that_say_nothing_sensible_are_refused(headers):
    with pytest.raises(InvalidInputError):
        attributes_of(call(*headers))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_a_name_survives_the_way_there_and_back(name):
    (header,) = image_headers({"name": name})
    assert header[1].isascii()
    assert "\r" not in header[1]
    assert "\n" not in header[1]
    if "%" not in name:
        assert attributes_of(call((header[0], header[1].encode())))["name"] == name
