"""server-create-disk: new volumes, plugged into their server.

The request's commit has made and linked the disks, with their claims and quota.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.quotas.holdings import drop_disk
from cloudcore.resources.compute.disk import DiskStatus
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, Guest, back, guest_of, move, sync_effect
from cloudcore.tasks.flows.server_attach_disk import unlink
from cloudcore.tasks.flows.volumes import (
    CACHE_S,
    VOLUME_S,
    cache_effect,
    forget_unfinished,
    made,
    moved,
    note_cached,
    taken_back,
    volume_effect,
)


def new_disks(ctx: Context) -> tuple[Guest, list[Any], list[str]]:
    """The server, those of its disks that the task makes, in boot order, and the ids of their links."""
    guest = guest_of(ctx)
    wanted = ctx.params.get("disk_ids", ())
    chosen = [(link.id, disk) for link, disk in guest.attached if disk.id in wanted]
    return guest, [disk for _, disk in chosen], [link for link, _ in chosen]


def _images(ctx: Context) -> list[tuple[str, str, str]]:
    """(storage id, image id, folder) of each image that a disk starts from, once each."""
    guest, disks, _ = new_disks(ctx)
    found = [(disk.storage_id, disk.template_id, guest.folder(disk)) for disk in disks if disk.template_id]
    return list(dict.fromkeys(found))


def _has_images(ctx: Context) -> bool:
    return bool(_images(ctx))


def _has_disks(ctx: Context) -> bool:
    return bool(ctx.params.get("disk_ids"))


def _images_do(ctx: Context) -> Effects:
    host_id = str(guest_of(ctx).server.host_id)
    return [cache_effect(ctx, host_id, storage, image, path) for storage, image, path in _images(ctx)]


def _images_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    for (storage, image, _), result in zip(_images(ctx), results, strict=True):
        note_cached(ctx, storage, image, path=str(result.get("path", "")))


def _images_undone(ctx: Context) -> None:
    for storage, image, _ in _images(ctx):
        forget_unfinished(ctx, storage, image)


def _volumes_do(ctx: Context) -> Effects:
    guest, disks, _ = new_disks(ctx)
    going = [moved(ctx, disk, DiskStatus.ALLOCATING) for disk in disks]
    return [volume_effect(ctx, disk, guest.server.host_id, guest.folder(disk)) for disk in going]


def _volumes_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    made(ctx, new_disks(ctx)[1], results)


def _volumes_undo(ctx: Context) -> Effects:
    guest, disks, _ = new_disks(ctx)
    return taken_back([(disk, guest.folder(disk)) for disk in disks], guest.server.host_id)


def drop_new_disks(ctx: Context) -> None:
    """Forget the disks that were to be made, and give back what they held."""
    _, disks, links = new_disks(ctx)
    unlink(ctx, links)
    for disk in disks:
        drop_disk(ctx.tx, disk, held=True)


NEW_VOLUMES = (
    Step(name="images", do=_images_do, done=_images_done, undone=_images_undone, when=_has_images, deadline_s=CACHE_S),
    Step(name="volumes", do=_volumes_do, done=_volumes_done, undo=_volumes_undo, when=_has_disks, deadline_s=VOLUME_S),
)
"""Images to the host, then the volumes of the disks in the parameter `disk_ids`."""


def _plug_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.ATTACH_DISK)
    return sync_effect(ctx)


def _plug_undo(ctx: Context) -> Effects:
    return sync_effect(ctx, but=new_disks(ctx)[2])


def _succeed(ctx: Context) -> None:
    back(ctx, action="create_disk")


def _fail(ctx: Context, reason: str) -> None:
    drop_new_disks(ctx)
    move(ctx, ServerStatus.ATTACH_DISK_FAIL, reason=reason, action="attach_disk_fail")


SERVER_CREATE_DISK = Flow(
    name="server-create-disk",
    obj_type="server",
    steps=(*NEW_VOLUMES, Step(name="plug", do=_plug_do, undo=_plug_undo, deadline_s=SYNC_S)),
    succeed=_succeed,
    fail=_fail,
)
