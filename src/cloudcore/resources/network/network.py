"""Networks: ranges of addresses on a wire, from which servers get theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network
from types import MappingProxyType
from typing import Annotated, Any

from cloudcore.model.addresses import parse_ipv4
from cloudcore.model.entity import External, ProjectOwned, Sharable, Statused, entity
from cloudcore.model.errors import NotEmptyError
from cloudcore.model.filter import ListFilter
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Expr, one_of
from cloudcore.model.resource import Action, ActionKind, Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import OWN_STATUS, PURGE, SET_SCHEDTAG
from cloudcore.resources.compute import schedtag
from cloudcore.resources.network import ranges
from cloudcore.resources.network.filters import NETWORK_FILTERS


class NetworkStatus(StrEnum):
    """Statuses of a network."""

    AVAILABLE = "available"
    UNKNOWN = "unknown"


@entity
class Network(Sharable, Statused, External, ProjectOwned):
    """One range of addresses of one subnet, both ends included."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = NetworkStatus.AVAILABLE.value
    wire_id: Annotated[
        str,
        Spec("Wire; absent: the only one of the VPC, in the zone", create=True, width=128, index=True),
        Ref(
            "wires",
            show=(
                "vpc",
                "vpc_id",
                "zone",
                "zone_id",
                "cloudregion",
                "cloudregion_id",
                "region",
                "region_id",
                "provider",
            ),
        ),
    ]
    ifname_hint: Annotated[str, Spec("Prefix of tap names", create=True, width=9)] = ""
    guest_ip_start: Annotated[str, Spec("First address", create=True, update=True, width=16)] = ""
    guest_ip_end: Annotated[str, Spec("Last address", create=True, update=True, width=16)] = ""
    guest_ip_mask: Annotated[int, Spec("Prefix length", create=True, update=True, maximum=32)] = 0
    guest_gateway: Annotated[str, Spec("Gateway", create=True, update=True, width=16)] = ""
    guest_dns: Annotated[str, Spec("Name servers, comma list", create=True, update=True, width=128)] = ""
    guest_dhcp: Annotated[str, Spec("DHCP servers, comma list", create=True, update=True, width=64)] = ""
    guest_ntp: Annotated[str, Spec("Time servers, comma list", create=True, update=True, width=200)] = ""
    guest_domain: Annotated[str, Spec("DNS search domain", update=True, width=128, show=Show.DETAIL)] = ""
    guest_ip6_start: Annotated[str, Spec("First IPv6 address", create=True, update=True, width=64)] = ""
    guest_ip6_end: Annotated[str, Spec("Last IPv6 address", create=True, update=True, width=64)] = ""
    guest_ip6_mask: Annotated[int, Spec("IPv6 prefix length", create=True, update=True, maximum=128)] = 0
    guest_gateway6: Annotated[str, Spec("IPv6 gateway", create=True, update=True, width=64)] = ""
    vlan_id: Annotated[
        int, Spec("VLAN; 1 is untagged", create=True, update=True, minimum=1, maximum=4094, alias=("vlan",))
    ] = 1
    server_type: Annotated[
        str,
        Spec(
            "What may use it",
            create=True,
            update=True,
            width=16,
            choices=("guest", "baremetal", "container", "pxe", "ipmi", "eip", "hostlocal"),
        ),
    ] = "guest"
    alloc_policy: Annotated[
        str,
        Spec(
            "Order in which addresses are taken; none is the platform's: stepdown",
            create=True,
            update=True,
            width=16,
            choices=("none", "stepdown", "stepup", "random"),
            show=Show.DETAIL,
        ),
    ] = "none"
    alloc_timout_seconds: Annotated[int, Spec("Time that freed addresses rest", unit=Unit.SECOND, show=Show.DETAIL)] = 0
    is_auto_alloc: Annotated[bool, Spec("May be chosen when no network is named", create=True, update=True)] = True
    bgp_type: Annotated[str, Spec("Kind of line", create=True, update=True, width=64)] = ""
    group_count: Annotated[int, Spec("How many of its addresses are of groups", show=Show.DETAIL)] = 0
    bound_count: Annotated[int, Spec("How many of its addresses go with hardware addresses", show=Show.DETAIL)] = 0


def _details(tx: Transaction, page: Sequence[Network]) -> Sequence[JsonObject]:
    idents = [network.id for network in page]
    used = ranges.addresses_in_use(tx, idents)
    marks = schedtag.shown(tx, "networks", idents)
    return [{**_ports(n, used.get(n.id, {})), **tags} for n, tags in zip(page, marks, strict=True)]


def _ports(network: Network, used: Mapping[str, int]) -> JsonObject:
    total = len(ranges.range_of(network))
    return {
        "ports": total,
        "total": total,
        "ports_used": sum(used.values()),
        "vnics": used.get("vnics4", 0),
        **dict.fromkeys(_KINDS, 0),
        **used,
        "dns": network.guest_dns,
        "exit": is_exit(network.guest_ip_start),
        "is_classic": True,
    }


_KINDS = (
    *("vnics4", "vnics6", "bm_vnics", "lb_vnics", "eip_vnics", "group_vnics", "reserve_vnics4", "reserve_vnics6"),
    *("rds_vnics", "nat_vnics", "bm_reused_vnics", "networkinterface_vnics", "ports6_used", "total6"),
)

_INSIDE = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
)


@lru_cache(maxsize=65536)
def is_exit(address: str) -> bool:
    """Whether the address is a public one: not of RFC 1918, RFC 6598, loopback or link-local."""
    return bool(address) and not any(IPv4Address(address) in subnet for subnet in _INSIDE)


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    return ranges.prepare(tx, draft)


def _check_update(tx: Transaction, _caller: Any, network: Network, changes: JsonObject) -> JsonObject:
    return ranges.check_update(tx, network, changes)


def _check_delete(tx: Transaction, _caller: Any, network: Network) -> None:
    used = sum(ranges.addresses_in_use(tx, [network.id]).get(network.id, {}).values())
    if used:
        raise NotEmptyError(f"{used} addresses of the network are in use")


def _holding(tx: Transaction, values: Sequence[str]) -> Expr:
    """The networks in whose range one of the addresses lies: ranges are texts, which no engine compares as numbers."""
    wanted = [parse_ipv4(text, "ip") for text in values]
    found: list[str] = []
    for ident, start, end in tx.of(NETWORKS, PLATFORM).columns(("id", "guest_ip_start", "guest_ip_end")):
        if start and end and any(parse_ipv4(start, "ip") <= one <= parse_ipv4(end, "ip") for one in wanted):
            found.append(ident)
    return one_of("id", found)


NETWORKS = Resource(
    entity=Network,
    service="compute",
    area="network",
    singular="network",
    plural="networks",
    doc="Ranges of addresses that servers get theirs from.",
    example={
        "name": "front",
        "wire_id": "wire0",
        "guest_ip_start": "10.7.0.2",
        "guest_ip_end": "10.7.0.99",
        "guest_ip_mask": 24,
        "guest_gateway": "10.7.0.1",
    },
    level=Level.PROJECT,
    filters=(*NETWORK_FILTERS, ListFilter(name="ip", doc="Address that lies in it", where=_holding)),
    worked_out=MappingProxyType({"ip_start": "guest_ip_start", "ip_end": "guest_ip_end"}),
    documented=("guest_dns6", "guest_domain6"),
    columns=(
        "id",
        "name",
        "guest_ip_start",
        "guest_ip_end",
        "guest_ip_mask",
        "guest_gateway",
        "wire_id",
        "vlan_id",
        "server_type",
        "is_public",
        "status",
    ),
    unique=(("name", "tenant_id"),),
    lifecycle=Lifecycle(
        states=NetworkStatus, initial=NetworkStatus.AVAILABLE, stable=tuple(NetworkStatus), transitions=()
    ),
    actions=(
        Action(
            name="reserve-ip",
            doc="Keep addresses from being given out.",
            params=(
                param("ips", "Addresses", list, of=str, alias=("ip",), required=True, example=["10.0.0.8"]),
                param("notes", "What for", width=512),
                param("duration", "How long, such as 3h; absent: for ever", width=16, example="3h"),
                param("status", "Whether they answer", choices=("online", "offline", "unknown")),
            ),
        ),
        PURGE,
        OWN_STATUS,
        Action(name="addresses", doc="Addresses in use, and who has them.", kind=ActionKind.SPEC, params=()),
        Action(
            name="available-addresses",
            doc="Free addresses.",
            kind=ActionKind.SPEC,
            params=(param("limit", "How many", int),),
        ),
        Action(name="reserved-ips", doc="Addresses that are kept.", kind=ActionKind.SPEC, params=()),
        Action(
            name="release-reserved-ip",
            doc="Give a reserved address back.",
            params=(param("ip", "Address", width=64, alias=("ip_addr",), required=True, example="10.0.0.9"),),
        ),
        Action(
            name="split",
            doc="Make another network of the addresses from one on.",
            params=(
                param("split_ip", "First address of the new one", width=64, required=True, example="10.0.0.128"),
                param("name", "Name of the new one", width=128),
            ),
        ),
        Action(
            name="merge",
            doc="Add its addresses to a network that lies beside it; it goes.",
            params=(param("target", "That network", refers="networks", required=True),),
        ),
        Action(
            name="switch-wire",
            doc="Move it to another wire of its VPC; refused while it is in use.",
            params=(param("wire_id", "Wire", refers="wires", alias=("wire",), required=True),),
        ),
        SET_SCHEDTAG,
    ),
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
    details=_details,
    extra_params=(
        param("guest_ip_prefix", "Subnet, instead of start, end and mask", width=64, example="10.0.0.0/24"),
        param("vpc", "VPC of the wire that is meant", width=128, alias=("vpc_id",), example="default"),
        param("zone", "Zone of the wire that is meant", width=128, alias=("zone_id",), example="zone0"),
    ),
)
