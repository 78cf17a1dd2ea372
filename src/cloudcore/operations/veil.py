"""Names of hosts in answers of the scheduler: only who may list hosts learns them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, Query
from cloudcore.operations.access import widest, with_shared
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.infrastructure.host import HOSTS

_ROWS = ("data", "candidates", "filtered_candidates")
_NAMING = ("id", "host_id", "name")


def hosts_shown(platform: Platform, tx: Transaction, caller: Caller) -> AbstractSet[str] | None:
    """The ids of the hosts that the caller may list; None for all there are."""
    granted = widest(platform, caller, HOSTS, "list")
    if granted is None:
        return frozenset()
    where = with_shared(platform, caller, HOSTS, granted.where)
    if where == EVERYTHING:
        return None
    return frozenset(row[0] for row in tx.of(HOSTS, where).columns(("id",), Query()))


def veil(answer: JsonMapping, shown: AbstractSet[str] | None) -> JsonObject:
    """An answer or explanation of the scheduler without the names of hosts that are not shown. Numbers stay."""
    if shown is None:
        return dict(answer)
    veiled = dict(answer)
    for key in _ROWS:
        if isinstance(veiled.get(key), list):
            veiled[key] = [_row(row, shown) for row in cast("list[JsonObject]", veiled[key])]
    if isinstance(veiled.get("filters"), list):
        veiled["filters"] = [_filter(one, shown) for one in cast("list[JsonObject]", veiled["filters"])]
    return veiled


def veiled_refusal(
    platform: Platform, tx: Transaction, caller: Caller, error: InsufficientResourceError
) -> InsufficientResourceError:
    """The same refusal with an explanation that the caller may read."""
    return InsufficientResourceError(
        str(error), internal=error.internal, field=error.field, data=veil(error.data, hosts_shown(platform, tx, caller))
    )


def _row(row: JsonObject, shown: AbstractSet[str]) -> JsonObject:
    ident: Any = row.get("host_id") or row.get("id")
    if ident in shown:
        return row
    veiled: JsonObject = {key: "" if key in _NAMING else value for key, value in row.items()}
    if isinstance(veiled.get("filters"), list):
        veiled["filters"] = [_filter(one, shown) for one in cast("list[JsonObject]", veiled["filters"])]
    if isinstance(veiled.get("disks"), list):
        veiled["disks"] = [_disk(disk) for disk in cast("list[JsonObject]", veiled["disks"])]
    return veiled


def _disk(disk: JsonObject) -> JsonObject:
    """Where a disk would lie, without names: those of local storages are made of their hosts'."""
    storages = cast("list[JsonObject]", disk.get("storages") or [])
    return {**disk, "storages": [{**storage, "name": ""} for storage in storages]} if storages else disk


def _filter(one: JsonObject, shown: AbstractSet[str]) -> JsonObject:
    examples = cast("list[JsonObject]", one.get("examples") or [])
    return {**one, "examples": [each for each in examples if each.get("id") in shown]}
