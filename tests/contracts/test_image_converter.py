"""Every image converter keeps the same contract."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import attrs
import pytest

from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    DeadlineError,
    DuplicateResourceError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.ports.image_converter import ImageConverter, StoredFormat
from cloudcore.ports.image_store import ImageStore
from cloudcore.resources.image.inspect import inspect
from cloudcore_adapters.files import FileImageStore
from cloudcore_adapters.files.convert import QemuImgConverter
from cloudcore_adapters.memory.converter import MemoryImageConverter
from cloudcore_adapters.memory.images import MemoryImageStore

MIB = 1 << 20
DISK = bytes(510) + b"\x55\xaa" + bytes(3 * MIB - 512) + os.urandom(70_000) + bytes(MIB - 70_000)


@attrs.frozen(kw_only=True)
class Rig:
    """A converter over its store, and the formats that it reads and writes."""

    store: ImageStore
    converter: ImageConverter
    formats: tuple[str, ...]

    def convert(self, source: str, of: str, target: str, to: str, size: int = len(DISK)) -> int:
        return self.converter.convert(
            StoredFormat(key=source, format=of, virtual_size=size),
            StoredFormat(key=target, format=to, virtual_size=size),
            progress=lambda _percent: None,
            cancelled=lambda: False,
        )

    def absent(self, key: str) -> bool:
        with pytest.raises(ResourceNotFoundError):
            self.store.size(key)
        return True


def _memory(_folder: Path) -> Rig:
    store = MemoryImageStore()
    return Rig(store=store, converter=MemoryImageConverter(store), formats=("raw", "qcow2", "vhd"))


def _files(folder: Path) -> Rig:
    if shutil.which("qemu-img") is None:
        pytest.skip("needs qemu-img")
    store = FileImageStore(folder / "images")
    return Rig(store=store, converter=QemuImgConverter(store), formats=("raw", "qcow2", "vhd", "vmdk", "vhdx"))


CONVERTERS: dict[str, Callable[[Path], Rig]] = {"memory": _memory, "qemu-img": _files}


@pytest.fixture(params=sorted(CONVERTERS))
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    rig = CONVERTERS[request.param](tmp_path)
    rig.store.write("raw", [DISK])
    return rig


def test_contents_survive_every_way_from_format_to_format(rig: Rig) -> None:
    for name in rig.formats[1:]:
        size = rig.convert("raw", "raw", name, name)
        found = inspect(lambda at, length, key=name: rig.store.read(key, at, length), size, name)
        assert (found.format, found.virtual_size) == (name, len(DISK))
        assert size == rig.store.size(name)
    for one, other in permutations(rig.formats[1:], 2):
        if rig.formats[1:3] == (one, other) or "vhdx" not in rig.formats or "qcow2" in (one, other):
            rig.convert(one, one, f"{one}-{other}", other)
            rig.convert(f"{one}-{other}", other, f"{one}-{other}-raw", "raw")
            assert rig.store.read(f"{one}-{other}-raw", 0, 2 * len(DISK)) == DISK


def test_empty_space_takes_no_room(rig: Rig) -> None:
    size = rig.convert("raw", "raw", "thin", "qcow2")

    assert size < len(DISK) // 4


def test_the_last_sector_is_completed(rig: Rig) -> None:
    rig.store.write("odd", [DISK[:1000]])

    rig.convert("odd", "raw", "even", "qcow2", 1024)
    rig.convert("even", "qcow2", "again", "raw", 1024)

    assert rig.store.read("again", 0, 2000) == DISK[:1000] + bytes(24)


def test_a_taken_key_is_refused(rig: Rig) -> None:
    rig.store.write("taken", [b"mine"])

    with pytest.raises(DuplicateResourceError):
        rig.convert("raw", "raw", "taken", "qcow2")
    assert rig.store.read("taken", 0, 10) == b"mine"


def test_what_is_not_there_is_not_found(rig: Rig) -> None:
    with pytest.raises(ResourceNotFoundError):
        rig.convert("nothing", "raw", "target", "qcow2")
    assert rig.absent("target")


def test_an_unknown_format_is_not_supported(rig: Rig) -> None:
    for of, to in (("iso", "raw"), ("raw", "exe")):
        with pytest.raises(NotSupportedError):
            rig.convert("raw", of, "target", to)
    assert rig.absent("target")


def test_bytes_of_another_format_leave_nothing(rig: Rig) -> None:
    with pytest.raises(CloudcoreError):
        rig.convert("raw", "qcow2", "target", "raw")
    assert rig.absent("target")


def test_cancelling_leaves_nothing(rig: Rig) -> None:
    store = rig.store
    store.write("large", [os.urandom(MIB) for _ in range(200)])
    with pytest.raises(DeadlineError):
        rig.converter.convert(
            StoredFormat(key="large", format="raw", virtual_size=200 * MIB),
            StoredFormat(key="target", format="qcow2", virtual_size=200 * MIB),
            progress=lambda _percent: None,
            cancelled=lambda: True,
        )
    assert rig.absent("target")


def test_a_guest_that_wrote_another_header_stays_raw(rig: Rig, tmp_path: Path) -> None:
    """A raw disk whose guest wrote a qcow2 header with a backing file into its first sectors: bytes like any others."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"of the host".ljust(65536, b"!"))
    name = str(secret).encode()
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 512, len(name), 16, MIB, 0, 1, 65536, 131072, 1, 0, 0)
    disk = (header.ljust(512, b"\0") + name).ljust(MIB, b"\0")
    rig.store.write("guest", [disk])

    rig.convert("guest", "raw", "converted", "qcow2", MIB)
    rig.convert("converted", "qcow2", "back", "raw", MIB)

    assert rig.store.read("back", 0, 2 * MIB) == disk


@pytest.fixture
def files(tmp_path: Path) -> FileImageStore:
    if shutil.which("qemu-img") is None:
        pytest.skip("needs qemu-img")
    store = FileImageStore(tmp_path / "images")
    store.write("raw", [DISK])
    return store


def over(store: FileImageStore, **limits: int | float) -> Rig:
    return Rig(store=store, converter=QemuImgConverter(store, **limits), formats=())  # type: ignore[arg-type]


def test_qemu_img_cannot_reach_a_backing_file_even_if_it_were_asked_to(files: FileImageStore, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"of the host".ljust(65536, b"!"))
    name = str(secret).encode()
    image = bytearray(4 * 65536)
    struct.pack_into(">4sIQIIQIIQQIIQ", image, 0, b"QFI\xfb", 2, 512, len(name), 16, MIB, 0, 1, 65536, 131072, 1, 0, 0)
    image[512 : 512 + len(name)] = name
    struct.pack_into(">Q", image, 131072, 3 * 65536)
    struct.pack_into(">4H", image, 3 * 65536, 1, 1, 1, 1)
    files.write("backed", [bytes(image)])

    over(files).convert("backed", "qcow2", "target", "raw", MIB)

    assert files.read("target", 0, MIB) == bytes(MIB)


def test_too_little_memory_ends_it(files: FileImageStore) -> None:
    with pytest.raises(CloudcoreError):
        over(files, memory=8 << 20).convert("raw", "raw", "target", "qcow2")
    assert files.remove_partial(-60) == 0


def test_a_conversion_that_takes_too_long_is_ended(files: FileImageStore) -> None:
    files.write("large", [os.urandom(MIB)] * 300)
    with pytest.raises(DeadlineError):
        over(files, time_s=0.1).convert("large", "raw", "target", "qcow2", 300 * MIB)
    assert files.remove_partial(-60) == 0


def test_a_conversion_that_would_fill_the_store_is_ended(files: FileImageStore) -> None:
    files.write("large", [os.urandom(MIB)] * 300)
    with pytest.raises(BackendError, match="full"):
        over(files, free=1 << 60).convert("large", "raw", "target", "qcow2", 300 * MIB)
    assert files.remove_partial(-60) == 0


def test_more_than_the_image_claims_to_hold_is_refused(files: FileImageStore) -> None:
    files.write("large", [os.urandom(MIB)] * 100)
    with pytest.raises(CloudcoreError):
        over(files).convert("large", "raw", "target", "qcow2", MIB)
    assert files.remove_partial(-60) == 0
