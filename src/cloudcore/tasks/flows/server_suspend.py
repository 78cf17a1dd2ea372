"""server-suspend: the guest's memory into a file on its host, and off."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.errors import BackendError
from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SAVE_S, guest_effect, move


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.SUSPENDING)
    return guest_effect(ctx, "guest-suspend")


def _done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0].get("power_state")
    if found != "saved":
        raise BackendError(f"there was no memory to save: the guest is {found}")
    move(ctx, ServerStatus.SUSPEND, action="suspend", power_states=PowerState.OFF)


def _undo(ctx: Context) -> Effects:
    return guest_effect(ctx, "guest-resume")


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.SUSPEND_FAILED, reason=reason, action="suspend_failed")


SERVER_SUSPEND = Flow(
    name="server-suspend",
    obj_type="server",
    steps=(Step(name="suspend", do=_do, done=_done, undo=_undo, deadline_s=SAVE_S, attempts=1),),
    fail=_fail,
)
