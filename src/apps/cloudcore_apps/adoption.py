"""What a start does with what it finds: tasks of the process before it, and things on hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.host import Found, FoundKind
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Author, UnitOfWork
from cloudcore.quotas.holdings import release_image
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES
from cloudcore.tasks.task import OPEN, TASKS
from cloudcore_apps.hosts import LocalHost

_RECORDS: Mapping[FoundKind, tuple[Resource[Any], ...]] = {
    FoundKind.GUEST: (SERVERS,),
    FoundKind.VOLUME: (DISKS,),
    FoundKind.IMAGE: (IMAGES, CACHEDIMAGES),
    FoundKind.LEASE: (SERVERS,),
}


def take_over(uow: UnitOfWork, owner: str) -> None:
    """Go on with what the process before this one left: its tasks go on, its uploads cannot."""
    adopt_tasks(uow, owner)
    abandon_uploads(uow)


def adopt_tasks(uow: UnitOfWork, owner: str) -> int:
    """Make the open tasks that the process before this one drove due at once; how many. Its leases are void: it has
    ended, or it would still hold the data folder.
    """
    with uow.write(Author()) as tx:
        repository = tx.of(TASKS, PLATFORM)
        mine = repository.find(Query(where=both(one_of("state", OPEN), eq("lease_owner", owner))))
        repository.touch([(task.id, {"wake_at": tx.now, "lease_owner": "", "lease_until": None}) for task in mine])
        tx.commit()
    return len(mine)


def abandon_uploads(uow: UnitOfWork) -> int:
    """Give up the uploads that ended with the process before this one, so that they can be made again; how many."""
    with uow.write(Author()) as tx:
        repository = tx.of(IMAGES, PLATFORM)
        saving = repository.find(Query(where=eq("status", ImageStatus.SAVING.value)))
        tasks = tx.of(TASKS, PLATFORM).find(Query(where=one_of("exclusive", [f"image/{row.id}" for row in saving])))
        driven = {task.obj_id for task in tasks}
        broken = [row for row in saving if row.id not in driven]
        for row in broken:
            release_image(tx, row)
            failed = {"status": ImageStatus.SAVE_FAIL.value, "status_reason": "the upload broke off"}
            repository.save(evolve(row, quota_held=False, **failed), action="upload_fail")
        tx.commit()
    return len(broken)


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
