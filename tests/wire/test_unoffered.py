"""What is not there answers with a clear error by its name, and is advertised nowhere.

The mark says both: `Unoffered` of a handler, `refuses` of a type. Here the marks are held against what happens.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.wire.example_run import WHOLE, examples, outcome
from tests.wire.schema_run import TOKEN, Tried
from tests.wire.test_examples import reasons

import cloudcore
import cloudcore_adapters
from cloudcore.cloud import TYPES
from cloudcore.model.resource import ActionKind, Resource, Verb
from cloudcore.operations.ladder import actions_of
from cloudcore.operations.table import CREATE
from cloudcore.operations.unoffered import KEYS
from cloudcore_adapters.rest.gateway.table import ROUTES as GATEWAY_ROUTES
from cloudcore_adapters.rest.gateway.table import SERVICE as GATEWAY
from cloudcore_adapters.rest.gateway.table import match as match_gateway
from cloudcore_adapters.rest.paths import parts_of, target_of
from cloudcore_adapters.rest.routes import ROUTES, match
from cloudcore_adapters.rest.schemas import create_schema, example_name, update_schema
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES, Limits
from cloudcore_adapters.rest.site import Site
from cloudcore_apps.climc.derive import build_index, declared

ONLY_HERE = {
    **{
        f"POST /compute/servers/{{id}}/{action}": "the simulated host runs no guest that could be asked"
        for action in ("qga-ping", "qga-get-network", "qga-guest-info-task", "screen-dump", "sendkeys")
    },
    "POST /compute/servers/{id}/instance-snapshot": "the example sends `with_memory`; without it the disks are kept",
}
"""Advertised operations whose examples are refused as not supported, each with why it is offered all the same."""
ASKED_BY_MARKED = {"log_action": "services.action_action, which has the mark, is all that calls it"}
"""Functions that only refuse, and have no mark of their own."""
REFUSING = [(resource, name) for resource in TYPES for name in resource.refuses]
SOURCES = tuple(Path(package.__path__[0]) for package in (cloudcore, cloudcore_adapters))


@pytest.fixture(scope="module")
def tried() -> Tried:
    return Tried()


def test_the_document_names_nothing_that_is_marked(tried: Tried) -> None:
    site = Site(tried.place.cloud, prefixes=DEFAULT_PREFIXES, limits=Limits(), public_url="", open_signed=None)
    marked = []
    for example, path in examples():
        target = target_of(parts_of(path.encode(), limit=12), site.prefixes)
        method = example.method.upper()
        found = match_gateway(target, method) if target.service == GATEWAY else match(site, target, method)
        if not found.offered:
            marked.append(example.label)
    assert marked == []


def test_links_name_only_what_is_in_the_document() -> None:
    operations = [one for item in WHOLE["paths"].values() for name, one in item.items() if name != "parameters"]
    linked = {
        to["operationId"]
        for one in operations
        for answer in one["responses"].values()
        for to in answer.get("links", {}).values()
    }
    assert linked
    assert linked <= {one["operationId"] for one in operations}


def test_no_example_is_refused_because_something_is_not_there(tried: Tried) -> None:
    client = TestClient(tried)
    told: dict[str, str] = {}
    for example, path in examples():
        if example.label not in reasons():
            continue
        status, text = outcome(client, example, path)
        if status == 406 and '"class":"NotSupportedError"' in text:
            told[example.label] = text
    assert {label: text for label, text in told.items() if label not in ONLY_HERE} == {}
    assert told.keys() == ONLY_HERE.keys(), "the list of those that are offered all the same has more than it needs"


def test_whatever_only_refuses_has_the_mark() -> None:
    found = {name for root in SOURCES for file in sorted(root.rglob("*.py")) for name in unmarked(file.read_text())}
    assert found == set(ASKED_BY_MARKED)


def test_a_function_that_only_refuses_is_found() -> None:
    refusing = "def later(site):\n    site.ask()\n    raise NotSupportedError('not there')\n"
    assert list(unmarked(refusing)) == ["later"]
    assert list(unmarked("@Unoffered\n" + refusing)) == []
    assert list(unmarked(refusing + "handler = Unoffered(later)\n")) == []
    assert list(unmarked("def check(x):\n    if x:\n        raise NotSupportedError('that')\n")) == []


def unmarked(source: str) -> Iterator[str]:
    """Functions every way through which ends with an error, not supported among them, and that no mark is put on."""
    tree = ast.parse(source)
    marked = {
        argument.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Unoffered"
        for argument in call.args
        if isinstance(argument, ast.Name)
    }
    for one in ast.walk(tree):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(one.body[-1], ast.Raise):
            continue
        inner = list(ast.walk(one))
        raised = {ast.unparse(part.exc) for part in inner if isinstance(part, ast.Raise) and part.exc is not None}
        answers = any(isinstance(part, ast.Return | ast.Yield | ast.YieldFrom) for part in inner)
        decorated = any(ast.unparse(mark) == "Unoffered" for mark in one.decorator_list)
        refuses = any(text.startswith("NotSupportedError(") for text in raised)
        if refuses and not answers and not decorated and one.name not in marked:
            yield one.name


@pytest.mark.parametrize("route", [one for one in (*ROUTES, *GATEWAY_ROUTES) if not one.offered], ids=lambda r: r.path)
def test_marked_routes_are_refused_by_name(tried: Tried, route: Any) -> None:
    client = TestClient(tried)
    prefix = DEFAULT_PREFIXES[route.service]
    user = tried.place.admin.list("users", {"limit": 1}).items[0]["id"]
    words = {"version": "v1", "user": user, "word": "purge-splitable", "words...": "x"}
    path = prefix + "/".join(words.get(w.strip("{}"), "1") if w[:1] == "{" else w for w in route.path.split("/"))
    for method in route.methods.split():
        answer = client.request(method, path, json={}, headers={"X-Auth-Token": TOKEN})
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError"), (method, path, answer.text)
        assert len(answer.json()["details"]) > 20


@pytest.mark.parametrize(("resource", "name"), REFUSING, ids=lambda one: getattr(one, "plural", one))
def test_what_a_type_refuses_is_known_and_refused_by_name(tried: Tried, resource: Resource[Any], name: str) -> None:
    actions = {action.name for action in actions_of(resource) if action.kind is ActionKind.PERFORM}
    is_verb = name == Verb.CREATE and name in resource.verbs and resource.plural not in CREATE
    assert is_verb or name in actions, "nothing would refuse it"
    client, root = TestClient(tried), f"/compute/{resource.plural}"
    one = f"{root}/{example_name(resource)}"
    asked = [("POST", root), ("POST", f"{root}/check-create-data")] if is_verb else [("POST", f"{one}/{name}")]
    sent = {resource.singular: {"name": "new", "project": "system"}}
    for method, path in asked:
        answer = client.request(method, path, json=sent, headers={"X-Auth-Token": TOKEN})
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError"), answer.text
        assert answer.json()["details"] == resource.refuses[name]
        assert answer.json()["data"] == {"plural": resource.plural, "name": name}
        for odd in ({}, {resource.singular: {"name": 7}}):
            answer = client.request(method, path, json=odd, headers={"X-Auth-Token": TOKEN})
            assert answer.json()["details"] == resource.refuses[name], "it does not depend on what is sent"
    other = client.request("PATCH", asked[-1][1], json=sent, headers={"X-Auth-Token": TOKEN})
    assert "POST" not in other.headers.get("Allow", "")


def test_another_method_of_what_is_partly_there_names_those_that_are() -> None:
    client = TestClient(Tried())
    answer = client.patch("/compute/vpcs", json={}, headers={"X-Auth-Token": TOKEN})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_no_schema_has_a_field_that_is_refused_whatever_it_says() -> None:
    for resource in TYPES:
        for schema in (create_schema(resource), update_schema(resource)):
            shown = schema["properties"].keys()
            assert KEYS.get(resource.plural, {}).keys().isdisjoint(shown), resource.plural


def test_climc_has_commands_for_what_is_refused_apart_from_those_that_it_shows() -> None:
    index = build_index(declared())
    refused = {tuple(entry) for entry in index["refused"].values()}
    assert {(entry[1], entry[-1] if len(entry) > 2 else entry[0]) for entry in refused} == {
        (resource.plural, name) for resource, name in REFUSING
    }
    assert index["commands"].keys().isdisjoint(index["refused"])
