"""server-change-storage: disks of a server, copied to another storage of its host, used there, removed where they were.

off   copy → switch → old: whole copies, and the guest is told of them
on    copy → mirror → old: empty volumes, to which the hypervisor copies what is there and what is written meanwhile

A copy depends on nothing, even if the volume was backed by an image. Each step is taken back by its mirror image: what was
removed is copied back, and a guest that runs goes back to it.
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
from cloudcore.tasks.flows.guest import SYNC_S, back, host_effect, mounts_of, move, server_of, sync_effect
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


def _is_live(ctx: Context) -> bool:
    return bool(ctx.params["live"])


def _is_off(ctx: Context) -> bool:
    return not _is_live(ctx)


def _copies(ctx: Context, *, back_again: bool) -> list[Effect]:
    """Volumes of the disks there, or again where they were; empty ones while the guest runs."""
    moving, target = _moving(ctx), _target(ctx)
    folders, host_id = _folders(ctx, moving), str(server_of(ctx).host_id)
    effects: list[Effect] = []
    for one in moving:
        here, there = folders.get(one.origin, ""), folders.get(target, "")
        source, path = (there, here) if back_again else (here, there)
        effects.append(volume_copy_effect(ctx, one.disk, host_id, None if _is_live(ctx) else source, path))
    return effects


def _copy_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DISK_CHANGE_STORAGE)
    return _copies(ctx, back_again=False)


def _copy_done(_ctx: Context, results: Sequence[JsonObject]) -> list[str]:
    return [str(result.get("path", ""))[:256] for result in results]


def _copy_undo(ctx: Context) -> Effects:
    moving, host_id = _moving(ctx), str(server_of(ctx).host_id)
    path = _folders(ctx, moving).get(_target(ctx), "")
    # Without a folder nothing was copied; what is used there, as it could not be taken back, stays.
    unused = [one for one in moving if path and one.disk.storage_id != _target(ctx)]
    return [volume_delete_effect(one.disk, host_id, path) for one in unused]


def _mirror_do(ctx: Context) -> Effects:
    moving = _moving(ctx)
    path = _folders(ctx, moving).get(_target(ctx), "")
    return [_moved(ctx, one.disk, path) for one in moving]


def _mirror_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    paths: list[str] = ctx.result("copy") or []
    for one, path in zip(_moving(ctx), paths, strict=True):
        _place(ctx, one.disk, _target(ctx), path)


def _mirror_undo(ctx: Context) -> Effects:
    moving = _moving(ctx)
    folders = _folders(ctx, moving)
    for one in moving:
        _place(ctx, one.disk, one.origin, one.access_path)
    return [_moved(ctx, one.disk, folders.get(one.origin, "")) for one in moving]


def _moved(ctx: Context, disk: Any, path: str) -> Effect:
    """Have the guest go on with the volume in this folder; if it went off meanwhile its volume is copied."""
    server = server_of(ctx)
    args: JsonObject = {
        "guest_id": server.id,
        "volume_id": disk.id,
        "storage_path": reached(path),
        "format": disk.disk_format,
    }
    return host_effect(server, "guest-move-disk", server.id, args)


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
        left = one.origin if one.disk.storage_id == _target(ctx) else _target(ctx)
        release_storage(ctx.tx, left, size_mib=one.disk.disk_size)
    move(ctx, ServerStatus.DISK_CHANGE_STORAGE_FAIL, reason=reason, action="disk_change_storage_fail")


SERVER_CHANGE_STORAGE = Flow(
    name="server-change-storage",
    obj_type="server",
    steps=(
        Step(name="copy", do=_copy_do, done=_copy_done, undo=_copy_undo, deadline_s=COPY_S),
        Step(name="mirror", do=_mirror_do, done=_mirror_done, undo=_mirror_undo, when=_is_live, deadline_s=COPY_S),
        Step(name="switch", do=_switch_do, undo=_switch_undo, when=_is_off, deadline_s=SYNC_S),
        Step(name="old", do=_old_do, undo=_old_undo, deadline_s=COPY_S),
    ),
    succeed=_succeed,
    fail=_fail,
)
