"""Sealed values: AES-256-GCM under a data key, which a master key wraps.

    sealed value      cs1.<data key id>.<nonce and ciphertext>
    wrapped data key  cw1.<master key id>.<data key id>.<nonce and ciphertext>

The master key lives in a file of mode 0600 outside the database; wrapped data keys may stand beside the values. Changing
the master key re-wraps a few data keys and touches no value.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from os import urandom
from pathlib import Path

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudcore.model.errors import BackendError, InvalidInputError
from cloudcore.ports.sealer import MAX_SEALED_PLAIN
from cloudcore_adapters.crypto.keyfiles import create_key_file, read_key_file

KEY_BYTES = 32
_NONCE_BYTES = 12
_SEALED = "cs1"
_WRAPPED = "cw1"


@attrs.frozen
class MasterKey:
    """The key that wraps data keys."""

    key: bytes = attrs.field(repr=False)

    @property
    def key_id(self) -> str:
        """Names the key without revealing it."""
        return hashlib.sha256(b"cloudcore master\x00" + self.key).hexdigest()[:16]

    def wrap(self, data_key: bytes, random_bytes: Callable[[int], bytes] = urandom) -> str:
        """The data key as text that may be stored."""
        head = f"{_WRAPPED}.{self.key_id}.{_data_key_id(data_key)}"
        return f"{head}.{_encrypt(self.key, data_key, head, random_bytes)}"

    def unwrap(self, wrapped: str) -> bytes:
        """The data key again.

        Raises:
            BackendError: it was wrapped by another master key or changed.
        """
        head, _, body = wrapped.rpartition(".")
        if head.count(".") != 2 or not head.startswith(f"{_WRAPPED}.{self.key_id}."):
            raise BackendError("a data key cannot be unwrapped", internal="wrapped by another master key")
        data_key = _decrypt(self.key, body, head, "a data key cannot be unwrapped")
        if len(data_key) != KEY_BYTES or not head.endswith(f".{_data_key_id(data_key)}"):
            raise BackendError("a data key cannot be unwrapped", internal="it does not match its id")
        return data_key


def load_or_create_master_key(path: Path, random_bytes: Callable[[int], bytes] = urandom) -> MasterKey:
    """The master key of this file; a new one if there is no file yet.

    Raises:
        BackendError: the file is not safe to use (`read_key_file`) or does not hold a key.
    """
    if not path.exists() and not path.is_symlink():
        create_key_file(path, base64.b64encode(random_bytes(KEY_BYTES)) + b"\n")
    try:
        key = base64.b64decode(read_key_file(path).strip(), validate=True)
    except binascii.Error as e:
        raise BackendError("a master key is damaged", internal=f"{path}: not base64") from e
    if len(key) != KEY_BYTES:
        raise BackendError("a master key is damaged", internal=f"{path}: {len(key)} bytes")
    return MasterKey(key)


def new_data_key(master: MasterKey, random_bytes: Callable[[int], bytes] = urandom) -> str:
    """A fresh data key, wrapped."""
    return master.wrap(random_bytes(KEY_BYTES), random_bytes)


def rewrapped(old: MasterKey, new: MasterKey, wrapped_keys: Sequence[str]) -> list[str]:
    """The data keys that one master key wraps, wrapped by another, in their order.

    Raises:
        BackendError: one of them does not open.
    """
    return [new.wrap(old.unwrap(wrapped)) for wrapped in held(old, wrapped_keys)]


def held(master: MasterKey, wrapped_keys: Sequence[str]) -> list[str]:
    """The data keys as this master key wraps them, in their order; the same ones may stand there wrapped by another.

    Raises:
        BackendError: one is wrapped by another master key only.
    """
    own = [wrapped for wrapped in wrapped_keys if wrapped.startswith(f"{_WRAPPED}.{master.key_id}.")]
    missing = {data_key_id_of(w) for w in wrapped_keys} - {data_key_id_of(w) for w in own}
    if missing or not own:
        raise BackendError("a data key cannot be unwrapped", internal="wrapped by another master key")
    return own


def data_key_id_of(wrapped: str) -> str:
    """Names the data key inside, without opening it."""
    return ([*wrapped.split("."), "", ""])[2]


class AesGcmSealer:
    """Seals under the newest data key and opens under any of them.

    wrapped_keys: data keys as `MasterKey.wrap` made them, newest first, at least one.

    Raises:
        BackendError: one of them does not open under the master key.
    """

    def __init__(
        self, master: MasterKey, wrapped_keys: Sequence[str], random_bytes: Callable[[int], bytes] = urandom
    ) -> None:
        if not wrapped_keys:
            raise BackendError("there is no data key to seal with")
        keys = [master.unwrap(wrapped) for wrapped in wrapped_keys]
        self._keys = {_data_key_id(key): key for key in keys}
        self._current = _data_key_id(keys[0])
        self._random_bytes = random_bytes

    def seal(self, plain: bytes, context: str) -> str:
        """See `Sealer.seal`."""
        if len(plain) > MAX_SEALED_PLAIN:
            raise InvalidInputError(f"a sealed value must not be longer than {MAX_SEALED_PLAIN} bytes")
        head = f"{_SEALED}.{self._current}"
        return f"{head}.{_encrypt(self._keys[self._current], plain, f'{head}.{context}', self._random_bytes)}"

    def open(self, sealed: str, context: str) -> bytes:
        """See `Sealer.open`."""
        head, _, body = sealed.rpartition(".")
        form, _, key_id = head.partition(".")
        key = self._keys.get(key_id)
        if form != _SEALED or key is None:
            raise BackendError("a sealed value does not open", internal=f"form {form[:8]!r}, key {key_id[:32]!r}")
        return _decrypt(key, body, f"{head}.{context}", "a sealed value does not open")

    def needs_reseal(self, sealed: str) -> bool:
        """See `Sealer.needs_reseal`."""
        return not sealed.startswith(f"{_SEALED}.{self._current}.")


def _data_key_id(key: bytes) -> str:
    return hashlib.sha256(b"cloudcore data\x00" + key).hexdigest()[:16]


def _encrypt(key: bytes, plain: bytes, place: str, random_bytes: Callable[[int], bytes]) -> str:
    nonce = random_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plain, place.encode("utf-8"))).decode("ascii")


def _decrypt(key: bytes, body: str, place: str, message: str) -> bytes:
    try:
        data = base64.b64decode(body, altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(data).decode("ascii") != body:
            raise BackendError(message, internal="base64 is not canonical")
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], place.encode("utf-8"))
    except (ValueError, InvalidTag) as e:
        raise BackendError(message, internal=type(e).__name__) from e
