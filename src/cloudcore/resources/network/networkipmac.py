"""Hardware addresses that go with addresses of networks: a card that gets the one has the other."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Any

from cloudcore.model.addresses import parse_ipv4, parse_mac
from cloudcore.model.entity import Entity, entity
from cloudcore.model.errors import ConflictError, InvalidInputError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Not, Query, both, eq
from cloudcore.model.resource import Action, ActionKind, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import guestnetwork
from cloudcore.resources.network import network as networks
from cloudcore.resources.network import ranges

BATCH_CREATE = "batch-create"


@entity
class Networkipmac(Entity):
    """One address of one network, and the hardware address of the card that gets it."""

    network_id: Annotated[
        str,
        Spec("Network", create=True, required=True, width=128, index=True),
        Ref("networks", on_delete=OnDelete.CASCADE, show=("wire", "wire_id", "vpc", "vpc_id")),
    ]
    ip_addr: Annotated[
        str,
        Spec("Address", create=True, required=True, update=True, width=16, search=True, index=True),
    ]
    mac_addr: Annotated[
        str,
        Spec(
            "Hardware address, of one network once",
            create=True,
            required=True,
            update=True,
            width=32,
            search=True,
            index=True,
        ),
    ]


def bound_mac(tx: Transaction, network: Any, ip: str) -> str:
    """The hardware address that goes with an address; empty where there is none, or a card has it already."""
    if not network.bound_count:
        return ""
    where = both(eq("network_id", network.id), eq("ip_addr", ip))
    found = tx.of(NETWORK_IP_MACS, PLATFORM).columns(("mac_addr",), Query(where=where, limit=1))
    if not found or tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).count(eq("mac_addr", found[0][0])):
        return ""
    return str(found[0][0])


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    found = _checked(tx, draft["network_id"], draft["ip_addr"], draft["mac_addr"])
    if not tx.of(networks.NETWORKS, PLATFORM).adjust(draft["network_id"], {"bound_count": 1}):
        raise ResourceNotFoundError("the network is gone", field="network_id")
    return {**draft, **found}


def _check_update(tx: Transaction, _caller: Any, row: Networkipmac, changes: JsonObject) -> JsonObject:
    ip, mac = changes.get("ip_addr") or row.ip_addr, changes.get("mac_addr") or row.mac_addr
    return {**changes, **_checked(tx, row.network_id, ip, mac)}


def _check_delete(tx: Transaction, _caller: Any, row: Networkipmac) -> None:
    tx.of(networks.NETWORKS, PLATFORM).adjust(row.network_id, {"bound_count": -1})


def _checked(tx: Transaction, network_id: str, ip: str, mac: str) -> JsonObject:
    """Both addresses as they are kept.

    Raises:
        InvalidInputError: one is malformed, or the network has no such address or none for servers.
        ConflictError: a card with another hardware address has the address.
    """
    network: Any = tx.of(networks.NETWORKS, PLATFORM).get(network_id)
    if network.server_type != "guest":
        raise InvalidInputError(f"network {network.name} is for {network.server_type}, not guest", field="network_id")
    address: IPv4Address = parse_ipv4(ip, "ip_addr")
    if address not in ranges.range_of(network):
        raise InvalidInputError(f"ip_addr: {address} is outside network {network.name}", field="ip_addr")
    kept = parse_mac(mac, "mac_addr")
    held = both(eq("network_id", network.id), eq("ip_addr", str(address)), Not(eq("mac_addr", kept)))
    if tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).count(held):
        raise ConflictError(f"a card with another hardware address has {address}", field="ip_addr")
    return {"ip_addr": str(address), "mac_addr": kept}


NETWORK_IP_MACS = Resource(
    entity=Networkipmac,
    service="compute",
    area="network",
    singular="network_ip_mac",
    plural="network_ip_macs",
    doc="Hardware addresses that go with addresses of networks: a card that gets the one has the other.",
    level=Level.PROJECT,
    example={"network_id": "default", "ip_addr": "10.99.0.66", "mac_addr": "00:22:ab:cd:ef:01"},
    columns=("id", "network_id", "network", "ip_addr", "mac_addr"),
    unique=(("network_id", "ip_addr"), ("network_id", "mac_addr")),
    parent="network_id",
    actions=(
        Action(
            name=BATCH_CREATE,
            doc="Make several of one network, all or none.",
            kind=ActionKind.CLASS,
            params=(
                param("network_id", "Network", refers="networks", alias=("network",), required=True, example="default"),
                param(
                    "ip_mac",
                    "Address to hardware address",
                    dict,
                    required=True,
                    example={"10.99.0.67": "00:22:ab:cd:ef:02"},
                ),
            ),
        ),
    ),
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
)
