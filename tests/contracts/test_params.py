"""Every action says what may be sent with it, of one declaration that is also what a request is checked against."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cloudcore.cloud import TYPES
from cloudcore.model.errors import CloudcoreError, InvalidInputError, MissingParameterError
from cloudcore.model.param import ANY, param, read_params
from cloudcore.model.resource import Action, ActionKind, Field, Resource
from cloudcore.model.units import Unit
from cloudcore.operations.ladder import actions_of
from cloudcore.operations.table import ALONE, DETAIL, MAKING, PERFORM, PERFORM_CLASS
from cloudcore_adapters.rest.openapi import document
from cloudcore_adapters.rest.schemas import example_of_param, params_schema
from cloudcore_apps.inprocess import InProcess, simulated_cloud

PLURALS = {resource.plural for resource in TYPES}
BY_PLURAL: dict[str, Resource[Any]] = {resource.plural: resource for resource in TYPES}
KINDS = {str, int, float, bool, datetime, dict, list, ANY}
ACTIONS = [(resource, action) for resource in TYPES for action in actions_of(resource)]
PARAMS = [
    *((f"{resource.plural} {action.name}", one) for resource, action in ACTIONS for one in action.params),
    *((f"{resource.plural} create", one) for resource in TYPES for one in resource.extra_params),
]
WRONG: dict[type, Any] = {
    str: {}, int: "many", float: "much", bool: "perhaps", datetime: "soon", dict: "text", list: 5, ANY: True,
}  # fmt: skip


@pytest.fixture(scope="module")
def place() -> InProcess:
    return simulated_cloud(hosts=1)


def test_an_action_cannot_be_declared_without_saying_what_it_takes() -> None:
    with pytest.raises(TypeError):
        Action(name="start", doc="Start it")  # type: ignore[call-arg]


@pytest.mark.parametrize(("where", "one"), PARAMS, ids=[f"{where} {one.name}" for where, one in PARAMS])
def test_a_parameter_has_a_type_and_says_what_it_means(where: str, one: Field) -> None:
    assert one.kind in KINDS, where
    assert one.spec.doc
    assert one.spec.doc[-1] != "."
    assert one.ref is None or one.ref.target in PLURALS
    assert one.kind is list or one.spec.of is None
    read_params((one,), {one.name: example_of_param(one)})
    with pytest.raises(InvalidInputError) as caught:
        read_params((one,), {one.name: WRONG[one.kind]})
    assert caught.value.field == one.name


def test_whatever_has_an_operation_is_declared() -> None:
    kinds = (
        (ActionKind.PERFORM, [*PERFORM, *ALONE, *MAKING]),
        (ActionKind.CLASS, PERFORM_CLASS),
        (ActionKind.SPEC, DETAIL),
    )
    known = {(resource.plural, action.kind, action.name) for resource, action in ACTIONS}
    assert [key for kind, keys in kinds for key in keys if (key[0], kind, key[1]) not in known] == []


def test_names_are_taken_once() -> None:
    for resource, action in ACTIONS:
        names = [name for one in action.params for name in (one.name, *one.spec.alias)]
        assert len(set(names)) == len(names), (resource.plural, action.name)


@pytest.mark.parametrize(
    ("one", "sent"),
    [
        (param("size", "Size", unit=Unit.MIB), "large"),
        (param("count", "How many", int, minimum=1, maximum=5), 6),
        (param("ratio", "How much", float, minimum=0, maximum=2), 2.5),
        (param("way", "Where", choices=("in", "out")), "up"),
        (param("names", "Names", list, of=str), ["a", {}]),
        (param("rows", "Rows", list, of=dict), [{}, "a"]),
        (param("force", "By force", bool), 2),
        (param("name", "Name", width=3), "long"),
        (param("old", "Name", alias=("older",), width=3), {"older": "long"}),
    ],
    ids=lambda value: value.name if isinstance(value, Field) else "",
)
def test_what_does_not_fit_is_named(one: Field, sent: Any) -> None:
    body = sent if isinstance(sent, dict) else {one.name: sent}
    with pytest.raises(InvalidInputError) as caught:
        read_params((one,), body)
    assert (caught.value.field or "").partition(".")[0] == next(iter(body))


def test_what_is_sent_is_read_under_its_own_name() -> None:
    declared = (param("disk_id", "Disk", refers="disks", alias=("disk",), required=True), param("force", "F", bool))
    assert read_params(declared, {"disk": "d1", "force": "yes", "other": 1}) == {
        "disk": "d1", "disk_id": "d1", "force": True, "other": 1,
    }  # fmt: skip
    assert read_params(declared, {"disk.0": "d1", "force": ""}) == {"disk.0": "d1", "force": ""}
    for nothing in ({}, {"disk_id": ""}, {"disk": None}):
        with pytest.raises(MissingParameterError):
            read_params(declared, nothing)


def test_a_schema_says_what_is_needed() -> None:
    action = BY_PLURAL["servers"].action("resize-disk", ActionKind.PERFORM)
    assert action is not None
    schema = params_schema(action.params)
    assert schema["required"] == ["disk_id", "size"]
    assert schema["properties"]["disk_id"]["x-refers-to"] == "disks"
    assert schema["properties"]["size"]["x-unit"] == "MiB"
    assert schema["examples"] == [{"disk_id": "disk-1", "size": "20g"}]
    (group,) = [a for a in actions_of(BY_PLURAL["servers"]) if a.name == "status"]
    assert "running" in params_schema(group.params)["properties"]["status"]["enum"]


def test_the_document_says_which_actions_are_answered_with_what_they_were_done_to() -> None:
    paths = document([BY_PLURAL["servers"]])["paths"]

    def told(action: str) -> Any:
        answer = paths[f"/compute/servers/{{id}}/{action}"]["post"]["responses"]["200"]
        done, _planned = answer["content"]["application/json"]["schema"]["anyOf"]
        return done["properties"]["server"]

    itself = {"$ref": "#/components/schemas/Server", "required": ["id"]}
    # Begun by its lifecycle, and from the ladder; another tells something of its own.
    assert told("start") == told("freeze") == itself
    assert told("login-info") not in ({}, itself)


REFUSED = [
    (resource, action, one)
    for resource, action in ACTIONS
    if resource.plural in ("secgroups", "servers", "projects", "networks") and action.kind is ActionKind.PERFORM
    for one in action.params
]


@pytest.mark.parametrize(
    ("resource", "action", "one"), REFUSED, ids=[f"{r.plural} {a.name} {one.name}" for r, a, one in REFUSED]
)
def test_a_wrong_value_is_refused_and_changes_nothing(
    place: InProcess, resource: Resource[Any], action: Action, one: Field
) -> None:
    ident = _one_of(place, resource.plural)
    before = place.admin.get(resource.plural, ident)
    others = {each.name: example_of_param(each) for each in action.params if each.spec.required}

    with pytest.raises(CloudcoreError) as caught:
        place.admin.perform(resource.plural, ident, action.name, {**others, one.name: WRONG[one.kind]})

    assert isinstance(caught.value, InvalidInputError)
    assert caught.value.field == one.name
    assert place.admin.get(resource.plural, ident) == before


def _one_of(place: InProcess, plural: str) -> str:
    if plural == "servers" and not place.admin.list("servers").items:
        place.admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
        place.settle()
        disks = [{"image_id": "tiny", "size": 1024}]
        place.admin.create("servers", {"name": "web", "vmem_size": 256, "vcpu_count": 1, "disks": disks})
        place.settle()
    return str(place.admin.list(plural).items[0]["id"])
