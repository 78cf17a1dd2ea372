"""server-resume: on again, where the saved memory was."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SAVE_S, guest_effect, move


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.RESUMING)
    return guest_effect(ctx, "guest-resume")


def _done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0].get("power_state")
    if found != "on":
        raise BackendError(f"its host has no saved memory of it: the guest is {found}")
    move(ctx, ServerStatus.RUNNING, action="resume", power_states=PowerState.ON)


def _undo(ctx: Context) -> Effects:
    return guest_effect(ctx, "guest-suspend")


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.RESUME_FAILED, reason=reason, action="resume_failed", power_states=PowerState.OFF)


RESUME = Step(name="resume", do=_do, done=_done, undo=_undo, deadline_s=SAVE_S, attempts=1)

SERVER_RESUME = Flow(name="server-resume", obj_type="server", steps=(RESUME,), fail=_fail)
