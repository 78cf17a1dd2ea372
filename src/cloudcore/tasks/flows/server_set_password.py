"""server-set-password: by the guest's agent. The record learns the password when the guest has it."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import back, host_effect, move, server_of

AGENT_S = 60


def _do(ctx: Context) -> Effects:
    server = move(ctx, ServerStatus.QGA_SET_PASSWORD)
    args: JsonObject = {"guest_id": server.id, "account": str(ctx.params["account"])}
    return host_effect(server, "guest-set-password", server.id, args)


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    server = server_of(ctx)
    back(
        ctx,
        action="set_password",
        login_account=str(ctx.params["account"]),
        login_password=server.next_password or server.login_password,
        next_password="",
        login_updated_at=ctx.now,
    )


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.QGA_EXEC_COMMAND_FAILED, reason=reason, action="set_password_fail", next_password="")


SERVER_SET_PASSWORD = Flow(
    name="server-set-password",
    obj_type="server",
    steps=(Step(name="set", do=_do, done=_done, deadline_s=AGENT_S, attempts=2),),
    fail=_fail,
    no_return="set",
)
