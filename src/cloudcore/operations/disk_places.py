"""Where a disk goes that no server uses: to the emptiest storage that has room, at a host that reaches it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import SimpleNamespace
from typing import Any

import attrs

from cloudcore.model.errors import InsufficientResourceError, ResourceNotFoundError
from cloudcore.model.query import PLATFORM, Query, both, either, eq, one_of
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import shared_with
from cloudcore.operations.room import storage_limit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_storage
from cloudcore.resources.compute.spec import DiskSpec
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.resources.storage.storage import STORAGES, StorageStatus
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS

_READ = ("id", "name", "storage_type", "medium_type", "capacity", "cmtbound", "reserved")
"""Of each storage there is: there may be as many as hosts."""


@attrs.frozen(kw_only=True)
class Place:
    """What a host has to be to make the disk.

    zones: ids of those where it may be, None for any; wire: id of one that it is on, host: its id or name; empty for any.
    """

    host_type: str
    domain_id: str
    zones: Collection[str] | None = None
    wire: str = ""
    host: str = ""


def claim_place(platform: Platform, tx: Transaction, spec: DiskSpec, size: int, place: Place) -> tuple[str, str]:
    """A host and a storage of it, whose space (MiB) is claimed.

    Raises:
        ResourceNotFoundError: there is no such host or storage.
        InsufficientResourceError: no storage of the wanted kind that such a host reaches has room.
    """
    _check_there(tx, HOSTS, place.host, "prefer_host_id")
    _check_there(tx, STORAGES, spec.storage_id, "storage_id")
    storages = _storages(tx, spec, place)
    for storage in _emptiest(platform, tx, storages, size):
        hosts = _hosts(tx, storage.id, place)
        limit = storage_limit(storage, platform.settings)
        if hosts and claim_storage(tx, storage.id, size_mib=size, limit_mib=limit):
            return hosts[0], str(storage.id)
    raise InsufficientResourceError(
        f"no storage has {size} MiB free: {len(storages)} storages of the wanted kind were tried",
        data={"size_mib": size},
    )


def _check_there(tx: Transaction, kind: Any, named: str, field: str) -> None:
    if named and not tx.of(kind, PLATFORM).count(either(eq("id", named), eq("name", named))):
        raise ResourceNotFoundError(f"{kind.singular} {named[:64]} not found", field=field)


def _storages(tx: Transaction, spec: DiskSpec, place: Place) -> list[Any]:
    """Those of the wanted kind, at the host that is named."""
    where = both(eq("status", StorageStatus.ONLINE.value), eq("enabled", True))
    if place.host:
        named = tx.of(HOSTS, PLATFORM).columns(
            ("id",), Query(where=either(eq("id", place.host), eq("name", place.host)))
        )
        links = tx.of(HOSTSTORAGES, PLATFORM).columns(
            ("storage_id",), Query(where=one_of("host_id", [ident for (ident,) in named]))
        )
        where = both(where, one_of("id", sorted({ident for (ident,) in links})))
    rows = tx.of(STORAGES, PLATFORM).columns(_READ, Query(where=where))
    return [
        storage
        for storage in (SimpleNamespace(**dict(zip(_READ, row, strict=True))) for row in rows)
        if (not spec.storage_id or spec.storage_id in (storage.id, storage.name))
        and (not spec.backend or spec.backend == storage.storage_type)
        and (not spec.medium or spec.medium == storage.medium_type)
    ]


def _emptiest(platform: Platform, tx: Transaction, storages: list[Any], size: int) -> Iterator[Any]:
    """Those that seem to have room, the most first."""
    claims = dict(tx.of(STORAGECLAIMS, PLATFORM).columns(("id", "size_mib")))
    roomy = [s for s in storages if storage_limit(s, platform.settings) - claims.get(s.id, 0) >= size]
    yield from sorted(roomy, key=lambda s: (claims.get(s.id, 0) - s.capacity, s.id))


def _hosts(tx: Transaction, storage_id: str, place: Place) -> list[str]:
    """Ids of the hosts that could make it there and that its domain may use, as the scheduler has it for servers."""
    found = [
        host.id
        for host in hosts_of(tx, storage_id)
        if host.host_type == place.host_type
        and (place.zones is None or host.zone_id in place.zones)
        and place.host in ("", host.id, host.name)
    ]
    if place.wire:
        there = both(eq("wire_id", place.wire), one_of("host_id", found))
        links = {ident for (ident,) in tx.of(HOSTWIRES, PLATFORM).columns(("host_id",), Query(where=there))}
        found = [ident for ident in found if ident in links]
    usable = either(eq("domain_id", place.domain_id), shared_with(HOSTS, "", place.domain_id))
    seen = {ident for (ident,) in tx.of(HOSTS, usable).columns(("id",), Query(where=one_of("id", found)))}
    return [ident for ident in found if ident in seen]
