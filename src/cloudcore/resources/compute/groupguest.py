"""Which servers are in which group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import READ_ONLY, Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction


@entity
class Groupguest(Entity):
    """One server of one group."""

    group_id: Annotated[
        str,
        Spec("Group", width=128, index=True),
        Ref("instancegroups", on_delete=OnDelete.CASCADE, alias=("instancegroup", "instancegroup_id")),
    ]
    guest_id: Annotated[
        str,
        Spec("Server", width=128, index=True),
        Ref("servers", on_delete=OnDelete.CASCADE, alias=("server", "server_id")),
    ]


def members(tx: Transaction, groups: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Group → ids of its servers."""
    found: dict[str, list[str]] = {}
    where = Query(where=one_of("group_id", groups))
    for group, guest in tx.of(GROUPGUESTS, PLATFORM).columns(("group_id", "guest_id"), where):
        found.setdefault(group, []).append(guest)
    return found


GROUPGUESTS = Resource(
    entity=Groupguest,
    service="compute",
    area="compute",
    singular="groupguest",
    plural="groupguests",
    doc="Servers of groups.",
    level=Level.PROJECT,
    columns=("group_id", "guest_id"),
    unique=(("group_id", "guest_id"),),
    joint=Joint(left="group_id", right="guest_id", left_path="instancegroups", right_path="servers"),
    verbs=READ_ONLY,
)
