"""Actions that are plain changes of records: overcommit, purging what nothing uses, trying out conditions."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.condition import parse_condition
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_str
from cloudcore.model.resource import field_map
from cloudcore.model.wire import read_value
from cloudcore.operations.access import fetch
from cloudcore.operations.generic import check_deletable, remove
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction

_BOUNDS = ("cmtbound", "cpu_cmtbound", "mem_cmtbound")


def set_commit_bound(
    plural: str, platform: Platform, tx: Transaction, _caller: Caller, row: Any, body: JsonMapping
) -> None:
    """Say how far more may be promised than is there.

    Raises:
        MissingParameterError: no bound was sent.
    """
    resource = platform.types[plural]
    fields = field_map(resource.entity)
    changes = {name: read_value(fields[name], body[name]) for name in _BOUNDS if name in fields and name in body}
    if not changes:
        wanted = ", ".join(name for name in _BOUNDS if name in fields)
        raise MissingParameterError(f"one of {wanted} is missing", field=wanted.partition(",")[0])
    tx.of(resource, PLATFORM).save(evolve(row, **changes), action="set-commit-bound")


def purge(plural: str, platform: Platform, tx: Transaction, caller: Caller, row: Any, _body: JsonMapping) -> JsonObject:
    """Remove the record of something that only the record is left of; gives its last details.

    Raises:
        NotEmptyError: something still uses it.
    """
    resource = platform.types[plural]
    check_deletable(row)
    (item,) = detail_rows(platform, tx, resource, [row])
    remove(platform, tx, caller, resource, row)
    return item


def evaluate(platform: Platform, tx: Transaction, caller: Caller, row: Any, body: JsonMapping) -> JsonObject:
    """Try out a condition on what is there: the documents that it was asked of, and what it says.

    `object_id` and `resource_type` name the first, `virtual_object_id` and `virtual_resource_type` perhaps a second.

    Raises:
        InvalidInputError: there is no such type.
        ResourceNotFoundError: it is not there, or not for the caller.
    """
    documents: JsonObject = {}
    for ident, kind in (("object_id", "resource_type"), ("virtual_object_id", "virtual_resource_type")):
        if body.get(ident) not in (None, ""):
            documents |= _document(platform, tx, caller, body, ident, kind)
    if not documents:
        raise MissingParameterError("object_id is missing", field="object_id")
    return {**documents, "result": parse_condition(row.condition).holds(documents)}


def _document(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, ident: str, kind: str
) -> JsonObject:
    wanted = read_str(body.get(kind) or "servers", kind, 64)
    known = {name: r for r in platform.resources if r.service == "compute" for name in (r.singular, r.plural)}
    if wanted not in known:
        raise InvalidInputError(f"{kind}: there is no type {wanted!r}", field=kind)
    resource = known[wanted]
    found = fetch(platform, tx, caller, resource, read_str(body[ident], ident, 128))
    return {resource.singular: detail_rows(platform, tx, resource, [found])[0]}
