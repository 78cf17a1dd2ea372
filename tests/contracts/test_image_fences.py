"""Who slept past his lease in the middle of an image effect, and was replaced, changes nothing when he wakes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from cloudcore.model.effects import Done, Effect, Failed
from cloudcore.model.errors import BackendError, CloudcoreError, OutdatedError
from cloudcore.ports.image_converter import StoredFormat
from cloudcore.ports.image_store import ImageStore
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore_adapters.files import FileImageStore, fences
from cloudcore_adapters.memory.converter import MemoryImageConverter
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_adapters.memory.remote import MemoryRemoteFiles

RAW = bytes(510) + b"\x55\xaa" + bytes(512)
URL = "https://images.example.com/tiny.raw"
STORES: dict[str, Callable[[Path], Any]] = {
    "memory": lambda _folder: MemoryImageStore(),
    "files": lambda folder: FileImageStore(folder / "images"),
}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    found: ImageStore = STORES[request.param](tmp_path)
    return found


def test_a_claim_without_a_fence_is_newer_than_every_other(store: ImageStore) -> None:
    assert store.claim("a") < store.claim("a")
    assert store.claim("a", 500) == 500
    assert store.claim("a") == 501
    assert store.claim("b", 7) == 7


def test_an_older_fence_changes_nothing(store: ImageStore) -> None:
    store.write("a", [b"new"], fence=5)

    for change in (
        lambda: store.delete("a", fence=4),
        lambda: store.move("a", "b", fence=4),
        lambda: store.claim("a", 4),
        lambda: store.write("a", [b"old"], fence=4),
    ):
        with pytest.raises(CloudcoreError):
            change()

    assert store.read("a", 0, 9) == b"new"
    store.move("a", "b", fence=5)
    store.delete("b", fence=6)
    with pytest.raises(OutdatedError) as refused:
        store.move("c", "b", fence=5)
    assert refused.value.newest == 6


def test_a_key_that_is_gone_has_its_fence(store: ImageStore) -> None:
    store.delete("a", fence=9)

    with pytest.raises(OutdatedError):
        store.write("a", [b"old"], fence=8)
    assert store.write("a", [b"new"], fence=9) == 3


def test_who_is_overtaken_while_he_writes_leaves_nothing(store: ImageStore) -> None:
    def slow() -> Iterator[bytes]:
        yield b"ab"
        store.claim("a", 2)
        yield b"c"

    with pytest.raises(OutdatedError):
        store.write("a", slow(), fence=1)

    with pytest.raises(CloudcoreError):
        store.size("a")
    assert store.write("a", [b"new"], fence=2) == 3


def effects(store: ImageStore) -> InlineEffects:
    """What one process has: the other knows nothing of its fences but by the store."""
    remote = MemoryRemoteFiles({URL: RAW})
    converter = MemoryImageConverter(store)
    return InlineEffects(
        performer=ImagePerformer(store, converter=converter, remote=remote, source_url=lambda _ident: URL)
    )


def effect(kind: str, **args: Any) -> Effect:
    return Effect(kind=kind, target="image:store", resource="i1", args={"image_id": "i1", **args})


FETCH = effect("image-fetch", staged_key="staged/i1", max_bytes=1 << 20, expected="")
CONVERT = effect(
    "image-convert",
    key="images/i1",
    format="raw",
    virtual_size=len(RAW),
    target_key="converted/i1.qcow2",
    target_format="qcow2",
)
PROMOTE = effect("image-promote", staged_key="staged/i1", key="images/i1")
DROP = effect("image-delete", keys=["staged/i1", "images/i1", "converted/i1.qcow2"])


@pytest.mark.parametrize("asleep", [FETCH, CONVERT, PROMOTE, DROP], ids=lambda one: one.kind)
def test_the_effects_of_another_process_are_fenced_by_the_store(store: ImageStore, asleep: Effect) -> None:
    store.write("staged/i1" if asleep is PROMOTE else "images/i1", [RAW])
    effects(store).submit(DROP, "newer", 20)
    if asleep is DROP:
        store.write("images/i1", [RAW], fence=21)
    if asleep is CONVERT:
        store.write("images/i1", [RAW])

    older = effects(store)
    older.submit(asleep, "older", 10)

    refused = older.outcome("older")
    assert isinstance(refused, Failed)
    assert refused.newer_fence in (20, 21)
    with pytest.raises(CloudcoreError):
        store.size("converted/i1.qcow2")
    with pytest.raises(CloudcoreError):
        store.size("staged/i1")


def test_who_goes_on_with_the_newer_fence_is_taken(store: ImageStore) -> None:
    """After the database's clock was set back, the next task of an image has an older fence at first."""
    store.delete("staged/i1", fence=99)
    port = effects(store)
    port.submit(FETCH, "first", 10)
    refused = port.outcome("first")
    assert isinstance(refused, Failed)

    port.submit(FETCH, "second", refused.newer_fence)

    assert isinstance(port.outcome("second"), Done)


def test_fences_of_old_keys_are_forgotten(tmp_path: Path) -> None:
    store = FileImageStore(tmp_path / "images")
    store.claim("old", 5)
    store.claim("new", 5)
    os.utime(tmp_path / "images" / ".fence-old", (0, 0))

    assert store.forget_fences(3600) == 1

    assert store.claim("old", 1) == 1
    with pytest.raises(OutdatedError):
        store.claim("new", 1)


def test_many_that_claim_at_once_get_fences_of_their_own(tmp_path: Path) -> None:
    found: list[int] = []
    stores = [FileImageStore(tmp_path / "images") for _ in range(4)]
    threads = [
        threading.Thread(target=lambda s=s: found.extend(s.claim("a") for _ in range(25)))  # type: ignore[misc]
        for s in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == list(range(1, 101))


# A process of its own, frozen in the middle.


class Halting:
    """A converter that says when its bytes are ready and waits to be told to go on."""

    def __init__(self, store: FileImageStore, line: Connection) -> None:
        self._store, self._line = store, line

    def convert(self, _source: StoredFormat, target: StoredFormat, *, fence: int | None = None, **_rest: Any) -> int:
        with self._store.reserved(target.key, fence=fence) as path:
            path.write_bytes(RAW)
            self._line.send("ready")
            self._line.recv()
        return len(RAW)


def _convert(folder: Path, line: Connection) -> None:
    store = FileImageStore(folder)
    port = InlineEffects(performer=ImagePerformer(store, converter=Halting(store, line)))
    args = {**CONVERT.args, "target_format": "raw", "target_key": "converted/i1.raw"}
    port.submit(Effect(kind="image-convert", target="image:worker", resource="s1", args=args), "k", 10)
    line.send(port.outcome("k"))


def _hold(folder: Path, line: Connection) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with fences.KeyFences(handle).passed(1, "a"):
        line.send("held")
        line.recv()


@contextmanager
def another(work: Callable[[Path, Connection], None], folder: Path) -> Iterator[tuple[int, Connection]]:
    mine, its = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(folder, its))
    process.start()
    assert process.pid is not None
    try:
        yield process.pid, mine
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("goes_on", ["converted-anew", "deleted"])
def test_a_process_that_was_frozen_over_a_conversion_wakes_too_late(tmp_path: Path, goes_on: str) -> None:
    folder = tmp_path / "images"
    store = FileImageStore(folder)
    store.write("images/i1", [RAW])
    with another(_convert, folder) as (pid, line):
        assert line.poll(60)
        assert line.recv() == "ready"
        os.kill(pid, signal.SIGSTOP)
        if goes_on == "converted-anew":
            # Whoever has the task now is at it, and is not done yet when the other wakes.
            store.claim("converted/i1.raw", 20)
        else:
            store.delete("converted/i1.raw", fence=20)
            store.delete("images/i1", fence=20)
        line.send("go on")
        os.kill(pid, signal.SIGCONT)
        assert line.poll(60)
        outcome = line.recv()

    assert outcome == Failed("fence 10 is older than 20", newer_fence=20)
    kept = ["images+i1"] if goes_on == "converted-anew" else []
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".fence-")] == kept


def test_a_process_that_is_frozen_within_a_change_keeps_others_waiting_and_no_longer(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    store = FileImageStore(folder)
    with another(_hold, folder) as (pid, line):
        assert line.poll(60)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(BackendError, match="busy"):
            store.claim("a", 5)
        assert store.claim("b", 5) == 5

    assert store.claim("a", 5) == 5
