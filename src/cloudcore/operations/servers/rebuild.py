"""Making the system disk of a server anew."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
)
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_flag, read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.generic import check_not_frozen
from cloudcore.operations.image_records import check_startable
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.login import deployed, read_login, read_user_data
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import MIB
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import check_none_copied, check_none_lost
from cloudcore.resources.image.image import IMAGES


def rebuild_root(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to make a stopped server's system disk anew from an image.

    Raises:
        InvalidStatusError: the server is not stopped, or the image is not active.
        InvalidInputError: the image is of another architecture.
        OutOfRangeError: the disk or the memory is too small for the image.
        NotEmptyError: there are snapshots of the disk, which would go with it.
        NotSupportedError: further disks are to be made anew.
        Others of `read_login`.
    """
    driver = driver_for(server.hypervisor)
    driver.check_action("rebuild-root", server.status)
    if read_flag(body, "all_disks"):
        raise NotSupportedError("only the system disk can be made anew", field="all_disks")
    check_idle(tx, SERVERS, server)
    disk = _root(tx, server)
    check_not_frozen(disk)
    check_idle(tx, DISKS, disk)
    wanted = body.get("image_id") or body.get("image") or disk.template_id
    if not wanted:
        raise MissingParameterError("image_id is missing: the disk was not made from an image", field="image_id")
    image = fetch(platform, tx, caller, IMAGES, read_str(wanted, "image_id", 128))
    check_startable(tx, image, driver.disk_formats, driver.hypervisor, "image_id")
    _check_fits(server, disk, image)
    check_none_lost(tx, [disk.id], f"disk {disk.name}")
    check_none_copied(tx, [disk.id])
    changes = read_login(platform, tx, caller, body, server.os_type)
    if "user_data" in body:
        changes["user_data"] = read_user_data(body)
    params = {"image_id": image.id, "auto_start": read_flag(body, "auto_start")}
    start_transition(platform, tx, caller, SERVERS, deployed(tx, server, changes), "rebuild-root", params)


def _root(tx: Transaction, server: Any) -> Any:
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=both(eq("guest_id", server.id), eq("index", 0)), limit=1))
    disk = tx.of(DISKS, PLATFORM).get(links[0].disk_id) if links else None
    if disk is None:
        raise InvalidStatusError(f"server {server.name} has no system disk", field="status")
    return disk


def _check_fits(server: Any, disk: Any, image: Any) -> None:
    least = max(-(-image.virtual_size // MIB), image.min_disk)
    if disk.disk_size < least:
        raise OutOfRangeError(
            f"image {image.name} needs a disk of {least} MiB, and disk {disk.name} has {disk.disk_size}",
            field="image_id",
        )
    if server.vmem_size < image.min_ram:
        raise OutOfRangeError(f"image {image.name} needs {image.min_ram} MiB of memory", field="image_id")
    if image.os_arch and server.os_arch and image.os_arch != server.os_arch:
        raise InvalidInputError(f"image {image.name} is for {image.os_arch}, not {server.os_arch}", field="image_id")
