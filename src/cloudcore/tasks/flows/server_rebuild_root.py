"""server-rebuild-root: the image to the host, the guest away, its system volume anew, the guest again, and power.

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


def _root(guest: Guest) -> Any:
    return next(disk for link, disk in guest.attached if link.index == 0)


def _image_id(ctx: Context) -> str:
    return str(ctx.params["image_id"])


def _image_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.REBUILD_ROOT)
    guest = guest_of(ctx)
    disk = _root(guest)
    return cache_effect(ctx, str(guest.server.host_id), disk.storage_id, _image_id(ctx), guest.folder(disk))


def _image_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    note_cached(ctx, _root(guest_of(ctx)).storage_id, _image_id(ctx), path=str(results[0].get("path", "")))


def _image_undone(ctx: Context) -> None:
    forget_unfinished(ctx, _root(guest_of(ctx)).storage_id, _image_id(ctx))


def _old_do(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    disk = moved(ctx, _root(guest), DiskStatus.ALLOCATING)
    return volume_delete_effect(disk, str(guest.server.host_id), guest.folder(disk))


def _volume_do(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    disk = _root(guest)
    fresh = evolve(disk, template_id=_image_id(ctx), snapshot_id="", disk_format="qcow2")
    return volume_effect(ctx, fresh, str(guest.server.host_id), guest.folder(disk))


def _volume_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    fresh = {"template_id": _image_id(ctx), "snapshot_id": "", "disk_format": "qcow2"}
    made(ctx, [evolve(_root(guest_of(ctx)), **fresh)], results)


def _fail(ctx: Context, reason: str) -> None:
    deployed = ctx.result("deploy") is not None
    disk = _root(guest_of(ctx))
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
)
