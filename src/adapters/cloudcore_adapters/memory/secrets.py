"""Password hashes, token signatures and sealed values without strength, for tests and simulations only.

They keep the contracts of `cloudcore.ports` and are fast and repeatable, which is exactly why they must not guard
anything: a hash here is one round of SHA-256, the token key is symmetric, the randomness a counter.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from cloudcore.model.errors import BackendError, InvalidInputError
from cloudcore.ports.password_hasher import MAX_PASSWORD_BYTES
from cloudcore.ports.sealer import MAX_SEALED_PLAIN

_HASH_PREFIX = "test-sha256"
_SEAL_PREFIX = "test1"


def counting_bytes(seed: bytes = b"seed") -> Callable[[int], bytes]:
    """A repeatable source of bytes: the same seed gives the same sequence. Not safe for threads."""
    count = 0

    def next_bytes(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(seed + count.to_bytes(8, "big")).digest(size)

    return next_bytes


class MemoryPasswordHasher:
    """One round of salted SHA-256: fast and weak. `generation` stands for the parameters that a real hasher tunes."""

    def __init__(self, random_bytes: Callable[[int], bytes] | None = None, *, generation: int = 1) -> None:
        self._random_bytes = random_bytes or counting_bytes()
        self._generation = generation

    def hash(self, password: str) -> str:
        """See `PasswordHasher.hash`."""
        data = _password_bytes(password)
        if data is None:
            raise InvalidInputError("the password is too long or not valid Unicode", field="password")
        salt = self._random_bytes(8).hex()
        return f"{_HASH_PREFIX}${self._generation}${salt}${_digest(salt, data)}"

    def verify(self, password: str, hashed: str) -> bool:
        """See `PasswordHasher.verify`."""
        _, salt, digest = _hash_parts(hashed)
        data = _password_bytes(password)
        return data is not None and hmac.compare_digest(_digest(salt, data), digest)

    def needs_rehash(self, hashed: str) -> bool:
        """See `PasswordHasher.needs_rehash`."""
        generation, _, _ = _hash_parts(hashed)
        return generation < self._generation

    def dummy_verify(self, password: str) -> bool:
        """See `PasswordHasher.dummy_verify`."""
        _digest("", _password_bytes(password) or b"")
        return False


class MemoryTokenSigner:
    """HMAC-SHA-256 under keys made from a seed; signs and verifies, so whoever verifies could also sign."""

    def __init__(self, seed: bytes = b"seed") -> None:
        self._seed = seed
        self._generation = 0
        self._keys: dict[str, bytes] = {}
        self._current = ""
        self.rotate()

    def rotate(self) -> str:
        """Sign with a new key from now on; the older ones still verify. The new key's id."""
        self._generation += 1
        key = hashlib.sha256(self._seed + self._generation.to_bytes(8, "big")).digest()
        self._current = hashlib.sha256(key).hexdigest()[:16]
        self._keys[self._current] = key
        return self._current

    def retire(self, key_id: str) -> None:
        """Accept nothing more that this key signed."""
        self._keys.pop(key_id, None)

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """See `TokenSigner.sign`."""
        return self._current, hmac.digest(self._keys[self._current], data, "sha256")

    def verify(self, key_id: str, data: bytes, signature: bytes) -> bool:
        """See `TokenVerifier.verify`."""
        key = self._keys.get(key_id)
        return key is not None and hmac.compare_digest(hmac.digest(key, data, "sha256"), signature)

    def accepts(self, key_id: str) -> bool:
        """See `TokenVerifier.accepts`."""
        return key_id in self._keys


class MemorySealer:
    """A SHAKE-256 key stream with an HMAC under a key made from a seed."""

    def __init__(self, seed: bytes = b"seed", random_bytes: Callable[[int], bytes] | None = None) -> None:
        self._random_bytes = random_bytes or counting_bytes(seed)
        self._keys: dict[str, bytes] = {}
        self._seed = seed
        self._current = ""
        self.rotate()

    def rotate(self) -> str:
        """Seal under a new data key from now on; older values still open. The new key's id."""
        key = hashlib.sha256(self._seed + len(self._keys).to_bytes(8, "big")).digest()
        self._current = hashlib.sha256(key).hexdigest()[:16]
        self._keys[self._current] = key
        return self._current

    def seal(self, plain: bytes, context: str) -> str:
        """See `Sealer.seal`."""
        if len(plain) > MAX_SEALED_PLAIN:
            raise InvalidInputError(f"a sealed value must not be longer than {MAX_SEALED_PLAIN} bytes")
        key = self._keys[self._current]
        nonce = self._random_bytes(16)
        hidden = _mask(key, nonce, plain)
        data = nonce + _seal_tag(key, nonce, hidden, context) + hidden
        return f"{_SEAL_PREFIX}.{self._current}.{base64.urlsafe_b64encode(data).decode('ascii')}"

    def open(self, sealed: str, context: str) -> bytes:
        """See `Sealer.open`."""
        prefix, key_id, body = ([*sealed.split("."), "", ""])[:3]
        key = self._keys.get(key_id)
        try:
            data = base64.b64decode(body, altchars=b"-_", validate=True)
        except ValueError as e:
            raise BackendError("a sealed value does not open", internal="not base64") from e
        nonce, tag, hidden = data[:16], data[16:48], data[48:]
        canonical = base64.urlsafe_b64encode(data).decode("ascii") == body and sealed.count(".") == 2
        if prefix != _SEAL_PREFIX or key is None or not canonical:
            raise BackendError("a sealed value does not open", internal=f"form {prefix!r}, key {key_id!r}")
        if not hmac.compare_digest(_seal_tag(key, nonce, hidden, context), tag):
            raise BackendError("a sealed value does not open", internal="tag differs")
        return _mask(key, nonce, hidden)

    def needs_reseal(self, sealed: str) -> bool:
        """See `Sealer.needs_reseal`."""
        return not sealed.startswith(f"{_SEAL_PREFIX}.{self._current}.")


def _password_bytes(password: str) -> bytes | None:
    try:
        data = password.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return data if len(data) <= MAX_PASSWORD_BYTES else None


def _digest(salt: str, data: bytes) -> str:
    return hashlib.sha256(salt.encode("ascii") + b"\x00" + data).hexdigest()


def _hash_parts(hashed: str) -> tuple[int, str, str]:
    parts = hashed.split("$")
    if len(parts) != 4 or parts[0] != _HASH_PREFIX or not parts[1].isdecimal() or not hashed.isascii():
        raise BackendError("a stored password hash is damaged", internal="not a test hash")
    return int(parts[1]), parts[2], parts[3]


def _mask(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = hashlib.shake_256(key + nonce).digest(len(data))
    return bytes([left ^ right for left, right in zip(data, stream, strict=True)])


def _seal_tag(key: bytes, nonce: bytes, hidden: bytes, context: str) -> bytes:
    place = context.encode("utf-8")
    return hmac.digest(key, nonce + len(place).to_bytes(4, "big") + place + hidden, "sha256")
