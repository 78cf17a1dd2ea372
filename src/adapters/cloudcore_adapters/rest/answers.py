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
    one = keys_schema(*answer.keys)
    if answer.of is not None:
        one["additionalProperties"] = _inner(answer.of)
    if answer.row:
        row: JsonObject = {**reference(name_of(resource)), "required": ["id"]}
        one = {"allOf": [row, one]} if answer.keys else row
    return {"type": "array", "items": one} if answer.many else one


def keys_schema(*keys: Key) -> JsonObject:
    """An object that has these keys at least: others may be added one day."""
    needed = [key.name for key in keys if not key.optional]
    schema: JsonObject = {
        "type": "object",
        "properties": {key.name: key_schema(key) for key in keys},
        "additionalProperties": True,
    }
    return {**schema, "required": needed} if needed else schema


def key_schema(key: Key) -> JsonObject:
    """What stands under one key."""
    schema: JsonObject = dict(SHOWN.get(key.kind, {}))
    if key.kind is dict and isinstance(key.of, tuple):
        schema = keys_schema(*key.of)
    elif key.of is not None:
        schema["additionalProperties" if key.kind is dict else "items"] = _inner(key.of)
    if key.null:
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": key.doc} if key.doc else schema


def _inner(of: type | tuple[Key, ...] | str | Key) -> JsonObject:
    if isinstance(of, tuple):
        return keys_schema(*of)
    if isinstance(of, Key):
        return key_schema(of)
    return reference(named(of)) if isinstance(of, str) else dict(SHOWN.get(of, {}))
