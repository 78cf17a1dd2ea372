"""Flows that make a guest what its rows have become: the request's commit has changed those, and undoing changes them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Resource
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import SYNC_S, back, move, sync_effect

_TYPES: dict[str, Resource[Any]] = {resource.plural: resource for resource in (GUESTDISKS, GUESTNETWORKS)}


def amending(name: str, *, action: str, through: ServerStatus, failed: ServerStatus) -> Flow:
    """A flow of one effect. action: what the history says.

    Its parameter `before` lists what the rows were: `[plural, id, {field: value}]` each.
    """

    def do(ctx: Context) -> Effects:
        move(ctx, through)
        return sync_effect(ctx)

    def undo(ctx: Context) -> Effects:
        restore(ctx)
        return sync_effect(ctx)

    def succeed(ctx: Context) -> None:
        back(ctx, action=action, reason=waiting(ctx.result("sync") or ()))

    def fail(ctx: Context, reason: str) -> None:
        restore(ctx)
        move(ctx, failed, reason=reason, action=f"{action}_fail")

    return Flow(
        name=name,
        obj_type="server",
        steps=(Step(name="sync", do=do, done=pending_of, undo=undo, deadline_s=SYNC_S),),
        succeed=succeed,
        fail=fail,
    )


def pending_of(_ctx: Context, results: Sequence[JsonObject]) -> Sequence[str]:
    """What a host said that it could not do to a guest now."""
    return results[0].get("pending") or []


def waiting(pending: Sequence[str]) -> str:
    """The same as the reason of a status."""
    told = {"bandwidth": "bandwidth, which the kernel of its host cannot bound", "queues": "queues of cards"}
    return f"waits for the next start: {', '.join(told.get(one, one) for one in pending)}" if pending else ""


def restore(ctx: Context) -> None:
    """Make the rows what they were; those that are gone stay gone, and what is as it was is not written."""
    for plural, ident, values in ctx.params["before"]:
        repository = ctx.tx.of(_TYPES[plural], PLATFORM)
        if (row := repository.get(str(ident))) is not None:
            repository.save(evolve(row, **values))
