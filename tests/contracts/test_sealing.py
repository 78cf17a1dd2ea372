"""What every sealer keeps, and the key files behind the real one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import BackendError, InvalidInputError
from cloudcore.ports.sealer import MAX_SEALED_PLAIN, Sealer
from cloudcore_adapters.crypto.keyfiles import create_key_file, read_key_file, replace_key_file
from cloudcore_adapters.crypto.sealing import AesGcmSealer, MasterKey, load_or_create_master_key, new_data_key
from cloudcore_adapters.memory.secrets import MemorySealer

MASTER = MasterKey(bytes(range(32)))


@attrs.frozen
class Party:
    """A sealer, the same after its data key was rotated, and one with other keys."""

    before: Sealer
    after: Sealer
    stranger: Sealer


def memory_party() -> Party:
    after = MemorySealer(b"one")
    after.rotate()
    return Party(MemorySealer(b"one"), after, MemorySealer(b"two"))


def aes_party() -> Party:
    old, new = new_data_key(MASTER), new_data_key(MASTER)
    return Party(
        AesGcmSealer(MASTER, [old]), AesGcmSealer(MASTER, [new, old]), AesGcmSealer(MASTER, [new_data_key(MASTER)])
    )


PARTIES = [memory_party, aes_party]
IDS = ["memory", "aes"]


@pytest.fixture(params=PARTIES, ids=IDS)
def party(request: pytest.FixtureRequest) -> Party:
    make: Callable[[], Party] = request.param
    return make()


@pytest.mark.parametrize("make", PARTIES, ids=IDS)
@given(plain=st.binary(max_size=300), context=st.text(max_size=40))
def test_sealed_value_opens_in_its_place(make: Callable[[], Party], plain: bytes, context: str):
    sealer = make().before
    try:
        context.encode()
    except UnicodeEncodeError:
        return
    sealed = sealer.seal(plain, context)
    assert sealed.isascii()
    assert sealer.open(sealed, context) == plain


def test_sealing_twice_gives_two_texts_without_the_value(party: Party):
    first, second = party.before.seal(b"SECRET" * 5, "a"), party.before.seal(b"SECRET" * 5, "a")
    assert first != second
    assert "SECRET" not in first


def test_value_does_not_open_in_another_place(party: Party):
    sealed = party.before.seal(b"secret", "credentials/1/blob")
    for context in ("credentials/2/blob", "", "credentials/1/blob "):
        with pytest.raises(BackendError):
            party.before.open(sealed, context)


def test_any_changed_character_is_refused(party: Party):
    sealed = party.before.seal(b"secret", "a")
    for position, character in enumerate(sealed):
        changed = sealed[:position] + ("A" if character != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(BackendError) as caught:
            party.before.open(changed, "a")
        assert str(caught.value) == "a sealed value does not open"


@pytest.mark.parametrize("text", ["", ".", "..", "...", "cs1..", "cs1.x.y", "test1.x.y", "é.é.é", "cs1.a.AAAA" * 9])
def test_foreign_text_is_refused(party: Party, text: str):
    with pytest.raises(BackendError):
        party.before.open(text, "a")


def test_truncated_and_extended_values_are_refused(party: Party):
    sealed = party.before.seal(b"secret", "a")
    for changed in (sealed[:-4], sealed + "AAAA", sealed + "=", sealed + "\n", " " + sealed):
        with pytest.raises(BackendError):
            party.before.open(changed, "a")


def test_old_values_open_after_rotation_and_ask_to_be_resealed(party: Party):
    sealed = party.before.seal(b"secret", "a")
    assert not party.before.needs_reseal(sealed)
    assert party.after.open(sealed, "a") == b"secret"
    assert party.after.needs_reseal(sealed)
    assert not party.after.needs_reseal(party.after.seal(b"secret", "a"))


def test_value_under_a_foreign_key_is_refused(party: Party):
    with pytest.raises(BackendError):
        party.stranger.open(party.before.seal(b"secret", "a"), "a")


def test_too_long_value_is_refused(party: Party):
    with pytest.raises(InvalidInputError):
        party.before.seal(b"x" * (MAX_SEALED_PLAIN + 1), "a")


def test_data_key_unwraps_only_under_its_master_key():
    wrapped = new_data_key(MASTER)
    other = MasterKey(b"x" * 32)
    assert len(MASTER.unwrap(wrapped)) == 32
    with pytest.raises(BackendError):
        other.unwrap(wrapped)
    with pytest.raises(BackendError):
        MASTER.unwrap(wrapped.replace(MASTER.key_id, other.key_id))
    with pytest.raises(BackendError):
        other.unwrap(wrapped.replace(MASTER.key_id, other.key_id))


def test_rewrapped_data_key_opens_old_values():
    wrapped = new_data_key(MASTER)
    sealed = AesGcmSealer(MASTER, [wrapped]).seal(b"secret", "a")
    other = MasterKey(b"x" * 32)
    assert AesGcmSealer(other, [other.wrap(MASTER.unwrap(wrapped))]).open(sealed, "a") == b"secret"


def test_changed_wrapped_key_is_refused():
    wrapped = new_data_key(MASTER)
    for position, character in enumerate(wrapped):
        changed = wrapped[:position] + ("A" if character != "A" else "B") + wrapped[position + 1 :]
        with pytest.raises(BackendError):
            MASTER.unwrap(changed)


def test_sealer_without_data_key_is_refused():
    with pytest.raises(BackendError):
        AesGcmSealer(MASTER, [])


def test_master_key_is_not_in_its_representation():
    assert repr(MASTER.key) not in repr(MASTER)


def test_master_key_file_is_created_once_and_private(tmp_path: Path):
    path = tmp_path / "master"
    key = load_or_create_master_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_master_key(path) == key


@pytest.mark.parametrize("content", [b"", b"short", b"!" * 44, b"QUJD\n"])
def test_damaged_master_key_file_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "master"
    create_key_file(path, content)
    with pytest.raises(BackendError):
        load_or_create_master_key(path)


def test_racing_creators_agree_on_one_key(tmp_path: Path):
    path = tmp_path / "master"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_or_create_master_key(path), range(32)))
    assert len({key.key_id for key in keys}) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["master"]


def test_key_file_mode_does_not_depend_on_umask(tmp_path: Path):
    old = os.umask(0)
    try:
        create_key_file(tmp_path / "key", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_creating_leaves_an_existing_file_and_replacing_swaps_it(tmp_path: Path):
    path = tmp_path / "key"
    assert create_key_file(path, b"one")
    assert not create_key_file(path, b"two")
    assert read_key_file(path) == b"one"
    replace_key_file(path, b"three")
    assert read_key_file(path) == b"three"
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_key_file_operations_that_cannot_succeed_are_refused_and_leave_nothing(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(BackendError):
        replace_key_file(folder, b"x")
    with pytest.raises(BackendError):
        create_key_file(tmp_path / "none" / "key", b"x")
    with pytest.raises(BackendError):
        read_key_file(folder)
    with pytest.raises(BackendError):
        read_key_file(tmp_path / "none")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_huge_key_file_is_refused(tmp_path: Path):
    path = tmp_path / "key"
    create_key_file(path, b"x")
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(BackendError):
        read_key_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_key_file_of_another_user_is_refused(tmp_path: Path):
    path = tmp_path / "key"
    create_key_file(path, b"x")
    os.chown(path, 1, -1)
    with pytest.raises(BackendError):
        read_key_file(path)


def test_data_key_of_wrong_length_does_not_unwrap():
    with pytest.raises(BackendError):
        MASTER.unwrap(MASTER.wrap(b"short"))
