"""What the original's Go SDK sends and reads: which address it takes from the catalogue, which request follows which.

Bodies are JSON, always with a `Content-Type`; what is empty is left out. Any status below 300 is a success. A failure is
understood where `class`, `code` (400 or more) and `details` stand at the top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

import attrs
from starlette.testclient import TestClient

AGENT = {"User-Agent": "yunioncloud-go/201708", "Accept-Encoding": "gzip"}
VERSIONED = {"identity": "v3", "image": "v1"}
TYPES = {"compute": "compute_v2"}
"""Under which type the catalogue has a service, where it is another one."""


class GoError(Exception):
    """A failure as the SDK tells it."""

    def __init__(self, code: int, kind: str, details: str) -> None:
        super().__init__(f"{code} {kind}: {details}")
        self.code = code


@attrs.define
class GoSession:
    """A session of the SDK's. interface: what `--os-endpoint-type` names."""

    client: TestClient
    token: str
    catalog: Any
    region: str
    interface: str = "internalURL"

    @classmethod
    def login(cls, client: TestClient, body: Mapping[str, Any], interface: str = "internalURL") -> GoSession:
        """Log in; the region is the one of the catalogue that has endpoints."""
        answer = client.post("/v3/auth/tokens", json=body, headers=AGENT)
        told = _told(answer)["token"]
        assert told["expires_at"].endswith("Z")
        assert told["user"]["domain"]["id"]
        regions = {end["region_id"] for entry in told["catalog"] for end in entry["endpoints"]}
        assert len(regions) == 1
        return cls(client, answer.headers["X-Subject-Token"], told["catalog"], regions.pop(), interface)

    def url(self, service: str, path: str) -> str:
        """Where a path of a service is: its version segment stands once."""
        kind = TYPES.get(service, service)
        entry = next(entry for entry in self.catalog if entry["type"] == kind)
        found = next(
            end["url"]
            for end in entry["endpoints"]
            if self.interface.startswith(end["interface"]) and end["region_id"] == self.region
        )
        version = VERSIONED.get(service, "")
        base = urlsplit(found).path.rstrip("/")
        return f"{base.removesuffix('/' + version)}/{version}/{path}" if version else f"{base}/{path}"

    def ask(self, method: str, service: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request; what was answered."""
        sent = {**AGENT, "Content-Type": "application/json", "X-Auth-Token": self.token, **headers}
        return self.client.request(method, self.url(service, path), json=body, headers=sent)

    def get(self, service: str, plural: str, ident: str, singular: str) -> Any:
        """One by id, and where there is none of that id the only one of that name."""
        try:
            return _told(self.ask("GET", service, f"{plural}/{quote(ident)}"))[singular]
        except GoError as error:
            if error.code != 404:
                raise
        rows = _told(self.ask("GET", service, f"{plural}?{urlencode({'name': ident})}"))[plural]
        if len(rows) != 1 or rows[0]["name"] != ident:
            raise GoError(404, "NotFoundError", ident)
        return rows[0]

    def every(self, service: str, plural: str, **params: str) -> Iterator[Any]:
        """All of a type, page after page, until as many have come as there are."""
        seen = 0
        while True:
            body = _told(self.ask("GET", service, f"{plural}?{urlencode({**params, 'offset': seen})}"))
            rows = body[plural]
            yield from rows
            seen += len(rows)
            total = body.get("total") or len(rows)
            if seen >= total:
                return
            assert rows, f"{plural}: {seen} of {total}, and no more come"

    def create(self, service: str, plural: str, singular: str, body: Any, count: int = 1) -> Any:
        """Make one, or several at once."""
        if count == 1:
            return _told(self.ask("POST", service, plural, {singular: body}))[singular]
        rows = _told(self.ask("POST", service, plural, {singular: body, "count": count}))[plural]
        assert [row["status"] for row in rows] == [200] * count
        return [row["body"] for row in rows]

    def update(self, service: str, plural: str, ident: str, singular: str, body: Any) -> Any:
        """Change one."""
        return _told(self.ask("PUT", service, f"{plural}/{ident}", {singular: body}))[singular]

    def perform(self, service: str, path: str, singular: str, body: Any = None) -> Any:
        """Do something with one. Without parameters an empty object is sent."""
        return _told(self.ask("POST", service, path, {} if body is None else {singular: body}))[singular]

    def delete(self, service: str, plural: str, ident: str, singular: str, body: Any = None) -> Any:
        """Delete one; options stand in the body."""
        return _told(self.ask("DELETE", service, f"{plural}/{ident}", body and {singular: body}))[singular]

    def image(self, ident: str) -> dict[str, Any]:
        """An image by the headers of a HEAD, decoded until nothing is left to decode."""
        answer = self.ask("HEAD", "image", f"images/{quote(ident)}")
        if answer.status_code >= 300:
            raise GoError(answer.status_code, "", "")
        found: dict[str, Any] = {"properties": {}}
        for name, value in answer.headers.items():
            lower, text = name.lower(), _decoded(value)
            if lower.startswith("x-image-meta-property-"):
                found["properties"][lower.removeprefix("x-image-meta-property-").replace("-", "_")] = text
            elif lower.startswith("x-image-meta-"):
                found[lower.removeprefix("x-image-meta-").replace("-", "_")] = text
        return found


def _decoded(text: str) -> str:
    while (once := unquote_plus(text)) != text:
        text = once
    return text


def _told(answer: Any) -> Any:
    """The JSON of an answer, or the failure."""
    body = answer.json() if answer.content else {}
    if answer.status_code < 300:
        return body
    assert answer.status_code >= 400
    code, kind, details = body.get("code", 0), body.get("class", ""), body.get("details", "")
    assert code == answer.status_code, body
    assert re.fullmatch(r"[A-Za-z]+", kind), body
    assert details, body
    raise GoError(code, kind, details)
