"""Which hosts are plugged into which wires. Written by the platform when a host reports its bridges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import READ_ONLY, Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction


@entity
class Hostwire(Entity):
    """One bridge of one host and the wire that it is part of."""

    host_id: Annotated[str, Spec("Host", width=128, index=True), Ref("hosts", on_delete=OnDelete.CASCADE)]
    wire_id: Annotated[
        str, Spec("Wire", width=128, index=True), Ref("wires", show=("bandwidth", "zone", "zone_id", "vpc", "vpc_id"))
    ]
    bridge: Annotated[str, Spec("Name of the bridge, or of the network that guests plug into", width=64)] = ""
    interface: Annotated[str, Spec("Card of the host", width=64)] = ""
    is_master: Annotated[bool, Spec("Carries the host's own address")] = False
    mac_addr: Annotated[str, Spec("Hardware address", width=32)] = ""


HOSTWIRES = Resource(
    entity=Hostwire,
    service="compute",
    area="storage",
    singular="hostwire",
    plural="hostwires",
    doc="Wires of hosts.",
    level=Level.DOMAIN,
    columns=("host_id", "wire_id", "bridge", "interface", "mac_addr", "is_master"),
    unique=(("host_id", "wire_id"), ("host_id", "bridge")),
    joint=Joint(left="host_id", right="wire_id", left_path="hosts", right_path="wires"),
    verbs=READ_ONLY,
)


def cards_of_hosts(tx: Transaction) -> Mapping[str, int]:
    """Host → how many wires it is on."""
    return {row["host_id"]: int(row["count"]) for row in tx.of(HOSTWIRES, PLATFORM).totals(by=("host_id",))}
