"""Node claims: what the servers of a host hold of its NUMA nodes."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Spec
from cloudcore.model.units import Unit


@entity
class Nodeclaim(Entity):
    """The ledger of one node, by `<host id>/<node>`. It changes only together with the claim of its host, and after that."""

    host_id: Annotated[
        str, Spec("Host", required=True, width=128, index=True), Ref("hosts", on_delete=OnDelete.CASCADE)
    ]
    node: Annotated[int, Spec("Number of the node on its host")] = 0
    vcpus: Annotated[int, Spec("Given out")] = 0
    memory_mib: Annotated[int, Spec("Given out", unit=Unit.MIB)] = 0


def nodeclaim_id(host_id: str, node: int) -> str:
    """The id of the ledger of a node."""
    return f"{host_id}/{node}"


NODECLAIMS = Resource(
    entity=Nodeclaim,
    service="internal",
    area="compute",
    singular="nodeclaim",
    plural="nodeclaims",
    doc="What is given out of each NUMA node.",
    level=Level.SYSTEM,
    columns=("id", "vcpus", "memory_mib"),
    verbs=frozenset(),
    recorded=False,
)
