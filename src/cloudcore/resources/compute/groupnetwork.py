"""Addresses of groups: taken out of networks for what the servers of a group share, such as a virtual address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.query import PLATFORM, Order, Query, one_of
from cloudcore.model.resource import READ_ONLY, Joint, Level, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction


@entity
class Groupnetwork(Entity):
    """One address of one group."""

    group_id: Annotated[
        str,
        Spec("Group", width=128, index=True),
        Ref("instancegroups", alias=("instancegroup", "instancegroup_id")),
    ]
    network_id: Annotated[str, Spec("Network", width=128, index=True), Ref("networks", show=("wire", "wire_id"))]
    ip_addr: Annotated[str, Spec("Address", width=16, search=True, index=True)]
    index: Annotated[int, Spec("Position, from 0", maximum=127)] = 0
    eip_id: Annotated[str, Spec("Public address", width=128)] = ""


def addresses_of(tx: Transaction, groups: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Group → its addresses, in their order."""
    found: dict[str, list[str]] = {}
    where = Query(where=one_of("group_id", groups), order=(Order("index"),))
    for group, address in tx.of(GROUPNETWORKS, PLATFORM).columns(("group_id", "ip_addr"), where):
        found.setdefault(group, []).append(address)
    return found


GROUPNETWORKS = Resource(
    entity=Groupnetwork,
    service="compute",
    area="compute",
    singular="groupnetwork",
    plural="groupnetworks",
    doc="Addresses of groups.",
    level=Level.PROJECT,
    columns=("group_id", "network_id", "ip_addr", "index"),
    unique=(("network_id", "ip_addr"), ("group_id", "index")),
    joint=Joint(left="group_id", right="network_id", left_path="instancegroups", right_path="networks"),
    verbs=READ_ONLY,
)
