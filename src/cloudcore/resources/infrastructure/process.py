"""Processes: those that run one deployment together."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Process(Entity):
    """One run of a program that drives the deployment; its id is the owner's name in the leases of tasks.

    proof: what tells others on the same machine that it has ended: boot, pid namespace, pid and time of its start.
    folder: the data folder that it held, as its machine knows it: who holds that now knows that it has ended.
    url: where it serves. hosts: ids of those whose agent it is.
    """

    deployment: Annotated[str, Spec("Deployment that it runs", width=64)]
    machine: Annotated[str, Spec("Name of its machine", width=128)] = ""
    proof: Annotated[str, Spec("Boot, pid namespace, pid and start", width=200)] = ""
    folder: Annotated[str, Spec("Data folder that it holds", width=200)] = ""
    url: Annotated[str, Spec("Where it serves", width=255)] = ""
    hosts: Annotated[list[Any], Spec("Hosts whose agent it is")] = attrs.field(factory=list[Any])
    lease_until: Annotated[datetime | None, Spec("Until when it is taken to be alive", volatile=True, index=True)] = (
        None
    )


PROCESSES = Resource(
    entity=Process,
    service="internal",
    area="infrastructure",
    singular="process",
    plural="processes",
    doc="The processes that run the deployment together.",
    level=Level.SYSTEM,
    columns=("id", "machine", "url", "lease_until"),
    verbs=frozenset(),
    recorded=False,
)
