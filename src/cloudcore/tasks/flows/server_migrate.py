"""server-migrate: make a server's guest on another host, whose it already is, and start it there.

The request's commit has moved the server and its claim: it was certain then that its old host runs it no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.fenced import while_fenced
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import CREATE_S, back, delete_effect, describe, guest_of, host_effect, move, server_of
from cloudcore.tasks.flows.server_start import POWER_ON


def _guest_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.MIGRATING, power_states=PowerState.OFF)
    guest = guest_of(ctx)
    return host_effect(guest.server, "guest-create", guest.server.id, {"desc": describe(ctx, guest)})


def _guest_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.MIGRATING, action="migrate")


def _guest_undo(ctx: Context) -> Effects:
    # Of one whose move failed a host that comes back may have a guest, or none.
    return None if while_fenced(ctx.tx, str(server_of(ctx).host_id)) else delete_effect(ctx)


def _start_wanted(ctx: Context) -> bool:
    return bool(ctx.params["auto_start"])


def _succeed(ctx: Context) -> None:
    back(ctx, action="migrate", reason=str(ctx.params["reason"]))


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.MIGRATE_FAILED, reason=reason, action="migrate_fail", power_states=PowerState.OFF)


SERVER_MIGRATE = Flow(
    name="server-migrate",
    obj_type="server",
    steps=(
        Step(name="guest", do=_guest_do, done=_guest_done, undo=_guest_undo, deadline_s=CREATE_S),
        attrs.evolve(POWER_ON, when=_start_wanted),
    ),
    succeed=_succeed,
    fail=_fail,
)
