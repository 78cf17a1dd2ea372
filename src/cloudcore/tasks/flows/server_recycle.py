"""server-recycle: power off, and into the recycle bin: the share of the host and the quota go, address and disks stay."""

from __future__ import annotations

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import release_recycled_server
from cloudcore.resources.compute.server import SERVERS, PowerState, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import move, server_of, stop_effect
from cloudcore.tasks.flows.server_delete import OFF_S, SERVER_DELETE


def _off_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DELETING)
    return stop_effect(ctx, force=True, grace_s=0)


def _bin_do(ctx: Context) -> None:
    server = server_of(ctx)
    release_recycled_server(ctx.tx, server)
    changed = evolve(
        server,
        status=str(ServerStatus.READY),
        status_reason="",
        power_states=PowerState.OFF,
        pending_deleted=True,
        pending_deleted_at=ctx.now,
        name_key=server.id,
        cpu_numa_pin=[],
    )
    ctx.tx.of(SERVERS, PLATFORM).save(changed, action="pending_delete")


SERVER_RECYCLE = Flow(
    name="server-recycle",
    obj_type="server",
    steps=(Step(name="off", do=_off_do, deadline_s=OFF_S, attempts=5), Step(name="bin", do=_bin_do)),
    fail=SERVER_DELETE.fail,
)
