"""server-start: power on; a suspended guest goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import START_S, move, start_effect, stop_effect
from cloudcore.tasks.flows.server_resume import RESUME, SERVER_RESUME
from cloudcore.tasks.task import Task, new_task


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return start_effect(ctx)


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.RUNNING, action="start", power_states="on", last_start_at=ctx.now)


def _undo(ctx: Context) -> Effects:
    return stop_effect(ctx, force=True, grace_s=0)


def _saved(ctx: Context) -> bool:
    return bool(ctx.params.get("saved"))


def _cold(ctx: Context) -> bool:
    return not _saved(ctx)


def _fail(ctx: Context, reason: str) -> None:
    if _saved(ctx):
        SERVER_RESUME.fail(ctx, reason)
    else:
        move(ctx, ServerStatus.START_FAIL, reason=reason, action="start_fail", power_states="off")


POWER_ON = Step(name="start", do=_do, done=_done, undo=_undo, deadline_s=START_S)

SERVER_START = Flow(
    name="server-start",
    obj_type="server",
    steps=(attrs.evolve(POWER_ON, when=_cold), attrs.evolve(RESUME, when=_saved)),
    fail=_fail,
)


def start_after(ctx: Context) -> Task | None:
    """The task that starts the server whose disks a task has worked on (`server_id`), if `auto_start` asked for it.

    It is a task of its own: what was made of the disks stays, whether or not the server starts.
    """
    server = ctx.tx.of(SERVERS, PLATFORM).get(str(ctx.params.get("server_id") or ""))
    if not ctx.params.get("auto_start") or server is None or server.status != ServerStatus.READY:
        return None
    moved = ctx.tx.of(SERVERS, PLATFORM).save(evolve(server, status=str(ServerStatus.START_START)), action="start")
    return new_task(
        ident=ctx.tx.new_id(),
        flow=SERVER_START.name,
        flow_version=SERVER_START.version,
        subject=moved,
        obj_type=SERVERS.singular,
        params={},
        actor=ctx.task.actor,
        request_id=ctx.task.request_id,
        now=ctx.now,
    )
