"""server-delete: power off, the guest, its volumes, then the rows and all that they held.

Nothing is taken back: what has gone is gone, and deleting again goes on from there.
"""

from __future__ import annotations

from typing import Any

from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import drop_server
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import Guest, delete_effect, guest_of, move, stop_effect
from cloudcore.tasks.flows.volumes import VOLUME_S, volume_delete_effect

OFF_S = 120


def _has_guest(ctx: Context) -> bool:
    server = ctx.tx.of(SERVERS, PLATFORM).get(ctx.task.obj_id)
    return server is not None and server.host_id is not None


def _off_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DELETING)
    return stop_effect(ctx, force=True, grace_s=0)


def _guest_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DELETING, power_states="off")
    return delete_effect(ctx)


def doomed(ctx: Context, guest: Guest) -> list[Any]:
    """The disks that go with the server: those of which the request made sure that they may.

    What of a disk is changed meanwhile counts no more: between two steps it would leave a volume without a row, or a row
    without a volume.
    """
    accepted = ctx.params.get("doomed")
    if accepted is None:  # accepted by a release that did not note them
        return [disk for link, disk in guest.attached if link.index == 0 or disk.auto_delete]
    return [disk for _, disk in guest.attached if disk.id in accepted]


def _volumes_do(ctx: Context) -> Effects:
    guest = guest_of(ctx)
    host = guest.server.host_id
    return [volume_delete_effect(disk, host, guest.folder(disk)) for disk in doomed(ctx, guest)]


def _rows_do(ctx: Context) -> None:
    guest = guest_of(ctx)
    drop_server(ctx.tx, guest.server, [disk.id for disk in doomed(ctx, guest)])


def _fail(ctx: Context, reason: str) -> None:
    if ctx.tx.of(SERVERS, PLATFORM).get(ctx.task.obj_id) is not None:
        move(ctx, ServerStatus.DELETE_FAIL, reason=reason, action="delete_fail")


SERVER_DELETE = Flow(
    name="server-delete",
    obj_type="server",
    steps=(
        Step(name="off", do=_off_do, when=_has_guest, deadline_s=OFF_S, attempts=5),
        Step(name="guest", do=_guest_do, when=_has_guest, deadline_s=OFF_S, attempts=5),
        Step(name="volumes", do=_volumes_do, when=_has_guest, deadline_s=VOLUME_S, attempts=5),
        Step(name="rows", do=_rows_do),
    ),
    fail=_fail,
    no_return="guest",
)
