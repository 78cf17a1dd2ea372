"""Kinds of hardware and servers with the number of each: `GET /specs`, and the things of one kind.

A kind is a set of traits such as `cpu:8` and `mem:16384M`; its key is its traits in order, between slashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from cloudcore.auth.caller import Caller, require_known
from cloudcore.model.errors import ForbiddenError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import Query, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.listing import DEFAULT_LIMIT
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.selection import selection
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.isolateddevice import VENDORS
from cloudcore.resources.storage.hostwire import cards_of_hosts

SPECS = "specs"

Traits: TypeAlias = tuple[tuple[str, Any], ...]
"""What one is, by trait, in the order of their names."""
Found: TypeAlias = Iterator[tuple[str, Traits, int]]
"""Id (empty where many were counted at once), what it is, how many."""

_UNITS = {"mem": "M", "storage": "M"}


def specs(platform: Platform, tx: Transaction, caller: Caller, name: str, params: JsonMapping) -> Any:
    """Kinds of all types that the caller may list, with `hosts` of that one, with `hosts/KEY` the hosts of that kind.

    A key with fewer traits stands for all kinds that have them. List filters of the type narrow.

    Raises:
        ForbiddenError: the caller may not list the type that he names, or none of them.
        ResourceNotFoundError: no kinds are told apart of such a type.
    """
    require_known(caller)
    plural, _, key = name.partition("/")
    if not plural:
        return _of_all(platform, tx, caller, params)
    plural = _ALIASES.get(plural, plural)
    if plural not in _KINDS:
        raise ResourceNotFoundError(f"there are no specs of {plural[:64]}")
    if not key:
        return _counted(platform, tx, caller, plural, params)
    return _of_kind(platform, tx, caller, plural, frozenset(key.split("/")), params)


def _of_all(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> JsonObject:
    found: JsonObject = {}
    for plural in _KINDS:
        try:
            found[plural] = _counted(platform, tx, caller, plural, params)
        except ForbiddenError:
            continue
    if not found:
        raise ForbiddenError("not enough privilege to do compute specs list")
    return found


def _counted(platform: Platform, tx: Transaction, caller: Caller, plural: str, params: JsonMapping) -> JsonObject:
    resource = platform.types[plural]
    where = selection(platform, tx, caller, resource, params)
    counts: Counter[Traits] = Counter()
    for _, traits, number in _KINDS[plural](tx, resource, where, False):
        counts[traits] += number
    return {_key(traits): {**dict(traits), "count": number} for traits, number in sorted(counts.items(), key=_by_key)}


def _by_key(counted: tuple[Traits, int]) -> str:
    return _key(counted[0])


def _of_kind(
    platform: Platform, tx: Transaction, caller: Caller, plural: str, wanted: frozenset[str], params: JsonMapping
) -> list[JsonObject]:
    resource = platform.types[plural]
    where = selection(platform, tx, caller, resource, params)
    idents = [ident for ident, traits, _ in _KINDS[plural](tx, resource, where, True) if wanted <= set(_words(traits))]
    page = idents[:DEFAULT_LIMIT]
    rows = {row.id: row for row in tx.of(resource, where).find(Query(where=one_of("id", page)))}
    return list(detail_rows(platform, tx, resource, [rows[ident] for ident in page]))


def _key(traits: Traits) -> str:
    return "/".join(_words(traits))


def _words(traits: Traits) -> list[str]:
    return [f"{name}:{value}{_UNITS.get(name, '')}" for name, value in traits]


def _traits(**values: Any) -> Traits:
    return tuple((name, value) for name, value in sorted(values.items()) if value not in ("", None))


def _hosts(tx: Transaction, resource: Resource[Any], where: Any, _each: bool) -> Found:
    wired = cards_of_hosts(tx)
    names = ("id", "cpu_count", "mem_size", "storage_size", "sys_info")
    for ident, cpus, memory, storage, info in sorted(tx.of(resource, where).columns(names), key=_first):
        made: Mapping[str, Any] = info or {}
        yield (
            ident,
            _traits(
                cpu=cpus,
                mem=memory,
                storage=storage,
                nic=wired.get(ident, 0),
                manufacture=made.get("manufacture"),
                model=made.get("model"),
            ),
            1,
        )


def _devices(tx: Transaction, resource: Resource[Any], where: Any, _each: bool) -> Found:
    for ident, kind, model, vendor in sorted(
        tx.of(resource, where).columns(("id", "dev_type", "model", "vendor_device_id")), key=_first
    ):
        maker = str(vendor or "").partition(":")[0]
        yield ident, _traits(dev_type=kind, model=model, vendor=VENDORS.get(maker, maker)), 1


def _servers(tx: Transaction, resource: Resource[Any], where: Any, each: bool) -> Found:
    names = ("vcpu_count", "vmem_size", "hypervisor")
    if each:
        for ident, cpus, memory, hypervisor in sorted(tx.of(resource, where).columns(("id", *names)), key=_first):
            yield ident, _traits(cpu=cpus, mem=memory, hypervisor=hypervisor), 1
        return
    for row in tx.of(resource, where).totals(by=names):
        yield "", _traits(cpu=row["vcpu_count"], mem=row["vmem_size"], hypervisor=row["hypervisor"]), int(row["count"])


def _first(row: Sequence[Any]) -> Any:
    return row[0]


_KINDS = {"hosts": _hosts, "isolated_devices": _devices, "servers": _servers}
_ALIASES = {"guests": "servers"}
PLURALS = tuple(_KINDS)
"""Of what there are kinds."""
