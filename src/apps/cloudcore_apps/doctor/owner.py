"""Whose work it is that something is between two statuses.

A task is about one object, but a server's task also makes its disks, the notes of the images that these start from, and an
instance snapshot's task its parts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.instancesnapshot import SNAPSHOTJOINTS
from cloudcore.resources.compute.snapshot import SNAPSHOTS
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES
from cloudcore.tasks.task import OPEN, TASKS

_WORD = re.compile(r"[\w-]+")


def owned(tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> set[str]:
    """Ids of those rows on which an open task works; a fixed number of queries."""
    if not rows:
        return set()
    kin = _kin(tx, resource, rows)
    tasks = _by_word(tx.of(TASKS, PLATFORM).find(Query(where=one_of("state", OPEN))))
    return {
        row.id
        for row in rows
        if any(
            works_on(task, kin[row.id], row)
            for task in _speaking_of(tasks, {*kin[row.id], row.id, getattr(row, "cachedimage_id", row.id)})
            if _may(task, resource, row)
        )
    }


def _by_word(tasks: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
    """Tasks by each word of what they are about, hold and were told: ten thousand may be open, for as many rows."""
    found = defaultdict[str, list[Any]](list)
    for task in tasks:
        for word in set(_WORD.findall(f"{task.obj_id} {task.exclusive} {task.params}")):
            found[word].append(task)
    return found


def _speaking_of(tasks: Mapping[str, Sequence[Any]], idents: Collection[str]) -> Iterator[Any]:
    for ident in idents:
        # One that is no single word is spoken of by who has the first of its words.
        yield from tasks.get(next(iter(_WORD.findall(ident)), ""), ())


def _may(task: Any, resource: Resource[Any], row: Any) -> bool:
    """Ids are unique within a type only."""
    return bool(task.obj_id != row.id or task.obj_type == resource.singular)


def works_on(task: Any, kin: Collection[str], row: Any) -> bool:
    """Whether a task is about one of these ids, holds one of them, or was told to do something with the row.

    With an image that is brought to a storage, this is told of the image: a server that is rebuilt does not have it yet.
    """
    held = (task.exclusive or "").partition("/")[2]
    if task.obj_id in kin or held in kin:
        return True
    params = str(task.params)
    return row.id in params or getattr(row, "cachedimage_id", row.id) in params


def _kin(tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> Mapping[str, set[str]]:
    """Each row's id with those of what may have it in work."""
    kin = {row.id: {row.id} for row in rows}
    if resource is STORAGECACHEDIMAGES:
        images = [row.cachedimage_id for row in rows]
        disks = defaultdict[str, set[str]](set)
        for disk in tx.of(DISKS, PLATFORM).find(Query(where=one_of("template_id", images))):
            disks[disk.template_id].add(disk.id)
        for row in rows:
            kin[row.id] |= disks[row.cachedimage_id]
    if resource in (DISKS, STORAGECACHEDIMAGES):
        _add(kin, tx, GUESTDISKS, "disk_id", "guest_id")
    if resource is SNAPSHOTS:
        _add(kin, tx, SNAPSHOTJOINTS, "snapshot_id", "instance_snapshot_id")
    return kin


def _add(kin: Mapping[str, set[str]], tx: Transaction, joint: Resource[Any], mine: str, theirs: str) -> None:
    """What a relation joins with what is already known."""
    known = sorted(set[str]().union(*kin.values()))
    others = defaultdict[str, set[str]](set)
    for link in tx.of(joint, PLATFORM).find(Query(where=one_of(mine, known))):
        others[getattr(link, mine)].add(getattr(link, theirs))
    for idents in kin.values():
        idents.update(*(others[ident] for ident in tuple(idents)))
