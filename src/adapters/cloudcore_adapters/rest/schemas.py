"""JSON Schemas of resource types, from their fields.

What is sent may have more forms than what is shown: numbers and truth values may come as text, one text for a list, and
null for "nothing". The schemas of bodies say so, so that they hold for every body that is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from cloudcore.cloud import TYPES
from cloudcore.model.entity import DomainOwned, Named, ProjectOwned
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Field, Resource, Show, fields_of
from cloudcore.model.spec import default_of
from cloudcore.model.units import MAX_INT
from cloudcore.model.wire import says_nothing
from cloudcore.operations.refs import WIDEST, reference_keys

PLAIN_TEXT = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"
LONG_TEXT = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"

SHOWN: Mapping[type, JsonObject] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    dict: {"type": "object", "additionalProperties": True},
    list: {"type": "array", "items": {}},
}
"""How values of each kind are shown."""

ERROR: JsonObject = {
    "type": "object",
    "description": "What every failed request is answered with",
    "required": ["code", "class", "details", "time"],
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status"},
        "class": {"type": "string", "description": "Stable name of the kind of error"},
        "details": {"type": "string", "description": "For people"},
        "time": {"type": "string", "format": "date-time"},
        "data": {
            "type": "object",
            "additionalProperties": True,
            "description": "Further facts, by kind of error; `field` names the value that was wrong",
        },
    },
}

_PLAN: JsonObject = {"$ref": "#/components/schemas/Plan", "required": ["id", "call", "resource", "expires_at"]}
FORMS: Mapping[str, JsonObject] = {
    "Scalar": {"description": "A value of a column", "type": ["string", "number", "boolean"]},
    "WholeNumber": {
        "description": "A whole number as text",
        "type": "string",
        "pattern": "^ *[+-]?[0-9]{1,19} *$",
        "examples": ["4"],
    },
    "DecimalNumber": {
        "description": "A number as text",
        "type": "string",
        "pattern": "^ *[+-]?([0-9]{1,30}(\\.[0-9]{0,30})?|\\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})? *$",
        "examples": ["1.5"],
    },
    "Size": {
        "description": "A size as people write it: a bare number is in the unit that is named",
        "type": "string",
        "pattern": "^ *[0-9]{1,10}([bkmgBKMG]([iI]?[bB])?)? *$",
        "examples": ["20g"],
    },
    "Truth": {
        "description": "A truth value",
        "anyOf": [
            {"type": "boolean"},
            {"enum": [0, 1]},
            {
                "type": "string",
                "pattern": "^ *([Tt][Rr][Uu][Ee]|[Oo][Nn]|[Yy][Ee][Ss]|1|[Ff][Aa][Ll][Ss][Ee]|[Oo][Ff]{2}|[Nn][Oo]|0) *$",
            },
        ],
        "examples": [True],
    },
    "Flag": {
        "description": "A truth value; without a value it is true",
        "anyOf": [{"$ref": "#/components/schemas/Truth"}, {"type": "string", "pattern": "^ *$"}],
        "examples": [True],
    },
    "Option": {
        "description": "A truth value; false without a value",
        "anyOf": [{"$ref": "#/components/schemas/Truth"}, {"type": "string", "maxLength": 0}],
        "examples": [True],
    },
    "Exported": {
        "description": "A row of an export: every value as a text",
        "type": "object",
        "additionalProperties": {"type": "string"},
    },
    "Planned": {
        "description": "What a call with `plan` answers: the plan, in the envelope of the call",
        "type": "object",
        "minProperties": 1,
        "maxProperties": 2,
        "additionalProperties": {
            "anyOf": [_PLAN, {"type": "array", "items": {"type": "object", "properties": {"body": _PLAN}}}]
        },
    },
}
"""Schemas that others refer to."""


def name_of(resource: Resource[Any], suffix: str = "") -> str:
    """The name of a type's schema: its singular in words with capitals."""
    return named(resource.singular) + suffix


def named(singular: str) -> str:
    """The same for a singular."""
    return "".join(word[:1].upper() + word[1:] for word in singular.replace("-", "_").split("_"))


def reference(name: str) -> JsonObject:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def shown_schema(resource: Resource[Any]) -> JsonObject:
    """What a client sees. Values that are empty, or were not asked for, are left out, so none is required."""
    fields = [f for f in fields_of(resource.entity) if _visible(f)]
    return {
        "type": "object",
        "description": resource.doc,
        "properties": {field.name: _as_shown(resource, field) for field in fields},
        "additionalProperties": True,
    }


def create_schema(resource: Resource[Any]) -> JsonObject:
    """What a client may send when creating."""
    fields = [f for f in fields_of(resource.entity) if f.spec.create]
    required = sorted(f.name for f in fields if f.spec.required)
    schema: JsonObject = {
        "type": "object",
        "properties": _as_sent(resource, fields) | _extra(resource) | _of_the_ladder(resource),
        "additionalProperties": True,
        "examples": [example_of(resource)],
    }
    return {**schema, "required": required} if required else schema


def update_schema(resource: Resource[Any]) -> JsonObject:
    """What a client may change."""
    fields = [f for f in fields_of(resource.entity) if f.spec.update]
    return {
        "type": "object",
        "properties": _as_sent(resource, fields),
        "additionalProperties": True,
        "examples": [{"description": "changed"} if any(f.name == "description" for f in fields) else {}],
    }


def example_name(resource: Resource[Any]) -> str:
    """What examples call one of a type."""
    return f"{resource.singular.replace('_', '-')}-1"


def example_of(resource: Resource[Any]) -> JsonObject:
    """A body of a create: what the type declares as one, else what must be sent."""
    if resource.example:
        return dict(resource.example)
    found: JsonObject = {"name": f"new-{example_name(resource)}"} if _has(resource, "name") else {}
    for field in fields_of(resource.entity):
        if field.spec.create and field.spec.required:
            found.setdefault(field.name, _example_value(resource, field))
    return found


@cache
def _names() -> Mapping[str, str]:
    """Plural → what examples call one of the type."""
    return {resource.plural: example_name(resource) for resource in TYPES}


def _example_value(resource: Resource[Any], field: Field) -> Any:
    if field.ref is not None:
        return _names().get(field.ref.target, f"{field.name.removesuffix('_id')}-1")
    choices = _choices(resource, field)
    if choices:
        return choices[0]
    plain: Mapping[type, Any] = {bool: True, float: 1.5, str: "text", list: [], dict: {}}
    return plain.get(field.kind, max(field.spec.minimum or 1, 1))


def _visible(field: Field) -> bool:
    return field.spec.show not in (Show.NEVER, Show.FILTER) and not field.spec.secret and not field.spec.sealed


def _extra(resource: Resource[Any]) -> JsonObject:
    return {one.name: param_schema(one) for one in resource.extra_params}


def params_schema(params: Sequence[Field]) -> JsonObject:
    """What may be sent with an action; other keys are passed over."""
    needed = [one.name for one in params if one.spec.required]
    schema: JsonObject = {
        "type": "object",
        "properties": {one.name: param_schema(one) for one in params},
        "additionalProperties": True,
    }
    if not params:
        schema["description"] = "Nothing is read of it"
    example = {one.name: example_of_param(one) for one in params if one.spec.required or one.spec.example is not None}
    return {**schema, **({"required": needed} if needed else {}), **({"examples": [example]} if example else {})}


def param_schema(one: Field) -> JsonObject:
    """One parameter as it is sent: every form that is read, with its limits."""
    spec = one.spec
    if one.kind is str and spec.unit is not None:
        forms = [reference("Size"), _number(0, None)]
    elif spec.choices:
        forms = [{"type": "string", "enum": list(spec.choices)}]
    elif one.kind is list:
        forms = _list_of(one)
    elif one.ref is not None:
        forms = [{"type": "string", "maxLength": spec.width, "pattern": PLAIN_TEXT}, _number(-MAX_INT, None)]
    else:
        forms = list(_READ[one.kind](one))
    if not spec.required:
        forms += [_EMPTY, _NULL]
    schema: JsonObject = {**(forms[0] if len(forms) == 1 else {"anyOf": forms}), "description": spec.doc}
    if spec.alias:
        schema["description"] = f"{spec.doc}; also taken as {', '.join(spec.alias)}"
    if spec.unit is not None:
        schema["x-unit"] = str(spec.unit)
    if one.ref is not None:
        schema["x-refers-to"] = one.ref.target
    if spec.secret:
        schema["writeOnly"] = True
    if spec.example is not None:
        schema["examples"] = [spec.example]
    return schema


def example_of_param(one: Field) -> Any:
    """A value of a parameter: the one that is declared, else one that fits."""
    if one.spec.example is not None:
        return one.spec.example
    if one.spec.choices:
        return one.spec.choices[0]
    plain: Mapping[type, Any] = {bool: True, float: 1.5, str: "text", list: ["text"], dict: {}, object: "text"}
    if one.kind is datetime:
        return "2026-01-02T03:04:05Z"
    if one.spec.of is dict:
        return [{}]
    if one.kind is str and one.spec.unit is not None:
        return "1g"
    value = (
        _names().get(one.ref.target, one.name)
        if one.ref is not None
        else plain.get(one.kind, max(one.spec.minimum or 1, 1))
    )
    return [value] if one.kind is list and one.ref is not None else value


def _list_of(one: Field) -> list[JsonObject]:
    text: JsonObject = {"type": "string", "maxLength": 256, "pattern": PLAIN_TEXT}
    if one.spec.of is dict:
        item: JsonObject = {"type": "object", "additionalProperties": True}
        return [{"type": "array", "items": item}, item]
    if one.spec.of is str:
        return [{"type": "array", "items": {"anyOf": [text, _number(-MAX_INT, None)]}, "maxItems": 2048}, text]
    return [{"type": "array", "items": {}}, text]


def _of_the_ladder(resource: Resource[Any]) -> JsonObject:
    """What may be sent of every type because of who owns it."""
    found: JsonObject = {
        "dry_run": {"anyOf": [reference("Truth"), _EMPTY, _NULL], "description": "Check only, make nothing"}
    }
    if issubclass(resource.entity, Named):
        forms = [_NAME, _number(-MAX_INT, None)]
        found["generate_name"] = {"description": "A name to derive a free one from: web-##, web-???", "anyOf": forms}
    if issubclass(resource.entity, DomainOwned | ProjectOwned):
        found["project_domain"] = {"description": "Owning domain, id or name", **_NAME}
    if issubclass(resource.entity, ProjectOwned):
        found["project"] = {"description": "Owning project, id or name", **_NAME}
    return found


def _as_shown(resource: Resource[Any], field: Field) -> JsonObject:
    schema: JsonObject = {**SHOWN[field.kind], **_told(field)}
    choices = _choices(resource, field)
    if choices:
        schema["enum"] = choices
    return {**schema, "type": [schema["type"], "null"]} if field.spec.null else schema


def _as_sent(resource: Resource[Any], fields: Iterable[Field]) -> JsonObject:
    return {field.name: field_schema(resource, field) for field in fields}


def field_schema(resource: Resource[Any], field: Field) -> JsonObject:
    """One field as it is sent: every form that is read, with its limits and default."""
    spec = field.spec
    forms = _forms(resource, field)
    if field.ref is None and says_nothing(field):
        forms = [*forms, _EMPTY]
    if field.nullable or field.has_default or field.ref is not None:
        forms = [*forms, _NULL]
    schema: JsonObject = {**(forms[0] if len(forms) == 1 else {"anyOf": forms}), **_told(field)}
    if spec.admin:
        schema["x-needs-scope"] = "domain"
    default = default_of(field.default)
    if isinstance(default, str | int | float | bool) and default != "" and field.has_default:
        schema["default"] = default
    if spec.secret or spec.sealed:
        schema["writeOnly"] = True
    return schema


def _forms(resource: Resource[Any], field: Field) -> list[JsonObject]:
    if field.ref is not None:
        return [{"type": "string", "maxLength": WIDEST, "pattern": PLAIN_TEXT}, _number(0, None)]
    choices = _choices(resource, field)
    if choices:
        return [{"type": "string", "enum": choices}]
    return list(_READ[field.kind](field))


def _told(field: Field) -> JsonObject:
    """What is said of a field beside its type."""
    found: JsonObject = {"description": field.spec.doc}
    also = [*field.spec.alias, *(reference_keys(field)[1:] if field.ref is not None else ())]
    if also:
        found["description"] = f"{field.spec.doc}; also taken as {', '.join(dict.fromkeys(also))}"
    if field.spec.unit is not None:
        found["x-unit"] = str(field.spec.unit)
    if field.ref is not None:
        found["x-refers-to"] = field.ref.target
    return found


def _choices(resource: Resource[Any], field: Field) -> list[str]:
    if field.name == "status" and resource.lifecycle is not None:
        return [str(state.value) for state in resource.lifecycle.states]
    if field.enum is not None:
        return [str(member.value) for member in field.enum]
    return list(field.spec.choices or ())


def _has(resource: Resource[Any], name: str) -> bool:
    return any(field.name == name for field in fields_of(resource.entity))


def _number(minimum: int, maximum: int | None) -> JsonObject:
    return {
        "type": "integer",
        "format": "int64",
        "minimum": minimum,
        "maximum": MAX_INT if maximum is None else maximum,
    }


def _text(field: Field) -> list[JsonObject]:
    pattern = LONG_TEXT if field.spec.multiline else PLAIN_TEXT
    return [{"type": "string", "maxLength": field.spec.width, "pattern": pattern}, _number(-MAX_INT, None)]


def _decimal(field: Field) -> list[JsonObject]:
    low = -MAX_INT if field.spec.minimum is None else field.spec.minimum
    high = MAX_INT if field.spec.maximum is None else field.spec.maximum
    return [{"type": "number", "minimum": low, "maximum": high}, reference("DecimalNumber")]


_NULL: JsonObject = {"type": "null"}
_EMPTY: JsonObject = {"type": "string", "maxLength": 0}
_NAME: JsonObject = {"type": ["string", "null"], "maxLength": 128, "pattern": PLAIN_TEXT}
_READ: Mapping[type, Callable[[Field], list[JsonObject]]] = {
    str: _text,
    int: lambda field: [_number(field.spec.minimum or 0, field.spec.maximum), reference("WholeNumber")],
    float: _decimal,
    bool: lambda _field: [reference("Truth")],
    datetime: lambda _field: [{"type": "string", "format": "date-time"}],
    dict: lambda _field: [{"type": "object", "additionalProperties": True}],
    list: lambda _field: [{"type": "array", "items": {}}, {"type": "string", "maxLength": 256, "pattern": PLAIN_TEXT}],
    object: lambda _field: [
        {"type": "array", "items": {}},
        {"type": "object", "additionalProperties": True},
        {"type": "string", "pattern": LONG_TEXT},
        _number(-MAX_INT, None),
    ],
}
"""The forms in which a field of each kind is read."""
