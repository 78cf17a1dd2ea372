"""server-rebuild-root: the images to the host, the guest away, its system volume anew (`more`: and these), the guest again,
and power.

Nothing is taken back once the old volume is gone; rebuilding again goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.disk import DiskStatus
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import CREATE_S, Guest, delete_effect, guest_of, move
from cloudcore.tasks.flows.server_deploy import DEPLOY, START_AFTERWARDS
from cloudcore.tasks.flows.volumes import (
    CACHE_S,
    VOLUME_S,
    cache_effect,
    forget_unfinished,
    made,
    moved,
    note_cached,
    volume_delete_effect,
    volume_effect,
)


def _fresh(ctx: Context, guest: Guest) -> list[Any]:
    """The disks that are made anew, the system's first, as they will be: each with the image that fills it, if any."""
    more: list[str] = ctx.params.get("more") or []
    system = next(disk for link, disk in guest.attached if link.index == 0)
    others = [disk for _, disk in guest.attached if disk.id in more]
    root = evolve(system, template_id=str(ctx.params["image_id"]), snapshot_id="", disk_format="qcow2")
    return [root, *(evolve(disk, snapshot_id="") for disk in others)]


def _images(ctx: Context, guest: Guest) -> list[tuple[str, str, str]]:
    """Storage, image and folder of each image that the host needs, once."""
    wanted = {
        (disk.storage_id, disk.template_id): guest.folder(disk) for disk in _fresh(ctx, guest) if disk.template_id
    }
    return [(storage, image, folder) for (storage, image), folder in wanted.items()]


def _image_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.REBUILD_ROOT)
    guest = guest_of(ctx)
    host_id = str(guest.server.host_id)
    return [cache_effect(ctx, host_id, storage, image, folder) for storage, image, folder in _images(ctx, guest)]


def _image_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    for (storage, image, _), result in zip(_images(ctx, guest_of(ctx)), results, strict=True):
        note_cached(ctx, storage, image, path=str(result.get("path", "")))


def _image_undone(ctx: Context) -> None:
    for storage, image, _ in _images(ctx, guest_of(ctx)):
        forget_unfinished(ctx, storage, image)


def _old_do(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    host_id = str(guest.server.host_id)
    doomed = [guest.disks[disk.id] for disk in _fresh(ctx, guest)]
    going = [moved(ctx, disk, DiskStatus.ALLOCATING) for disk in doomed]
    return [volume_delete_effect(disk, host_id, guest.folder(disk)) for disk in going]


def _volume_do(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    host_id = str(guest.server.host_id)
    return [volume_effect(ctx, disk, host_id, guest.folder(disk)) for disk in _fresh(ctx, guest)]


def _volume_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    made(ctx, _fresh(ctx, guest_of(ctx)), results)


def _fail(ctx: Context, reason: str) -> None:
    deployed = ctx.result("deploy") is not None
    guest = guest_of(ctx)
    for disk in [guest.disks[one.id] for one in _fresh(ctx, guest)]:
        if not deployed and disk.status == DiskStatus.ALLOCATING:
            moved(ctx, disk, DiskStatus.INIT)
    status = ServerStatus.START_FAIL if deployed else ServerStatus.REBUILD_ROOT_FAIL
    move(ctx, status, reason=reason, action=str(status), power_states=PowerState.OFF)


SERVER_REBUILD_ROOT = Flow(
    name="server-rebuild-root",
    obj_type="server",
    steps=(
        Step(name="image", do=_image_do, done=_image_done, undone=_image_undone, deadline_s=CACHE_S),
        Step(name="guest", do=delete_effect, deadline_s=CREATE_S),
        Step(name="old", do=_old_do, deadline_s=VOLUME_S),
        Step(name="volume", do=_volume_do, done=_volume_done, deadline_s=VOLUME_S),
        DEPLOY,
        START_AFTERWARDS,
    ),
    fail=_fail,
    no_return="guest",
)
