"""What is on a host against what the records say: things of ours that no record has, and records of which nothing is there.

Ours to take away is only what carries the deployment's mark and provably ended, by a record of the history that it was
deleted, or what belongs to another host by now. Everything else is told to a person, who decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import attrs

from cloudcore.model.history import HISTORY
from cloudcore.model.host import Found, FoundKind
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.tasks.task import OPEN, TASKS

RECORDS: Mapping[FoundKind, tuple[Resource[Any], ...]] = {
    FoundKind.GUEST: (SERVERS,),
    FoundKind.VOLUME: (DISKS,),
    FoundKind.IMAGE: (IMAGES, CACHEDIMAGES),
    FoundKind.LEASE: (SERVERS,),
}
_TOGETHER = 500


class Verdict(StrEnum):
    """What is known of a thing that should not be where it is."""

    DELETED = "deleted"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@attrs.frozen
class Leftover:
    """A thing of ours on a host that should not be there. where: the host that it belongs on, for one that is elsewhere."""

    thing: Found
    verdict: Verdict
    where: str = ""


def leftovers(
    tx: Transaction, deployment: str, host_id: str, found: Sequence[Found], busy: Collection[str]
) -> Iterator[Leftover]:
    """The things on a host with the deployment's mark that should not be there. busy: see `in_work`; these are left out."""
    ours = [thing for thing in found if thing.mark.deployment == deployment]
    for kind, resources in RECORDS.items():
        things = [t for t in ours if t.kind is kind and t.mark.resource not in busy]
        idents = sorted({thing.mark.resource for thing in things})
        known = [row for resource in resources for row in _rows(tx, resource, "id", idents)]
        places = {row.id: getattr(row, "host_id", "") for row in known}
        ended = _deleted(tx, resources, [ident for ident in idents if ident not in places])
        for thing in things:
            ident = thing.mark.resource
            if ident not in places:
                yield Leftover(thing, Verdict.DELETED if ident in ended else Verdict.UNKNOWN)
            elif resources == (SERVERS,) and places[ident] != host_id:
                yield Leftover(thing, Verdict.ELSEWHERE, places[ident] or "")


def without_volume(
    tx: Transaction, deployment: str, host_id: str, found: Sequence[Found], busy: Collection[str]
) -> Iterator[Any]:
    """Disks that are ready on a storage of the host, and of which it has no volume; but for those in work."""
    volumes = {t.mark.resource for t in found if t.kind is FoundKind.VOLUME and t.mark.deployment == deployment}
    links = tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("host_id", host_id)))
    for link in links:
        where = both(eq("storage_id", link.storage_id), eq("status", DiskStatus.READY.value))
        for disk in tx.of(DISKS, PLATFORM).find(Query(where=where)):
            if link.mount_point and disk.id not in volumes and disk.id not in busy:
                yield disk


def in_work(tx: Transaction) -> set[str]:
    """Ids that open tasks are about, hold, or were told of: what is there of these is not decided yet."""
    found: set[str] = set()
    for task in tx.of(TASKS, PLATFORM).find(Query(where=one_of("state", OPEN))):
        found |= {task.obj_id, (task.exclusive or "").partition("/")[2], *_texts(task.params), *_texts(task.results)}
        found |= {str(intent["effect"].get("resource")) for intent in task.intents}
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _deleted(tx: Transaction, resources: Sequence[Resource[Any]], idents: Sequence[str]) -> set[str]:
    """Those of which the history says that they were deleted, and not made again."""
    kinds = [resource.singular for resource in resources]
    found = [
        record
        for record in _rows(tx, HISTORY, "obj_id", idents)
        if record.obj_type in kinds and record.action == "delete" and not record.after
    ]
    return {record.obj_id for record in found}


def _rows(tx: Transaction, resource: Resource[Any], field: str, wanted: Sequence[str]) -> Iterator[Any]:
    for start in range(0, len(wanted), _TOGETHER):
        yield from tx.of(resource, PLATFORM).find(Query(where=one_of(field, wanted[start : start + _TOGETHER])))
