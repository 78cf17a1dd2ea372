"""Public addresses that are tied to servers and parted from them again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import Billed, External, ProjectOwned, Statused, entity
from cloudcore.model.errors import ConflictError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Order, Query, one_of
from cloudcore.model.resource import Action, Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import OWN_STATUS
from cloudcore.resources.compute import guestnetwork, instancegroup, server
from cloudcore.resources.network.filters import EIP_FILTERS, EIP_ORDERS

MODES = ("elastic_ip", "public_ip")
CHARGED = ("traffic", "bandwidth")
OF_SERVER, OF_GROUP = "server", "instancegroup"
"""Kinds of what has one."""


class EipStatus(StrEnum):
    """Statuses of a public address."""

    READY = "ready"
    UNKNOWN = "unknown"


@entity
class Eip(Statused, External, Billed, ProjectOwned):
    """One address of a network of type `eip`; associate_id names what has it."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = EipStatus.READY.value
    cloudregion_id: Annotated[
        str,
        Spec("Region", create=True, width=128, index=True),
        Ref("cloudregions", alias=("region", "region_id"), show=("provider",)),
    ] = "default"
    network_id: Annotated[
        str | None,
        Spec("Network of type eip that it is taken from; absent: any", create=True, width=128, index=True),
        Ref("networks"),
    ] = None
    mode: Annotated[str, Spec("Kept on its own, or the server's", create=True, width=32, choices=MODES)] = "elastic_ip"
    ip_addr: Annotated[str, Spec("Address", create=True, width=16, search=True, index=True)] = ""
    associate_type: Annotated[str, Spec("Kind of what has it", width=32, index=True)] = ""
    associate_id: Annotated[str, Spec("What has it", width=128, index=True)] = ""
    bandwidth: Annotated[int, Spec("Most bandwidth; 0: no bound", create=True, unit=Unit.MBPS, maximum=1_000_000)] = 0
    bgp_type: Annotated[str, Spec("Kind of line", create=True, width=64)] = ""
    charge_type: Annotated[str, Spec("Paid by traffic or bandwidth", create=True, width=32, choices=CHARGED)] = (
        "traffic"
    )
    auto_dellocate: Annotated[bool, Spec("Goes with its server", create=True, update=True, show=Show.DETAIL)] = False
    rx_bw_limit: Annotated[int, Spec("Most bandwidth inwards", unit=Unit.MBPS)] = 0
    tx_bw_limit: Annotated[int, Spec("Most bandwidth outwards", unit=Unit.MBPS)] = 0


def _details(tx: Transaction, page: Sequence[Eip]) -> Sequence[JsonObject]:
    guests = [eip.associate_id for eip in page if eip.associate_type == OF_SERVER]
    groups = [eip.associate_id for eip in page if eip.associate_type == OF_GROUP]
    if not guests and not groups:
        return [{} for _ in page]
    names = dict(tx.of(server.SERVERS, PLATFORM).columns(("id", "name"), Query(where=one_of("id", guests))))
    found = tx.of(instancegroup.INSTANCEGROUPS, PLATFORM).columns(("id", "name"), Query(where=one_of("id", groups)))
    names.update(found)
    cards = tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).columns(
        ("guest_id", "ip_addr"),
        Query(where=one_of("guest_id", guests), order=(Order("index", descending=True),)),
    )
    addresses = dict(cards)
    return [
        {"associate_name": names.get(e.associate_id, ""), "server_private_ip": addresses.get(e.associate_id) or ""}
        if e.associate_id
        else {}
        for e in page
    ]


def _check_delete(_tx: Transaction, _caller: Any, eip: Eip) -> None:
    if eip.associate_id:
        raise ConflictError("the address is in use: dissociate it first", field="associate_id")


EIPS = Resource(
    entity=Eip,
    service="compute",
    area="network",
    singular="eip",
    plural="eips",
    doc="Public addresses for servers.",
    level=Level.PROJECT,
    filters=EIP_FILTERS,
    orders=EIP_ORDERS,
    columns=("id", "name", "ip_addr", "status", "bandwidth", "associate_type", "associate_name", "charge_type"),
    unique=(("network_id", "ip_addr"), ("name", "tenant_id")),
    lifecycle=Lifecycle(states=EipStatus, initial=EipStatus.READY, stable=tuple(EipStatus), transitions=()),
    actions=(
        OWN_STATUS,
        Action(
            name="associate",
            doc="Give it to a server.",
            params=(
                param("instance_id", "Server or group", refers="servers", alias=("instance",), required=True),
                param("instance_type", "server, or instancegroup; others have none here", width=32),
                param("ip_addr", "Address of the server that it stands for", width=64),
            ),
        ),
        Action(
            name="dissociate",
            doc="Part it from what has it.",
            params=(param("auto_delete", "And delete it", bool),),
        ),
        Action(
            name="change-bandwidth",
            doc="Change its bandwidth.",
            params=(
                param("bandwidth", "0: no bound", int, maximum=1_000_000, unit=Unit.MBPS, required=True, example=100),
            ),
        ),
    ),
    check_delete=_check_delete,
    details=_details,
    counts_as="eip",
)
