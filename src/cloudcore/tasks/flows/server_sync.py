"""server-sync: make the guest again what its record says."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, sync_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.SYNC_CONFIG)
    return sync_effect(ctx)


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    back(ctx, action="sync")


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.SYNC_FAIL, reason=reason, action="sync_fail")


SERVER_SYNC = Flow(
    name="server-sync",
    obj_type="server",
    steps=(Step(name="sync", do=_do, done=_done, deadline_s=SYNC_S),),
    fail=_fail,
)
