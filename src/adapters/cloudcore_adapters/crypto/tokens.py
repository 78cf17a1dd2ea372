"""Ed25519 token signatures and the key ring they come from.

The ring is one file: `{"version": 1, "keys": [{"id", "private", "created_at", "retires_at"}]}`. The newest key signs;
every key verifies until it retires. A key's id is the start of the SHA-256 of its public half, so that an id names
exactly one key and nobody chooses it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from os import urandom
from pathlib import Path

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cloudcore.model.errors import BackendError, ConflictError, ResourceNotFoundError
from cloudcore_adapters.crypto.keyfiles import create_key_file, read_key_file, replace_key_file

RING_VERSION = 1
SIGNATURE_BYTES = 64
ACCEPTED_AFTER_ROTATION = timedelta(seconds=86400 + 120)
"""How long a replaced key still verifies: a token's lifetime and twice the accepted skew."""


@attrs.frozen(kw_only=True)
class SigningKey:
    """One Ed25519 key of a ring.

    private: the 32 bytes of the private key.
    retires_at: from when on nothing that it signed is accepted; None while it is the newest.
    """

    key_id: str
    private: bytes = attrs.field(repr=False)
    created_at: datetime
    retires_at: datetime | None = None

    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return Ed25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()


@attrs.frozen
class KeyRing:
    """Signing keys, newest first; never empty."""

    keys: tuple[SigningKey, ...] = attrs.field(validator=attrs.validators.min_len(1))

    def rotated(self, now: datetime, random_bytes: Callable[[int], bytes] = urandom) -> KeyRing:
        """With a new key that signs from now on; replaced keys retire after `ACCEPTED_AFTER_ROTATION`."""
        replaced = attrs.evolve(self.keys[0], retires_at=now + ACCEPTED_AFTER_ROTATION)
        return KeyRing((new_key(now, random_bytes), *_accepted((replaced, *self.keys[1:]), now)))

    def pruned(self, now: datetime) -> KeyRing:
        """Without the keys that are accepted no more."""
        return KeyRing((self.keys[0], *_accepted(self.keys[1:], now)))

    def without(self, key_id: str) -> KeyRing:
        """Without a key: nothing that it signed is accepted any more. The key that signs can't go; rotate first.

        Raises:
            ResourceNotFoundError: there is no such key.
            ConflictError: it is the one that signs.
        """
        if key_id == self.keys[0].key_id:
            raise ConflictError(f"key {key_id} signs now; rotate first")
        if all(key.key_id != key_id for key in self.keys):
            raise ResourceNotFoundError(f"there is no key {key_id[:64]}")
        return KeyRing(tuple(key for key in self.keys if key.key_id != key_id))

    def public_keys(self, now: datetime) -> dict[str, bytes]:
        """Key id → public key of every key that is accepted at `now`: what verifiers in other processes hold."""
        return {key.key_id: key.public_bytes() for key in _accepted(self.keys, now)}


class Ed25519Verifier:
    """Verifies with the public keys that it was given; swap the whole object when keys rotate."""

    def __init__(self, public_keys: Mapping[str, bytes]) -> None:
        self._keys = {key_id: _checker(key_id, data) for key_id, data in public_keys.items()}

    def verify(self, key_id: str, data: bytes, signature: bytes) -> bool:
        """See `TokenVerifier.verify`."""
        check = self._keys.get(key_id)
        return check is not None and len(signature) == SIGNATURE_BYTES and check(data, signature)

    def accepts(self, key_id: str) -> bool:
        """See `TokenVerifier.accepts`."""
        return key_id in self._keys


class Ed25519Signer:
    """Signs with the newest key of a ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._key_id = ring.keys[0].key_id
        self._key = Ed25519PrivateKey.from_private_bytes(ring.keys[0].private)

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """See `TokenSigner.sign`."""
        return self._key_id, self._key.sign(data)


def key_id_of(public: bytes) -> str:
    """The id of a public key."""
    return hashlib.sha256(b"cloudcore ed25519\x00" + public).hexdigest()[:16]


def new_key(now: datetime, random_bytes: Callable[[int], bytes] = urandom) -> SigningKey:
    """A fresh key."""
    private = random_bytes(32)
    public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return SigningKey(key_id=key_id_of(public), private=private, created_at=now)


def load_or_create_ring(path: Path, now: datetime, random_bytes: Callable[[int], bytes] = urandom) -> KeyRing:
    """The ring of this file; a ring with one new key if there is no file yet.

    Raises:
        BackendError: the file is not safe to use or damaged (`read_key_file`).
    """
    if not path.exists() and not path.is_symlink():
        create_key_file(path, _dump(KeyRing((new_key(now, random_bytes),))))
    return read_ring(path)


def read_ring(path: Path) -> KeyRing:
    """The ring of this file.

    Raises:
        BackendError: the file is not there, not safe to use or damaged (`read_key_file`).
    """
    return _parse(read_key_file(path))


def change_ring(path: Path, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
    """Put a changed ring in the file's place and return it; run by one process at a time.

    Raises:
        BackendError: the file is not safe to use or damaged (`read_key_file`).
    """
    ring = change(read_ring(path))
    replace_key_file(path, _dump(ring))
    return ring


def rotate_ring(path: Path, now: datetime, random_bytes: Callable[[int], bytes] = urandom) -> KeyRing:
    """Rotate the ring of this file and return it; run by one process at a time.

    Raises:
        BackendError: the file is not safe to use or damaged (`read_key_file`).
    """
    return change_ring(path, lambda ring: ring.rotated(now, random_bytes))


def _accepted(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    return [key for key in keys if key.retires_at is None or key.retires_at > now]


def _dump(ring: KeyRing) -> bytes:
    keys = [
        {
            "id": key.key_id,
            "private": base64.b64encode(key.private).decode("ascii"),
            "created_at": key.created_at.isoformat(),
            "retires_at": None if key.retires_at is None else key.retires_at.isoformat(),
        }
        for key in ring.keys
    ]
    return json.dumps({"version": RING_VERSION, "keys": keys}, indent=1).encode("ascii") + b"\n"


def _parse(data: bytes) -> KeyRing:
    try:
        document = json.loads(data)
        if document["version"] != RING_VERSION:
            raise BackendError("a key ring is of another version", internal=f"version {document['version']!r}")
        ring = KeyRing(tuple(_parse_key(entry) for entry in document["keys"]))
    except (ValueError, KeyError, TypeError, binascii.Error) as e:
        raise BackendError("a key ring is damaged", internal=f"{type(e).__name__}") from e
    _check_ids(ring.keys)
    return ring


def _parse_key(entry: Mapping[str, str | None]) -> SigningKey:
    retires_at = entry["retires_at"]
    return SigningKey(
        key_id=str(entry["id"]),
        private=base64.b64decode(str(entry["private"]), validate=True),
        created_at=datetime.fromisoformat(str(entry["created_at"])),
        retires_at=None if retires_at is None else datetime.fromisoformat(retires_at),
    )


def _check_ids(keys: Sequence[SigningKey]) -> None:
    for key in keys:
        try:
            derived = key_id_of(key.public_bytes())
        except ValueError as e:
            raise BackendError("a key ring is damaged", internal=f"key {key.key_id!r} has a wrong length") from e
        if derived != key.key_id:
            raise BackendError("a key ring is damaged", internal=f"key {key.key_id!r} does not match its id")


def _checker(key_id: str, data: bytes) -> Callable[[bytes, bytes], bool]:
    """A function of data and signature that tells whether this public key's owner signed; by the faster of two libraries."""
    if key_id_of(data) != key_id:
        raise BackendError("a public key does not match its id", internal=f"key id {key_id!r}")
    try:
        key = Ed25519PublicKey.from_public_bytes(data)
    except ValueError as e:
        raise BackendError("a public key is damaged", internal=f"key id {key_id!r}") from e
    try:
        from nacl.bindings import crypto_sign_open
        from nacl.exceptions import BadSignatureError
    except ImportError:
        return partial(_verified, key)

    def check(signed: bytes, signature: bytes) -> bool:
        try:
            crypto_sign_open(signature + signed, data)
        except BadSignatureError:
            return False
        return True

    return check


def _verified(key: Ed25519PublicKey, signed: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
