"""Which security groups servers have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.model.resource import READ_ONLY, Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction


@entity
class Guestsecgroup(Entity):
    """One security group of one server."""

    guest_id: Annotated[
        str,
        Spec("Server", width=128, index=True),
        Ref("servers", on_delete=OnDelete.CASCADE, alias=("server", "server_id")),
    ]
    secgroup_id: Annotated[str, Spec("Security group", width=128, index=True), Ref("secgroups")]


def numbers(tx: Transaction, idents: Sequence[str]) -> Mapping[str, int]:
    """Security group → how many servers have it."""
    rows = tx.of(GUESTSECGROUPS, PLATFORM).totals(one_of("secgroup_id", idents), by=("secgroup_id",))
    return {row["secgroup_id"]: int(row["count"]) for row in rows}


GUESTSECGROUPS = Resource(
    entity=Guestsecgroup,
    service="compute",
    area="compute",
    singular="guestsecgroup",
    plural="guestsecgroups",
    doc="Security groups of servers.",
    level=Level.PROJECT,
    columns=("guest_id", "secgroup_id"),
    unique=(("guest_id", "secgroup_id"),),
    joint=Joint(left="guest_id", right="secgroup_id", left_path="servers", right_path="secgroups"),
    verbs=READ_ONLY,
)
