"""Making the system disk of a server anew."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    OutOfRangeError,
)
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_flag, read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.generic import check_not_frozen
from cloudcore.operations.image_records import check_startable
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.files import read_deploy_configs
from cloudcore.operations.servers.login import deployed, read_login, read_user_data
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import MIB
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import check_none_copied, check_none_lost
from cloudcore.resources.image.image import IMAGES, ImageStatus


def rebuild_root(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to make a stopped server's system disk anew from an image.

    With `all_disks` the further ones too: from the image that each was made of, else empty.

    Raises:
        InvalidStatusError: the server is not stopped, or the image is not active.
        InvalidInputError: the image is of another architecture.
        OutOfRangeError: the disk or the memory is too small for the image.
        NotEmptyError: there are snapshots of the disk, which would go with it.
        Others of `read_login`.
    """
    driver = driver_for(server.hypervisor)
    driver.check_action("rebuild-root", server.status)
    check_idle(tx, SERVERS, server)
    disk = _root(tx, server)
    more = _others(tx, server) if read_flag(body, "all_disks") else []
    for one in (disk, *more):
        check_not_frozen(one)
        check_idle(tx, DISKS, one)
    wanted = body.get("image_id") or body.get("image") or disk.template_id
    if not wanted:
        raise MissingParameterError("image_id is missing: the disk was not made from an image", field="image_id")
    image = fetch(platform, tx, caller, IMAGES, read_str(wanted, "image_id", 128))
    check_startable(tx, image, driver.disk_formats, driver.hypervisor, "image_id")
    _check_fits(server, disk, image)
    for one in (disk, *more):
        check_none_lost(tx, [one.id], f"disk {one.name}")
    check_none_copied(tx, [disk.id, *(one.id for one in more)])
    changes = read_login(platform, tx, caller, body, server.os_type)
    if "user_data" in body:
        changes["user_data"] = read_user_data(body)
    if body.get("deploy_configs"):
        changes["deploy_configs"] = read_deploy_configs(body)
    params = {
        "image_id": image.id,
        "more": [one.id for one in more],
        "auto_start": read_flag(body, "auto_start"),
    }
    start_transition(platform, tx, caller, SERVERS, deployed(tx, server, changes), "rebuild-root", params)


def _root(tx: Transaction, server: Any) -> Any:
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=both(eq("guest_id", server.id), eq("index", 0)), limit=1))
    disk = tx.of(DISKS, PLATFORM).get(links[0].disk_id) if links else None
    if disk is None:
        raise InvalidStatusError(f"server {server.name} has no system disk", field="status")
    return disk


def _others(tx: Transaction, server: Any) -> list[Any]:
    """The disks beside the system's, whose images are still there.

    Raises:
        InvalidInputError: one's is not.
    """
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))
    known = {d.id: d for d in tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [k.disk_id for k in links])))}
    found = [known[link.disk_id] for link in links if link.index != 0 and link.disk_id in known]
    for disk in found:
        image = tx.of(IMAGES, PLATFORM).get(disk.template_id) if disk.template_id else None
        if disk.template_id and (image is None or image.status != ImageStatus.ACTIVE):
            raise InvalidInputError(f"the image that disk {disk.name} was made of is gone", field="all_disks")
    return found


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
