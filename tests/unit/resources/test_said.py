"""What says nothing when something is made: null, an empty text and 0, and nothing that is no text at all."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.reading import said
from cloudcore.operations.session import CoreSession

NETWORK = {"name": "n", "guest_ip_prefix": "10.7.0.0/24"}
DISK = {"image_id": "i1", "size": 1024}
BODIES: dict[str, dict[str, Any]] = {
    "servers": server_body("n"),
    "networks": NETWORK,
    "keypairs": {"name": "n"},
    "disks": {"name": "n", "size": 1024},
    "eips": {"name": "n"},
    "credentials": {"type": "aksk"},
}
TEXTS = (
    *(f"servers {name}" for name in ("hypervisor", "prefer_host", "prefer_zone", "prefer_region", "prefer_wire")),
    *(f"servers {name}" for name in ("cdrom", "eip", "user_data", "billing_type", "resource_type", "password")),
    *(f"servers {name}" for name in ("instance_snapshot_id", "guest_image_id", "duration")),
    *(f"networks {name}" for name in ("wire_id", "vpc_id", "zone_id")),
    *("keypairs public_key", "keypairs scheme"),
    *("disks hypervisor", "disks prefer_host_id", "disks prefer_zone_id"),
    *("eips network_id", "eips ip_addr"),
    *("credentials type", "credentials user_id", "credentials project_id"),
)
"""A type that is made, and a field of which a text is read."""
OTHERS: list[tuple[str, dict[str, Any], str]] = [
    ("servers", {"prefer_zones": {}}, "prefer_zones"),
    ("servers", {"secgroups": False}, "secgroups"),
    ("servers", {"dry_run": {}}, "dry_run"),
    ("servers", {"auto_start": []}, "auto_start"),
    ("servers", {"disks": [{**DISK, "schedtags": [{"id": "t", "strategy": {}}]}]}, "disks.0.schedtags.0.strategy"),
    ("servers", {"disks": [{**DISK, "schedtags": [{"id": []}]}]}, "disks.0.schedtags.0.id"),
    ("servers", {"deploy_configs": [{"path": "/a", "action": []}]}, "deploy_configs.0.action"),
    ("servers", {"isolated_devices": [{"dev_type": "GPU-HPC", "model": {}}]}, "isolated_devices.0.model"),
]
"""Others, with the field that the refusal names."""


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud(hosts=1)


def refused(cloud: Cloud, plural: str, body: dict[str, Any]) -> InvalidInputError:
    before = {name: len(cloud.rows(name)) for name in (*BODIES, "tasks")}
    with pytest.raises(InvalidInputError) as caught:
        CoreSession(cloud.platform, CALLER).create(plural, body)
    assert {name: len(cloud.rows(name)) for name in before} == before
    return caught.value


@pytest.mark.parametrize("value", [{}, [], False], ids=repr)
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_no_text_is_refused_and_not_taken_for_nothing(cloud: Cloud, text: str, value: Any) -> None:
    plural, _, name = text.partition(" ")

    error = refused(cloud, plural, {**BODIES[plural], name: value})

    assert (error.field or "").removesuffix("_id") == name.removesuffix("_id"), error


@pytest.mark.parametrize(("plural", "sent", "field"), OTHERS, ids=[field for _, _, field in OTHERS])
def test_what_is_of_another_kind_is_refused(cloud: Cloud, plural: str, sent: dict[str, Any], field: str) -> None:
    assert refused(cloud, plural, {**BODIES[plural], **sent}).field == field


def test_null_and_an_empty_text_say_nothing(cloud: Cloud) -> None:
    texts = [text.split()[1] for text in TEXTS if text.startswith("servers ")]
    session = CoreSession(cloud.platform, CALLER)
    for n, nothing in enumerate((None, "")):
        made = session.create("servers", {**server_body(f"quiet-{n}"), **dict.fromkeys(texts, nothing)})
        assert made["name"] == f"quiet-{n}"


def test_the_first_that_says_something_counts() -> None:
    assert said({"a": None, "b": "", "c": 0, "d": "x", "e": "y"}, "a", "b", "c", "d", "e") == "x"
    assert said({"a": "", "b": []}, "a", "b") == []
    assert said({"a": False}, "a") is False
    assert said({"a": 0.0}, "a", "b", otherwise="none") == "none"
