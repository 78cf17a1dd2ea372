"""Passcodes by time: six digits from a shared secret and the clock, new every thirty seconds.

Source: RFC 6238 with SHA-1, as authenticator programs take it, and the key URI format of those.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

from cloudcore.model.errors import InvalidFormatError

STEP_S = 30
DIGITS = 6
AROUND = 1
"""Steps before and after the present one whose passcode is taken: clocks differ, and people type slowly."""
SECRET_BYTES = 20
MIN_SECRET_BYTES = 10
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """A secret as authenticator programs take it: base32 without padding."""
    return base64.b32encode(random_bytes(SECRET_BYTES)).decode().rstrip("=")


def read_secret(text: str) -> bytes:
    """The bytes of a secret in base32; blanks, case and padding do not matter.

    Raises:
        InvalidFormatError: it is none, or is shorter than `MIN_SECRET_BYTES`.
    """
    plain = text.replace(" ", "").rstrip("=").upper()
    try:
        secret = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError) as error:
        raise InvalidFormatError("the secret must be base32", field="blob") from error
    if len(secret) < MIN_SECRET_BYTES:
        raise InvalidFormatError(f"the secret must have at least {MIN_SECRET_BYTES} bytes", field="blob")
    return secret


def passcode(secret: bytes, step: int) -> str:
    """The passcode of one step, counted from 1970."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(now: datetime) -> int:
    """The step that a moment is in."""
    return int(now.astimezone(UTC).timestamp()) // STEP_S


def matching_step(secret: bytes, sent: str, now: datetime, *, after: int) -> int | None:
    """The step whose passcode was sent, if it is about now and later than `after`; None for a wrong or a used one.

    after: the step whose passcode was taken last: one is good once.
    """
    present = step_of(now)
    found = None
    for step in range(present - AROUND, present + AROUND + 1):
        # All of them, so that the time tells nothing.
        if hmac.compare_digest(passcode(secret, step).encode(), sent.encode("utf-8", "replace")) and step > after:
            found = step
    return found


def key_uri(secret: str, *, issuer: str, account: str) -> str:
    """The address that a QR code holds for authenticator programs."""
    return f"otpauth://totp/{_quoted(issuer)}:{_quoted(account)}?secret={secret}&issuer={_quoted(issuer)}"


def _quoted(text: str) -> str:
    """Percent-encoded but for what stands for itself everywhere in an address."""
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))
