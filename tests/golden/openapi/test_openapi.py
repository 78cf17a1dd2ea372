"""The committed OpenAPI document is the one that the resource types give.

Write it anew with `python -m cloudcore_adapters.rest.openapi > tests/golden/openapi/openapi.json`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cloudcore.cloud import TYPES
from cloudcore_adapters.rest.openapi import document, rendered

GOLDEN = Path(__file__).with_name("openapi.json")


@pytest.fixture(scope="module")
def schema():
    return json.loads(rendered(TYPES))


def test_committed_document_is_current():
    assert rendered(TYPES).decode() == GOLDEN.read_text(), __doc__


def test_document_does_not_depend_on_the_order_of_the_types():
    assert json.dumps(document(tuple(reversed(TYPES))), sort_keys=True) == json.dumps(document(TYPES), sort_keys=True)


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
        assert set(re.findall(r"{(\w+)}", path)) == {p["name"] for p in item.get("parameters", ())}


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
            assert not any(field.get("writeOnly") for field in kind["properties"].values()), name
