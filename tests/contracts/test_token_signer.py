"""What every token signer and its verifier keep."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from cloudcore.model.errors import BackendError
from cloudcore.ports.token_signer import TokenSigner, TokenVerifier
from cloudcore_adapters.crypto.tokens import (
    ACCEPTED_AFTER_ROTATION,
    Ed25519Signer,
    Ed25519Verifier,
    KeyRing,
    load_or_create_ring,
    new_key,
    rotate_ring,
)
from cloudcore_adapters.memory.secrets import MemoryTokenSigner

NOW = datetime(2026, 8, 21, 1, 0, tzinfo=UTC)


@attrs.frozen
class Party:
    """A deployment's keys before and after one rotation; `retired` accepts only the newer key."""

    old: TokenSigner
    new: TokenSigner
    verifier: TokenVerifier
    retired: TokenVerifier


def memory_party() -> Party:
    old, new, retired = MemoryTokenSigner(), MemoryTokenSigner(), MemoryTokenSigner()
    old_id = new.sign(b"")[0]
    new.rotate()
    retired.rotate()
    retired.retire(old_id)
    return Party(old, new, new, retired)


def ed25519_party() -> Party:
    ring = KeyRing((new_key(NOW),))
    rotated = ring.rotated(NOW)
    later = NOW + ACCEPTED_AFTER_ROTATION
    return Party(
        Ed25519Signer(ring),
        Ed25519Signer(rotated),
        Ed25519Verifier(rotated.public_keys(NOW)),
        Ed25519Verifier(rotated.public_keys(later)),
    )


@pytest.fixture(params=[memory_party, ed25519_party], ids=["memory", "ed25519"])
def party(request: pytest.FixtureRequest) -> Party:
    make: Callable[[], Party] = request.param
    return make()


def test_signature_verifies_only_for_its_data(party: Party):
    key_id, signature = party.new.sign(b"data")
    assert party.verifier.verify(key_id, b"data", signature)
    assert not party.verifier.verify(key_id, b"dat", signature)
    assert not party.verifier.verify(key_id, b"data ", signature)


def test_key_id_is_short_and_plain(party: Party):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", party.new.sign(b"")[0])


def test_signature_of_replaced_key_verifies_until_it_retires(party: Party):
    key_id, signature = party.old.sign(b"data")
    assert party.new.sign(b"data")[0] != key_id
    assert party.verifier.verify(key_id, b"data", signature)
    assert not party.retired.verify(key_id, b"data", signature)


def test_key_id_of_another_key_does_not_verify(party: Party):
    key_id, _ = party.new.sign(b"data")
    _, signature = party.old.sign(b"data")
    assert not party.verifier.verify(key_id, b"data", signature)


@pytest.mark.parametrize("key_id", ["", "none", "../../etc/passwd", "\x00", "é", "x" * 10000])
def test_unknown_key_id_is_false_and_not_an_error(party: Party, key_id: str):
    _, signature = party.new.sign(b"data")
    assert not party.verifier.verify(key_id, b"data", signature)


@pytest.mark.parametrize("change", [b"", b"\x00" * 64, None])
def test_signature_of_wrong_length_or_value_is_false(party: Party, change: bytes | None):
    key_id, signature = party.new.sign(b"data")
    forged = signature[:-1] if change is None else change
    assert not party.verifier.verify(key_id, b"data", forged)
    assert not party.verifier.verify(key_id, b"data", signature + b"\x00")


def test_ring_file_is_private_and_read_again(tmp_path: Path):
    path = tmp_path / "ring.json"
    ring = load_or_create_ring(path, NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_ring(path, NOW + timedelta(days=1)) == ring
    assert [entry.name for entry in tmp_path.iterdir()] == ["ring.json"]


def test_rotation_signs_with_new_key_and_drops_retired_ones(tmp_path: Path):
    path = tmp_path / "ring.json"
    first = load_or_create_ring(path, NOW)
    second = rotate_ring(path, NOW)
    assert second.keys[1].key_id == first.keys[0].key_id
    third = rotate_ring(path, NOW + ACCEPTED_AFTER_ROTATION)
    assert [key.key_id for key in third.keys[1:]] == [second.keys[0].key_id]
    assert load_or_create_ring(path, NOW) == third
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_private_key_is_not_in_the_representation():
    key = new_key(NOW)
    assert repr(key.private) not in repr(KeyRing((key,)))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_ring_file_that_others_can_open_is_refused(tmp_path: Path, mode: int):
    path = tmp_path / "ring.json"
    load_or_create_ring(path, NOW)
    path.chmod(mode)
    with pytest.raises(BackendError) as caught:
        load_or_create_ring(path, NOW)
    assert str(path) not in str(caught.value)
    assert str(path) in (caught.value.internal or "")


def test_symbolic_link_and_pipe_are_refused_as_ring_files(tmp_path: Path):
    load_or_create_ring(tmp_path / "ring.json", NOW)
    link, dangling, pipe = tmp_path / "link", tmp_path / "dangling", tmp_path / "pipe"
    link.symlink_to(tmp_path / "ring.json")
    dangling.symlink_to(tmp_path / "nowhere")
    os.mkfifo(pipe, 0o600)
    for path in (link, dangling, pipe):
        with pytest.raises(BackendError):
            load_or_create_ring(path, NOW)


@pytest.mark.parametrize("change", [{"version": 2}, {"keys": []}, {"keys": [{}]}, {"keys": 3}, None])
def test_damaged_ring_file_is_refused(tmp_path: Path, change: dict[str, object] | None):
    path = tmp_path / "ring.json"
    load_or_create_ring(path, NOW)
    path.write_bytes(b"[" if change is None else json.dumps(json.loads(path.read_bytes()) | change).encode())
    with pytest.raises(BackendError):
        load_or_create_ring(path, NOW)


def test_key_under_a_foreign_id_is_refused(tmp_path: Path):
    path = tmp_path / "ring.json"
    load_or_create_ring(path, NOW)
    document = json.loads(path.read_bytes())
    document["keys"][0]["id"] = "0" * 16
    path.write_text(json.dumps(document))
    with pytest.raises(BackendError):
        load_or_create_ring(path, NOW)
    with pytest.raises(BackendError):
        Ed25519Verifier({"0" * 16: new_key(NOW).public_bytes()})


def test_ring_in_a_missing_folder_is_refused(tmp_path: Path):
    with pytest.raises(BackendError):
        load_or_create_ring(tmp_path / "none" / "ring.json", NOW)


def test_what_a_retired_key_signed_is_not_accepted_any_more(party: Party) -> None:
    old, new = party.old.sign(b"")[0], party.new.sign(b"")[0]
    assert party.verifier.accepts(old)
    assert party.verifier.accepts(new)
    assert not party.retired.accepts(old)
    assert party.retired.accepts(new)
    assert not party.verifier.accepts("nobody")
