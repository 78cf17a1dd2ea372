"""Quota usages: how much each project and domain holds."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit


@entity
class Quotausage(Entity):
    """The ledger of one owner, by `usage_id`; only ever changed by conditional additions."""

    count: Annotated[int, Spec("Servers")] = 0
    cpu: Annotated[int, Spec("Virtual CPUs")] = 0
    memory: Annotated[int, Spec("Memory", unit=Unit.MIB)] = 0
    storage: Annotated[int, Spec("Disks", unit=Unit.MIB)] = 0
    snapshot: Annotated[int, Spec("Snapshots of disks")] = 0
    instance_snapshot: Annotated[int, Spec("Snapshots of servers")] = 0
    instancegroup: Annotated[int, Spec("Groups of servers")] = 0
    eip: Annotated[int, Spec("Public addresses")] = 0
    secgroup: Annotated[int, Spec("Security groups")] = 0
    image: Annotated[int, Spec("Images")] = 0
    host: Annotated[int, Spec("Hosts")] = 0
    vpc: Annotated[int, Spec("VPCs")] = 0
    identity_user: Annotated[int, Spec("Users")] = 0
    identity_group: Annotated[int, Spec("Groups of users")] = 0
    identity_project: Annotated[int, Spec("Projects")] = 0
    identity_role: Annotated[int, Spec("Roles")] = 0
    identity_policy: Annotated[int, Spec("Policies")] = 0


def usage_id(domain_id: str, project_id: str = "") -> str:
    """The id of an owner's ledger; without a project that of the domain as a whole."""
    return f"{domain_id}/{project_id}"


QUOTAUSAGES = Resource(
    entity=Quotausage,
    service="internal",
    area="quota",
    singular="quotausage",
    plural="quotausages",
    doc="How much projects and domains hold.",
    level=Level.SYSTEM,
    columns=("id", "count", "cpu", "memory", "storage", "snapshot", "instance_snapshot"),
    verbs=frozenset(),
    recorded=False,
)
