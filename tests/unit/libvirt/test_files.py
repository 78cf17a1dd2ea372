"""What the adapter keeps in files: images, volumes, seeds, marks; and how it reads arguments."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.system.image_server import serving

from cloudcore.model.effects import Mark
from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    ConflictError,
    DeadlineError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    TooLargeError,
)
from cloudcore_adapters.libvirt import arguments, marks, seed
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.dhcp import message, release
from cloudcore_adapters.libvirt.images import ImageCache
from cloudcore_adapters.libvirt.processes import run
from cloudcore_adapters.libvirt.qcow2 import read_header, virtual_size
from cloudcore_adapters.libvirt.requirements import Requirement, advice, missing_packages
from cloudcore_adapters.libvirt.resize import resize
from cloudcore_adapters.libvirt.volumes import Volumes

needs_qemu_img = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="needs qemu-img")


def header(*, version: int = 3, backing: int = 0, features: int = 0, crypt: int = 0, size: int = 1 << 20) -> bytes:
    return struct.pack(">4sIQIIQI", b"QFI\xfb", version, backing, 0, 16, size, crypt).ljust(72, b"\0") + struct.pack(
        ">Q", features
    ).ljust(32, b"\0")


class Place:
    """One storage with its cache and volumes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "storage"
        self.path.mkdir()
        storages = Storages((self.path,))
        self.images = ImageCache(storages, "d", None)
        self.now = 1_000_000_000.0
        self.volumes = Volumes(storages, "d", self.images, lambda: self.now)

    def volume(self, volume_id: str = "v1", **changes: Any) -> dict[str, Any]:
        mark = {"deployment": "d", "resource": volume_id, "fence": 1}
        usual = {"volume_id": volume_id, "storage_path": str(self.path), "format": "raw", "size_mib": 1, "mark": mark}
        return usual | changes

    def create(self, volume_id: str = "v1", **changes: Any) -> dict[str, Any]:
        return self.volumes.create(self.volume(volume_id, **changes), lambda: False)

    def delete(self, volume_id: str = "v1") -> dict[str, Any]:
        return self.volumes.delete({"volume_id": volume_id, "storage_path": str(self.path)})

    def cache(self, image_id: str, source: Any, image_format: str = "raw", **changes: Any) -> dict[str, Any]:
        args = {
            "image_id": image_id, "format": image_format, "size": source.size, "checksum": source.sha256,
            "url": source.url, "storage_path": str(self.path),
        }  # fmt: skip
        return self.images.cache(args | changes, 1, lambda _: None, lambda: False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_qcow2_header_is_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(header(size=5 << 20))
    assert virtual_size(tmp_path / "f", "qcow2") == 5 << 20
    (tmp_path / "f").write_bytes(header(version=2))
    assert read_header(tmp_path / "f").version == 2


@pytest.mark.parametrize(
    "content", [b"", b"QFI\xfb", header(version=4), header(backing=104), header(features=4), header(crypt=1)]
)
def test_an_image_that_points_at_other_files_or_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(InvalidFormatError):
        virtual_size(tmp_path / "f", "qcow2")


def test_an_image_that_points_at_other_files_is_not_cached(place: Place, tmp_path: Path) -> None:
    (tmp_path / "evil").write_bytes(header(backing=104))
    with serving(tmp_path / "evil") as evil, pytest.raises(InvalidFormatError):
        place.cache("i1", evil, "qcow2")
    assert list((place.path / "images").iterdir()) == []


def test_a_broken_download_is_resumed(place: Place, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(bytes(3 << 20))
    with serving(tmp_path / "image") as image:
        image.break_after = 2 << 20
        with pytest.raises(BackendError):
            place.cache("i1", image)
        place.cache("i1", image)
        assert image.requests[0] == ""
        assert image.requests[1].startswith("bytes=")


def test_an_image_asked_for_at_once_is_fetched_once(place: Place, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"x" * 4096)
    results: list[dict[str, Any]] = []
    with serving(tmp_path / "image") as image:
        image.pause = threading.Event()
        callers = [threading.Thread(target=lambda: results.append(place.cache("i1", image))) for _ in range(4)]
        for caller in callers:
            caller.start()
        image.pause.set()
        for caller in callers:
            caller.join(10)
        assert len(image.requests) == 1
    assert len(results) == 4
    assert all(result == results[0] for result in results)


def test_another_image_under_the_same_id_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"x" * 4096)
    with serving(tmp_path / "image") as image:
        place.cache("i1", image)
        with pytest.raises(ConflictError):
            place.cache("i1", image, checksum="0" * 64)


def test_an_image_larger_than_the_storage_is_refused_before_it_is_fetched(place: Place, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"x")
    with serving(tmp_path / "image") as image:
        with pytest.raises(BackendError, match="room"):
            place.cache("i1", image, size=15 << 40)
        assert image.requests == []


def test_waiting_for_an_image_ends_when_cancelled(place: Place) -> None:
    with place.images.using("i1", lambda: False), pytest.raises(DeadlineError), place.images.using("i1", lambda: True):
        pass


def test_a_folder_in_the_place_of_an_image_is_left_alone(place: Place, tmp_path: Path) -> None:
    (place.path / "images/i1").mkdir(parents=True)
    (tmp_path / "image").write_bytes(b"x")
    with serving(tmp_path / "image") as image, pytest.raises(ConflictError):
        place.cache("i1", image)
    with pytest.raises(ConflictError):
        place.images.uncache({"image_id": "i1", "storage_path": str(place.path)}, lambda: False)
    assert (place.path / "images/i1").is_dir()


@needs_qemu_img
def test_a_volume_goes_to_the_trash_and_later_for_good(place: Place) -> None:
    path = Path(place.create()["path"])
    path.write_bytes(b"precious")
    place.delete()
    (kept,) = (place.path / "trash").iterdir()
    assert (kept / "disk.raw").read_bytes() == b"precious"
    (place.path / "trash/20000101T000000-somebodys").mkdir()
    assert place.volumes.purge_trash(3600) == 0
    place.now += 3601
    assert place.volumes.purge_trash(3600) == 1
    assert [folder.name for folder in (place.path / "trash").iterdir()] == ["20000101T000000-somebodys"]


@needs_qemu_img
def test_a_volume_deleted_twice_in_a_second_is_kept_twice(place: Place) -> None:
    for _ in range(3):
        place.create()
        place.delete()
    assert len(list((place.path / "trash").iterdir())) == 3


@needs_qemu_img
def test_a_half_made_volume_is_made_anew(place: Place) -> None:
    half = place.path / "volumes/.new-v1"
    half.mkdir(parents=True)
    (half / "disk.raw").write_bytes(b"half")
    assert Path(place.create()["path"]).stat().st_size == 1 << 20
    assert not half.exists()


@needs_qemu_img
def test_a_volume_in_another_format_is_a_conflict(place: Place) -> None:
    place.create()
    with pytest.raises(ConflictError):
        place.create(format="qcow2")


def test_a_folder_in_the_place_of_a_volume_is_left_alone(place: Place) -> None:
    folder = place.path / "volumes/v1"
    folder.mkdir(parents=True)
    for attempt in (place.create, place.delete):
        with pytest.raises(ConflictError):
            attempt()
    marks.write(folder, Mark(deployment="another", resource="v1", fence=1))
    with pytest.raises(ConflictError):
        place.delete()
    assert folder.is_dir()


@needs_qemu_img
def test_a_volume_is_at_least_as_large_as_its_image(place: Place, tmp_path: Path) -> None:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "image", "5M"], check=True)
    with serving(tmp_path / "image") as image:
        place.cache("i1", image, "qcow2")
        with pytest.raises(OutOfRangeError, match="at least the image's 5"):
            place.create(format="qcow2", size_mib=4, backing_image_id="i1")
        assert not (place.path / "volumes/v1").exists()
        place.create(format="qcow2", size_mib=5, backing_image_id="i1")
        place.cache("iso", image, "iso")
    with pytest.raises(InvalidInputError):
        place.create("v2", format="qcow2", size_mib=5, backing_image_id="iso")
    info = json.loads(
        run(["qemu-img", "info", "--output=json", str(place.path / "volumes/v1/disk.qcow2")], timeout_s=9)
    )
    assert info["backing-filename-format"] == "qcow2"
    assert info["backing-filename"] == str(place.path / "images/i1/image.qcow2")


def test_a_raw_volume_has_no_backing(place: Place) -> None:
    with pytest.raises(InvalidInputError):
        place.create(backing_image_id="i1")


def test_a_guest_that_writes_another_header_into_its_disk_gains_nothing(place: Place, tmp_path: Path) -> None:
    """A raw volume whose guest made its first sectors a qcow2 header with a backing file of the host."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"of the host".ljust(1 << 20, b"!"))
    disk = Path(place.create()["path"])
    name = str(secret).encode()
    evil = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 512, len(name), 16, 64 << 20, 0, 1, 65536, 131072, 1, 0, 0)
    with disk.open("r+b") as file:
        file.write(evil.ljust(512, b"\0") + name)
    before = disk.read_bytes()

    storages = Storages((place.path,))
    args = {"volume_id": "v1", "storage_path": str(place.path), "format": "raw", "size_mib": 3, "guest_id": None}
    assert resize(storages, "d", lambda _guest: None, args) == {"size_mib": 3}

    after = disk.read_bytes()
    assert after == before + bytes(2 << 20)
    with pytest.raises(ConflictError):
        resize(storages, "d", lambda _guest: None, {**args, "format": "qcow2", "size_mib": 9})
    assert disk.read_bytes() == after


def test_a_volume_on_a_full_or_missing_disk_is_a_failure(place: Place) -> None:
    place.path.rmdir()
    place.path.write_text("a file where the storage should be")
    with pytest.raises(BackendError):
        place.create()


@pytest.mark.skipif(shutil.which("genisoimage") is None, reason="needs genisoimage")
def test_a_seed_is_an_iso_labelled_cidata_that_nobody_else_reads(tmp_path: Path) -> None:
    for text in ("one", "two: ä"):
        seed.write((("meta-data", text), ("user-data", "#cloud-config\n")), tmp_path / "seed.iso")
    data = (tmp_path / "seed.iso").read_bytes()
    assert data[0x8028:0x802E] == b"cidata"
    assert "two: ä".encode() in data
    assert (tmp_path / "seed.iso").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["seed.iso"]


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ((("../x", ""),), InvalidInputError),
        ((("meta-data", ""), ("meta-data", "")), InvalidInputError),
        ((("user-data", 7),), InvalidInputError),
        ((("user-data", "x" * (1 << 20)), ("meta-data", "x")), TooLargeError),
    ],
)
def test_a_seed_of_other_files_is_refused(files: Any, error: type[CloudcoreError]) -> None:
    with pytest.raises(error):
        seed.validate(files)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"deployment": 1}', '{"deployment": "d", "resource": "r", "fence": "x"}']
)
def test_a_mark_that_is_none_marks_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "mark.json").write_text(content)
    assert marks.read(tmp_path) is None


@pytest.mark.parametrize(
    ("read", "args"),
    [
        (lambda a: arguments.text(a, "f"), [{}, {"f": None}, {"f": 5}, {"f": ""}, {"f": "a\nb"}, {"f": "x" * 5000}]),
        (lambda a: arguments.number(a, "f", 1, 5), [{}, {"f": 0}, {"f": 6}, {"f": True}, {"f": 1.5}, {"f": "1"}]),
        (lambda a: arguments.sha256(a, "f"), [{}, {"f": "0" * 63}, {"f": "g" * 64}, {"f": 5}]),
        (lambda a: arguments.one_of(a, "f", ("a",)), [{}, {"f": "b"}, {"f": ["a"]}]),
        (lambda a: arguments.mark(a, "d", "r"), [{}, {"mark": []}, {"mark": {"deployment": "d"}},
            {"mark": {"deployment": "d", "resource": "x", "fence": 1}},
            {"mark": {"deployment": "e", "resource": "r", "fence": 1}},
            {"mark": {"deployment": "d", "resource": "r", "fence": -1}}]),
        (lambda a: arguments.description(a, "d"), [{}, {"desc": []}, {"desc": {}}, {"desc": {"disks": 5, "nics": []}}]),
    ],
)  # fmt: skip
def test_arguments_of_the_wrong_kind_are_refused_with_their_field(read: Any, args: list[dict[str, Any]]) -> None:
    for bad in args:
        with pytest.raises(InvalidInputError) as raised:
            read(bad)
        assert raised.value.field, bad
    with pytest.raises(MissingParameterError):
        read({})


def test_a_tool_that_fails_hangs_or_is_missing_is_told_apart() -> None:
    assert run(["echo", "-n", "$HOME; ls"], timeout_s=5) == "$HOME; ls"
    with pytest.raises(BackendError):
        run(["false"], timeout_s=5)
    with pytest.raises(DeadlineError):
        run(["sleep", "5"], timeout_s=0.05)
    with pytest.raises(NotSupportedError):
        run(["no-such-tool-anywhere"], timeout_s=5)


def test_a_dhcp_release_names_the_card_the_address_and_the_server() -> None:
    sent = message("10.0.0.1", "10.0.0.9", "52:54:00:00:00:01")
    assert sent[:3] == b"\x01\x01\x06"
    assert sent[12:16] == bytes([10, 0, 0, 9])
    assert sent[28:34] == bytes.fromhex("525400000001")
    assert sent[236:].startswith(b"\x63\x82\x53\x63\x35\x01\x07\x36\x04\x0a\x00\x00\x01\xff")


def test_a_lease_on_an_interface_out_of_sight_is_left_to_end() -> None:
    assert not release("no-such-if0", "10.0.0.1", "10.0.0.9", "52:54:00:00:00:01")


def test_what_a_host_lacks_is_listed() -> None:
    lacking = Requirement("nothing", program="no-such-tool-anywhere")
    gone = Requirement("nowhere", file="/no/such/file")
    present = Requirement("shell", program="sh", file="/")
    assert missing_packages((lacking, present, gone)) == [lacking, gone]
    assert advice() == "" or "install" in advice()
