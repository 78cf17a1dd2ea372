"""JSON Schemas of what actions, details and properties answer with."""

from __future__ import annotations

from typing import Any

from cloudcore.model.answer import Answer, Key
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Resource
from cloudcore_adapters.rest.schemas import SHOWN, name_of, named, reference


def answer_schema(resource: Resource[Any], answer: Answer | None) -> JsonObject:
    """What stands in the envelope. None: anything."""
    if answer is None:
        return {}
    one = keys_schema(answer.keys)
    if answer.row:
        row: JsonObject = {**reference(name_of(resource)), "required": ["id"]}
        one = {"allOf": [row, one]} if answer.keys else row
    return {"type": "array", "items": one} if answer.many else one


def keys_schema(keys: tuple[Key, ...]) -> JsonObject:
    """An object that has these keys at least: others may be added one day."""
    needed = [key.name for key in keys if not key.optional]
    schema: JsonObject = {
        "type": "object",
        "properties": {key.name: _value(key) for key in keys},
        "additionalProperties": True,
    }
    return {**schema, "required": needed} if needed else schema


def _value(key: Key) -> JsonObject:
    schema: JsonObject = dict(SHOWN.get(key.kind, {}))
    if isinstance(key.of, tuple):
        schema["items"] = keys_schema(key.of)
    elif isinstance(key.of, str):
        schema["items"] = reference(named(key.of))
    elif key.of is not None:
        schema["items"] = SHOWN[key.of]
    if key.null:
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": key.doc}
