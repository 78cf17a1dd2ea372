"""Storage claims: how much of a storage its disks hold."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit


@entity
class Storageclaim(Entity):
    """The ledger of one storage, by its id: the nominal sizes of all its disks, those being made included."""

    size_mib: Annotated[int, Spec("Given out", unit=Unit.MIB)] = 0


STORAGECLAIMS = Resource(
    entity=Storageclaim,
    service="internal",
    area="storage",
    singular="storageclaim",
    plural="storageclaims",
    doc="How much of each storage is given out.",
    level=Level.SYSTEM,
    columns=("id", "size_mib"),
    verbs=frozenset(),
    recorded=False,
)
