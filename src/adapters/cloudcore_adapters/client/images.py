"""Images: attributes travel in headers, bytes in bodies and ranges."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

from cloudcore.model.errors import BackendError, InvalidInputError, NotSupportedError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.client.wire import Call, Wire

META = "x-image-meta-"
PROPERTY = "property-"
SPOOL = 8 * 1024 * 1024
MAX_HEADERS = 48 * 1024
MAX_ERROR = 64 * 1024
"""A refusal may be longer than the range that was asked for."""


def to_headers(attributes: JsonMapping) -> dict[str, str]:
    """Attributes as headers, texts percent-encoded; `properties` one by one.

    Raises:
        InvalidInputError: a name that no header can have, or too much text.
    """
    found: dict[str, str] = {}
    for name, value in attributes.items():
        if name == "properties" and isinstance(value, Mapping):
            for key, part in value.items():
                found[_header(f"Property-{key}")] = _text(part)
        elif value is not None:
            found[_header(name)] = _text(value)
    if sum(len(k) + len(v) for k, v in found.items()) > MAX_HEADERS:
        raise InvalidInputError(f"the image's attributes are longer than {MAX_HEADERS} bytes", field="properties")
    return found


def from_headers(headers: Mapping[str, str], kinds: Mapping[str, str]) -> JsonObject:
    """Attributes from headers, typed by the declared kinds; what is not declared stays text, but for true and false."""
    found: JsonObject = {}
    properties: JsonObject = {}
    for header, raw in headers.items():
        if not header.startswith(META):
            continue
        name = header.removeprefix(META)
        text = unquote_plus(raw)
        if name.startswith(PROPERTY):
            properties[name.removeprefix(PROPERTY).replace("-", "_")] = text
        else:
            key = name.replace("-", "_")
            found[key] = _typed(text, kinds.get(key, ""))
    if properties:
        found["properties"] = properties
    return found


def sized(attributes: JsonMapping, chunks: Iterable[bytes]) -> tuple[int, Iterable[bytes]]:
    """The number of bytes, and the bytes. Where `size` does not tell it, they are put aside on disk and counted."""
    if "size" in attributes and str(attributes["size"]).isdigit():
        return int(attributes["size"]), chunks
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115 - closed when read
    for chunk in chunks:
        spool.write(chunk)
    size = spool.tell()
    spool.seek(0)
    return size, _drained(spool)


class HttpDownload:
    """An image's bytes, by ranges of one URL."""

    def __init__(self, wire: Wire, path: str, params: JsonMapping, about: JsonMapping) -> None:
        self._wire = wire
        self._path = path
        self._params = params
        self._about = about

    @property
    def size(self) -> int:
        """Bytes in all."""
        return int(self._about.get("size") or 0)

    @property
    def checksum(self) -> str:
        """MD5 in hex."""
        return str(self._about.get("checksum") or "")

    @property
    def name(self) -> str:
        """The image's name."""
        return str(self._about.get("name") or "")

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; none from the end on.

        Raises:
            OutOfRangeError: a negative offset or length.
        """
        if offset < 0 or length < 0:
            raise OutOfRangeError("offset and length must not be negative", field="offset")
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        headers = {"Range": f"bytes={offset}-{offset + length - 1}", "Accept": "application/octet-stream"}
        call = Call(
            service="image",
            method="GET",
            path=self._path,
            params=self._params,
            headers=headers,
            max_reply=length + MAX_ERROR,
        )
        answer = self._wire.send(call)
        if answer.status != 206 and not (offset == 0 and len(answer.body) == length):
            raise NotSupportedError("the image service does not answer ranges")
        if len(answer.body) != length:
            raise BackendError(f"wanted {length} bytes of the image at {offset}, got {len(answer.body)}")
        return answer.body


def _drained(spool: Any) -> Iterator[bytes]:
    with spool:
        while chunk := spool.read(1024 * 1024):
            yield chunk


def _header(name: str) -> str:
    if not name or len(name) > 128 or not all(c.isalnum() or c in "_-." for c in name) or not name.isascii():
        raise InvalidInputError(f"an image attribute cannot be called {name[:64]!r}", field="properties")
    return f"X-Image-Meta-{name}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return quote(text, safe=" /:;,.@-_=()[]{}\"'<>!$&*?#^~|")


def _typed(text: str, kind: str) -> Any:
    try:
        if kind in ("int", "float"):
            return int(text) if kind == "int" else float(text)
        if kind == "json":
            return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BackendError("the image service sent an attribute that cannot be read", internal=text[:200]) from error
    return text == "true" if kind != "str" and text in ("true", "false") else text
