"""Converted forms of images, from the request to the bytes."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, IMAGE_BYTES, Cloud, server_body
from tests.unit.image import samples

from cloudcore.model.errors import (
    InvalidInputError,
    InvalidStatusError,
    ResourceBusyError,
    ResourceNotFoundError,
)
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.flows.image_upload import wanted_formats


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(hosts=1)


@pytest.fixture
def session(cloud: Cloud) -> CoreSession:
    return CoreSession(cloud.platform, CALLER)


def forms(session: CoreSession, image: str) -> dict[str, str]:
    return {form["format"]: form["status"] for form in session.detail("images", image, "subformats")}


def upload(cloud: Cloud, session: CoreSession, data: bytes, kind: str) -> str:
    made = session.upload(None, {"name": f"{kind}-image", "disk_format": kind, "protected": False}, [data])
    cloud.settle()
    return str(made["id"])


def test_a_form_is_made_on_demand_and_downloaded(cloud: Cloud, session: CoreSession) -> None:
    session.perform("images", "i1", "convert", {"format": "qcow2"})
    assert forms(session, "i1") == {"raw": "active", "qcow2": "saving"}

    cloud.settle()

    assert forms(session, "i1") == {"raw": "active", "qcow2": "active"}
    shown = session.get("images", "i1", {"format": "qcow2"})
    found = session.download("i1", {"format": "qcow2"})
    data = found.read(0, found.size)
    assert data.startswith(b"QFI\xfb")
    assert (shown["disk_format"], shown["size"], shown["checksum"]) == ("qcow2", len(data), found.checksum)
    assert session.download("i1").read(0, 4096) == IMAGE_BYTES
    assert session.download("i1", {"format": "raw"}).read(0, 4096) == IMAGE_BYTES
    assert session.get("images", "i1")["disk_format"] == "raw"


def test_a_form_that_is_there_is_not_made_again(cloud: Cloud, session: CoreSession) -> None:
    for _ in range(2):
        session.perform("images", "i1", "convert", {"format": "vhd"})
        cloud.settle()
    session.perform("images", "i1", "convert", {"format": "raw"})
    assert [task.flow for task in cloud.rows("tasks")] == ["image-convert"]


@pytest.mark.parametrize("wanted", ["exe", "iso", "", None, "../etc"])
def test_a_format_that_is_none_is_refused(session: CoreSession, wanted: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        session.perform("images", "i1", "convert", {"format": wanted})
    assert refused.value.field == "format"
    assert list(forms(session, "i1")) == ["raw"]


def test_a_form_that_was_never_made_is_not_found(session: CoreSession) -> None:
    with pytest.raises(ResourceNotFoundError, match="convert it first"):
        session.download("i1", {"format": "vmdk"})
    with pytest.raises(InvalidInputError):
        session.download("i1", {"format": "exe"})


def test_an_unfinished_form_is_neither_given_nor_begun_twice(session: CoreSession) -> None:
    session.perform("images", "i1", "convert", {"format": "vhd"})
    with pytest.raises(InvalidStatusError):
        session.download("i1", {"format": "vhd"})
    with pytest.raises(InvalidStatusError):
        session.perform("images", "i1", "convert", {"format": "vhd"})
    with pytest.raises(ResourceBusyError):
        session.delete("images", "i1")


def test_a_conversion_that_fails_says_why_and_can_be_tried_again(cloud: Cloud, session: CoreSession) -> None:
    session.perform("images", "i1", "convert", {"format": "vmdk"})  # which this cloud's converter does not write
    cloud.settle()

    (form,) = [form for form in session.detail("images", "i1", "subformats") if form["format"] == "vmdk"]
    assert form["status"] == "failed"
    assert "not converted" in form["status_reason"]
    assert session.get("images", "i1")["status"] == "active"
    session.perform("images", "i1", "convert", {"format": "vmdk"})
    assert forms(session, "i1")["vmdk"] == "saving"


def test_forms_go_with_their_image(cloud: Cloud, session: CoreSession) -> None:
    session.perform("images", "i1", "convert", {"format": "qcow2"})
    cloud.settle()
    session.delete("images", "i1")
    cloud.settle()

    assert cloud.rows("images") == cloud.rows("subimages") == []
    assert cloud.images._held == {}


def test_an_image_that_no_host_starts_from_becomes_qcow2_by_itself(cloud: Cloud, session: CoreSession) -> None:
    image = upload(cloud, session, samples.vhd_fixed(1 << 20), "vhd")

    assert forms(session, image) == {"vhd": "active", "qcow2": "active"}
    session.create("servers", {**server_body("web"), "disks": [{"image_id": image, "size": 1024}]})
    cloud.settle()
    (cached,) = cloud.machines["h1"].machine.images.values()
    assert (cached.image_id, cached.format) == (image, "qcow2")


def test_a_server_is_refused_while_its_image_has_no_usable_form(cloud: Cloud, session: CoreSession) -> None:
    image = upload(cloud, session, samples.vmdk(), "vmdk")

    with pytest.raises(InvalidStatusError, match=r"is vmdk; kvm takes qcow2, raw: convert it first") as refused:
        session.create("servers", {**server_body("web"), "disks": [{"image_id": image, "size": 1024}]})
    assert refused.value.field == "disks.0.image_id"
    with pytest.raises(InvalidStatusError):
        session.create("disks", {"name": "d", "image_id": image})
    with pytest.raises(InvalidStatusError):
        session.perform("storagecaches", "c-h1", "cache-image", {"image": image})


def test_formats_that_the_deployment_wants_are_always_made(cloud: Cloud) -> None:
    settings = attrs.evolve(cloud.platform.settings, image_formats=("vhd", "qcow2"))
    session = CoreSession(attrs.evolve(cloud.platform, settings=settings), CALLER)

    image = upload(cloud, session, IMAGE_BYTES, "raw")

    assert forms(session, image) == {"raw": "active", "vhd": "active", "qcow2": "active"}


@pytest.mark.parametrize(
    ("own", "always", "wanted"),
    [
        ("raw", (), []),
        ("qcow2", ("qcow2", "vmdk"), ["vmdk"]),
        ("vmdk", ("vmdk", "raw"), ["qcow2", "raw"]),
        ("vhd", ("qcow2",), ["qcow2"]),
        ("iso", ("qcow2",), []),
    ],
)
def test_what_is_made_of_a_fresh_image(own: str, always: tuple[str, ...], wanted: list[str]) -> None:
    assert list(wanted_formats(own, always)) == wanted
