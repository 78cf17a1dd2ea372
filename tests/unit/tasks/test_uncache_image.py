"""Images that leave a storage again, and uploads that a process took with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, IMAGE_BYTES, Cloud, server_body

from cloudcore.model.errors import (
    ConflictError,
    InvalidStatusError,
    NotEmptyError,
    ResourceBusyError,
    ResourceNotFoundError,
)
from cloudcore.operations.images import _saving
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.processes import abandon_uploads
from cloudcore_apps.simulate.invariants import check_images


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(hosts=1)


@pytest.fixture
def session(cloud: Cloud) -> CoreSession:
    return CoreSession(cloud.platform, CALLER)


def cache(cloud: Cloud, session: CoreSession) -> None:
    session.perform("storagecaches", "c-h1", "cache-image", {"image": "i1"})
    cloud.settle()


def held(cloud: Cloud) -> list[Any]:
    return list(cloud.machines["h1"].machine.images.values())


def test_an_image_is_taken_from_a_storage_and_brought_again(cloud: Cloud, session: CoreSession) -> None:
    for _ in range(2):
        cache(cloud, session)
        assert len(held(cloud)) == 1
        session.perform("storagecaches", "c-h1", "uncache-image", {"image": "image"})
        assert cloud.rows("storagecachedimages")[0].status == "deleting"
        cloud.settle()
        assert (held(cloud), cloud.rows("storagecachedimages")) == ([], [])


def test_an_image_that_disks_are_made_from_stays(cloud: Cloud, session: CoreSession) -> None:
    session.create("servers", server_body("web"))
    cloud.settle()
    with pytest.raises(NotEmptyError, match="1 disks are made from image image"):
        session.perform("storagecaches", "c-h1", "uncache-image", {"image": "i1"})
    assert len(held(cloud)) == 1


def test_what_a_cache_does_not_hold_is_not_found(session: CoreSession) -> None:
    for image in ("i1", "nothing"):
        with pytest.raises(ResourceNotFoundError):
            session.perform("storagecaches", "c-h1", "uncache-image", {"image": image})


def test_an_image_is_not_removed_while_it_comes(cloud: Cloud, session: CoreSession) -> None:
    session.perform("storagecaches", "c-h1", "cache-image", {"image": "i1"})
    with pytest.raises((ResourceBusyError, InvalidStatusError)):
        session.perform("storagecaches", "c-h1", "uncache-image", {"image": "i1"})
    cloud.settle()
    assert len(held(cloud)) == 1


def test_a_server_that_comes_meanwhile_waits_and_gets_it_again(cloud: Cloud, session: CoreSession) -> None:
    cache(cloud, session)
    session.perform("storagecaches", "c-h1", "uncache-image", {"image": "i1"})
    made = session.create("servers", server_body("web"))
    cloud.settle()
    assert session.get("servers", made["id"])["status"] == "ready"
    assert len(held(cloud)) == 1


def test_two_servers_at_once_bring_one_image(cloud: Cloud, session: CoreSession) -> None:
    made = [session.create("servers", server_body(name, vmem_size=256)) for name in ("one", "two")]
    cloud.settle()
    assert [session.get("servers", one["id"])["status"] for one in made] == ["ready", "ready"]
    assert len(held(cloud)) == 1
    assert [row.status for row in cloud.rows("storagecachedimages")] == ["active"]


def test_an_upload_that_ended_with_its_process_can_be_made_again(cloud: Cloud, session: CoreSession) -> None:
    body = {"name": "half", "disk_format": "raw"}
    half, _ = writing(cloud.platform, CALLER, lambda tx: _saving(cloud.platform, tx, CALLER, None, body, "staged/half"))
    driven = session.create("images", {**body, "name": "driven", "copy_from": "https://images.example.com/tiny.raw"})

    assert writing(cloud.platform, CALLER, lambda tx: abandon_uploads(tx, "another")) == 0
    assert writing(cloud.platform, CALLER, lambda tx: abandon_uploads(tx, None)) == 1
    assert writing(cloud.platform, CALLER, lambda tx: abandon_uploads(tx, None)) == 0

    assert session.get("images", half.id)["status"] == "save_fail"
    session.upload(half.id, {}, [IMAGE_BYTES])
    cloud.settle()
    assert {session.get("images", ident)["status"] for ident in (half.id, driven["id"])} == {"active"}


@pytest.mark.parametrize("goes_on", ["uploads-anew", "deletes"])
def test_an_upload_that_was_asleep_does_not_come_between_a_later_one(
    cloud: Cloud, session: CoreSession, goes_on: str
) -> None:
    ident = session.create("images", {"name": "half", "disk_format": "raw", "protected": False})["id"]

    def frozen() -> Iterator[bytes]:
        yield IMAGE_BYTES[:700]
        writing(cloud.platform, CALLER, lambda tx: abandon_uploads(tx, None))
        if goes_on == "deletes":
            session.delete("images", ident)
            cloud.settle()
        else:
            session.upload(ident, {"checksum": hashlib.sha256(IMAGE_BYTES).hexdigest()}, [IMAGE_BYTES])
        yield bytes(5000)

    with pytest.raises(ConflictError):
        session.upload(ident, {}, frozen())
    cloud.settle()

    check_images(cloud)
    if goes_on == "uploads-anew":
        assert session.get("images", ident)["status"] == "active"
        assert session.get("images", ident)["size"] == len(IMAGE_BYTES)


def test_an_upload_that_wakes_while_a_later_one_is_under_way_leaves_that_alone(
    cloud: Cloud, session: CoreSession
) -> None:
    ident = session.create("images", {"name": "half", "disk_format": "raw", "protected": False})["id"]
    body = {"disk_format": "raw"}

    def later() -> None:
        writing(cloud.platform, CALLER, lambda tx: abandon_uploads(tx, None))
        writing(cloud.platform, CALLER, lambda tx: _saving(cloud.platform, tx, CALLER, ident, body, "staged/later"))

    def broken() -> Iterator[bytes]:
        yield IMAGE_BYTES[:700]
        later()
        raise OSError("the line went dead")

    def whole() -> Iterator[bytes]:
        yield IMAGE_BYTES
        later()

    with pytest.raises(OSError, match="dead"):
        session.upload(ident, {}, broken())
    assert session.get("images", ident)["status"] == "saving"
    writing(cloud.platform, CALLER, lambda tx: abandon_uploads(tx, None))
    with pytest.raises(ResourceNotFoundError, match="anew"):
        session.upload(ident, {}, whole())

    assert session.get("images", ident)["status"] == "saving"
    check_images(cloud)
