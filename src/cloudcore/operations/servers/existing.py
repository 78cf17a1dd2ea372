"""Disks that are there before the server that they are attached to: `disk_id` of a create."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import CloudcoreError, InvalidInputError, NotSupportedError
from cloudcore.model.json import JsonMapping
from cloudcore.operations.access import fetch_for
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.disks import check_free, hosts_of_storage, link_disk
from cloudcore.operations.servers.marks import ASKED
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.drivers import Driver
from cloudcore.resources.compute.spec import DiskSpec
from cloudcore.scheduling import Mark


@attrs.frozen(kw_only=True)
class Existing:
    """A disk that a new server takes. mark: the hosts that reach it."""

    spec: DiskSpec
    disk_id: str
    mark: Mark


def read_existing(
    platform: Platform, tx: Transaction, caller: Caller, disks: Sequence[DiskSpec], belongs: JsonMapping, count: int
) -> tuple[Existing, ...]:
    """The disks of a create body that are there already. belongs: the new server's domain and project.

    Raises:
        ResourceNotFoundError: one is not there, or not for the caller.
        ConflictError: a server has it.
        InvalidInputError: it shall hold the system, be filled, or go to several servers; or is of another project.
        InvalidStatusError: it is not ready.
    """
    return tuple(_read(platform, tx, caller, spec, belongs, count) for spec in disks if spec.disk_id)


def _read(
    platform: Platform, tx: Transaction, caller: Caller, spec: DiskSpec, belongs: JsonMapping, count: int
) -> Existing:
    where = f"disks.{spec.index}.disk_id"
    if spec.index == 0:
        raise NotSupportedError(f"{where}: the system starts from a disk that is made for it", field=where)
    if spec.image_id or spec.size_mib is not None:
        other = f"disks.{spec.index}.{'image_id' if spec.image_id else 'size'}"
        raise InvalidInputError(f"{other}: excludes disk_id, a disk that is there already", field=other)
    if count > 1:
        raise InvalidInputError(f"{where}: one disk cannot be given to several servers", field=where)
    try:
        disk = fetch_for(platform, tx, caller, DISKS, spec.disk_id, "update")
        check_free(tx, disk, str(belongs["tenant_id"]))
    except CloudcoreError as error:
        error.field = where
        raise
    hosts = hosts_of_storage(tx, disk.storage_id)
    mark = Mark(name=f"disk {disk.name} in reach", strategy="require", hosts=hosts, weight=ASKED)
    return Existing(spec=spec, disk_id=disk.id, mark=mark)


def take(tx: Transaction, server: Any, driver: Driver, existing: Sequence[Existing]) -> None:
    """Link disks to a server that was just inserted.

    Raises:
        ConflictError: another server has one by now.
        InvalidStatusError: one is not ready any more.
        Contention: the server's host does not reach it any more, or it was taken just now.
    """
    for one in existing:
        link_disk(tx, server, driver, one.disk_id, one.spec)
