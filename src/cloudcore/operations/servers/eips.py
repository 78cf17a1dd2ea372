"""Public addresses of servers, asked for from the server's side."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidStatusError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_str
from cloudcore.operations import addresses
from cloudcore.operations.access import fetch_for
from cloudcore.operations.generic import check_not_frozen
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.network.eip import EIPS

_OF_EIP = ("bandwidth", "charge_type", "bgp_type", "auto_dellocate", "network", "network_id")


def associate(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Give a server a public address that nothing has; raises as `addresses.associate_eip`."""
    named = read_str(body.get("eip_id") or body.get("eip") or "", "eip_id", 128)
    if not named:
        raise MissingParameterError("eip_id is missing", field="eip_id")
    eip = fetch_for(platform, tx, caller, EIPS, named, "perform", "associate")
    wanted = {"instance_id": server.id, "ip_addr": body.get("ip_addr") or ""}
    addresses.associate_eip(platform, tx, caller, eip, wanted)


def dissociate(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Part a server from its public address; raises as `addresses.dissociate_eip`.

    Raises:
        InvalidStatusError: it has none.
    """
    where = both(eq("associate_type", "server"), eq("associate_id", server.id))
    held = tx.of(EIPS, PLATFORM).find(Query(where=where, limit=1))
    if not held:
        raise InvalidStatusError(f"server {server.name} has no public address", field="eip_id")
    eip = fetch_for(platform, tx, caller, EIPS, held[0].id, "perform", "dissociate")
    addresses.dissociate_eip(platform, tx, caller, eip, body)


def create(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Take a new public address for a server, of its project; raises as `addresses.create_eip` and `associate`."""
    give_new(platform, tx, caller, server, {key: body[key] for key in _OF_EIP if body.get(key) not in (None, "")})


def give_new(platform: Platform, tx: Transaction, caller: Caller, server: Any, wanted: JsonObject) -> None:
    """Take a new public address, of a server's project, and give it to it; raises as `create`."""
    sent: JsonObject = {"generate_name": f"eip-for-{server.name}"[:120], "project_id": server.tenant_id, **wanted}
    made = addresses.create_eip(platform, tx, caller, sent)
    give_taken(platform, tx, caller, server, str(made["id"]))


def give_taken(platform: Platform, tx: Transaction, caller: Caller, server: Any, eip_id: str) -> None:
    """Give a server the public address of that id; raises as `associate`."""
    eip = tx.of(EIPS, PLATFORM).get(eip_id)
    addresses.associate_eip(platform, tx, caller, eip, {"instance_id": server.id})


def take_address_along(platform: Platform, tx: Transaction, caller: Caller, server: Any) -> None:
    """Let the public address of a server go with it.

    Raises:
        ForbiddenError: the caller may not delete it.
        FrozenError: it is frozen.
    """
    where = both(eq("associate_type", "server"), eq("associate_id", server.id))
    for held in tx.of(EIPS, PLATFORM).find(Query(where=where)):
        eip = fetch_for(platform, tx, caller, EIPS, held.id, "delete")
        check_not_frozen(eip)
        tx.of(EIPS, PLATFORM).save(evolve(eip, auto_dellocate=True), action="update")
