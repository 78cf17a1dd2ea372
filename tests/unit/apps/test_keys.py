from __future__ import annotations

import base64
import hashlib
import hmac
import json
import multiprocessing
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cloudcore.auth.tokens import SKEW, TokenPayload, decode, encode
from cloudcore.model.errors import BackendError, CloudcoreError, InvalidCredentialError
from cloudcore_adapters.crypto.live_ring import LiveRing
from cloudcore_adapters.crypto.sealing import AesGcmSealer, held, load_or_create_master_key, new_data_key
from cloudcore_adapters.crypto.tokens import (
    ACCEPTED_AFTER_ROTATION,
    Ed25519Signer,
    KeyRing,
    change_ring,
    read_ring,
    rotate_ring,
)
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_apps.keys import keys

SECOND = 1.0


class Place:
    """A data folder with keys, and a running process's view of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = ManualClock(datetime.now(UTC))
        self.ring = LiveRing(path / "signing-keys", self.clock)
        master = load_or_create_master_key(path / "master-key")
        (path / "data-key").write_text(new_data_key(master) + "\n")
        (path / "data-key").chmod(0o600)

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(keys, [words[0], "--data", str(self.path), *words[1:]], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    def listed(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.run("list", "-o", "json"))
        return rows

    def sealer(self) -> AesGcmSealer:
        master = load_or_create_master_key(self.path / "master-key")
        return AesGcmSealer(master, held(master, (self.path / "data-key").read_text().split()))

    def token(self) -> str:
        now = self.clock.now()
        said = TokenPayload(
            user_id="u",
            user_domain_id="d",
            methods=("password",),
            issued_at=now,
            expires_at=now + timedelta(days=1),
            audit_id="a",
        )
        return encode(said, self.ring)

    def is_good(self, token: str) -> bool:
        try:
            decode(token, self.ring, self.clock.now())
        except InvalidCredentialError:
            return False
        return True


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_new_key_signs_within_a_second_and_the_old_one_verifies_while_its_tokens_live(place: Place) -> None:
    old = place.token()
    said = place.run("rotate")
    place.clock.advance(SECOND)
    new = place.token()
    assert old.split(".")[1] != new.split(".")[1]
    assert said.startswith(new.split(".")[1])
    assert place.is_good(old)
    assert place.is_good(new)
    assert [row["state"].split()[0] for row in place.listed() if row["kind"] == "signing"] == ["signs", "verifies"]


def test_a_token_of_a_key_that_another_process_has_just_made_verifies_at_once(place: Place) -> None:
    other = Place.__new__(Place)
    other.path, other.clock = place.path, place.clock
    place.token()
    place.run("rotate")
    other.ring = LiveRing(place.path / "signing-keys", place.clock)
    token = other.token()
    place.clock.advance(0.06)
    assert place.is_good(token)


def test_a_retired_key_verifies_nothing_even_if_its_file_is_not_touched(place: Place) -> None:
    rotate_ring(place.path / "signing-keys", place.clock.now())
    old_ring = read_ring(place.path / "signing-keys")
    place.clock.advance(SECOND)
    retired = old_ring.keys[1]
    _, signature = Ed25519Signer(KeyRing((retired,))).sign(b"x")
    assert place.ring.verify(retired.key_id, b"x", signature)
    place.clock.advance(ACCEPTED_AFTER_ROTATION.total_seconds())
    assert not place.ring.verify(retired.key_id, b"x", signature)


def test_a_withdrawn_key_is_refused_within_a_second(place: Place) -> None:
    old = place.token()
    ident = old.split(".")[1]
    refused = CliRunner().invoke(keys, ["prune", "--data", str(place.path), "--withdraw", ident])
    assert isinstance(refused.exception, CloudcoreError)
    assert place.is_good(old)
    place.run("rotate")
    assert place.run("prune", "--withdraw", ident).strip() == f"removed 1: {ident}"
    place.clock.advance(SECOND)
    assert not place.is_good(old)
    assert place.is_good(place.token())
    assert place.run("prune").strip() == "there is nothing to remove"
    unknown = CliRunner().invoke(keys, ["prune", "--data", str(place.path), "--withdraw", "0" * 16])
    assert isinstance(unknown.exception, CloudcoreError)


def test_keys_whose_tokens_have_expired_are_pruned(place: Place) -> None:
    path = place.path / "signing-keys"
    change_ring(path, lambda ring: ring.rotated(place.clock.now() - timedelta(days=3000)))
    assert len(read_ring(path).keys) == 2
    assert place.run("prune").startswith("removed 1: ")
    assert len(read_ring(path).keys) == 1


@pytest.mark.parametrize(
    "key_id", ["../signing-keys", "..", "/etc/passwd", "none", "", "HS256", "a" * 33, "0" * 16, "a\x00b", "a.b"]
)
def test_key_ids_that_name_no_key_are_refused_and_open_no_file(place: Place, key_id: str) -> None:
    prefix, _, body, signature = place.token().split(".")
    assert not place.is_good(f"{prefix}.{key_id}.{body}.{signature}")
    assert not place.ring.verify(key_id, b"x", b"x" * 64)


def test_the_public_key_is_no_secret_to_sign_with(place: Place) -> None:
    """What is signed with the public half as a shared secret (algorithm confusion) does not verify."""
    prefix, key_id, body, _ = place.token().split(".")
    public = read_ring(place.path / "signing-keys").keys[0].public_bytes()
    for digest in (hashlib.sha256, hashlib.sha512):
        forged = hmac.new(public, f"cloudcore token\x00{prefix}.{body}".encode(), digest).digest()
        text = base64.urlsafe_b64encode(forged.ljust(64, b"\x00")).rstrip(b"=").decode()
        assert not place.is_good(f"{prefix}.{key_id}.{body}.{text}")
    for signature in ("", "A" * 86):
        assert not place.is_good(f"{prefix}.{key_id}.{body}.{signature}")


def test_clocks_may_differ_by_the_skew_and_no_more(place: Place) -> None:
    token = place.token()
    now = place.clock.now()
    decode(token, place.ring, now - SKEW)
    with pytest.raises(InvalidCredentialError):
        decode(token, place.ring, now - SKEW - timedelta(microseconds=1))


@pytest.mark.parametrize("spoil", ["mode", "gone", "damaged"])
def test_a_ring_that_became_unusable_is_not_trusted_any_longer(place: Place, spoil: str) -> None:
    token, path = place.token(), place.path / "signing-keys"
    if spoil == "mode":
        path.chmod(0o644)
    elif spoil == "gone":
        path.unlink()
    else:
        path.write_text("{")
    place.clock.advance(SECOND)
    with pytest.raises(BackendError):
        place.is_good(token)


def test_older_data_keys_open_what_they_sealed(place: Place) -> None:
    before = place.sealer()
    sealed = before.seal(b"value", "place")
    assert "seals from the next start" in place.run("rotate", "data")
    after = place.sealer()
    assert after.open(sealed, "place") == b"value"
    assert after.needs_reseal(sealed)
    assert not after.needs_reseal(after.seal(b"value", "place"))


def test_a_new_master_key_opens_every_value_and_the_old_one_none(place: Place) -> None:
    old = load_or_create_master_key(place.path / "master-key")
    sealed = place.sealer().seal(b"value", "place")
    place.run("rotate", "data")
    place.run("rotate", "master")
    lines = (place.path / "data-key").read_text().split()
    assert place.sealer().open(sealed, "place") == b"value"
    assert len(lines) == 2
    with pytest.raises(BackendError):
        held(old, lines)
    assert {(place.path / name).stat().st_mode & 0o777 for name in ("master-key", "data-key")} == {0o600}


@pytest.mark.parametrize("step", [1, 2, 3])
def test_changing_the_master_key_may_end_anywhere(place: Place, step: int, tmp_path_factory: Any) -> None:
    sealed = place.sealer().seal(b"value", "place")
    process = multiprocessing.get_context("fork").Process(target=_end_at, args=(place.path, step))
    process.start()
    process.join(30)
    assert process.exitcode == 9
    assert place.sealer().open(sealed, "place") == b"value"
    place.run("rotate", "master")
    assert place.sealer().open(sealed, "place") == b"value"
    assert len((place.path / "data-key").read_text().split()) == 1


def _end_at(path: Path, step: int) -> None:
    """Rotate, and end the process before the numbered file is replaced."""
    calls = 0

    def hook(event: str, _args: Any) -> None:
        nonlocal calls
        if event == "os.rename":
            calls += 1
            if calls == step:
                os._exit(9)

    sys.addaudithook(hook)
    CliRunner().invoke(keys, ["rotate", "--data", str(path), "master"])
    os._exit(0)


def test_keys_of_a_folder_without_a_cloud_are_refused(tmp_path: Path) -> None:
    for words in (["list"], ["rotate"], ["prune"]):
        done = CliRunner().invoke(keys, [*words, "--data", str(tmp_path / "none")])
        assert isinstance(done.exception, CloudcoreError)
    assert list(tmp_path.iterdir()) == []


def test_no_listing_has_a_secret(place: Place) -> None:
    place.run("rotate")
    said = place.run("list") + json.dumps(place.listed())
    for name in ("signing-keys", "master-key"):
        for word in (place.path / name).read_text().replace('"', " ").split():
            assert len(word) < 40 or word not in said
