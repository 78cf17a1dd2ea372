"""server-attach-network: cards plugged into their server. The request's commit has taken their addresses."""

from __future__ import annotations

from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, sync_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.SYNC_CONFIG)
    return sync_effect(ctx)


def _undo(ctx: Context) -> Effects:
    # The addresses stay taken until the cards are out.
    return sync_effect(ctx, but=[str(ident) for ident in ctx.params["nic_ids"]])


def _succeed(ctx: Context) -> None:
    back(ctx, action="attach_network")


def _fail(ctx: Context, reason: str) -> None:
    repository = ctx.tx.of(GUESTNETWORKS, PLATFORM)
    for ident in ctx.params["nic_ids"]:
        if (nic := repository.get(str(ident))) is not None:
            repository.remove(nic)
    move(ctx, ServerStatus.SYNC_FAIL, reason=reason, action="attach_network_fail")


SERVER_ATTACH_NETWORK = Flow(
    name="server-attach-network",
    obj_type="server",
    steps=(Step(name="plug", do=_do, undo=_undo, deadline_s=SYNC_S),),
    succeed=_succeed,
    fail=_fail,
)
