"""What the original's Go SDK does with images: what it says of them goes and comes in headers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus

import attrs
from tests.wire.go_client import AGENT, PATH_SAFE, GoError, GoSession, query, told

META = "X-Image-Meta-"
OPTIONS = {
    "format": "disk-format",
    "os_type": "properties.os_type",
    "os_dist": "properties.os_distribution",
    "os_version": "properties.os_version",
    "os_codename": "properties.os_codename",
    "os_arch": "properties.os_arch",
    "os_lang": "properties.os_language",
    "preference": "properties.preference",
    "notes": "properties.notes",
    "disk_driver": "properties.disk_driver",
    "net_driver": "properties.net_driver",
    "hypervisor": "properties.hypervisor",
    "disable_usb_kbd": "properties.disable_usb_kbd",
    "owner_project": "owner",
    "virtual_size": "min_disk",
}
"""Where options of `image-upload`, `image-import` and `image-update` go, if not under their own names."""


def said(**options: Any) -> dict[str, Any]:
    """What such a command says of an image."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        outer, _, inner = OPTIONS.get(name, name).partition(".")
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        if inner:
            found.setdefault(outer, {})[inner] = text
        else:
            found[outer] = text
    return found


@attrs.frozen
class Images:
    """The manager of images."""

    session: GoSession

    def by_id(self, ident: str, **params: Any) -> dict[str, Any]:
        """What the headers of a HEAD say. The id goes into the path as it stands."""
        asked = query(params)
        path = f"images/{quote(ident, safe='/%' + PATH_SAFE)}"
        return _meta(told(self.session.ask("HEAD", "image", f"{path}?{asked}" if asked else path))[0])

    def get(self, ident: str, **params: Any) -> dict[str, Any]:
        """By id, and where that is 404 once more, for the service finds names too."""
        try:
            return self.by_id(ident, **params)
        except GoError as error:
            if error.code != 404:
                raise
        return self.by_id(ident, **params)

    def list(self, *, details: bool = False, **params: Any) -> list[Any]:
        """The rows of one page."""
        asked = query(params)
        path = "images/detail" if details else "images"
        return self.session.rows("image", f"{path}?{asked}" if asked else path, "images")[0]

    def make(self, about: Mapping[str, Any], content: bytes | None = None) -> Any:
        """Make one, with its bytes or by the address where they are; with `image_id`, give one its bytes."""
        headers = list(_headers(about))
        ident = about.get("image_id", "")
        assert ident or "name" in about or "generate_name" in about
        if "copy_from" in about:
            headers.append(("x-glance-api-copy-from", about["copy_from"]))
        if content is not None:
            headers.append(("Content-Type", "application/octet-stream"))
        path = f"images/{ident}" if ident else "images"
        return self._sent("PUT" if ident else "POST", path, headers, content)

    def update(self, ident: str, about: Mapping[str, Any]) -> Any:
        """Change one. Its other properties are sent again as they are."""
        image = self.get(ident)
        whole = {**about, "properties": {**image["properties"], **about.get("properties", {})}}
        return self._sent("PUT", f"images/{quote(image['id'], safe=PATH_SAFE)}", list(_headers(whole)), None)

    def delete(self, ident: str, **params: Any) -> Any:
        """Delete one, with options in the query."""
        asked, path = query(params), f"images/{quote(ident, safe=PATH_SAFE)}"
        return self.session.submit("DELETE", "image", f"{path}?{asked}" if asked else path, "image")

    def download(self, ident: str, **params: Any) -> bytes:
        """Its bytes, of which there are as many as were announced."""
        asked = query(params)
        path = f"images/{quote(self.get(ident)['id'], safe=PATH_SAFE)}"
        answer = self.session.ask("GET", "image", f"{path}?{asked}" if asked else path)
        if not answer.is_success:
            told(answer)
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        return bytes(answer.content)

    def _sent(self, method: str, path: str, headers: list[tuple[str, str]], content: bytes | None) -> Any:
        sent = [*AGENT.items(), ("X-Auth-Token", self.session.token), *headers]
        raw = [(name.encode(), value.encode()) for name, value in sent]
        url = self.session.url("image", path)
        # A file goes up in chunks, without a length.
        chunks = None if content is None else iter([content[:1000], content[1000:]])
        answer = told(self.session.client.request(method, url, content=chunks, headers=raw))[1]
        return answer["image"]


def _headers(about: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in about.items():
        if name == "properties":
            for inner, text in value.items():
                yield f"{META}Property-{inner.capitalize()}", text
        elif name != "copy_from":
            yield f"{META}{name.capitalize()}", value


def _meta(headers: Mapping[str, str]) -> dict[str, Any]:
    """What headers say: names with dashes stand beside those with underscores."""
    found: dict[str, Any] = {"properties": {}}
    for name, value in headers.items():
        lower, text = name.lower(), _decoded(value)
        if lower == "x-image-meta-metadata":
            found["metadata"] = json.loads(value)
        elif lower.startswith("x-image-meta-property-"):
            word = lower.removeprefix("x-image-meta-property-")
            found["properties"] |= {word: text, word.replace("-", "_"): text}
        elif lower.startswith("x-image-meta-"):
            word = lower.removeprefix("x-image-meta-")
            found |= {word: text, word.replace("-", "_"): text}
    return found


def _decoded(text: str) -> str:
    while (once := unquote_plus(text)) != text:
        text = once
    return text
