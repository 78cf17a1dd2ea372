"""VPCs: address spaces. The VPC `default` is the classic one: bridges and VLANs of the hosts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, Enabled, External, Sharable, Statused, entity
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Level, Ref, Resource, Spec, Verb
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import OWN_STATUS, PURGE
from cloudcore.resources.network import network, wire
from cloudcore.resources.network.filters import VPC_FILTERS, VPC_ORDERS

DEFAULT_VPC = "default"


class VpcStatus(StrEnum):
    """Statuses of a VPC."""

    AVAILABLE = "available"
    UNKNOWN = "unknown"


@entity
class Vpc(Sharable, Statused, Enabled, External, DomainOwned):
    """One address space of a region."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = VpcStatus.AVAILABLE.value
    cloudregion_id: Annotated[
        str,
        Spec("Region", create=True, width=128, index=True),
        Ref("cloudregions", alias=("region", "region_id"), show=("provider",)),
    ] = "default"
    is_default: Annotated[bool, Spec("The one that is used when none is named", create=True, admin=True)] = False
    cidr_block: Annotated[str, Spec("Its IPv4 subnets", create=True, update=True, admin=True, width=256)] = ""
    cidr_block6: Annotated[str, Spec("Its IPv6 subnets", create=True, update=True, admin=True, width=256)] = ""
    external_access_mode: Annotated[
        str,
        Spec(
            "How guests reach the outside",
            create=True,
            update=True,
            width=16,
            choices=("none", "eip", "distgw", "eip-distgw"),
        ),
    ] = "none"
    direct: Annotated[bool, Spec("Reachable without a gateway", update=True)] = False


def _details(tx: Transaction, page: Sequence[Vpc]) -> Sequence[JsonObject]:
    wires = tx.of(wire.WIRES, PLATFORM).find(Query(where=one_of("vpc_id", [v.id for v in page])))
    of_wire = tx.of(network.NETWORKS, PLATFORM).totals(one_of("wire_id", [w.id for w in wires]), by=("wire_id",))
    numbers = {row["wire_id"]: int(row["count"]) for row in of_wire}
    wire_counts = Counter(w.vpc_id for w in wires)
    network_counts: Counter[str] = Counter()
    for found in wires:
        network_counts[found.vpc_id] += numbers.get(found.id, 0)
    return [
        {
            "wire_count": wire_counts[v.id],
            "network_count": network_counts[v.id],
            **dict.fromkeys(("routetable_count", "natgateway_count", "dns_zone_count"), 0),
        }
        for v in page
    ]


def _check_delete(_tx: Transaction, _caller: Any, vpc: Vpc) -> None:
    if vpc.id == DEFAULT_VPC:
        raise ForbiddenError("the default VPC cannot be deleted")


VPCS = Resource(
    entity=Vpc,
    service="compute",
    area="network",
    singular="vpc",
    plural="vpcs",
    doc="Address spaces of a region.",
    level=Level.DOMAIN,
    actions=(PURGE, OWN_STATUS),
    refuses={Verb.CREATE: "overlay networks are not available; use the VPC default"},
    filters=VPC_FILTERS,
    orders=VPC_ORDERS,
    columns=("id", "name", "enabled", "status", "cloudregion_id", "is_default", "cidr_block"),
    unique=(("name", "domain_id", "cloudregion_id"),),
    lifecycle=Lifecycle(states=VpcStatus, initial=VpcStatus.AVAILABLE, stable=tuple(VpcStatus), transitions=()),
    details=_details,
    check_delete=_check_delete,
    counts_as="vpc",
)
