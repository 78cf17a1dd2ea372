"""Every operation of the document asked as its own examples say, about what stands there from the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import attrs
from starlette.testclient import TestClient
from tests.wire.schema_run import TOKEN

from cloudcore.cloud import TYPES
from cloudcore_adapters.rest.openapi import document

WHOLE = document(TYPES)
UNNAMED = "nothing"
"""What stands where nobody knows what stands there."""
METHODS = ("get", "head", "post", "put", "patch", "delete")


@attrs.frozen
class Example:
    """One operation with what its examples send."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None

    @property
    def label(self) -> str:
        """The operation's name in runs: method and pattern of the path."""
        return f"{self.method.upper()} {self.path}"


def examples() -> Iterator[tuple[Example, str]]:
    """Each operation, and the path that its examples make."""
    for path, item in WHOLE["paths"].items():
        for method in METHODS:
            if method in item:
                yield _example(path, method, item)


def _example(path: str, method: str, item: Mapping[str, Any]) -> tuple[Example, str]:
    one = item[method]
    named: dict[tuple[str, str], Any] = {}
    for parameter in (*item.get("parameters", ()), *one.get("parameters", ())):
        found = _followed(parameter)
        named[found["in"], found["name"]] = found
    filled = path
    for (place, name), found in named.items():
        if place == "path":
            filled = filled.replace(f"{{{name}}}", quote(str(_shown(found)), safe=""))
    sent: dict[str, dict[str, str]] = {"query": {}, "header": {}}
    for (place, name), found in named.items():
        if place in sent and (found.get("required") or "example" in found):
            sent[place][name] = str(_shown(found))
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Example(method, path, sent["query"], sent["header"], None if body is None else _sample(body)), filled


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        found: Any = WHOLE
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _shown(parameter: Mapping[str, Any]) -> Any:
    schema = _followed(parameter["schema"])
    return parameter.get("example", next(iter(schema.get("examples", schema.get("enum", ()))), UNNAMED))


def _sample(schema: Mapping[str, Any]) -> Any:
    """The example that a schema of a body has, or what its parts make."""
    schema = _followed(schema)
    if schema.get("examples"):
        return schema["examples"][0]
    for one in schema.get("anyOf", ()):
        if (found := _sample(one)) is not None:
            return found
    if schema.get("properties"):
        needed = schema.get("required") or schema["properties"]
        wanted = {name: _sample(schema["properties"][name]) for name in needed}
        return {name: value for name, value in wanted.items() if value is not None}
    return None


def outcome(client: TestClient, example: Example, path: str) -> tuple[int, str]:
    """The status of the answer, and what it says. What has no name is the first one of its list."""
    headers = {"X-Auth-Token": TOKEN, **example.headers}
    if UNNAMED in path.split("/"):
        path = _found(client, example.path, path)
    answer = client.request(
        example.method.upper(), path, params=dict(example.query), json=example.body, headers=headers
    )
    return answer.status_code, answer.text


def _found(client: TestClient, pattern: str, path: str) -> str:
    before, _, after = path.partition(f"/{UNNAMED}")
    if "/{id}" not in pattern:
        return path
    page = client.get(before, headers={"X-Auth-Token": TOKEN}).json()
    rows: Any = next((value for value in page.values() if isinstance(value, list)), [])
    return f"{before}/{rows[0]['id']}{after}" if rows else path
