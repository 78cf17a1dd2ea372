"""Logging in with an access key: a request is signed with the key's secret, and the signature stands for a password.

The signature is that of AWS version 4 (HMAC-SHA256 over a text to sign, with a key derived from date, location and
service `s3`). Identity recomputes only the last step; whoever received the signed request vouches for the text.

Source: AWS Signature Version 4; the wire's method `aksk`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError, NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.reading import format_time, read_str

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "s3"
LOCATION = "cn-beijing"
WINDOW = timedelta(minutes=15)
MIN_SECRET = 16
SIGNED_HEADERS = ("date", "host", "x-amz-content-sha256", "x-amz-date")
_WHERE = "auth.identity.access_key_secret"
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)


@attrs.frozen(kw_only=True)
class Signed:
    """A signed text. date: when it was signed; request: the text to sign, whose lines repeat date and location."""

    access_key: str
    signature: str = attrs.field(repr=False)
    request: str
    location: str
    date: datetime


def read_signed(text: str) -> Signed:
    """Read the JSON text of a login by access key.

    Raises:
        InvalidInputError: it is no JSON, or a member is wrong.
        NotSupportedError: another algorithm than AWS4-HMAC-SHA256.
    """
    try:
        sent: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFormatError(f"{_WHERE} is no JSON", field=_WHERE) from error
    if not isinstance(sent, dict):
        raise InvalidFormatError(f"{_WHERE} is no JSON object", field=_WHERE)
    values = cast("JsonObject", sent)
    algorithm = _text(values, "algorithm", 32)
    if algorithm != ALGORITHM:
        raise NotSupportedError(f"signatures by {algorithm} are not offered; there is {ALGORITHM}", field=_WHERE)
    request = _text(values, "request", 4096)
    lines = request.split("\n")
    location = _text(values, "location", 64)
    if len(lines) != 4 or lines[0] != ALGORITHM or not _STAMP.fullmatch(lines[1]):
        raise InvalidFormatError(f"{_WHERE}.request is no text that was signed", field=f"{_WHERE}.request")
    if lines[2] != scope_of(lines[1][:8], location):
        raise InvalidInputError(f"{_WHERE}.location is not what was signed", field=f"{_WHERE}.location")
    return Signed(
        access_key=_text(values, "access_key", 128),
        signature=_text(values, "signature", 128),
        request=request,
        location=location,
        date=time_of(lines[1]),
    )


def is_right(signed: Signed, secret: str, now: datetime) -> bool:
    """Whether the secret made the signature, not longer than a quarter of an hour ago or ahead."""
    expected = signature_of(secret, signed.request, signed.date, signed.location)
    same = hmac.compare_digest(expected.encode(), signed.signature.encode())
    return same and abs(now - signed.date) <= WINDOW


def signature_of(secret: str, request: str, date: datetime, location: str) -> str:
    """The signature in lower-case hexadecimal digits."""
    key = f"AWS4{secret}".encode()
    for part in (f"{date:%Y%m%d}", location, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, request.encode(), "sha256").hex()


def sign_login(access_key: str, secret: str, url: str, now: datetime) -> str:
    """The JSON text with which a client logs in: a signed, otherwise empty POST to the token URL."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    host, _, path = url.partition("://")[2].partition("/")
    empty = hashlib.sha256(b"").hexdigest()
    headers = {"date": stamp, "host": host, "x-amz-content-sha256": empty, "x-amz-date": stamp}
    lines = "".join(f"{name}:{headers[name]}\n" for name in SIGNED_HEADERS)
    canonical = f"POST\n/{path}\n\n{lines}\n{';'.join(SIGNED_HEADERS)}\n{empty}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    request = f"{ALGORITHM}\n{stamp}\n{scope_of(stamp[:8], LOCATION)}\n{digest}"
    signed: JsonObject = {
        "access_key": access_key,
        "algorithm": ALGORITHM,
        "location": LOCATION,
        "request": request,
        "sign_date": format_time(now),
        "signature": signature_of(secret, request, time_of(stamp), LOCATION),
        "signed_headers": list(SIGNED_HEADERS),
    }
    return json.dumps(signed)


def scope_of(day: str, location: str) -> str:
    """The scope of a signature: day, location, service, and the word that ends it."""
    return f"{day}/{location}/{SERVICE}/aws4_request"


def time_of(stamp: str) -> datetime:
    """The time of a stamp such as 20261122T210024Z.

    Raises:
        InvalidFormatError: it is none.
    """
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidFormatError(f"{_WHERE}.request has no date", field=f"{_WHERE}.request") from error


def _text(values: JsonObject, name: str, limit: int) -> str:
    text = read_str(values.get(name) or "", f"{_WHERE}.{name}", limit, allow_newlines=True)
    if not text:
        raise MissingParameterError(f"{_WHERE}.{name} is missing", field=f"{_WHERE}.{name}")
    return text
