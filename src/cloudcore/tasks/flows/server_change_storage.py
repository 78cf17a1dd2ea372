"""server-change-storage: disks of a server that is off, copied to another storage of its host, used there, removed where
they were.

A copy depends on nothing, even if the volume was backed by an image. Each step is taken back by its mirror image: what was
removed is copied back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.quotas.claims import release_storage
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, mounts_of, move, server_of, sync_effect
from cloudcore.tasks.flows.volumes import COPY_S, reached, volume_copy_effect, volume_delete_effect


@attrs.frozen(kw_only=True)
class _Moving:
    """One disk on its way. origin: the storage that it comes from; access_path: where it was there."""

    disk: Any
    origin: str
    access_path: str


def _target(ctx: Context) -> str:
    return str(ctx.params["target_storage_id"])


def _moving(ctx: Context) -> list[_Moving]:
    wanted: list[list[str]] = ctx.params["disks"]
    rows = ctx.tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [ident for ident, *_ in wanted])))
    known = {row.id: row for row in rows}
    return [
        _Moving(disk=known[ident], origin=origin, access_path=path) for ident, origin, path in wanted if ident in known
    ]


def _folders(ctx: Context, moving: Sequence[_Moving]) -> Mapping[str, str]:
    return mounts_of(ctx, server_of(ctx).host_id, [_target(ctx), *(one.origin for one in moving)])


def _copies(ctx: Context, *, back_again: bool) -> list[Effect]:
    moving, target = _moving(ctx), _target(ctx)
    folders, host_id = _folders(ctx, moving), str(server_of(ctx).host_id)
    effects: list[Effect] = []
    for one in moving:
        here, there = folders.get(one.origin, ""), folders.get(target, "")
        source, path = (there, here) if back_again else (here, there)
        effects.append(volume_copy_effect(ctx, one.disk, host_id, source, path))
    return effects


def _copy_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DISK_CHANGE_STORAGE)
    return _copies(ctx, back_again=False)


def _copy_done(_ctx: Context, results: Sequence[JsonObject]) -> list[str]:
    return [str(result.get("path", ""))[:256] for result in results]


def _copy_undo(ctx: Context) -> Effects:
    moving, host_id = _moving(ctx), str(server_of(ctx).host_id)
    path = _folders(ctx, moving).get(_target(ctx), "")
    # Without a folder nothing was copied.
    return [volume_delete_effect(one.disk, host_id, path) for one in moving if path]


def _switch_do(ctx: Context) -> Effects:
    paths: list[str] = ctx.result("copy") or []
    for one, path in zip(_moving(ctx), paths, strict=True):
        _place(ctx, one.disk, _target(ctx), path)
    return sync_effect(ctx)


def _switch_undo(ctx: Context) -> Effects:
    for one in _moving(ctx):
        _place(ctx, one.disk, one.origin, one.access_path)
    return sync_effect(ctx)


def _place(ctx: Context, disk: Any, storage_id: str, path: str) -> None:
    changed = evolve(disk, storage_id=storage_id, access_path=path)
    ctx.tx.of(DISKS, PLATFORM).save(changed, action="change_storage")


def _old_do(ctx: Context) -> Effects:
    moving, host_id = _moving(ctx), str(server_of(ctx).host_id)
    folders = _folders(ctx, moving)
    return [volume_delete_effect(one.disk, host_id, reached(folders.get(one.origin, ""))) for one in moving]


def _old_undo(ctx: Context) -> Effects:
    return _copies(ctx, back_again=True)


def _succeed(ctx: Context) -> None:
    for one in _moving(ctx):
        release_storage(ctx.tx, one.origin, size_mib=one.disk.disk_size)
    back(ctx, action="change_disk_storage")


def _fail(ctx: Context, reason: str) -> None:
    for one in _moving(ctx):
        release_storage(ctx.tx, _target(ctx), size_mib=one.disk.disk_size)
    move(ctx, ServerStatus.DISK_CHANGE_STORAGE_FAIL, reason=reason, action="disk_change_storage_fail")


SERVER_CHANGE_STORAGE = Flow(
    name="server-change-storage",
    obj_type="server",
    steps=(
        Step(name="copy", do=_copy_do, done=_copy_done, undo=_copy_undo, deadline_s=COPY_S),
        Step(name="switch", do=_switch_do, undo=_switch_undo, deadline_s=SYNC_S),
        Step(name="old", do=_old_do, undo=_old_undo, deadline_s=COPY_S),
    ),
    succeed=_succeed,
    fail=_fail,
)
