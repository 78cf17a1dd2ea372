"""server-move: off, away from its host, onto another one that reaches the same storages, and on again where it was on.

The request's commit has taken its share of the next host; that of the old one is given back at the end. Each step is taken
back by its mirror image, so that whatever fails leaves the server where it was, on or off as it was. A host that is down and
fenced is not waited for: it runs nothing any more, and drops what is elsewhere before it gets its lease back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.model.reading import read_bool
from cloudcore.quotas.claims import release_host
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.resources.compute.server.power import LONGEST_GRACE_S, STOP_GRACE_S
from cloudcore.tasks.fenced import while_fenced
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import (
    CREATE_S,
    around,
    back,
    delete_effect,
    describe,
    host_effect,
    move,
    server_of,
    start_effect,
    stop_effect,
)
from cloudcore.tasks.flows.server_start import POWER_ON


def _was_on(ctx: Context) -> bool:
    return bool(ctx.params["was_on"])


def _start_wanted(ctx: Context) -> bool:
    return _was_on(ctx) or bool(ctx.params["auto_start"])


def _source_died(ctx: Context) -> bool:
    return while_fenced(ctx.tx, str(ctx.params["source"]))


def _target_died(ctx: Context) -> bool:
    return while_fenced(ctx.tx, str(ctx.params["target"]))


def _only_source_died(ctx: Context) -> bool:
    return _source_died(ctx) and not _target_died(ctx)


def _off_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.MIGRATING)
    if _source_died(ctx):
        return None
    force = read_bool(ctx.params.get("is_force") or False, "is_force")
    return stop_effect(ctx, force=force, grace_s=0 if force else STOP_GRACE_S)


def _off_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.MIGRATING, power_states=PowerState.OFF)


def _off_undo(ctx: Context) -> Effects:
    return start_effect(ctx)


def _off_undone(ctx: Context) -> None:
    move(ctx, ServerStatus.MIGRATING, power_states=PowerState.ON)


def _leave_do(ctx: Context) -> Effects:
    if _source_died(ctx):
        # In one commit: a host that comes back drops what its record says to be elsewhere.
        _arrived(ctx)
        return None
    move(ctx, ServerStatus.MIGRATING)
    return delete_effect(ctx)


def _leave_undo(ctx: Context) -> Effects:
    if _source_died(ctx):
        return None
    server = server_of(ctx)
    return host_effect(server, "guest-create", server.id, {"desc": describe(ctx, around(ctx, server))})


def _arrived(ctx: Context) -> Any:
    # What was in the drive lies on the old host.
    there: JsonObject = {
        "host_id": str(ctx.params["target"]),
        "cpu_numa_pin": _pins(ctx, "pins"),
        **ctx.params["drive"],
    }
    return move(ctx, ServerStatus.MIGRATING, action="migrate", **there)


def _arrive_do(ctx: Context) -> Effects:
    server = _arrived(ctx)
    return host_effect(server, "guest-create", server.id, {"desc": describe(ctx, around(ctx, server))})


def _arrive_undo(ctx: Context) -> Effects:
    # Where the first try could not even say that the server is there, it is still the old host's.
    is_there = server_of(ctx).host_id == ctx.params["target"] and not _target_died(ctx)
    return delete_effect(ctx) if is_there else None


def _arrive_undone(ctx: Context) -> None:
    here: JsonObject = {"host_id": str(ctx.params["source"]), "cpu_numa_pin": _pins(ctx, "pins_before")}
    move(ctx, ServerStatus.MIGRATING, action="migrate", **here, **ctx.params["before"])


def _succeed(ctx: Context) -> None:
    server = back(ctx, action="migrate", reason=str(ctx.params.get("reason") or ""))
    release_host(ctx.tx, str(ctx.params["source"]), **_held(server), pins=_pins(ctx, "pins_before"))


def _fail(ctx: Context, reason: str) -> None:
    server = move(ctx, ServerStatus.MIGRATE_FAILED, reason=reason, action="migrate_fail")
    release_host(ctx.tx, str(ctx.params["target"]), **_held(server), pins=_pins(ctx, "pins"))


def _pins(ctx: Context, name: str) -> list[Any]:
    """What the server has of NUMA nodes of the next host, or had of those of the old one; a former release knew of none."""
    return list(ctx.params.get(name) or ())


def _held(server: Any) -> dict[str, int]:
    return {"vcpus": int(server.vcpu_count + server.extra_cpu_count), "memory_mib": server.vmem_size}


SERVER_MOVE = Flow(
    name="server-move",
    obj_type="server",
    steps=(
        Step(
            name="off",
            do=_off_do,
            done=_off_done,
            undo=_off_undo,
            undone=_off_undone,
            deadline_s=LONGEST_GRACE_S + 30,
            attempts=1,
            again=_only_source_died,
            when=_was_on,
        ),
        Step(name="leave", do=_leave_do, undo=_leave_undo, deadline_s=CREATE_S, again=_only_source_died),
        Step(name="arrive", do=_arrive_do, undo=_arrive_undo, undone=_arrive_undone, deadline_s=CREATE_S),
        attrs.evolve(POWER_ON, when=_start_wanted),
    ),
    succeed=_succeed,
    fail=_fail,
)
