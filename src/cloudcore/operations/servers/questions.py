"""Questions to running guests. They are asked outside any unit, and nothing of the answers is kept."""

from __future__ import annotations

import base64

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import BackendError, InvalidStatusError, NotSupportedError, TooLargeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.access import fetch_for
from cloudcore.operations.generic import check_not_recycled
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading
from cloudcore.ports.guest import Guests
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS, PowerState

MOST_BYTES = 16 << 20


def screen_dump(platform: Platform, caller: Caller, ident: str, _body: JsonMapping) -> JsonObject:
    """What the screen of a running server shows, as PNG in base64.

    Raises:
        ResourceNotFoundError: the server is not there, or not for the caller.
        InvalidStatusError: it does not run.
        NotSupportedError: its host shows no screens here.
    """
    server_id, guests = _running(platform, caller, ident, "screen-dump")
    picture = guests.screenshot(server_id)
    if len(picture) > MOST_BYTES:
        raise TooLargeError(f"the picture has more than {MOST_BYTES >> 20} MiB")
    return {"id": server_id, "content_type": "image/png", "image": base64.b64encode(picture).decode("ascii")}


def ping_agent(platform: Platform, caller: Caller, ident: str, _body: JsonMapping) -> JsonObject:
    """Whether the agent in a running server answers.

    Raises:
        BackendError: it does not.
        Others of `screen_dump`.
    """
    server_id, guests = _running(platform, caller, ident, "qga-ping")
    if not guests.ping_agent(server_id):
        raise BackendError("the guest's agent does not answer")
    return {"id": server_id, "qga_status": "available"}


def _running(platform: Platform, caller: Caller, ident: str, action: str) -> tuple[str, Guests]:
    def work(tx: Transaction) -> tuple[str, str]:
        server = fetch_for(platform, tx, caller, SERVERS, ident, "perform", action)
        check_not_recycled(server)
        if server.power_states != PowerState.ON:
            raise InvalidStatusError(f"server {server.name} is {server.status}: it must be running", field="status")
        return server.id, server.host_id or ""

    server_id, host_id = reading(platform, work)
    guests = platform.guests(host_id)
    if guests is None:
        raise NotSupportedError("the server's host answers no questions here")
    return server_id, guests
