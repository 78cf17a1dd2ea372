"""Leases of hosts: whether a host may run its guests, or others may take them over."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Hostlease(Entity):
    """The lease of one host, by its id; every change is one conditional update.

    turn: rises with each renewal, and with whatever else must not go unnoticed. held: 1, or 0 since it was taken away.
    fences: 1 where the host stops its guests by itself when it cannot renew. fenced: 1 when it is certain that no guest of
    it runs that another host may start. floor: fences of effects that are older are refused when the host is back.
    """

    turn: Annotated[int, Spec("Renewals")] = 0
    held: Annotated[int, Spec("Whether the host has it")] = 1
    fences: Annotated[int, Spec("Whether the host fences itself")] = 0
    fenced: Annotated[int, Spec("Whether it is certain that its guests are off")] = 0
    floor: Annotated[int, Spec("Oldest fence of effects that are still performed")] = 0


HOSTLEASES = Resource(
    entity=Hostlease,
    service="internal",
    area="compute",
    singular="hostlease",
    plural="hostleases",
    doc="Whether hosts may run their guests.",
    level=Level.SYSTEM,
    columns=("id", "turn", "held", "fences", "fenced"),
    verbs=frozenset(),
    recorded=False,
)
