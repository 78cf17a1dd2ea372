"""The head of an answer as bytes. Header names go out as they are written: some clients look for them so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus

import attrs

TO_THE_END = -1
WITHOUT_BODY = frozenset({204, 304})
"""Statuses whose answers have no body, and say nothing of its length."""

_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus}
_PLAIN, _LENGTH, _ENCODING, _CONNECTION = range(4)
_KINDS = {b"content-length": _LENGTH, b"transfer-encoding": _ENCODING, b"connection": _CONNECTION}


@attrs.define(slots=True)
class Head:
    """Bytes up to the body, and what they say of it.

    length: how many bytes the body has; None: it comes in chunks; `TO_THE_END`: as many as come before the connection ends.
    closes: the connection ends with the answer.
    """

    data: bytes
    length: int | None
    closes: bool


def head_of(
    status: int, headers: Iterable[tuple[bytes, bytes]], *, closes: bool, has_body: bool, old: bool = False
) -> Head:
    """The head of an answer, with what its framing needs.

    closes: end the connection. has_body: not for HEAD. old: the other side speaks HTTP/1.0, which has no chunks.

    Raises:
        ValueError: a header cannot be written as one line.
    """
    length, chunked, told = None, False, False
    lines = [_STATUS_LINES.get(status) or f"HTTP/1.1 {status} ".encode()]
    for name, value in headers:
        beginning, kind = _beginning(name)
        lines.append(beginning + value)
        if kind == _LENGTH:
            length = int(value)
        elif kind == _ENCODING:
            chunked = value.lower() == b"chunked"
        elif kind == _CONNECTION and b"close" in value.lower():
            closes = told = True
    if length is None and not chunked and has_body and status not in WITHOUT_BODY:
        if old:
            length, closes = TO_THE_END, True
        else:
            lines.append(b"Transfer-Encoding: chunked")
            chunked = True
    if closes and not told:
        lines.append(b"Connection: close")
    data = b"\r\n".join(lines)
    if data.count(b"\n") != len(lines) - 1 or data.count(b"\r") != len(lines) - 1 or b"\0" in data:
        raise ValueError("a header of an answer has a line break in it")
    if not has_body or (length is None and not chunked):
        length = 0
    return Head(data + b"\r\n\r\n", length, closes)


@lru_cache(maxsize=2048)
def _beginning(name: bytes) -> tuple[bytes, int]:
    """What stands before the value, and whether the header has to do with the framing."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"no header can be called {name!r}")
    return name + b": ", _KINDS.get(name.lower(), _PLAIN)
