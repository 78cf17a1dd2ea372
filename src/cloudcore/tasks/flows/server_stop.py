"""server-stop: ask the guest to power off, and cut the power where that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.model.reading import read_bool, read_int
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.compute.server.power import LONGEST_GRACE_S, STOP_GRACE_S
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import move, stop_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STOPPING)
    force = read_bool(ctx.params.get("is_force") or False, "is_force")
    grace = ctx.params.get("timeout_secs") or (0 if force else STOP_GRACE_S)
    return stop_effect(ctx, force=force, grace_s=read_int(grace, "timeout_secs", 0, LONGEST_GRACE_S))


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.READY, action="stop", power_states="off")


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.STOP_FAIL, reason=reason, action="stop_fail")


POWER_OFF = Step(name="stop", do=_do, done=_done, deadline_s=LONGEST_GRACE_S + 30, attempts=1)

SERVER_STOP = Flow(name="server-stop", obj_type="server", steps=(POWER_OFF,), fail=_fail)
