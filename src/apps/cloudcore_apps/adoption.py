"""What a start does with the things that it finds on hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.model.host import Found, FoundKind
from cloudcore.model.query import PLATFORM, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES
from cloudcore_apps.hosts import LocalHost

_RECORDS: Mapping[FoundKind, tuple[Resource[Any], ...]] = {
    FoundKind.GUEST: (SERVERS,),
    FoundKind.VOLUME: (DISKS,),
    FoundKind.IMAGE: (IMAGES, CACHEDIMAGES),
    FoundKind.LEASE: (SERVERS,),
}


def guest_states(uow: UnitOfWork, host_id: str, found: Sequence[Found]) -> dict[str, str]:
    """Guest id → power state of all that the host has or, by the records, should have."""
    with uow.read() as tx:
        rows = tx.of(SERVERS, PLATFORM).totals(eq("host_id", host_id), by=("id",))
    states = {row["id"]: "missing" for row in rows}
    return states | {f.mark.resource: f.power_state or "off" for f in found if f.kind is FoundKind.GUEST}


def unknown_things(uow: UnitOfWork, deployment: str, hosts: Mapping[str, LocalHost]) -> Sequence[Found]:
    """Things on the hosts that carry this deployment's mark but have no record, such as after a database was restored.
    They are told of and left alone.
    """
    unknown: list[Found] = []
    found = [f for host in hosts.values() for f in host.found if f.mark.deployment == deployment]
    with uow.read() as tx:
        for kind, resources in _RECORDS.items():
            marked = [f for f in found if f.kind is kind]
            wanted = sorted({f.mark.resource for f in marked})
            known: set[str] = set()
            for start in range(0, len(wanted), 500):
                where = one_of("id", wanted[start : start + 500])
                for resource in resources:
                    known.update(row["id"] for row in tx.of(resource, PLATFORM).totals(where, by=("id",)))
            unknown += [f for f in marked if f.mark.resource not in known]
    return unknown
