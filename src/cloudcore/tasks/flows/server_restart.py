"""server-restart: off and on again."""

from __future__ import annotations

import attrs

from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Flow
from cloudcore.tasks.flows.guest import move
from cloudcore.tasks.flows.server_start import POWER_ON
from cloudcore.tasks.flows.server_stop import POWER_OFF


def _fail(ctx: Context, reason: str) -> None:
    stopped = ctx.result("stop") is not None
    status = ServerStatus.START_FAIL if stopped else ServerStatus.STOP_FAIL
    changes = {"power_states": "off"} if stopped else {}
    move(ctx, status, reason=reason, action=str(status), **changes)


def _stopped(ctx: Context, results: object) -> bool:
    POWER_OFF.done(ctx, ())
    return bool(results) or True


SERVER_RESTART = Flow(
    name="server-restart",
    obj_type="server",
    steps=(attrs.evolve(POWER_OFF, done=_stopped), POWER_ON),
    fail=_fail,
)
