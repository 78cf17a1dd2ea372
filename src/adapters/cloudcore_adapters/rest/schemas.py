"""JSON Schemas of resource types, from their fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Field, Resource, Show, fields_of
from cloudcore.model.spec import default_of

_TYPES: Mapping[type, JsonObject] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    dict: {"type": "object", "additionalProperties": True},
    list: {"type": "array", "items": {}},
}

ERROR: JsonObject = {
    "type": "object",
    "description": "What every failed request is answered with",
    "required": ["code", "class", "details", "time"],
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status"},
        "class": {"type": "string", "description": "Stable name of the kind of error"},
        "details": {"type": "string", "description": "For people"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "additionalProperties": True, "description": "Further facts, by kind of error"},
    },
}


def name_of(resource: Resource[Any], suffix: str = "") -> str:
    """The name of a type's schema: its singular in words with capitals."""
    return "".join(word[:1].upper() + word[1:] for word in resource.singular.replace("-", "_").split("_")) + suffix


def reference(name: str) -> JsonObject:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def shown_schema(resource: Resource[Any]) -> JsonObject:
    """What a client sees. Values that are empty are left out, so none is required but the id."""
    fields = [f for f in fields_of(resource.entity) if _visible(f)]
    return {
        "type": "object",
        "description": resource.doc,
        "required": ["id"],
        "properties": _properties(resource, fields, wanted=False),
        "additionalProperties": True,
    }


def create_schema(resource: Resource[Any]) -> JsonObject:
    """What a client may send when creating."""
    fields = [f for f in fields_of(resource.entity) if f.spec.create]
    required = sorted(f.name for f in fields if f.spec.required)
    schema: JsonObject = {
        "type": "object",
        "properties": _properties(resource, fields, wanted=True) | _extra(resource),
        "additionalProperties": True,
    }
    return {**schema, "required": required} if required else schema


def update_schema(resource: Resource[Any]) -> JsonObject:
    """What a client may change."""
    fields = [f for f in fields_of(resource.entity) if f.spec.update]
    properties = _properties(resource, fields, wanted=True)
    return {"type": "object", "properties": properties, "additionalProperties": True}


def _visible(field: Field) -> bool:
    return field.spec.show is not Show.NEVER and not field.spec.secret and not field.spec.sealed


def _extra(resource: Resource[Any]) -> JsonObject:
    return {name: {"description": doc} for name, doc in resource.extra_params}


def _properties(resource: Resource[Any], fields: Iterable[Field], *, wanted: bool) -> JsonObject:
    return {field.name: field_schema(resource, field, wanted=wanted) for field in fields}


def field_schema(resource: Resource[Any], field: Field, *, wanted: bool) -> JsonObject:
    """One field; `wanted`: as it is sent, with its limits and default, instead of as it is shown."""
    spec = field.spec
    schema: JsonObject = {**_TYPES[field.kind], "description": spec.doc}
    choices = _choices(resource, field)
    if choices:
        schema["enum"] = choices
    if spec.unit is not None:
        schema["x-unit"] = str(spec.unit)
    if field.ref is not None:
        schema["x-refers-to"] = field.ref.target
    if not wanted:
        return schema
    if field.kind is str and not choices:
        schema["maxLength"] = spec.width
    for name, limit in (("minimum", spec.minimum), ("maximum", spec.maximum)):
        if limit is not None:
            schema[name] = limit
    if spec.admin:
        schema["x-needs-scope"] = "domain"
    default = default_of(field.default)
    if isinstance(default, str | int | float | bool) and default != "":
        schema["default"] = default
    if spec.secret or spec.sealed:
        schema["writeOnly"] = True
    return schema


def _choices(resource: Resource[Any], field: Field) -> list[str]:
    if field.name == "status" and resource.lifecycle is not None:
        return [str(state.value) for state in resource.lifecycle.states]
    if field.enum is not None:
        return [str(member.value) for member in field.enum]
    return list(field.spec.choices or ())
