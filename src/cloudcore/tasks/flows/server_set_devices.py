"""server-set-devices: devices of its host for a server, or taken from it.

The request's commit has claimed what comes; what goes stays claimed until the guest has let go of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, server_of, sync_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.SYNC_CONFIG)
    return sync_effect(ctx, but=_idents(ctx, "removed"))


def _undo(ctx: Context) -> Effects:
    # What was to come stays claimed until the guest is without it.
    return sync_effect(ctx, but=_idents(ctx, "added"))


def _idents(ctx: Context, which: str) -> Sequence[str]:
    return [str(ident) for ident in ctx.params[which]]


def _give_back(ctx: Context, idents: Sequence[str]) -> None:
    repository, server = ctx.tx.of(ISOLATED_DEVICES, PLATFORM), server_of(ctx)
    for ident in idents:
        device = repository.get(ident)
        if device is not None and device.guest_id == server.id:
            repository.save(evolve(device, guest_id=None), action="detach")


def _succeed(ctx: Context) -> None:
    _give_back(ctx, _idents(ctx, "removed"))
    back(ctx, action="set_isolated_device")


def _fail(ctx: Context, reason: str) -> None:
    _give_back(ctx, _idents(ctx, "added"))
    move(ctx, ServerStatus.SYNC_ISOLATED_DEVICE_FAILED, reason=reason, action="set_isolated_device_fail")


SERVER_SET_DEVICES = Flow(
    name="server-set-devices",
    obj_type="server",
    steps=(Step(name="plug", do=_do, undo=_undo, deadline_s=SYNC_S),),
    succeed=_succeed,
    fail=_fail,
)
