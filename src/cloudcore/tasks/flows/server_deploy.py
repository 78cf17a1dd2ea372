"""server-deploy: the guest's seed anew, under another instance id, and power if it was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import CREATE_S, describe, guest_of, host_effect, move
from cloudcore.tasks.flows.server_start import POWER_ON


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DEPLOYING)
    guest = guest_of(ctx)
    return host_effect(guest.server, "guest-create", guest.server.id, {"desc": describe(ctx, guest)})


def _done(ctx: Context, _results: Sequence[JsonObject]) -> bool:
    move(ctx, ServerStatus.READY, action="deploy", power_states=PowerState.OFF)
    return True


def _start_wanted(ctx: Context) -> bool:
    return bool(ctx.params.get("auto_start"))


def _fail(ctx: Context, reason: str) -> None:
    deployed = ctx.result("deploy") is not None
    status = ServerStatus.START_FAIL if deployed else ServerStatus.DEPLOY_FAIL
    move(ctx, status, reason=reason, action=str(status), power_states=PowerState.OFF)


DEPLOY = Step(name="deploy", do=_do, done=_done, deadline_s=CREATE_S)
START_AFTERWARDS = attrs.evolve(POWER_ON, when=_start_wanted)

SERVER_DEPLOY = Flow(name="server-deploy", obj_type="server", steps=(DEPLOY, START_AFTERWARDS), fail=_fail)
