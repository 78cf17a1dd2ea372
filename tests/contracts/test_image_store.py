"""Every image store keeps the same contract."""

from __future__ import annotations

import os
import resource
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.model.errors import (
    BackendError,
    DuplicateResourceError,
    InvalidInputError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.ports.image_store import ImageStore
from cloudcore_adapters.files import FileImageStore
from cloudcore_adapters.memory.images import MemoryImageStore

MIB = 1 << 20
STORES: dict[str, Callable[[Path], ImageStore]] = {
    "memory": lambda _folder: MemoryImageStore(),
    "files": lambda folder: FileImageStore(folder / "images"),
}
BAD_KEYS = [
    "",
    "..",
    ".",
    "../etc/passwd",
    "a/../b",
    "a..b",
    "/etc/passwd",
    "a/",
    "a//b",
    ".hidden",
    "a/.hidden",
    "a\0b",
    "a b",
    "a\n",
    "a+b",
    "a\\b",
    "ä",
    "k" * 201,
    None,
    7,
]


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    return STORES[request.param](tmp_path)


def test_what_was_written_is_read_by_ranges(store: ImageStore) -> None:
    data = os.urandom(3 * MIB + 17)

    assert store.write("images/one", [data[:5], data[5 : 2 * MIB], b"", data[2 * MIB :]]) == len(data)

    assert store.size("images/one") == len(data)
    assert store.read("images/one", 0, len(data)) == data
    assert store.read("images/one", MIB - 1, MIB + 2) == data[MIB - 1 : 2 * MIB + 1]
    assert store.read("images/one", len(data) - 3, 100) == data[-3:]
    assert store.read("images/one", len(data), 100) == b""
    assert store.read("images/one", 10 * MIB, 100) == b""
    assert store.read("images/one", 5, 0) == b""


def test_a_handle_if_there_is_one_is_that_of_the_bytes(store: ImageStore) -> None:
    store.write("one", [b"first"])

    handle = store.handle("one")

    if handle is not None:
        store.delete("one")
        assert os.pread(handle, 100, 0) == b"first"
        os.close(handle)
    with pytest.raises(ResourceNotFoundError):
        store.handle("two")
    with pytest.raises(InvalidInputError):
        store.handle("../two")


def test_an_empty_stream_is_an_empty_image(store: ImageStore) -> None:
    assert store.write("empty", []) == 0
    assert store.size("empty") == 0
    assert store.read("empty", 0, 10) == b""


def test_a_taken_key_is_refused_before_the_stream_is_read(store: ImageStore) -> None:
    store.write("one", [b"first"])

    def stream() -> Iterator[bytes]:
        pytest.fail("the stream was read")
        yield b""

    with pytest.raises(DuplicateResourceError):
        store.write("one", stream())
    assert store.read("one", 0, 10) == b"first"


def test_of_two_writers_of_one_key_one_wins_whole(store: ImageStore) -> None:
    def stream() -> Iterator[bytes]:
        yield b"outer"
        store.write("one", [b"inner"])

    with pytest.raises(DuplicateResourceError):
        store.write("one", stream())
    assert store.read("one", 0, 10) == b"inner"


@pytest.mark.parametrize("failure", [ConnectionResetError("gone"), KeyboardInterrupt(), GeneratorExit()])
def test_a_broken_stream_leaves_nothing(store: ImageStore, failure: BaseException, tmp_path: Path) -> None:
    def stream() -> Iterator[bytes]:
        yield b"x" * MIB
        raise failure

    with pytest.raises(type(failure)):
        store.write("one", stream())

    with pytest.raises(ResourceNotFoundError):
        store.size("one")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert store.write("one", [b"again"]) == 5


def test_an_unfinished_write_is_not_seen(store: ImageStore) -> None:
    def stream() -> Iterator[bytes]:
        yield b"part"
        with pytest.raises(ResourceNotFoundError):
            store.read("one", 0, 10)

    assert store.write("one", stream()) == 4


def test_missing_keys_are_not_found(store: ImageStore) -> None:
    with pytest.raises(ResourceNotFoundError):
        store.read("none", 0, 1)
    with pytest.raises(ResourceNotFoundError):
        store.size("none")
    with pytest.raises(ResourceNotFoundError):
        store.move("none", "nowhere")


def test_negative_ranges_are_refused(store: ImageStore) -> None:
    store.write("one", [b"abc"])
    for offset, length in ((-1, 1), (0, -1)):
        with pytest.raises(OutOfRangeError):
            store.read("one", offset, length)


def test_a_move_is_done_once_and_again(store: ImageStore) -> None:
    store.write("staged/one", [b"abc"])

    for _ in range(2):
        store.move("staged/one", "images/one")

    assert store.read("images/one", 0, 10) == b"abc"
    with pytest.raises(ResourceNotFoundError):
        store.size("staged/one")


def test_a_move_onto_itself_changes_nothing(store: ImageStore) -> None:
    store.write("one", [b"abc"])

    store.move("one", "one")

    assert store.read("one", 0, 10) == b"abc"


def test_a_move_replaces_nothing(store: ImageStore) -> None:
    store.write("one", [b"abc"])
    store.write("two", [b"xyz"])

    with pytest.raises(DuplicateResourceError):
        store.move("one", "two")

    assert store.read("one", 0, 10) == b"abc"
    assert store.read("two", 0, 10) == b"xyz"


def test_deleting_twice_is_the_same_as_once(store: ImageStore) -> None:
    store.write("one", [b"abc"])

    for _ in range(2):
        store.delete("one")

    with pytest.raises(ResourceNotFoundError):
        store.size("one")
    assert store.write("one", [b"new"]) == 3


def test_a_key_may_be_the_beginning_of_another(store: ImageStore) -> None:
    store.write("a", [b"1"])
    store.write("a/b", [b"2"])
    store.write("a/b/c", [b"3"])

    store.delete("a/b")

    assert store.read("a", 0, 9) == b"1"
    assert store.read("a/b/c", 0, 9) == b"3"


def test_the_longest_key_is_stored(store: ImageStore) -> None:
    assert store.write("k" * 200, [b"abc"]) == 3
    assert store.read("k" * 200, 0, 9) == b"abc"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_keys_of_another_form_are_refused_by_every_method(store: ImageStore, key: str) -> None:
    store.write("good", [b"abc"])
    calls: list[Callable[[], object]] = [
        lambda: store.write(key, [b"x"]),
        lambda: store.read(key, 0, 1),
        lambda: store.size(key),
        lambda: store.move(key, "other"),
        lambda: store.move("good", key),
        lambda: store.delete(key),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError):
            call()
    assert store.read("good", 0, 9) == b"abc"


def test_readers_and_writers_side_by_side_see_whole_images(store: ImageStore) -> None:
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                key = f"w{number}/{turn}"
                store.write(key, [bytes([number]) * 1000] * 3)
                assert store.read(key, 0, 9999) == bytes([number]) * 3000
                store.move(key, f"m{number}/{turn}")
                store.delete(f"m{number}/{turn}")
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from("wmd"), st.sampled_from("abc"), st.sampled_from("abc")), max_size=12))
def test_the_stores_agree(moves: list[tuple[str, str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("agree")
    stores = [make(folder) for make in STORES.values()]

    def play(store: ImageStore) -> list[str]:
        seen = []
        for number, (verb, one, two) in enumerate(moves):
            try:
                if verb == "w":
                    store.write(one, [bytes([number])])
                elif verb == "m":
                    store.move(one, two)
                else:
                    store.delete(one)
                seen.append("done")
            except (DuplicateResourceError, ResourceNotFoundError) as error:
                seen.append(type(error).__name__)
            seen += [repr(store.read(key, 0, 9)) for key in "abc" if _has(store, key)]
        return seen

    assert play(stores[0]) == play(stores[1])


def _has(store: ImageStore, key: str) -> bool:
    try:
        store.size(key)
    except ResourceNotFoundError:
        return False
    return True


def test_a_full_memory_store_refuses_and_keeps_nothing() -> None:
    store = MemoryImageStore(capacity=10)
    store.write("one", [b"12345"])

    with pytest.raises(BackendError, match="full"):
        store.write("two", [b"123", b"456"])

    assert not _has(store, "two")


def test_a_full_disk_refuses_and_keeps_nothing(tmp_path: Path) -> None:
    store = FileImageStore(tmp_path / "images")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * MIB, before[1]))
    try:
        with pytest.raises(BackendError, match="full") as caught:
            store.write("one", [b"x" * (3 * MIB)] * 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert str(tmp_path) not in str(caught.value)
    assert list((tmp_path / "images").iterdir()) == []


def test_files_and_their_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        FileImageStore(tmp_path / "images").write("a/b", [b"abc"])
    finally:
        os.umask(old)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "images", *tmp_path.glob("images/*")]}
    assert modes == {"images": 0o700, "a+b": 0o600}


def test_symbolic_links_are_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    store = FileImageStore(tmp_path / "images")
    (tmp_path / "images" / "link").symlink_to(secret)
    (tmp_path / "linked").symlink_to(tmp_path / "images")

    with pytest.raises(BackendError):
        store.read("link", 0, 9)
    with pytest.raises(BackendError):
        store.size("link")
    with pytest.raises(DuplicateResourceError):
        store.write("link", [b"x"])
    with pytest.raises(BackendError):
        FileImageStore(tmp_path / "linked")
    store.delete("link")

    assert secret.read_bytes() == b"secret"
    assert store.write("link", [b"x"]) == 1


def test_a_folder_in_the_place_of_an_image_is_an_error_not_a_crash(tmp_path: Path) -> None:
    store = FileImageStore(tmp_path / "images")
    (tmp_path / "images" / "folder").mkdir()

    with pytest.raises(BackendError):
        store.read("folder", 0, 1)


def test_a_move_interrupted_between_its_halves_is_finished(tmp_path: Path) -> None:
    store = FileImageStore(tmp_path / "images")
    store.write("staged", [b"abc"])
    os.link(tmp_path / "images" / "staged", tmp_path / "images" / "done")

    store.move("staged", "done")

    assert [path.name for path in (tmp_path / "images").iterdir()] == ["done"]


def test_what_a_killed_writer_left_is_removed_by_age(tmp_path: Path) -> None:
    store = FileImageStore(tmp_path / "images")
    store.write("kept", [b"abc"])
    left = tmp_path / "images" / ".partial-left"
    left.write_bytes(b"x")

    assert store.remove_partial(3600) == 0
    os.utime(left, (0, 0))
    assert store.remove_partial(3600) == 1

    assert [path.name for path in (tmp_path / "images").iterdir()] == ["kept"]


def test_a_store_opened_again_has_everything(tmp_path: Path) -> None:
    first = FileImageStore(tmp_path / "images")
    first.write("one", [b"abc"])
    first.close()
    first.close()

    assert FileImageStore(tmp_path / "images").read("one", 0, 9) == b"abc"
