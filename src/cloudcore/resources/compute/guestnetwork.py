"""The network cards of servers and their addresses."""

from __future__ import annotations

from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Billed, Entity, entity
from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import READ_ONLY, Joint, Level, OnDelete, Ref, Resource, Spec, Verb
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.filters import CARD_FILTERS

PASSED = "vfio-pci"
"""Model of a card that is a device of the host, a virtual function of one of its cards."""
MOST_QUEUES = 256
"""Of a card: as many as the kernel gives a tap."""


@entity
class Guestnetwork(Billed, Entity):
    """One card of one server. Limits are 0 where there is none; a card without an address has none."""

    guest_id: Annotated[
        str,
        Spec("Server", width=128, index=True),
        Ref("servers", on_delete=OnDelete.CASCADE, alias=("server", "server_id")),
    ]
    network_id: Annotated[
        str,
        Spec("Network", width=128, index=True),
        Ref("networks", show=("wire", "wire_id", "vpc", "vpc_id", "zone", "zone_id", "vlan_id", "bgp_type")),
    ]
    mac_addr: Annotated[str, Spec("Hardware address", width=32)]
    ip_addr: Annotated[str | None, Spec("Address", width=16, index=True)] = None
    ip6_addr: Annotated[str | None, Spec("IPv6 address", width=64)] = None
    driver: Annotated[str, Spec("Model: virtio, e1000, vmxnet3", update=True, width=16)] = "virtio"
    num_queues: Annotated[int, Spec("Queues", update=True, minimum=1, maximum=MOST_QUEUES)] = 1
    bw_limit: Annotated[int, Spec("Most bandwidth", unit=Unit.MBPS)] = 0
    rx_bw_limit: Annotated[int, Spec("Most bandwidth inwards", unit=Unit.MBPS)] = 0
    tx_bw_limit: Annotated[int, Spec("Most bandwidth outwards", unit=Unit.MBPS)] = 0
    rx_traffic_limit: Annotated[int, Spec("Most traffic inwards in a month", unit=Unit.BYTE)] = 0
    rx_traffic_used: Annotated[int, Spec("Traffic inwards so far", unit=Unit.BYTE, volatile=True)] = 0
    tx_traffic_limit: Annotated[int, Spec("Most traffic outwards in a month", unit=Unit.BYTE)] = 0
    tx_traffic_used: Annotated[int, Spec("Traffic outwards so far", unit=Unit.BYTE, volatile=True)] = 0
    index: Annotated[int, Spec("Position, from 0", update=True, maximum=127)] = 0
    virtual: Annotated[bool, Spec("A further address of another card")] = False
    ifname: Annotated[str, Spec("Name of the tap", update=True, width=16)] = ""
    team_with: Annotated[str, Spec("Hardware address of its partner", width=32)] = ""
    mapped_ip_addr: Annotated[str, Spec("Address in the overlay", width=16)] = ""
    mapped_ip6_addr: Annotated[str, Spec("IPv6 address in the overlay", width=64)] = ""
    eip_id: Annotated[str, Spec("Public address", width=128)] = ""
    is_default: Annotated[bool, Spec("Holds the default route")] = False
    port_mappings: Annotated[list[Any], Spec("Forwarded ports", update=True)] = attrs.field(factory=list[Any])
    charge_type: Annotated[str, Spec("Charged by traffic or bandwidth", width=32)] = ""


def as_device(card: Guestnetwork) -> JsonObject:
    """What an entry of `nets` says beside the network so that another card is a device where this one is."""
    return {"sriov_device": {}} if card.driver == PASSED else {}


def check_queues(driver: str, queues: int, field: str) -> None:
    """Refuse several queues of a card that has one.

    Raises:
        NotSupportedError: names the field.
    """
    if queues > 1 and driver not in ("", "virtio"):
        raise NotSupportedError(f"{field}: a card of model {driver} has one queue; virtio has several", field=field)


def _check_update(_tx: Transaction, _caller: Any, card: Guestnetwork, changes: JsonObject) -> JsonObject:
    driver, queues = changes.get("driver", card.driver), changes.get("num_queues", card.num_queues)
    if (driver == PASSED) != (card.driver == PASSED):
        raise NotSupportedError(f"driver: whether a card is a device, {PASSED}, is said at its making", field="driver")
    check_queues(driver, queues, "num_queues")
    return changes


GUESTNETWORKS = Resource(
    entity=Guestnetwork,
    service="compute",
    area="compute",
    singular="guestnetwork",
    plural="guestnetworks",
    doc="Network cards of servers.",
    level=Level.PROJECT,
    filters=CARD_FILTERS,
    columns=("guest_id", "network_id", "mac_addr", "ip_addr", "driver", "index", "ifname"),
    unique=(("network_id", "ip_addr"), ("mac_addr",), ("guest_id", "index")),
    joint=Joint(left="guest_id", right="network_id", left_path="servers", right_path="networks"),
    check_update=_check_update,
    verbs=READ_ONLY | {Verb.UPDATE},
)
