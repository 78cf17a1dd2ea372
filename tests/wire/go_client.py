"""What the original's Go SDK sends and reads: which address it takes from the catalogue, which request follows which.

It fails where the SDK fails: an answer without its keyword, a list that is none, an error whose `data` it can't take
apart and whose words it therefore loses, more rows than were asked for. Bodies are JSON, always with a `Content-Type`,
also where there is none. Any status below 300 is a success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

import attrs
from starlette.testclient import TestClient

AGENT = {"User-Agent": "yunioncloud-go/201708", "Accept-Encoding": "gzip"}
VERSIONS = {"identity": "v3", "image": "v1"}
"""The version that managers of a service put before their path."""

TYPES = {"compute": "compute_v2"}
"""Under which type the catalogue has a service, where it is another one: sessions ask for version 2."""

_VERSION = re.compile(r"v\d+\.?\d*")
_SURROGATE = re.compile(r"\\u[dD][89abAB]")
PATH_SAFE = "$&+=:@"
"""What its escaping of path segments leaves alone, beside letters, digits and `-_.~`."""


class GoError(Exception):
    """A failure as the SDK tells it."""

    def __init__(self, code: int, kind: str, details: str) -> None:
        super().__init__(f"{code} {kind}: {details}")
        self.code = code
        self.kind = kind
        self.details = details


@attrs.define
class GoSession:
    """A session of the SDK's.

    interface: what `--os-endpoint-type` names. region, zone: empty means the first that the catalogue has.
    """

    client: TestClient
    token: str
    catalog: Any
    region: str
    interface: str = "internalURL"
    zone: str = ""

    @classmethod
    def login(cls, client: TestClient, body: Mapping[str, Any], interface: str = "internalURL") -> GoSession:
        """Log in; the region is the one of the catalogue that has endpoints."""
        headers, answer = told(client.post("/v3/auth/tokens", json=body, headers=_headers({})))
        token, found = headers.get("X-Subject-Token", ""), answer["token"]
        assert token
        assert found["expires_at"].endswith("Z")
        assert found["user"]["domain"]["id"]
        regions = {end["region_id"] for entry in found.get("catalog", ()) for end in entry["endpoints"]}
        assert len(regions) <= 1
        return cls(client, token, found.get("catalog", []), next(iter(regions), ""), interface)

    def base(self, service: str) -> str:
        """Where a service is, as the SDK finds it."""
        kind, wanted = TYPES.get(service, service), self.interface or "internalURL"
        entry = next((one for one in self.catalog if one["type"] == kind and one["endpoints"]), None)
        if entry is None:
            raise GoError(404, "NotFoundError", f"No such service {kind}")
        places: dict[str, list[str]] = {}
        zoned = f"{self.region}-{self.zone}" if self.zone else ""
        for end in entry["endpoints"]:
            if wanted.startswith(end["interface"]) and (not self.region or end["region_id"] in (self.region, zoned)):
                places.setdefault(end["region_id"], []).append(end["url"])
        found = next(iter(places.values()), None) if not self.region else places.get(zoned) or places.get(self.region)
        if not found:
            raise GoError(0, "", f"No valid {wanted} endpoints for {kind} in region {self.region}")
        return found[0]

    def url(self, service: str, path: str) -> str:
        """The path of a request: the version segment stands once."""
        version = VERSIONS.get(service, "")
        asked = f"/{version}/{path.lstrip('/')}" if version else f"/{path.lstrip('/')}"
        return joined(self.base(service), asked)

    def ask(self, method: str, service: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request; what was answered."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        sent = _headers({"X-Auth-Token": self.token, **headers})
        return self.client.request(method, self.url(service, path), content=content, headers=sent)

    def submit(self, method: str, service: str, path: str, keyword: str, body: Any = None) -> Any:
        """Send one request; what stands under the keyword of the answer, an empty object where nothing was answered."""
        answer = told(self.ask(method, service, path, body))[1]
        if answer is None or not keyword:
            return answer or {}
        if keyword not in answer:
            raise KeyError(f"{method} {path}: no {keyword} in {sorted(answer)}")
        return answer[keyword]

    def rows(self, service: str, path: str, key: str) -> tuple[list[Any], dict[str, Any]]:
        """A list and what stands beside it. `total` is the number of rows where nothing else is told."""
        answer = told(self.ask("GET", service, path))[1]
        assert answer is not None, "empty response"
        found = answer[key]
        assert isinstance(found, list), f"{key} of {path} is no list"
        beside = {name: _whole(answer.get(name)) for name in ("total", "limit", "offset")}
        if not answer.get("next_marker") and not beside["total"]:
            beside["total"] = len(found)
        return found, beside

    def get(self, service: str, plural: str, ident: str, singular: str) -> Any:
        """One by id, and where there is none of that id the only one of that name."""
        return Manager(self, service, singular, plural).get(ident)

    def every(self, service: str, plural: str, **params: str) -> Iterator[Any]:
        """All of a type, page after page, until as many have come as there are."""
        seen = 0
        while True:
            rows, beside = self.rows(service, f"{plural}?{query({**params, 'offset': seen})}", plural)
            yield from rows
            seen += len(rows)
            if seen >= beside["total"]:
                return
            assert rows, f"{plural}: {seen} of {beside['total']}, and no more come"

    def create(self, service: str, plural: str, singular: str, body: Any, count: int = 1) -> Any:
        """Make one, or several at once."""
        if count == 1:
            return self.submit("POST", service, plural, singular, {singular: body})
        rows = Manager(self, service, singular, plural).batch_create(body, count)
        assert [row["status"] for row in rows] == [200] * count
        return [row["body"] for row in rows]

    def update(self, service: str, plural: str, ident: str, singular: str, body: Any) -> Any:
        """Change one."""
        return self.submit("PUT", service, f"{plural}/{ident}", singular, {singular: body})

    def perform(self, service: str, path: str, singular: str, body: Any = None) -> Any:
        """Do something with one. Without parameters an empty object is sent."""
        return self.submit("POST", service, path, singular, {} if body is None else {singular: body})

    def delete(self, service: str, plural: str, ident: str, singular: str, body: Any = None) -> Any:
        """Delete one; options stand in the body."""
        return self.submit("DELETE", service, f"{plural}/{ident}", singular, body and {singular: body})

    def image(self, ident: str) -> dict[str, Any]:
        """An image by the headers of a HEAD, decoded until nothing is left to decode."""
        found: dict[str, Any] = {"properties": {}}
        for name, value in told(self.ask("HEAD", "image", f"images/{quote(ident)}"))[0].items():
            lower, text = name.lower(), _decoded(value)
            if lower == "x-image-meta-metadata":
                found["metadata"] = json.loads(value)
            elif lower.startswith("x-image-meta-property-"):
                found["properties"][lower.removeprefix("x-image-meta-property-").replace("-", "_")] = text
            elif lower.startswith("x-image-meta-"):
                found[lower.removeprefix("x-image-meta-").replace("-", "_")] = text
        return found


@attrs.frozen
class Manager:
    """What the SDK calls the manager of a type. Contexts stand before the path: `(("wires", "wire0"),)`."""

    session: GoSession
    service: str
    keyword: str
    plural: str

    def path(self, *segments: str, contexts: tuple[tuple[str, str], ...] = (), params: Any = None) -> str:
        """A path of the type, its segments escaped, with a query where there are parameters."""
        before = [part for plural, ident in contexts for part in (plural, escaped(ident))]
        text = "/".join([*before, self.plural, *map(escaped, segments)])
        asked = query(params or {})
        return f"{text}?{asked}" if asked else text

    def list(self, params: Any = None, contexts: tuple[tuple[str, str], ...] = ()) -> list[Any]:
        """The rows of one page."""
        return self.session.rows(self.service, self.path(contexts=contexts, params=params), self.plural)[0]

    def by_id(self, ident: str, params: Any = None) -> Any:
        """One by its id."""
        return self.session.submit("GET", self.service, self.path(ident, params=params), self.keyword)

    def by_name(self, name: str, params: Any = None) -> Any:
        """The only one of a name."""
        rows = self.list({**(params or {}), "name": name})
        if len(rows) > 1:
            raise GoError(409, "DuplicateNameError", name)
        if not rows or rows[0]["name"] != name:
            raise GoError(404, "NotFoundError", f"Name {name} not found")
        return rows[0]

    def get(self, ident: str, params: Any = None) -> Any:
        """One by id, and where that is 404 by name."""
        try:
            return self.by_id(ident, params)
        except GoError as error:
            if error.code != 404:
                raise
        return self.by_name(ident, params)

    def specific(self, ident: str, spec: str, params: Any = None) -> Any:
        """One aspect of one."""
        return self.session.submit("GET", self.service, self.path(ident, spec, params=params), self.keyword)

    def head(self, ident: str, contexts: tuple[tuple[str, str], ...] = ()) -> Mapping[str, str]:
        """The headers that speak of it."""
        answer = self.session.ask("HEAD", self.service, self.path(ident, contexts=contexts))
        start = f"x-{self.keyword}-"
        return {name: value for name, value in told(answer)[0].items() if name.lower().startswith(start)}

    def create(self, body: Any, contexts: tuple[tuple[str, str], ...] = ()) -> Any:
        """Make one."""
        sent = self.enveloped(body)
        return self.session.submit("POST", self.service, self.path(contexts=contexts), self.keyword, sent)

    def batch_create(self, body: Any, count: int) -> list[Any]:
        """Make several; the SDK has room for as many as it asked for, and reads `body` of each."""
        sent = {**self.enveloped(body), "count": count}
        rows = self.session.submit("POST", self.service, self.path(), self.plural, sent)
        assert isinstance(rows, list)
        assert len(rows) <= count
        assert all(isinstance(row["body"], dict) for row in rows)
        return rows

    def update(
        self, ident: str, body: Any = None, contexts: tuple[tuple[str, str], ...] = (), method: str = "PUT"
    ) -> Any:
        """Change one. Without parameters an empty object is sent."""
        path = self.path(ident, contexts=contexts)
        return self.session.submit(method, self.service, path, self.keyword, self.enveloped(body))

    def perform(self, ident: str, action: str, body: Any = None) -> Any:
        """Do something with one."""
        return self.session.submit("POST", self.service, self.path(ident, action), self.keyword, self.enveloped(body))

    def perform_class(self, action: str, body: Any = None) -> Any:
        """Do something with the type: the plural is the envelope, both ways."""
        sent = {} if body is None else {self.plural: body}
        return self.session.submit("POST", self.service, self.path(action), self.plural, sent)

    def delete(
        self, ident: str, params: Any = None, body: Any = None, contexts: tuple[tuple[str, str], ...] = ()
    ) -> Any:
        """Delete one, with options in the query or the body."""
        path = self.path(ident, contexts=contexts, params=params)
        sent = None if body is None else self.enveloped(body)
        return self.session.submit("DELETE", self.service, path, self.keyword, sent)

    def pair(self, method: str, path: str, body: Any = None, params: Any = None) -> Any:
        """A relation at `masters/M/slaves/S`: GET shows, POST attaches, PUT changes, DELETE detaches."""
        asked = query(params or {})
        sent = self.enveloped(body) if method in ("POST", "PUT") else None
        return self.session.submit(method, self.service, f"{path}?{asked}" if asked else path, self.keyword, sent)

    def related(self, path: str, params: Any = None) -> list[Any]:
        """The relations of one side, at `masters/M/slaves`."""
        asked = query(params or {})
        return self.session.rows(self.service, f"{path}?{asked}" if asked else path, self.plural)[0]

    def rows_at(self, path: str, key: str) -> list[Any]:
        """Rows under another key than that of the type."""
        return self.session.rows(self.service, path, key)[0]

    def usage(self, params: Any = None) -> Any:
        """Figures: `range_type` and `range_id` are segments of the path."""
        asked = dict(params or {})
        where = [asked.pop(key) for key in ("range_type", "range_id") if key in asked]
        path = self.path(*where, params=asked)
        return self.session.submit("GET", self.service, path, "usage")

    def whole(self, params: Any = None) -> Any:
        """The answer as it stands, without a keyword."""
        return self.session.submit("GET", self.service, self.path(params=params), "")

    def call(self, method: str, path: str, key: str, body: Any = None) -> Any:
        """A request that a manager words itself."""
        return self.session.submit(method, self.service, path, key, body)

    def enveloped(self, body: Any) -> dict[str, Any]:
        """A body under the keyword of the type; an empty object where there are no parameters."""
        return {} if body is None else {self.keyword: body}


def query(params: Mapping[str, Any]) -> str:
    """Parameters as a query string: keys in order, lists by position, members by dots, nothing as the key alone."""
    return "&".join(part for key in sorted(params) for part in _parts(key, params[key]))


def _parts(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from _parts(f"{key}.{name}", value[name])
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _parts(f"{key}.{place}", inner)
    else:
        text = _text(value)
        yield f"{quote_plus(key)}={quote_plus(text)}" if text else quote_plus(key)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, float) else str(value)


def joined(base: str, path: str) -> str:
    """The path at a base whose last segment may be the version with which the path begins."""
    found = urlsplit(base).path
    before, _, last = found.rstrip("/").rpartition("/")
    if _VERSION.match(last) and path.startswith(f"/{last}/"):
        found = before
    return f"{found}{path}"


def escaped(segment: str) -> str:
    """A segment of a path."""
    return quote(segment, safe=PATH_SAFE)


def told(answer: Any) -> tuple[Mapping[str, str], Any]:
    """The headers and the JSON of an answer, or the failure."""
    text = answer.content.decode()
    assert not _SURROGATE.search(text), "its parser makes two characters of a pair of surrogates"
    body = json.loads(text) if text else None
    if answer.status_code < 300:
        return answer.headers, body
    assert answer.status_code >= 400, answer.headers.get("Location")
    if body is None:
        raise GoError(answer.status_code, "", answer.reason_phrase)
    code, kind, details = _whole(body.get("code")), body.get("class", ""), body.get("details", "")
    assert code == answer.status_code, body
    assert re.fullmatch(r"[A-Za-z]+", kind), body
    assert isinstance(details, str), body
    assert details, body
    data = body.get("data", {})
    assert isinstance(data, dict), f"data of {body}"
    assert isinstance(data.get("fields", []), list), f"fields of {body}"
    raise GoError(code, kind, details)


def _headers(more: Mapping[str, str]) -> dict[str, str]:
    return {**AGENT, "Content-Type": "application/json", **more}


def _whole(value: Any) -> int:
    """A number as the SDK reads it, which takes one for a text too."""
    return int(value) if isinstance(value, (int, str)) and str(value).lstrip("-").isdigit() else 0


def _decoded(text: str) -> str:
    while (once := unquote_plus(text)) != text:
        text = once
    return text
