"""server-reset: the reset button, or off and on again."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import guest_effect, move, stop_effect
from cloudcore.tasks.flows.server_restart import SERVER_RESTART
from cloudcore.tasks.flows.server_start import POWER_ON
from cloudcore.tasks.flows.server_stop import POWER_OFF

RESET_S = 60


def _is_hard(ctx: Context) -> bool:
    return bool(ctx.params.get("is_hard"))


def _is_soft(ctx: Context) -> bool:
    return not _is_hard(ctx)


def _off_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STOPPING)
    return stop_effect(ctx, force=True, grace_s=0)


def _off_done(ctx: Context, _results: Sequence[JsonObject]) -> bool:
    POWER_OFF.done(ctx, ())
    return True


def _reset_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return guest_effect(ctx, "guest-reset")


def _reset_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.RUNNING, action="reset", power_states=PowerState.ON, last_start_at=ctx.now)


SERVER_RESET = Flow(
    name="server-reset",
    obj_type="server",
    steps=(
        Step(name="stop", do=_off_do, done=_off_done, when=_is_hard, deadline_s=RESET_S),
        attrs.evolve(POWER_ON, when=_is_hard),
        Step(name="reset", do=_reset_do, done=_reset_done, when=_is_soft, deadline_s=RESET_S),
    ),
    fail=SERVER_RESTART.fail,
)
