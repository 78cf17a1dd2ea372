"""server-live-migrate: to another host that reaches the same storages, while the guest runs.

prepare   the guest is made on the next host, off: its folder, addresses and definition
migrate   its memory goes there; it runs here until it runs there, and the record follows in the commit that learns of it
leave     what is left of it on the old host is removed: that is tried until it is done, for the server has moved

The request's commit has taken its share of the next host; that of the host that it is not on is given back at the end. Each
step before that is taken back by its mirror image, so that what fails leaves the server running where it was. A host that is
down and fenced is not asked any more: it drops what is elsewhere before it gets its lease back. Where the old host died with
the memory on its way, the next one says whether it arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.claims import release_host
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.tasks.fenced import while_fenced
from cloudcore.tasks.flow import Context, Effects, Flow, Later, Step
from cloudcore.tasks.flows.guest import CREATE_S, around, back, describe, host_effect, left_on, move, server_of

MIGRATE_S = 4 * 3600
STOPPED_S = 5.0
HOST_DIED = "its host went down before it was on the other one"
LATER = "what is left of it on its old host, which is down, is removed before that host works again"


def _source(ctx: Context) -> str:
    return str(ctx.params["source"])


def _target(ctx: Context) -> str:
    return str(ctx.params["target"])


def _is_dead(ctx: Context, host_id: str) -> bool:
    return while_fenced(ctx.tx, host_id)


def _pins(ctx: Context, host_id: str) -> list[Any]:
    """What the server has, or had, of NUMA nodes of one of the two hosts; a former release knew of none."""
    return list(ctx.params.get("pins" if host_id == _target(ctx) else "pins_before") or ())


def _made_on(ctx: Context, host_id: str) -> Effect:
    there = evolve(server_of(ctx), host_id=host_id, cpu_numa_pin=_pins(ctx, host_id))
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


def _asked(ctx: Context) -> Effect:
    """What the next host knows of the guest."""
    server = server_of(ctx)
    return host_effect(evolve(server, host_id=_target(ctx)), "guest-probe", server.id, {"guest_id": server.id})


def _prepare_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.LIVE_MIGRATING)
    return _made_on(ctx, _target(ctx))


def _prepare_undo(ctx: Context) -> Effects:
    # Where it is to stay, as its old host is down, it stays.
    if server_of(ctx).host_id == _target(ctx) or _is_dead(ctx, _target(ctx)):
        return None
    return left_on(ctx, _target(ctx))


def _migrate_do(ctx: Context) -> Effects:
    return _asked(ctx) if _is_dead(ctx, _source(ctx)) else _sent(ctx, _source(ctx), str(ctx.params["uri"]))


def _migrate_again(ctx: Context) -> bool:
    """Whether only the next host can say what came of it."""
    return _is_dead(ctx, _source(ctx)) and not _is_dead(ctx, _target(ctx))


def _migrate_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0].get("power_state")
    if found != "on":
        is_dead = _is_dead(ctx, _source(ctx))
        raise BackendError(HOST_DIED if is_dead else f"there was no running guest to move: it is {found}")
    _now_on(ctx, _target(ctx))


def _now_on(ctx: Context, host_id: str) -> None:
    changes: JsonObject = {"host_id": host_id, "cpu_numa_pin": _pins(ctx, host_id)}
    move(ctx, ServerStatus.LIVE_MIGRATING, action="live_migrate", **changes)


def _migrate_undo(ctx: Context) -> Effects:
    if server_of(ctx).host_id == _target(ctx):
        return None
    return _asked(ctx) if _is_dead(ctx, _source(ctx)) else _sent(ctx, _target(ctx), str(ctx.params["uri_back"]))


def _migrate_seen(ctx: Context, results: Sequence[JsonObject]) -> None:
    # It can't go back to a host that is dead: where it runs, it stays.
    if results[0].get("power_state") == "on" and _is_dead(ctx, _source(ctx)):
        _now_on(ctx, _target(ctx))


def _leave_do(ctx: Context) -> Effects:
    if ctx.task.attempt == 1 and _is_dead(ctx, _target(ctx)):
        # It came to a host that was fenced meanwhile, whose watchdog stops it at its next look: nobody may start it before.
        return Later(STOPPED_S)
    return None if _is_left(ctx) else left_on(ctx, _source(ctx))


def _is_left(ctx: Context) -> bool:
    return _is_dead(ctx, _source(ctx)) or ctx.tx.of(HOSTS, PLATFORM).get(_source(ctx)) is None


def _leave_done(ctx: Context, results: Sequence[JsonObject]) -> str | None:
    return LATER if not results and _is_dead(ctx, _source(ctx)) else None


def _leave_again(_ctx: Context) -> bool:
    # The server has moved, whatever becomes of what it left behind.
    return True


def _leave_undo(ctx: Context) -> Effects:
    # In the journals of releases that took this step back.
    if _is_dead(ctx, _source(ctx)):
        return None
    _now_on(ctx, _source(ctx))
    return _made_on(ctx, _source(ctx))


def _succeed(ctx: Context) -> None:
    reasons = (str(ctx.params.get("reason") or ""), str(ctx.result("leave") or ""))
    server = back(ctx, action="live_migrate", reason="; ".join(filter(None, reasons)))
    _release(ctx, _source(ctx), server)


def _fail(ctx: Context, reason: str) -> None:
    if server_of(ctx).host_id == _target(ctx):
        server = back(ctx, reason=f"moved, as its old host went down: {reason}", action="live_migrate")
        _release(ctx, _source(ctx), server)
    else:
        server = back(ctx, reason=f"not moved: {reason}", action="migrate_fail")
        _release(ctx, _target(ctx), server)


def _release(ctx: Context, host_id: str, server: Any) -> None:
    vcpus = int(server.vcpu_count + server.extra_cpu_count)
    pins = _pins(ctx, host_id)
    release_host(ctx.tx, host_id, vcpus=vcpus, memory_mib=server.vmem_size, pins=pins)


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
            seen=_migrate_seen,
            deadline_s=MIGRATE_S,
            attempts=1,
            again=_migrate_again,
        ),
        Step(
            name="leave",
            do=_leave_do,
            done=_leave_done,
            undo=_leave_undo,
            deadline_s=CREATE_S,
            again=_leave_again,
        ),
    ),
    succeed=_succeed,
    fail=_fail,
    no_return="leave",
)
