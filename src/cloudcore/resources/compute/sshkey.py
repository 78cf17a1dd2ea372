"""Public keys of OpenSSH: the lines of `authorized_keys`, checked down to their bytes.

Source: RFC 4253 section 6.6 (blobs), RFC 5656 section 3.1 (ECDSA), RFC 8709 section 4 (Ed25519).
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping

import attrs

from cloudcore.model.errors import InvalidFormatError, MissingParameterError, NotSupportedError, OutOfRangeError

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 16_384
_CURVES: Mapping[str, tuple[str, int]] = {
    "ecdsa-sha2-nistp256": ("nistp256", 32),
    "ecdsa-sha2-nistp384": ("nistp384", 48),
    "ecdsa-sha2-nistp521": ("nistp521", 66),
}
_KINDS = ("ssh-rsa", "ssh-ed25519", *_CURVES)


@attrs.frozen(kw_only=True)
class PublicKey:
    """One key. line: the normal form, comment included; fingerprint: MD5 of the blob as colon-separated hex."""

    scheme: str
    line: str
    fingerprint: str
    bits: int


def parse_public_key(text: str, field: str) -> PublicKey:
    """Read one line `type base64 [comment]`; options before the type are refused.

    Raises:
        MissingParameterError: it is empty.
        InvalidFormatError: it is no such line, or its bytes are not a key of that type.
        NotSupportedError: the type is not RSA, ECDSA on a NIST curve, or Ed25519.
        OutOfRangeError: an RSA key outside 2,048 to 16,384 bits.
    """
    stripped = text.strip()
    if not stripped:
        raise MissingParameterError(f"{field} is missing", field=field)
    if any(ord(c) < 0x20 or ord(c) == 0x7F for c in stripped):
        raise InvalidFormatError(f"{field}: a public key is one line", field=field)
    kind, _, rest = stripped.partition(" ")
    encoded, _, comment = rest.strip().partition(" ")
    if kind not in _KINDS:
        raise NotSupportedError(f"{field}: type {kind[:40]!a} is not one of {', '.join(_KINDS)}", field=field)
    try:
        blob = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidFormatError(f"{field}: the key is not base64", field=field) from error
    scheme, bits = _inspect(_parts(blob, field), kind, field)
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return PublicKey(
        scheme=scheme,
        line=" ".join(p for p in (kind, b64encode(blob).decode("ascii"), comment.strip()) if p),
        fingerprint=":".join(digest[at : at + 2] for at in range(0, 32, 2)),
        bits=bits,
    )


def _parts(blob: bytes, field: str) -> list[bytes]:
    parts: list[bytes] = []
    at = 0
    while at < len(blob):
        end = at + 4 + int.from_bytes(blob[at : at + 4], "big")
        if at + 4 > len(blob) or end > len(blob) or len(parts) == 3:
            raise InvalidFormatError(f"{field}: the key is cut off or has bytes left over", field=field)
        parts.append(blob[at + 4 : end])
        at = end
    return parts


def _inspect(parts: list[bytes], kind: str, field: str) -> tuple[str, int]:
    if not parts or parts[0] != kind.encode("ascii"):
        raise InvalidFormatError(f"{field}: the bytes are of another type than {kind}", field=field)
    if kind == "ssh-rsa" and len(parts) == 3:
        return "RSA", _rsa_bits(parts[1], parts[2], field)
    if kind == "ssh-ed25519" and len(parts) == 2 and len(parts[1]) == 32:
        return "ED25519", 256
    if kind in _CURVES and len(parts) == 3:
        curve, size = _CURVES[kind]
        if parts[1] == curve.encode("ascii") and len(parts[2]) == 2 * size + 1 and parts[2][0] == 4:
            return "ECDSA", int(curve.removeprefix("nistp"))
    raise InvalidFormatError(f"{field}: the bytes are not a key of type {kind}", field=field)


def _rsa_bits(exponent: bytes, modulus: bytes, field: str) -> int:
    e, n = int.from_bytes(exponent, "big", signed=True), int.from_bytes(modulus, "big", signed=True)
    if e < 3 or e % 2 == 0 or n <= 0 or n % 2 == 0:
        raise InvalidFormatError(f"{field}: the bytes are not an RSA key", field=field)
    bits = n.bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise OutOfRangeError(f"{field}: {bits} bits; RSA keys have {MIN_RSA_BITS} to {MAX_RSA_BITS}", field=field)
    return bits
