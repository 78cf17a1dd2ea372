"""What details, properties and actions answer with is what the document says of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from starlette.testclient import TestClient
from tests.wire.schema_run import MADE, PASSWORD, furnish

from cloudcore.cloud import TYPES
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.table import ALONE
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.derived import PROPERTIES
from cloudcore_adapters.rest.openapi import document
from cloudcore_adapters.rest.schemas import example_of
from cloudcore_apps.inprocess import InProcess, simulated_cloud

WHOLE = document(TYPES)
DOCUMENT = "urn:document"
REGISTRY = jsonschema_rs.Registry([(DOCUMENT, WHOLE)])
KINDS = ("spec_", "property_", *(f"{word.replace('-', '_')}_of_" for word in PROPERTIES))
QUESTIONS = [
    path
    for path, item in WHOLE["paths"].items()
    if item.get("get", {"operationId": ""})["operationId"].startswith(KINDS)
]
"""Named details, and properties of collections."""

DONE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/identity/v3/policies/explain", {"request": "compute servers list", "user": "user-1", "id": "server-1"}),
    ("/identity/v3/policies/explain", {"request": "compute servers delete", "user": "user-1"}),
    ("/identity/v3/services/service-1/config", {"config": {"default": {"port": 1}}}),
    ("/compute/servers/server-1/instance-snapshot", {"name": "kept"}),
    ("/compute/servers/server-1/save-image", {"name": "saved"}),
    ("/compute/servers/server-1/clone", {"name": "another"}),
    ("/compute/servers/server-1/snapshot-and-clone", {"name": "others"}),
    ("/compute/servers/server-1/login-info", {}),
    ("/compute/servers/server-1/stop", {}),
    ("/compute/servers/batch-user-metadata", {"resources": [{"id": "server-1"}], "metadata": {"a": "b"}}),
    ("/compute/disks/disk-1/save", {"name": "disk-saved"}),
    ("/image/v1/images/image-1/convert", {"format": "qcow2"}),
    ("/compute/schedpolicies/schedpolicy-1/evaluate", {"object_id": "server-1"}),
    ("/compute/secgroups/secgroup-1/clone", {"name": "like-it"}),
    ("/compute/snapshots/delete-disk-snapshots", {"disk_id": "disk-1"}),
    ("/compute/hosts/host-1/ping", {}),
    ("/compute/hosts/host-1/syncstatus", {}),
    ("/compute/hosts/host-1/maintenance", {}),
    ("/compute/isolated_devices/isolated-device-1/purge", {}),
)
"""What is done, in this order, with what it is sent."""


@pytest.fixture(scope="module")
def place() -> InProcess:
    made = simulated_cloud(hosts=2)
    furnish(made)
    return made


@pytest.fixture(scope="module")
def client(place: InProcess) -> TestClient:
    user = {"name": "sysadmin", "password": PASSWORD}
    scope = {"project": {"name": "system", "domain": {"name": "Default"}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    token = place.cloud.authenticate_v3({"auth": auth}, "", "")[0]
    return TestClient(build_app(place.cloud), headers={"X-Auth-Token": token})


def misfits(path: str, method: str, body: Any) -> list[str]:
    """What of an answer is not as the document says."""
    place = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    schema = f"{DOCUMENT}#/paths/{place}/{method}/responses/200/content/application~1json/schema"
    validator = jsonschema_rs.Draft202012Validator({"$ref": schema}, registry=REGISTRY)
    return [f"{path}: {error.instance_path} {error.message}" for error in validator.iter_errors(body)]


def has_name(resource: Resource[Any]) -> bool:
    """Whether things of a type are named."""
    return "name" in field_map(resource.entity)


def pattern(path: str) -> str:
    """The path as the document has it."""
    if path in WHOLE["paths"]:
        return path
    before, _, word = path.rpartition("/")
    return f"{before.rpartition('/')[0]}/{{id}}/{word}"


def test_what_is_asked_is_answered_as_the_document_says(client: TestClient) -> None:
    wrong: list[str] = []
    answered = 0
    for path in QUESTIONS:
        parameters = WHOLE["paths"][path].get("parameters", [])
        shown = next((one["example"] for one in parameters if "example" in one), "nothing")
        answer = client.get(path.replace("{id}", shown), params={"field": "id", "key": "a"})
        if answer.status_code == 404 and "{id}" in path:  # one that does not come by itself, or has no name
            continue
        answered += 1
        wrong += [answer.text] if answer.status_code != 200 else misfits(path, "get", answer.json())
    assert wrong == []
    assert answered > 0.9 * len(QUESTIONS)


def test_what_would_be_made_is_shown_as_the_document_says(client: TestClient) -> None:
    seen = 0
    for path, item in WHOLE["paths"].items():
        if not path.endswith("/check-create-data"):
            continue
        schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
        plural = path.split("/")[-2]
        resource = next(one for one in TYPES if one.plural == plural)
        sent = {**example_of(resource), **MADE.get(plural, {}), **({"name": "another"} if has_name(resource) else {})}
        answer = client.post(path, json={next(iter(schema["properties"])): sent})
        if answer.status_code == 200:
            seen += 1
            assert misfits(path, "post", answer.json()) == []
    assert seen > 15


def test_an_answer_that_is_no_plan_does_not_pass_for_one() -> None:
    assert misfits("/compute/servers/{id}/login-info", "post", {"server": {"username": "root"}}) != []


def test_what_is_done_is_answered_as_the_document_says(client: TestClient, place: InProcess) -> None:
    for path, body in DONE:
        words = path.split("/")
        word = words[3 if words[2].startswith("v") else 2]
        resource = next(one for one in TYPES if one.plural == word)
        keyword = resource.plural if path in WHOLE["paths"] else resource.singular
        if (resource.plural, words[-1]) not in ALONE:
            planned = client.post(path, json={keyword: body}, params={"plan": "true"})
            assert (planned.status_code, misfits(pattern(path), "post", planned.json())) == (200, [])
        answer = client.post(path, json={keyword: body})
        place.settle()

        assert answer.status_code == 200, (path, answer.text)
        assert misfits(pattern(path), "post", answer.json()) == []


ANYTHING = {
    "policies": "rules of a policy: an object of services, below it of types, below it of actions, at any depth",
    "before": "values of the columns that changed, of any type",
    "after": "values of the columns that changed, of any type",
    "result": "what a condition says: any value",
    "scheduler": "nothing, or the session that is over",
    "answer": "what the call is answered with, which the plan names",
}
"""Keys of answers under which anything may stand, and why."""


def loose(schema: dict[str, Any], key: str = "", depth: int = 0) -> Iterator[str]:
    """The keys of an answer under which its schema allows anything."""
    if "$ref" in schema or depth > 8:
        return
    kind = schema.get("type")
    rest = schema.get("additionalProperties", True)
    if not set(schema) - {"description"}:
        yield key
    if kind == "object" and not schema.get("properties"):
        if schema.get("maxProperties") == 0:
            return
        yield from (key,) if rest is True else loose(rest, key, depth + 1)
    if kind == "array":
        yield from loose(schema["items"], key, depth + 1) if schema.get("items") else (key,)
    for name, inner in schema.get("properties", {}).items():
        yield from loose(inner, name, depth + 1)
    for one in schema.get("anyOf", ()):
        yield from loose(one, key, depth + 1)


def test_every_answer_says_what_stands_in_it() -> None:
    untyped = [
        f"{method} {path}: {key or 'all of it'}"
        for path, item in WHOLE["paths"].items()
        for method, one in item.items()
        if method != "parameters"
        for status, answer in one["responses"].items()
        if status.startswith("2")
        for content in answer.get("content", {}).values()
        for key in loose(content["schema"])
        if key not in ANYTHING
    ]
    assert untyped == []
