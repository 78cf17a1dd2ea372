"""What lists of VPCs, wires, networks, security groups and public addresses can be asked besides columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.filter import ListFilter, among, containing, holds, only, over, reaching, refused
from cloudcore.model.query import EVERYTHING, NOTHING, Exists, Expr, Like, Match, Not, Order, Via, both, either, eq

_WIRES_OF_VPC = Via("wires", "id", "vpc_id")
_HOSTS_OF_WIRE = Via("hostwires", "wire_id", "wire_id")
_CARDS = Via("guestnetworks", "id", "network_id")

_USABLE = eq("status", "available")

VPC_FILTERS: tuple[ListFilter, ...] = (
    reaching("zone", "Zone of one of its wires", "zones", "zone_id", _WIRES_OF_VPC),
    only("usable", "Networks in it can be used", both(eq("enabled", True), _USABLE)),
    *(
        refused(name, f"there are no {what}")
        for name, what in (
            ("globalvpc", "global VPCs"), ("globalvpc_id", "global VPCs"), ("dns_zone_id", "DNS zones"),
            ("inter_vpc_network_id", "networks of VPCs"), ("usable_for_inter_vpc_network_id", "networks of VPCs"),
        )
    ),
)  # fmt: skip
VPC_ORDERS: tuple[tuple[str, Order], ...] = (
    ("wire_count", Order("", counted=Exists("wires", "vpc_id", "id", EVERYTHING))),
    ("network_count", Order("id", via=(_WIRES_OF_VPC, Via("networks", "id", "wire_id")), number=True)),
)

WIRE_FILTERS: tuple[ListFilter, ...] = (
    among("host_type", "Kind of a host that it reaches", "host_type", Via("hostwires", "id", "wire_id"), Via("hosts", "host_id")),
)  # fmt: skip
WIRE_ORDERS: tuple[tuple[str, Order], ...] = (
    ("network_count", Order("", counted=Exists("networks", "wire_id", "id", EVERYTHING))),
)


def _matched(_tx: Any, values: Sequence[str]) -> Expr:
    """Networks with an end, or a used address, that contains the text."""

    def contains(field: str, text: str) -> Expr:
        return Match(field, Like.CONTAINS, text)

    return either(
        *(contains(field, text) for field in ("guest_ip_start", "guest_ip_end") for text in values),
        *(over((_CARDS,), contains("ip_addr", text)) for text in values),
    )


NETWORK_FILTERS: tuple[ListFilter, ...] = (
    ListFilter(name="ip_match", doc="Part of an address in it", where=_matched),
    holds("is_classic", "Of the default VPC", over((Via("wires", "wire_id"),), eq("vpc_id", "default"))),
    among("host_type", "Kind of a host that it reaches", "host_type", _HOSTS_OF_WIRE, Via("hosts", "host_id")),
    reaching(
        "host_schedtag", "Scheduling tag of a host that it reaches", "schedtags", "schedtag_id",
        _HOSTS_OF_WIRE, Via("schedtaghosts", "host_id", "host_id"),
    ),
    reaching("host", "Host that reaches it", "hosts", "host_id", _HOSTS_OF_WIRE),
    only("usable", "Servers get addresses of it", _USABLE),
    refused("route_table_id", "there are no route tables"),
    refused("lb_cluster_id", "there are no clusters of load balancers"),
)  # fmt: skip

_RULES = Via("secgrouprules", "id", "secgroup_id")

SECGROUP_FILTERS: tuple[ListFilter, ...] = (
    containing("ip", "Part of the subnet of one of its rules", ("cidr",), _RULES),
    containing("ports", "Part of the ports of one of its rules", ("ports",), _RULES),
    among("direction", "Direction of one of its rules", "direction", _RULES),
    *(
        refused(name, why)
        for name, why in (
            ("equals", "which groups have the same rules is not asked"), ("dbinstance", "there are no databases"),
            ("dbinstance_id", "there are no databases"), ("loadbalancer_id", "no load balancer has one"),
            ("loadbalancer", "no load balancer has one"), ("ip_set_id", "there are no sets of addresses"),
        )
    ),
)  # fmt: skip

_GROUP = Via("secgroups", "secgroup_id")

RULE_FILTERS: tuple[ListFilter, ...] = (
    containing("ip", "Part of its subnet", ("cidr",)),
    among("secgroup_name", "Name of its group", "name", _GROUP),
    reaching("projects", "Project of its group", "projects", "tenant_id", _GROUP),
)
SECGROUP_ORDERS: tuple[tuple[str, Order], ...] = (
    ("guest_cnt", Order("guest_id", via=(Via("guestsecgroups", "id", "secgroup_id"),), number=True)),
)

_FREE = both(eq("associate_id", ""), eq("mode", "elastic_ip"))

_TAKERS = frozenset({"server", "instancegroup"})

EIP_FILTERS: tuple[ListFilter, ...] = (
    holds("is_associated", "Something has it", Not(eq("associate_id", ""))),
    among("associate_name", "Name of the server that has it", "name", Via("servers", "associate_id")),
    holds("usable", "Nothing has it", _FREE),
    ListFilter(
        name="usable_eip_for_associate_type", doc="Addresses that a thing of this kind could get",
        where=lambda _tx, kinds: _FREE if not _TAKERS.isdisjoint(kinds) else NOTHING,
    ),
    ListFilter(
        name="usable_eip_for_associate_id", doc="Addresses that this server could get", target="servers",
        where=lambda _tx, found: both(_FREE, EVERYTHING if found else Not(EVERYTHING)),
    ),
)  # fmt: skip
EIP_ORDERS: tuple[tuple[str, Order], ...] = (("ip", Order("ip_addr")),)
