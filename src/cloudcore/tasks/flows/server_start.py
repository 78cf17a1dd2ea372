"""server-start: power on."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import START_S, move, start_effect, stop_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return start_effect(ctx)


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.RUNNING, action="start", power_states="on", last_start_at=ctx.now)


def _undo(ctx: Context) -> Effects:
    return stop_effect(ctx, force=True, grace_s=0)


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.START_FAIL, reason=reason, action="start_fail", power_states="off")


POWER_ON = Step(name="start", do=_do, done=_done, undo=_undo, deadline_s=START_S)

SERVER_START = Flow(name="server-start", obj_type="server", steps=(POWER_ON,), fail=_fail)
