"""server-detach-network: a card taken out of its server; then its address is free, or kept from being given out."""

from __future__ import annotations

from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Order, Query, eq
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.network.reservedip import RESERVEDIPS, Reservedip
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, server_of, sync_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.SYNC_CONFIG)
    return sync_effect(ctx, but=[str(ctx.params["nic_id"])])


def _undo(ctx: Context) -> Effects:
    return sync_effect(ctx)


def _succeed(ctx: Context) -> None:
    repository = ctx.tx.of(GUESTNETWORKS, PLATFORM)
    nic = repository.get(str(ctx.params["nic_id"]))
    if nic is not None:
        repository.remove(nic)
        if ctx.params.get("reserve") and nic.ip_addr:
            ctx.tx.of(RESERVEDIPS, PLATFORM).add(_kept(ctx, nic))
        if nic.is_default:
            _next_default(ctx)
    back(ctx, action="detach_network")


def _kept(ctx: Context, nic: Any) -> Reservedip:
    """The reservation of the address that a card had."""
    notes = f"of server {server_of(ctx).name}"
    return Reservedip(id=str(ctx.params["reserved_id"]), network_id=nic.network_id, ip_addr=nic.ip_addr, notes=notes)


def _next_default(ctx: Context) -> None:
    repository = ctx.tx.of(GUESTNETWORKS, PLATFORM)
    left = repository.find(Query(where=eq("guest_id", ctx.task.obj_id), order=(Order("index"),), limit=1))
    for nic in left:
        repository.save(evolve(nic, is_default=True))


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.SYNC_FAIL, reason=reason, action="detach_network_fail")


SERVER_DETACH_NETWORK = Flow(
    name="server-detach-network",
    obj_type="server",
    steps=(Step(name="unplug", do=_do, undo=_undo, deadline_s=SYNC_S, attempts=2),),
    succeed=_succeed,
    fail=_fail,
)
