"""server-syncstatus: ask the host how the server is, and believe it."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import host_effect, move, server_of

PROBE_S = 60


def _do(ctx: Context) -> Effects:
    server = server_of(ctx)
    if server.host_id is None:
        raise BackendError("the server is on no host")
    return host_effect(server, "guest-probe", server.id, {"guest_id": server.id})


def _done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0].get("power_state")
    if found == "on":
        move(ctx, ServerStatus.RUNNING, action="syncstatus", power_states=PowerState.ON)
    elif found in ("off", "crashed"):
        move(ctx, ServerStatus.READY, action="syncstatus", power_states=PowerState.OFF)
    elif found == "saved":
        move(ctx, ServerStatus.SUSPEND, action="syncstatus", power_states=PowerState.OFF)
    else:
        reason = f"its host says that it is {found}"
        move(ctx, ServerStatus.UNKNOWN, action="syncstatus", reason=reason, power_states=PowerState.UNKNOWN)


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.UNKNOWN, reason=reason, action="syncstatus_fail", power_states=PowerState.UNKNOWN)


SERVER_SYNCSTATUS = Flow(
    name="server-syncstatus",
    obj_type="server",
    steps=(Step(name="probe", do=_do, done=_done, deadline_s=PROBE_S),),
    fail=_fail,
)
