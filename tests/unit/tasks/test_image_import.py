"""Images that are fetched from a URL, from the request to the bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, IMAGE_BYTES, IMAGE_URL, Cloud

from cloudcore.model.errors import InvalidInputError, InvalidStatusError, NotSupportedError
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.images import ImagePerformer
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_adapters.memory.remote import MemoryRemoteFiles

BODY = {"name": "fetched", "disk_format": "raw"}
MD5 = hashlib.md5(IMAGE_BYTES, usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(IMAGE_BYTES).hexdigest()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(hosts=1)


@pytest.fixture
def session(cloud: Cloud) -> CoreSession:
    return CoreSession(cloud.platform, CALLER)


def create(cloud: Cloud, session: CoreSession, **body: Any) -> dict[str, Any]:
    made = session.create("images", {**BODY, "copy_from": IMAGE_URL, **body})
    cloud.settle()
    return session.get("images", made["id"])


@pytest.mark.parametrize("checksum", ["", MD5, SHA256, SHA256.upper()])
def test_an_image_is_fetched_inspected_and_active(cloud: Cloud, session: CoreSession, checksum: str) -> None:
    image = create(cloud, session, checksum=checksum)

    assert (image["status"], image["size"]) == ("active", len(IMAGE_BYTES))
    assert (image["checksum"], image["sha256"]) == (MD5, SHA256)
    assert session.download(image["id"]).read(0, 4096) == IMAGE_BYTES
    assert "copy_from" not in image
    assert cloud.row("images", image["id"]).copy_from == ""


def test_a_queued_image_is_filled_from_a_url(cloud: Cloud, session: CoreSession) -> None:
    made = session.create("images", BODY)
    assert made["status"] == "queued"
    moved = session.update("images", made["id"], {"copy_from": IMAGE_URL, "min_ram": 64})
    assert (moved["status"], moved["min_ram"]) == ("saving", 64)
    cloud.settle()
    assert session.get("images", made["id"])["status"] == "active"
    with pytest.raises(InvalidStatusError):
        session.update("images", made["id"], {"copy_from": IMAGE_URL})


def test_bytes_with_another_checksum_are_thrown_away(cloud: Cloud, session: CoreSession) -> None:
    image = create(cloud, session, checksum="0" * 64)

    assert (image["status"], "checksum" in image["status_reason"]) == ("save_fail", True)
    assert list(cloud.images._held) == ["images/i1"]


def test_bytes_that_are_not_what_was_declared_are_thrown_away(cloud: Cloud, session: CoreSession) -> None:
    image = create(cloud, session, disk_format="qcow2", checksum=SHA256)

    assert image["status"] == "killed"
    assert list(cloud.images._held) == ["images/i1"]


def test_what_could_not_be_fetched_is_tried_again_or_uploaded(cloud: Cloud, session: CoreSession) -> None:
    image = create(cloud, session, copy_from="https://images.example.com/none")
    assert (image["status"], image["status_reason"]) == ("save_fail", "there is no such file")

    session.update("images", image["id"], {"copy_from": "https://images.example.com/none"})
    cloud.settle()
    session.upload(image["id"], {}, [IMAGE_BYTES])
    cloud.settle()

    assert session.get("images", image["id"])["status"] == "active"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/", "http://u:p@example.com/", "x", 7])
def test_what_is_no_web_address_makes_no_image(cloud: Cloud, session: CoreSession, url: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        session.create("images", {**BODY, "copy_from": url})
    assert refused.value.field == "copy_from"
    with pytest.raises(InvalidInputError):
        session.update("images", "i1", {"copy_from": url})
    assert [row.id for row in cloud.rows("images")] == ["i1"]


@pytest.mark.parametrize("checksum", ["abc", "g" * 32, "0" * 40, "0" * 65, 7])
def test_what_is_no_checksum_is_refused(session: CoreSession, checksum: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        session.create("images", {**BODY, "copy_from": IMAGE_URL, "checksum": checksum})
    assert refused.value.field == "checksum"


def test_compressed_files_are_not_supported(session: CoreSession) -> None:
    with pytest.raises(NotSupportedError):
        session.create("images", {**BODY, "copy_from": IMAGE_URL, "compress_format": "gzip"})


def test_a_deployment_that_fetches_nothing_says_so(cloud: Cloud) -> None:
    settings = attrs.evolve(cloud.platform.settings, image_import=False)
    with pytest.raises(NotSupportedError):
        CoreSession(attrs.evolve(cloud.platform, settings=settings), CALLER).create(
            "images", {**BODY, "copy_from": IMAGE_URL}
        )


def test_the_url_is_in_no_task_and_no_history(cloud: Cloud, session: CoreSession) -> None:
    session.create("images", {**BODY, "copy_from": IMAGE_URL})
    for plural in ("tasks", "history"):
        assert not [row for row in cloud.rows(plural) if IMAGE_URL in str(row.__dict__)]
    cloud.settle()
    for plural in ("tasks", "history"):
        assert not [row for row in cloud.rows(plural) if IMAGE_URL in str(row.__dict__)]


@pytest.mark.parametrize("said", [True, False], ids=["announced", "unannounced"])
def test_more_than_an_image_may_have_is_refused(said: bool) -> None:
    store, remote = MemoryImageStore(), MemoryRemoteFiles({IMAGE_URL: bytes(200_000)})

    class Unannounced:
        """A server that does not say how much comes."""

        def open(self, url: str, **options: Any) -> Any:
            from contextlib import contextmanager

            @contextmanager
            def opened() -> Any:
                with remote.open(url, **options) as file:
                    yield file if said else attrs.evolve(file, size=None)

            return opened()

    from cloudcore.model.effects import Effect, Failed
    from cloudcore.tasks.inline import InlineEffects

    performer = ImagePerformer(store, remote=Unannounced(), source_url=lambda _ident: IMAGE_URL)
    port = InlineEffects(performer=performer)
    args = {"image_id": "i", "staged_key": "staged/1", "max_bytes": 199_999, "expected": ""}
    port.submit(Effect(kind="image-fetch", target="image:worker", resource="i", args=args), "k", 1)

    outcome = port.outcome("k")
    assert isinstance(outcome, Failed)
    assert not outcome.transient
    assert "199999" in outcome.error
    assert store._held == {}


@pytest.mark.parametrize(("told", "field"), [({"checksum": "0" * 32}, "checksum"), ({"size": 5}, "size")])
def test_an_upload_that_is_not_what_it_says_is_thrown_away(
    cloud: Cloud, session: CoreSession, told: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        session.upload(None, {**BODY, **told}, [IMAGE_BYTES])
    assert refused.value.field == field
    assert list(cloud.images._held) == ["images/i1"]
    (image,) = [row for row in cloud.rows("images") if row.id != "i1"]
    assert image.status == "save_fail"


def test_an_upload_that_is_what_it_says_is_kept(cloud: Cloud, session: CoreSession) -> None:
    session.upload(None, {**BODY, "checksum": SHA256, "size": str(len(IMAGE_BYTES))}, [IMAGE_BYTES])
    cloud.settle()
    assert {row.status for row in cloud.rows("images")} == {"active"}
