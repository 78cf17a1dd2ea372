"""Wires: layer 2 segments that networks lie on and hosts are plugged into."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, External, Sharable, Statused, entity
from cloudcore.model.errors import MissingParameterError, NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.query import PLATFORM, eq
from cloudcore.model.resource import Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import isolateddevice
from cloudcore.resources.network.filters import WIRE_FILTERS, WIRE_ORDERS

PLACE = ("cloudregion", "cloudregion_id", "region", "region_id", "provider")
"""What details repeat of where something lies."""


class WireStatus(StrEnum):
    """Statuses of a wire."""

    AVAILABLE = "available"
    UNKNOWN = "unknown"


@entity
class Wire(Sharable, Statused, External, DomainOwned):
    """One layer 2 segment.

    ranges_version: grows whenever an address range is put on the wire or changed, so that two such units of work
        exclude each other.
    """

    status: Annotated[str, Spec("Status", width=36, index=True)] = WireStatus.AVAILABLE.value
    vpc_id: Annotated[str, Spec("VPC", create=True, width=128, index=True), Ref("vpcs", show=PLACE)] = "default"
    zone_id: Annotated[str | None, Spec("Zone", create=True, width=128, index=True), Ref("zones")] = None
    bandwidth: Annotated[
        int, Spec("Bandwidth", create=True, update=True, admin=True, unit=Unit.MBPS, alias=("bw",), maximum=10_000_000)
    ] = 1000
    mtu: Annotated[
        int, Spec("Largest packet", create=True, update=True, admin=True, unit=Unit.BYTE, minimum=576, maximum=65_535)
    ] = 1500
    schedule_rank: Annotated[int, Spec("Higher ones are preferred", update=True)] = 0
    ranges_version: Annotated[int, Spec("Changes of address ranges so far", show=Show.NEVER)] = 0


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    if not draft.get("zone_id"):
        raise MissingParameterError("zone is missing: a wire of hosts lies in a zone", field="zone_id")
    return draft


def _check_delete(tx: Transaction, _caller: Any, wire: Wire) -> None:
    number = tx.of(isolateddevice.ISOLATED_DEVICES, PLATFORM).count(eq("wire_id", wire.id))
    if number:
        raise NotEmptyError(f"{number} devices of hosts are cards on wire {wire.name}")


WIRES = Resource(
    entity=Wire,
    service="compute",
    area="network",
    singular="wire",
    plural="wires",
    doc="Layer 2 segments.",
    example={"name": "wire-2", "zone": "zone0", "bandwidth": 1000, "mtu": 1500},
    level=Level.DOMAIN,
    filters=WIRE_FILTERS,
    orders=WIRE_ORDERS,
    columns=("id", "name", "bandwidth", "mtu", "zone_id", "vpc_id", "status"),
    unique=(("name", "domain_id"),),
    lifecycle=Lifecycle(states=WireStatus, initial=WireStatus.AVAILABLE, stable=tuple(WireStatus), transitions=()),
    prepare=_prepare,
    check_delete=_check_delete,
)
