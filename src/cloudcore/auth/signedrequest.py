"""Requests that are signed with an access key instead of carrying a token.

Whoever receives one rebuilds the text that was signed from the request as it arrived: method, path, query, the signed
headers and the digest of the body. What was not signed, or was changed on the way, does not verify.

Source: AWS Signature Version 4, in the form of S3 (the path is encoded once).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import attrs

from cloudcore.auth.accesskey import ALGORITHM, Signed, scope_of, time_of
from cloudcore.auth.request import login_refused

UNSIGNED = "UNSIGNED-PAYLOAD"
MAX_HEADERS = 64
_PARTS = re.compile(
    r"Credential=([!-+.-~]{1,128})/([0-9]{8})/([A-Za-z0-9_-]{1,64})/s3/aws4_request\s*,\s*"
    r"SignedHeaders=([a-z0-9;-]{1,2048})\s*,\s*Signature=([0-9a-f]{64})",
    re.ASCII,
)
_STAMP = re.compile(r"([0-9]{8})T[0-9]{6}Z", re.ASCII)
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})", re.ASCII)
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_SPACES = re.compile(r" {2,}")


@attrs.frozen(kw_only=True)
class SignedRequest:
    """A request as it arrived.

    path, query: percent-encoded as sent. headers: by names in lower case.
    body_sha256: hexadecimal; empty where the body has not been read: then it must be said to be unsigned.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body_sha256: str


def is_signed(authorization: str) -> bool:
    """Whether a header Authorization claims to hold a signature of this kind."""
    return authorization.startswith(f"{ALGORITHM} ")


def signed_of(request: SignedRequest) -> Signed:
    """What was signed, rebuilt from the request.

    Raises:
        InvalidCredentialError: the header does not parse, or leaves out of the signature what has to be in it.
    """
    found = _PARTS.fullmatch(request.headers.get("authorization", "").removeprefix(ALGORITHM).strip())
    stamp = request.headers.get("x-amz-date", "")
    when = _STAMP.fullmatch(stamp)
    if found is None or when is None or when[1] != found[2]:
        raise login_refused("the signature's header does not parse, or is of another day than X-Amz-Date")
    access_key, day, location, names, signature = found.groups()
    signed = names.split(";")
    _check_headers(request, signed)
    digest = _payload(request)
    lines = "".join(f"{name}:{_value(request.headers[name])}\n" for name in signed)
    canonical = f"{request.method}\n{_path(request.path)}\n{_query(request.query)}\n{lines}\n{names}\n{digest}"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    return Signed(
        access_key=access_key,
        signature=signature,
        request=f"{ALGORITHM}\n{stamp}\n{scope_of(day, location)}\n{hashed}",
        location=location,
        date=time_of(stamp),
    )


def _check_headers(request: SignedRequest, signed: list[str]) -> None:
    """Refuse a signature that leaves out the host, the time or another header of its own kind."""
    needed = {"host", *(name for name in request.headers if name.startswith("x-amz-"))}
    if len(signed) > MAX_HEADERS or signed != sorted(set(signed)):
        raise login_refused("the names of the signed headers are not sorted, or too many")
    if not needed <= set(signed) or any(name not in request.headers for name in signed):
        raise login_refused("a header that has to be signed is not, or a signed one is not there")


def _payload(request: SignedRequest) -> str:
    claimed = request.headers.get("x-amz-content-sha256", "")
    if claimed == UNSIGNED:
        return claimed
    if not request.body_sha256 or claimed != request.body_sha256:
        raise login_refused("X-Amz-Content-Sha256 is not the digest of the body")
    return claimed


def _path(path: str) -> str:
    return _quoted(path, "/") or "/"


def _query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.replace("+", "%20").split("&") if pair]
    return "&".join(f"{name}={value}" for name, value in sorted((_quoted(n), _quoted(v)) for n, _, v in pairs))


def _quoted(sent: str, more: str = "") -> str:
    """Percent-encoded text in the one spelling that is signed. more: what else stays as it is."""
    octets = _ENCODED.sub(lambda found: chr(int(found[1], 16)), sent).encode("latin-1", "replace")
    return "".join(chr(o) if chr(o) in _PLAIN or chr(o) in more else f"%{o:02X}" for o in octets)


def _value(text: str) -> str:
    return _SPACES.sub(" ", text.strip())
