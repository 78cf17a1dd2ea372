"""Class actions that come with the ownership ladder: the same done to several things of a type, all or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import Entity, Named
from cloudcore.model.errors import InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource
from cloudcore.operations.access import fetch_for
from cloudcore.operations.generic import check_in_use
from cloudcore.operations.ladder import Call, ladder_actions
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction

MOST = 200
"""How many things one call names at most."""

Batch = Callable[[Platform, Transaction, Caller, Resource[Any], JsonMapping], JsonObject]


def batch_actions(entity: type[Entity]) -> Mapping[str, Batch]:
    """The class actions that a type has by what it is, by name."""
    return _TAGS if issubclass(entity, Named) else {}


def _tagging(action: str) -> Batch:
    """Do one of the actions of tags to each of `resources`, with the tags of `metadata`."""

    def work(
        platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], body: JsonMapping
    ) -> JsonObject:
        tags: Any = body.get("metadata")
        if not isinstance(tags, dict):
            raise MissingParameterError("metadata must be an object of texts", field="metadata")
        done: list[str] = []
        for ident in _named(resource, body):
            row = fetch_for(platform, tx, caller, resource, ident, "perform", action)
            check_in_use(row)
            call = Call(platform=platform, tx=tx, caller=caller, resource=resource, body=cast("JsonObject", tags))
            ladder_actions(resource.entity)[action](call, row)
            done.append(row.id)
        return {"resources": [{"id": ident} for ident in done]}

    return work


_TAGS: Mapping[str, Batch] = MappingProxyType(
    {
        "batch-user-metadata": _tagging("user-metadata"),
        "batch-set-user-metadata": _tagging("set-user-metadata"),
    }
)


def _named(resource: Resource[Any], body: JsonMapping) -> list[str]:
    sent: Any = body.get("resources")
    if not isinstance(sent, list) or not sent:
        raise MissingParameterError("resources must be a list of objects with id", field="resources")
    items = cast("list[Any]", sent)
    if len(items) > MOST:
        raise OutOfRangeError(f"resources has more than {MOST} entries", field="resources")
    found: list[str] = []
    for place, item in enumerate(items):
        entry = cast("JsonObject", item) if isinstance(item, dict) else {"id": item}
        kind = entry.get("type")
        if kind not in (None, "", resource.singular):
            raise InvalidInputError(f"resources.{place}.type must be {resource.singular}", field="resources")
        found.append(read_str(entry.get("id") or "", f"resources.{place}.id", 128))
    if "" in found:
        raise MissingParameterError("resources: an id is missing", field="resources")
    return list(dict.fromkeys(found))
