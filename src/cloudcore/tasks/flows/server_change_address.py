"""server-change-address: another address for a card.

The request's commit has given the card its new address and reserved the old one, so that nobody gets it meanwhile.
"""

from __future__ import annotations

from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.reservedip import RESERVEDIPS
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, sync_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.RESTART_NETWORK)
    return sync_effect(ctx)


def _undo(ctx: Context) -> Effects:
    """The old address for the card; the reservation takes over the new one until no guest has it."""
    nic, kept = _nic(ctx), _reservation(ctx)
    before = {"network_id": ctx.params["network_id"], "ip_addr": ctx.params["ip_addr"]}
    if (nic.network_id, nic.ip_addr) != (before["network_id"], before["ip_addr"]):
        now = {"network_id": nic.network_id, "ip_addr": nic.ip_addr}
        # Nobody may see the old address without a holder, or the new one, while the two change places.
        ctx.tx.of(NETWORKS, PLATFORM).get(before["network_id"], steady=True)
        if kept is not None:
            ctx.tx.of(RESERVEDIPS, PLATFORM).save(evolve(kept, **now))
        ctx.tx.of(GUESTNETWORKS, PLATFORM).save(evolve(nic, **before))
    return sync_effect(ctx)


def _nic(ctx: Context) -> Any:
    nic = ctx.tx.of(GUESTNETWORKS, PLATFORM).get(str(ctx.params["nic_id"]))
    if nic is None:
        raise ResourceNotFoundError("the card is gone")
    return nic


def _reservation(ctx: Context) -> Any:
    ident = ctx.params["reserved_id"]
    return ctx.tx.of(RESERVEDIPS, PLATFORM).get(str(ident)) if ident else None


def _unreserve(ctx: Context) -> None:
    if (kept := _reservation(ctx)) is not None:
        ctx.tx.of(RESERVEDIPS, PLATFORM).remove(kept)


def _succeed(ctx: Context) -> None:
    if not ctx.params.get("reserve"):
        _unreserve(ctx)
    back(ctx, action="change_ipaddr")


def _fail(ctx: Context, reason: str) -> None:
    _unreserve(ctx)
    move(ctx, ServerStatus.RESTART_NETWORK_FAILED, reason=reason, action="change_ipaddr_fail")


SERVER_CHANGE_ADDRESS = Flow(
    name="server-change-address",
    obj_type="server",
    steps=(Step(name="sync", do=_do, undo=_undo, deadline_s=SYNC_S),),
    succeed=_succeed,
    fail=_fail,
)
