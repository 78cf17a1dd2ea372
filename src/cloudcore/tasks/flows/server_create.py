"""server-create: images to the host, volumes, the guest, and power if it was asked for.

The request's own commit has already decided the place and taken everything: claims, quota, addresses, rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.quotas.holdings import release_failed_server
from cloudcore.resources.compute.disk import DiskStatus
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import (
    CREATE_S,
    START_S,
    Guest,
    around,
    delete_effect,
    describe,
    guest_of,
    host_effect,
    mounts_of,
    move,
    server_of,
    start_effect,
    stop_effect,
)
from cloudcore.tasks.flows.volumes import (
    CACHE_S,
    COPY_S,
    VOLUME_S,
    await_snapshots,
    cache_effect,
    forget_unfinished,
    made,
    moved,
    note_cached,
    taken_back,
    volume_effect,
)


def _wanted_images(ctx: Context, guest: Guest) -> list[tuple[str, str, str]]:
    """(storage id, image id, folder) of each image that a disk starts from, once each."""
    found = [(disk.storage_id, disk.template_id, guest.folder(disk)) for disk in _disks(ctx, guest) if disk.template_id]
    return list(dict.fromkeys(found))


def _disks(ctx: Context, guest: Guest) -> list[Any]:
    """The disks that are made for the server; others were there before, and stay whatever comes."""
    return [disk for _, disk in guest.attached if disk.id not in _existing(ctx)]


def _existing(ctx: Context) -> list[str]:
    return list(ctx.params.get("existing") or ())


def _all_images(ctx: Context, guest: Guest) -> list[tuple[str, str, str]]:
    """The same with the one for the CD drive."""
    found, server = _wanted_images(ctx, guest), guest.server
    if not server.cdrom_image_id:
        return found
    path = mounts_of(ctx, server.host_id, [server.cdrom_storage_id]).get(server.cdrom_storage_id, "")
    return list(dict.fromkeys([*found, (server.cdrom_storage_id, server.cdrom_image_id, path)]))


def _has_images(ctx: Context) -> bool:
    return bool(_all_images(ctx, guest_of(ctx)))


def _images_do(ctx: Context) -> Effects:
    guest = around(ctx, move(ctx, ServerStatus.DISK))
    host_id = str(guest.server.host_id)
    return [cache_effect(ctx, host_id, storage, image, path) for storage, image, path in _all_images(ctx, guest)]


def _images_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    for (storage, image, _), result in zip(_all_images(ctx, guest_of(ctx)), results, strict=True):
        note_cached(ctx, storage, image, path=str(result.get("path", "")))


def _images_undone(ctx: Context) -> None:
    for storage, image, _ in _all_images(ctx, guest_of(ctx)):
        forget_unfinished(ctx, storage, image)


def _copies(ctx: Context, guest: Guest) -> list[Any]:
    return [disk for disk in _disks(ctx, guest) if disk.snapshot_id]


def _blank(ctx: Context, guest: Guest) -> list[Any]:
    return [disk for disk in _disks(ctx, guest) if not disk.snapshot_id]


def _await_do(ctx: Context) -> Effects:
    return await_snapshots(ctx, _copies(ctx, guest_of(ctx)))


def _copies_do(ctx: Context) -> Effects:
    guest = around(ctx, move(ctx, ServerStatus.DISK))
    disks = [moved(ctx, disk, DiskStatus.ALLOCATING) for disk in _copies(ctx, guest)]
    return [volume_effect(ctx, disk, guest.server.host_id, guest.folder(disk)) for disk in disks]


def _copies_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    made(ctx, _copies(ctx, guest_of(ctx)), results)


def _copies_undo(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    return taken_back([(disk, guest.folder(disk)) for disk in _copies(ctx, guest)], guest.server.host_id)


def _volumes_do(ctx: Context) -> Effects:
    guest = around(ctx, move(ctx, ServerStatus.DISK))
    host = guest.server.host_id
    disks = [moved(ctx, disk, DiskStatus.ALLOCATING) for disk in _blank(ctx, guest)]
    return [volume_effect(ctx, disk, host, guest.folder(disk)) for disk in disks]


def _volumes_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    made(ctx, _blank(ctx, guest_of(ctx)), results)


def _volumes_undo(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    return taken_back([(disk, guest.folder(disk)) for disk in _blank(ctx, guest)], guest.server.host_id)


def _guest_do(ctx: Context) -> Effects:
    guest = around(ctx, move(ctx, ServerStatus.DEPLOYING))
    return host_effect(guest.server, "guest-create", guest.server.id, {"desc": describe(ctx, guest)})


def _guest_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.READY, power_states="off")


def _start_wanted(ctx: Context) -> bool:
    return bool(ctx.params.get("auto_start"))


def _start_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return start_effect(ctx)


def _start_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.RUNNING, action="start", power_states="on", last_start_at=ctx.now)


def _start_undo(ctx: Context) -> Effects:
    return stop_effect(ctx, force=True, grace_s=0)


def _fail(ctx: Context, reason: str) -> None:
    release_failed_server(ctx.tx, server_of(ctx), _existing(ctx))
    move(
        ctx,
        ServerStatus.CREATE_FAIL,
        reason=reason,
        action="create_fail",
        host_id=None,
        power_states="off",
        cpu_numa_pin=[],
    )


SERVER_CREATE = Flow(
    name="server-create",
    obj_type="server",
    objects=SERVERS,
    steps=(
        Step(
            name="images",
            do=_images_do,
            done=_images_done,
            undone=_images_undone,
            when=_has_images,
            deadline_s=CACHE_S,
        ),
        Step(name="await", do=_await_do),
        Step(name="copies", do=_copies_do, done=_copies_done, undo=_copies_undo, deadline_s=COPY_S),
        Step(name="volumes", do=_volumes_do, done=_volumes_done, undo=_volumes_undo, deadline_s=VOLUME_S),
        Step(name="guest", do=_guest_do, done=_guest_done, undo=delete_effect, deadline_s=CREATE_S),
        Step(name="start", do=_start_do, done=_start_done, undo=_start_undo, when=_start_wanted, deadline_s=START_S),
    ),
    fail=_fail,
)
