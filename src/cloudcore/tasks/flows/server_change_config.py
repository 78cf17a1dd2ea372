"""server-change-config: more or less processors and memory, larger and further disks.

The request's commit has taken what the server grows by; what it shrinks by is given back at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.claims import hold_hosts, release_nodes
from cloudcore.quotas.holdings import release_growth, shrink_server
from cloudcore.resources.compute.server import SERVERS, PowerState, ServerStatus
from cloudcore.resources.compute.server.pins import amounts_of, excess
from cloudcore.resources.compute.server.power import STOP_GRACE_S
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.disk_resize import grow
from cloudcore.tasks.flows.guest import (
    START_S,
    SYNC_S,
    back,
    guest_of,
    move,
    server_of,
    start_effect,
    stop_effect,
    sync_effect,
)
from cloudcore.tasks.flows.server_create_disk import NEW_VOLUMES, drop_new_disks, new_disks
from cloudcore.tasks.flows.volumes import VOLUME_S, volume_resize_effect

SIZES = ("vcpu_count", "vmem_size", "instance_type")


def _stops(ctx: Context) -> bool:
    return bool(ctx.params["stop"])


def _stop_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.CHANGE_FLAVOR)
    return stop_effect(ctx, force=True, grace_s=STOP_GRACE_S)


def _stop_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.CHANGE_FLAVOR, action="stop", power_states=PowerState.OFF)


def _stop_undo(ctx: Context) -> Effects:
    return start_effect(ctx, but=new_disks(ctx)[2])


def _stop_undone(ctx: Context) -> None:
    move(ctx, ServerStatus.CHANGE_FLAVOR, action="start", power_states=PowerState.ON)


def _grows(ctx: Context) -> bool:
    return bool(ctx.params["grow"])


def _growing(ctx: Context) -> list[tuple[Any, int]]:
    """Each disk that grows, with its new size in MiB."""
    known = guest_of(ctx).disks
    wanted: dict[str, int] = ctx.params["grow"]
    return [(known[ident], size) for ident, size in sorted(wanted.items()) if ident in known]


def _grow_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.CHANGE_FLAVOR)
    guest = guest_of(ctx)
    server = guest.server
    return [
        volume_resize_effect(disk, server.host_id, guest.folder(disk), size, guest_id=server.id)
        for disk, size in _growing(ctx)
    ]


def _sync_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.CHANGE_FLAVOR)
    after = ctx.params["after"]
    return sync_effect(ctx, **{key: after[key] for key in (*SIZES[:2], "cpu_numa_pin") if key in after})


def _sync_done(ctx: Context, results: Sequence[JsonObject]) -> Any:
    _resize(ctx, ctx.params["after"])
    return results[0].get("pending") or []


def _sync_undo(ctx: Context) -> Effects:
    _resize(ctx, ctx.params["before"])
    return sync_effect(ctx, but=new_disks(ctx)[2])


def _resize(ctx: Context, sizes: JsonObject) -> None:
    ctx.tx.of(SERVERS, PLATFORM).save(evolve(server_of(ctx), **sizes), action="change_config")


def _starts(ctx: Context) -> bool:
    return bool(ctx.params["start"])


def _start_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return start_effect(ctx)


def _start_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.STARTING, action="start", power_states=PowerState.ON, last_start_at=ctx.now)


def _start_undo(ctx: Context) -> Effects:
    move(ctx, ServerStatus.CHANGE_FLAVOR, power_states=PowerState.OFF)
    return stop_effect(ctx, force=True, grace_s=0)


def _changes(ctx: Context) -> tuple[int, int]:
    """By how many CPUs and how much memory (MiB) the server grows; less than 0: it shrinks."""
    before, after = ctx.params["before"], ctx.params["after"]
    return after["vcpu_count"] - before["vcpu_count"], after["vmem_size"] - before["vmem_size"]


def _give_nodes_back(ctx: Context, more: str, kept: str) -> None:
    """What one size had more of NUMA nodes than the other; a former release knew of none."""
    given, stays = (amounts_of(ctx.params[one].get("cpu_numa_pin") or ()) for one in (more, kept))
    if given:
        host_id = server_of(ctx).host_id
        hold_hosts(ctx.tx, [host_id])
        release_nodes(ctx.tx, host_id, excess(given, stays))


def _succeed(ctx: Context) -> None:
    vcpus, memory = _changes(ctx)
    shrink_server(ctx.tx, server_of(ctx), vcpus=max(-vcpus, 0), memory_mib=max(-memory, 0))
    _give_nodes_back(ctx, "before", "after")
    for disk, size in _growing(ctx):
        grow(ctx, disk, size)
    pending = () if ctx.params["start"] else ctx.result("sync") or ()
    reason = f"waits for the next start: {', '.join(pending)}" if pending else ""
    back(ctx, action="change_config", reason=reason)


def _fail(ctx: Context, reason: str) -> None:
    vcpus, memory = _changes(ctx)
    shrink_server(ctx.tx, server_of(ctx), vcpus=max(vcpus, 0), memory_mib=max(memory, 0))
    _give_nodes_back(ctx, "after", "before")
    for disk, size in _growing(ctx):
        release_growth(ctx.tx, disk, size - disk.disk_size)
    drop_new_disks(ctx)
    move(ctx, ServerStatus.CHANGE_FLAVOR_FAIL, reason=reason, action="change_flavor_fail")


SERVER_CHANGE_CONFIG = Flow(
    name="server-change-config",
    obj_type="server",
    steps=(
        Step(
            name="stop",
            do=_stop_do,
            done=_stop_done,
            undo=_stop_undo,
            undone=_stop_undone,
            when=_stops,
            deadline_s=STOP_GRACE_S + START_S,
        ),
        Step(name="grow", do=_grow_do, when=_grows, deadline_s=VOLUME_S),
        *NEW_VOLUMES,
        Step(name="sync", do=_sync_do, done=_sync_done, undo=_sync_undo, deadline_s=SYNC_S),
        Step(name="start", do=_start_do, done=_start_done, undo=_start_undo, when=_starts, deadline_s=START_S),
    ),
    succeed=_succeed,
    fail=_fail,
    no_return="grow",
)
