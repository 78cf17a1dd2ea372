"""The committed OpenAPI document is the one that the resource types give.

Write it anew with `python -m cloudcore_adapters.rest.openapi > tests/golden/openapi/openapi.json`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest
import schemathesis

from cloudcore.cloud import TYPES
from cloudcore_adapters.rest.openapi import document, rendered
from cloudcore_adapters.rest.routes import ROUTES
from cloudcore_adapters.rest.written import about

GOLDEN = Path(__file__).with_name("openapi.json")


@pytest.fixture(scope="module")
def schema():
    return json.loads(rendered(TYPES))


def test_committed_document_is_current():
    assert rendered(TYPES).decode() == GOLDEN.read_text(), __doc__


def test_document_does_not_depend_on_the_order_of_the_types():
    assert json.dumps(document(tuple(reversed(TYPES))), sort_keys=True) == json.dumps(document(TYPES), sort_keys=True)


def test_document_is_valid():
    schemathesis.openapi.from_dict(document(TYPES)).validate()


def test_an_invalid_document_is_found():
    broken = document(TYPES)
    broken["paths"]["/ping"]["get"]["responses"] = []
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()


def test_nearly_every_hand_written_route_is_described():
    """The others are said to answer with some object, and have the summary of their handlers."""
    assert len({r.handler for r in ROUTES if about(r) is None}) <= 20


def test_every_operation_says_what_it_does(schema):
    mute = [
        op["operationId"]
        for item in schema["paths"].values()
        for k, op in item.items()
        if k != "parameters" and not op["summary"]
    ]
    assert mute == []


def test_links_lead_to_operations_that_are_there(schema):
    ids = {op["operationId"] for item in schema["paths"].values() for key, op in item.items() if key != "parameters"}
    links = [
        (link["operationId"], link["parameters"])
        for item in schema["paths"].values()
        for key, op in item.items()
        if key != "parameters"
        for answer in op["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 300
    assert {name for name, _ in links} <= ids


def test_every_operation_says_how_it_may_fail(schema):
    wanted = {"400", "401", "403", "404", "409", "5XX"}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert method == "parameters" or wanted <= set(operation["responses"]), f"{method} {path}"


def test_every_body_of_a_create_has_an_example(schema):
    without = [
        n for n, kind in schema["components"]["schemas"].items() if n.endswith("Create") and not kind["examples"]
    ]
    assert without == []


def test_operation_ids_are_unique(schema):
    ids = [op["operationId"] for item in schema["paths"].values() for key, op in item.items() if key != "parameters"]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in ids)


def test_every_reference_leads_somewhere(schema):
    for path in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(schema))):
        node = schema
        for part in path.split("/"):
            node = node[part]


def test_path_parameters_are_declared(schema):
    for path, item in schema["paths"].items():
        declared = [p.get("name") or p["$ref"].rpartition("/")[2] for p in item.get("parameters", ())]
        assert set(re.findall(r"{(\w+)}", path)) == set(declared)


def test_status_of_a_type_with_a_lifecycle_is_an_enum(schema):
    with_lifecycle = [r for r in TYPES if r.lifecycle is not None and r.service in ("compute", "image", "identity")]
    assert with_lifecycle
    for resource in with_lifecycle:
        name = "".join(w[:1].upper() + w[1:] for w in resource.singular.split("_"))
        states = [str(s.value) for s in resource.lifecycle.states]
        assert schema["components"]["schemas"][name]["properties"]["status"]["enum"] == states


def test_no_secret_is_shown(schema):
    for name, kind in schema["components"]["schemas"].items():
        if not name.endswith(("Create", "Update")):
            fields = kind.get("properties", {}).values()
            assert not any(field.get("writeOnly") for field in fields), name
