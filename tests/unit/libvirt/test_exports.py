"""Sending snapshots to an image store that answers badly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.system.image_server import ServedImage, serving

from cloudcore.model.errors import BackendError, CloudcoreError, ResourceNotFoundError
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.exports import Exports
from cloudcore_adapters.libvirt.images import ImageCache
from cloudcore_adapters.libvirt.snapshots import Snapshots
from cloudcore_adapters.libvirt.volumes import Volumes

if shutil.which("qemu-img") is None:
    pytest.skip("needs qemu-img", allow_module_level=True)

WHERE = {"snapshot_id": "i1", "volume_id": "v1", "format": "qcow2"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ServedImage]:
    (tmp_path / "image").write_bytes(b"x")
    with serving(tmp_path / "image") as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage"


def save(folder: Path, store: ServedImage, *, cancelled: bool = False) -> dict[str, Any]:
    """Send a snapshot of a fresh volume."""
    storages = Storages((folder,))
    volumes = Volumes(storages, "d1", ImageCache(storages, "d1", None), lambda: 0.0)
    mark = {"deployment": "d1", "resource": "v1", "fence": 1}
    where = {**WHERE, "storage_path": str(folder)}
    volumes.create({**where, "size_mib": 4, "backing_image_id": None, "mark": mark}, lambda: False)
    Snapshots(volumes, lambda _ident: None, lambda: "test").create({"volumes": [where], "guest_id": None})
    args = {**where, "image_id": "i1", "url": store.url}
    return Exports(storages, volumes, None).save(args, lambda _percent: None, lambda: cancelled)


def test_what_was_sent_is_what_was_taken_and_the_copy_is_gone(folder: Path, store: ServedImage) -> None:
    found = save(folder, store)

    assert (found["format"], found["size"]) == ("qcow2", len(store.taken))
    assert store.taken[:4] == b"QFI\xfb"
    assert list((folder / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "said", "kind"),
    [
        (404, None, ResourceNotFoundError),
        (500, None, BackendError),
        (200, {"size": 1, "sha256": "0" * 64}, BackendError),
        (200, ["no object"], BackendError),
    ],
)
def test_a_bad_answer_fails_and_leaves_no_copy(
    folder: Path, store: ServedImage, answer: int, said: Any, kind: type[CloudcoreError]
) -> None:
    store.answer, store.said = answer, said

    with pytest.raises(kind):
        save(folder, store)

    assert list((folder / "exports").iterdir()) == []


def test_a_cancelled_export_ends(folder: Path, store: ServedImage) -> None:
    with pytest.raises(CloudcoreError):
        save(folder, store, cancelled=True)

    assert (store.taken, list((folder / "exports").iterdir())) == (b"", [])
