"""Host claims: what the servers of a host hold of it."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit


@entity
class Hostclaim(Entity):
    """The ledger of one host, by its id; `update_version` is the generation that placements are made against.

    Servers that are being made and servers that are stopped count; recycled ones do not.
    """

    vcpus: Annotated[int, Spec("Given out")] = 0
    memory_mib: Annotated[int, Spec("Given out", unit=Unit.MIB)] = 0
    guests: Annotated[int, Spec("Number of servers")] = 0


HOSTCLAIMS = Resource(
    entity=Hostclaim,
    service="internal",
    area="compute",
    singular="hostclaim",
    plural="hostclaims",
    doc="What is given out of each host.",
    level=Level.SYSTEM,
    columns=("id", "vcpus", "memory_mib", "guests"),
    verbs=frozenset(),
    recorded=False,
)
