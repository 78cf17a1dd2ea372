"""server-change-medium: another image in the CD drive of a server, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.amending import pending_of, waiting
from cloudcore.tasks.flows.guest import SYNC_S, back, mounts_of, move, server_of, sync_effect
from cloudcore.tasks.flows.volumes import CACHE_S, cache_effect, forget_unfinished, note_cached


def _image(ctx: Context) -> tuple[str, str]:
    """Ids of the storage and the image; both empty where the drive is emptied."""
    wanted: dict[str, Any] = ctx.params["wanted"]
    return str(wanted["cdrom_storage_id"]), str(wanted["cdrom_image_id"])


def _has_image(ctx: Context) -> bool:
    return bool(_image(ctx)[1])


def _cache_do(ctx: Context) -> Effects:
    storage, image = _image(ctx)
    host = str(move(ctx, ServerStatus.SYNC_CONFIG).host_id)
    return cache_effect(ctx, host, storage, image, mounts_of(ctx, host, [storage]).get(storage, ""))


def _cache_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    note_cached(ctx, *_image(ctx), path=str(results[0].get("path", "")))


def _cache_undone(ctx: Context) -> None:
    forget_unfinished(ctx, *_image(ctx))


def _plug_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.SYNC_CONFIG, **ctx.params["wanted"])
    return sync_effect(ctx)


def _plug_undo(ctx: Context) -> Effects:
    server = server_of(ctx)
    move(ctx, ServerStatus(server.status), **ctx.params["before"])
    return sync_effect(ctx)


def _succeed(ctx: Context) -> None:
    reason = waiting(ctx.result("plug") or ())
    back(ctx, action="insert_iso" if _has_image(ctx) else "eject_iso", reason=reason)


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.SYNC_FAIL, reason=reason, action="change_medium_fail")


SERVER_CHANGE_MEDIUM = Flow(
    name="server-change-medium",
    obj_type="server",
    steps=(
        Step(name="cache", do=_cache_do, done=_cache_done, undone=_cache_undone, when=_has_image, deadline_s=CACHE_S),
        Step(name="plug", do=_plug_do, done=pending_of, undo=_plug_undo, deadline_s=SYNC_S),
    ),
    succeed=_succeed,
    fail=_fail,
)
