"""Questions to running guests, and keys for them: outside any unit, and nothing of the answers is kept."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidStatusError, NotSupportedError, TooLargeError
from cloudcore.model.history import Fact
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.keyboard import pressed
from cloudcore.model.reading import read_int, read_str
from cloudcore.operations.access import fetch_for
from cloudcore.operations.generic import check_not_recycled
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading, writing
from cloudcore.ports.guest import Guests
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS, PowerState

MOST_BYTES = 16 << 20
MOST_CARDS = 64
MOST_COMMANDS = 512
MOST_LETTERS = 128
"""So much is passed on of what a guest says."""
MOST_KEYS = 256
HOLD_MS = 100
LONGEST_HOLD_MS = 10_000
"""As long keys are held down, and at most."""


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


def send_keys(platform: Platform, caller: Caller, ident: str, body: JsonMapping) -> JsonObject:
    """Press keys on the keyboard of a running server, together; its details.

    body: keys, such as `ctrl-alt-delete`; duration, in milliseconds.

    Raises:
        InvalidInputError: there is no such key.
        Others of `screen_dump`.
    """
    server_id, guests = _running(platform, caller, ident, "sendkeys")
    keys = pressed(read_str(body.get("keys", ""), "keys", MOST_KEYS), "keys")
    held = read_int(body.get("duration") or HOLD_MS, "duration", 1, LONGEST_HOLD_MS)
    guests.press_keys(server_id, keys, held)

    def tell(tx: Transaction) -> JsonObject:
        server = fetch_for(platform, tx, caller, SERVERS, server_id, "perform", "sendkeys")
        # That somebody typed is told, and not what: it may be a password.
        tx.record(
            Fact(
                action="sendkeys",
                obj_type=SERVERS.singular,
                obj_id=server.id,
                obj_name=server.name,
                owner_domain_id=server.domain_id,
                owner_tenant_id=server.tenant_id,
                service=SERVERS.service,
            )
        )
        return detail_rows(platform, tx, SERVERS, [server])[0]

    return writing(platform, caller, tell)


def ping_agent(platform: Platform, caller: Caller, ident: str, _body: JsonMapping) -> JsonObject:
    """Whether the agent in a running server answers.

    Raises:
        BackendError: it does not.
        Others of `screen_dump`.
    """
    server_id, guests = _running(platform, caller, ident, "qga-ping")
    guests.ask_agent(server_id, "guest-ping")
    return {"id": server_id, "qga_status": "available"}


def agent_network(platform: Platform, caller: Caller, ident: str, _body: JsonMapping) -> Sequence[JsonObject]:
    """The network cards of a running server with their addresses, as its agent tells them.

    Raises:
        As `ping_agent`.
    """
    server_id, guests = _running(platform, caller, ident, "qga-get-network")
    said = _objects(guests.ask_agent(server_id, "guest-network-get-interfaces"), MOST_CARDS)
    return [_card(one) for one in said]


def agent_info(platform: Platform, caller: Caller, ident: str, _body: JsonMapping) -> JsonObject:
    """The version of the agent in a running server, and what it can do.

    Raises:
        As `ping_agent`.
    """
    server_id, guests = _running(platform, caller, ident, "qga-guest-info-task")
    said = guests.ask_agent(server_id, "guest-info")
    told: JsonObject = cast("JsonObject", said) if isinstance(said, dict) else {}
    commands = [
        {"name": _text(one, "name"), "enabled": one.get("enabled") is True}
        for one in _objects(told.get("supported_commands"), MOST_COMMANDS)
    ]
    return {"version": _text(told, "version"), "supported_commands": commands}


def _card(said: JsonMapping) -> JsonObject:
    addresses = [
        {
            "ip-address": _text(one, "ip-address"),
            "ip-address-type": _text(one, "ip-address-type"),
            "prefix": one["prefix"] if isinstance(one.get("prefix"), int) else 0,
        }
        for one in _objects(said.get("ip-addresses"), MOST_CARDS)
    ]
    named = {key: _text(said, key) for key in ("name", "hardware-address")}
    return {**named, "ip-addresses": addresses}


def _objects(said: Any, most: int) -> list[JsonObject]:
    """The objects of a list that a guest has sent."""
    items: list[Any] = cast("list[Any]", said)[:most] if isinstance(said, list) else []
    return [cast("JsonObject", one) for one in items if isinstance(one, dict)]


def _text(said: JsonMapping, key: str) -> str:
    value = said.get(key)
    return value[:MOST_LETTERS] if isinstance(value, str) else ""


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
