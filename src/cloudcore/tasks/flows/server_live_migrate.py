"""server-live-migrate: to another host that reaches the same storages, while the guest runs.

prepare   the guest is made on the next host, off: its folder, addresses and definition
migrate   its memory goes there; it runs here until it runs there, and the record follows in the commit that learns of it
leave     what is left of it on the old host is removed

The request's commit has taken its share of the next host; that of the host that it is not on is given back at the end. Each
step is taken back by its mirror image, so that whatever fails leaves the server running where it was. A host that is down
and fenced is not asked any more: it drops what is elsewhere before it gets its lease back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonObject
from cloudcore.quotas.claims import release_host
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.fenced import while_fenced
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import CREATE_S, around, back, describe, host_effect, left_on, move, server_of

MIGRATE_S = 4 * 3600


def _source(ctx: Context) -> str:
    return str(ctx.params["source"])


def _target(ctx: Context) -> str:
    return str(ctx.params["target"])


def _made_on(ctx: Context, host_id: str) -> Effect:
    there = evolve(server_of(ctx), host_id=host_id)
    return host_effect(there, "guest-create", there.id, {"desc": describe(ctx, around(ctx, there))})


def _sent(ctx: Context, origin: str, uri: str) -> Effect:
    server = server_of(ctx)
    args: JsonObject = {
        "guest_id": server.id,
        "uri": uri,
        "max_mib_s": ctx.params["max_mib_s"],
        "hurry": ctx.params["hurry"],
    }
    return host_effect(evolve(server, host_id=origin), "guest-migrate", server.id, args)


def _prepare_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.LIVE_MIGRATING)
    return _made_on(ctx, _target(ctx))


def _prepare_undo(ctx: Context) -> Effects:
    # Where it is to stay, as its old host is down, it stays.
    if server_of(ctx).host_id == _target(ctx) or while_fenced(ctx.tx, _target(ctx)):
        return None
    return left_on(ctx, _target(ctx))


def _migrate_do(ctx: Context) -> Effects:
    return _sent(ctx, _source(ctx), str(ctx.params["uri"]))


def _migrate_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0].get("power_state")
    if found != "on":
        raise BackendError(f"there was no running guest to move: it is {found}")
    move(ctx, ServerStatus.LIVE_MIGRATING, action="live_migrate", host_id=_target(ctx))


def _migrate_undo(ctx: Context) -> Effects:
    if server_of(ctx).host_id == _target(ctx):
        return None
    return _sent(ctx, _target(ctx), str(ctx.params["uri_back"]))


def _leave_do(ctx: Context) -> Effects:
    return None if while_fenced(ctx.tx, _source(ctx)) else left_on(ctx, _source(ctx))


def _leave_undo(ctx: Context) -> Effects:
    if while_fenced(ctx.tx, _source(ctx)):
        return None
    move(ctx, ServerStatus.LIVE_MIGRATING, action="live_migrate", host_id=_source(ctx))
    return _made_on(ctx, _source(ctx))


def _succeed(ctx: Context) -> None:
    server = back(ctx, action="live_migrate", reason=str(ctx.params.get("reason") or ""))
    _release(ctx, _source(ctx), server)


def _fail(ctx: Context, reason: str) -> None:
    server = back(ctx, reason=f"not moved: {reason}", action="migrate_fail")
    _release(ctx, _source(ctx) if server.host_id == _target(ctx) else _target(ctx), server)


def _release(ctx: Context, host_id: str, server: Any) -> None:
    vcpus = int(server.vcpu_count + server.extra_cpu_count)
    release_host(ctx.tx, host_id, vcpus=vcpus, memory_mib=server.vmem_size)


SERVER_LIVE_MIGRATE = Flow(
    name="server-live-migrate",
    obj_type="server",
    steps=(
        Step(name="prepare", do=_prepare_do, undo=_prepare_undo, deadline_s=CREATE_S),
        Step(
            name="migrate",
            do=_migrate_do,
            done=_migrate_done,
            undo=_migrate_undo,
            deadline_s=MIGRATE_S,
            attempts=1,
        ),
        Step(name="leave", do=_leave_do, undo=_leave_undo, deadline_s=CREATE_S),
    ),
    succeed=_succeed,
    fail=_fail,
    no_return="leave",
)
