"""server-attach-disk: a disk that is there, plugged into its server.

The request's commit has linked the two, so that nobody else takes the disk meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, sync_effect


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.ATTACH_DISK)
    return sync_effect(ctx)


def _undo(ctx: Context) -> Effects:
    unlink(ctx, [str(ctx.params["link_id"])])
    return sync_effect(ctx)


def unlink(ctx: Context, links: Sequence[str]) -> None:
    """Part disks from the server, if they are not yet."""
    repository = ctx.tx.of(GUESTDISKS, PLATFORM)
    for ident in links:
        if (link := repository.get(ident)) is not None:
            repository.remove(link)


def _succeed(ctx: Context) -> None:
    back(ctx, action="attach_disk")


def _fail(ctx: Context, reason: str) -> None:
    unlink(ctx, [str(ctx.params["link_id"])])
    move(ctx, ServerStatus.ATTACH_DISK_FAIL, reason=reason, action="attach_disk_fail")


SERVER_ATTACH_DISK = Flow(
    name="server-attach-disk",
    obj_type="server",
    steps=(Step(name="plug", do=_do, undo=_undo, deadline_s=SYNC_S),),
    succeed=_succeed,
    fail=_fail,
)
