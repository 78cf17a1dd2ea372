"""What the original's Java SDK sends and reads, with what the JDK adds to its requests.

A scoped token has to have all that it takes apart: there is no look for what is missing. Ids stand in paths as they are,
lists of a query are JSON texts, actions without parameters have no body, and whatever is 404 by id is looked for by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlsplit

import attrs
from starlette.testclient import TestClient

HEADERS = {
    "User-Agent": "yunioncloud-java/201711",
    "Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
    "Content-Type": "application/json",
}
CONTEXTS = {"identity": "v3", "image": "v1"}
TYPES = {"compute": "compute_v2"}


class JavaError(Exception):
    """A failure as the SDK tells it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


@attrs.frozen
class Token:
    """A token as the SDK keeps it."""

    value: str
    user: Mapping[str, Any]
    project: Mapping[str, Any]
    roles: list[str]
    catalog: Mapping[str, list[Mapping[str, str]]]
    expires: datetime

    @classmethod
    def read(cls, value: str, body: Mapping[str, Any]) -> Token:
        """What an answer of identity says; whatever is missing is an error."""
        token = body["token"]
        named = {name: {key: token[name][key] for key in ("id", "name", "domain")} for name in ("user", "project")}
        assert all(text(part["domain"][key]) for part in named.values() for key in ("id", "name"))
        catalog = {
            entry["type"]: [{key: text(end[key]) for key in ("id", "interface", "region_id", "url")} for end in ends]
            for entry in token["catalog"]
            if (ends := entry["endpoints"]) is not None and entry["id"] and entry["name"]
        }
        expires = datetime.strptime(token["expires_at"], "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007
        return cls(value, named["user"], named["project"], [role["name"] for role in token["roles"]], catalog, expires)


@attrs.frozen
class JavaSession:
    """A session of the SDK's."""

    client: TestClient
    token: Token
    region: str = ""
    interface: str = "InternalURL"

    @classmethod
    def login(cls, client: TestClient, user: str, password: str, project: str, domain: str = "") -> JavaSession:
        """Log in to a project of the domain `default`. domain: that of the user, by name."""
        where = {"name": domain} if domain else {"id": "default"}
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": user, "password": password, "domain": where}},
        }
        return cls(client, authenticate(client, identity, project))

    def switch(self, project: str) -> JavaSession:
        """The same in another project."""
        return attrs.evolve(
            self, token=authenticate(self.client, {"methods": ["token"], "token": {"id": self.token.value}}, project)
        )

    def verify(self, other: str) -> Token:
        """What another token is good for."""
        headers = {**HEADERS, "X-Auth-Token": self.token.value, "X-Subject-Token": other}
        return Token.read(other, answered(self.client.get("/identity/v3/auth/tokens", headers=headers)))

    def url(self, service: str, path: str) -> str:
        """The path of a request."""
        ends = self.token.catalog[TYPES.get(service, service)]
        here = [end["url"] for end in ends if self._is_meant(end)]
        base = urlsplit(here[0]).path
        context = CONTEXTS.get(service, "")
        asked = f"/{context}/{path}" if context else f"/{path}"
        before, _, last = base.rstrip("/").rpartition("/")
        return f"{before if re.fullmatch(r'v[0-9]+', last) and asked.startswith(f'/{last}/') else base}{asked}"

    def _is_meant(self, end: Mapping[str, str]) -> bool:
        of_kind = self.interface.lower().startswith(end["interface"].lower())
        return of_kind and (not self.region or end["region_id"] == self.region)

    def ask(self, method: str, service: str, path: str, body: Any = None) -> Any:
        """Send one request; the JSON of the answer."""
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {**HEADERS, "X-Auth-Token": self.token.value}
        return answered(self.client.request(method, self.url(service, path), content=content, headers=headers))

    def list(self, service: str, plural: str, **params: Any) -> tuple[list[Any], int, int]:
        """Rows, their total, and the page that they are."""
        body = self.ask("GET", service, f"{plural}{asked(params)}")
        rows = body[plural]
        assert all(isinstance(row, dict) for row in rows)
        if "total" not in body:
            return rows, len(rows), 1
        total, limit, offset = (int(body.get(name, 0)) for name in ("total", "limit", "offset"))
        return rows, total, offset // limit + 1 if limit else 1

    def get(self, service: str, plural: str, ident: str, keyword: str) -> Any:
        """One by id, and where that is 404 the only one of that name."""
        try:
            return self.ask("GET", service, f"{plural}/{ident}")[keyword]
        except JavaError as error:
            if error.code != 404:
                raise
        rows = self.list(service, plural, name=ident)[0]
        if len(rows) != 1:
            raise JavaError(404, f"Name {ident} not found")
        return rows[0]

    def create(self, service: str, plural: str, keyword: str, body: Any, count: int = 1) -> Any:
        """Make one, or several."""
        if count == 1:
            return self.ask("POST", service, plural, {keyword: body})[keyword]
        rows = self.ask("POST", service, plural, {keyword: body, "count": count})[plural]
        assert all(isinstance(row["status"], int) for row in rows)
        return [row["body"] for row in rows]

    def change(self, method: str, service: str, path: str, keyword: str, body: Any = None) -> Any:
        """PUT, PATCH or POST at a path; without parameters there is no body."""
        return self.ask(method, service, path, None if body is None else {keyword: body})[keyword]

    def delete(self, service: str, path: str, keyword: str, **params: Any) -> Any:
        """Delete one. Parameters stand in the query as they are."""
        words = "&".join(f"{key}={text(value)}" for key, value in params.items())
        body = self.ask("DELETE", service, f"{path}?{words}" if words else path)
        return body[keyword] if body is not None else None


def authenticate(client: TestClient, identity: Mapping[str, Any], project: str) -> Token:
    """A token for a project of the domain `default`."""
    scope = {"project": {"domain": {"id": "default"}, "name": project}}
    body = {"auth": {"identity": identity, "scope": scope}}
    answer = client.post("/identity/v3/auth/tokens", content=json.dumps(body).encode(), headers=HEADERS)
    value = answer.headers.get("X-Subject-Token", "")
    if not value:
        raise JavaError(answer.status_code, "Invalid token response from keystone")
    return Token.read(value, answered(answer))


def answered(answer: Any) -> Any:
    """The JSON object of an answer, or the failure."""
    body = json.loads(answer.content) if answer.content else None
    assert body is None or isinstance(body, dict)
    if answer.status_code < 300:
        return body
    raise JavaError(answer.status_code, answer.text or answer.reason_phrase)


def asked(params: Mapping[str, Any]) -> str:
    """A query string: every value is a text."""
    words = "&".join(f"{quote_plus(key)}={quote_plus(text(value))}" for key, value in params.items())
    return f"?{words}" if words else ""


def text(value: Any) -> str:
    """A value as fastjson makes a text of it."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
