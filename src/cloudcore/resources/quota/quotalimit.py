"""Quota limits: how much a project or a domain may hold."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit

UNLIMITED = -1


@entity
class Quotalimit(Entity):
    """The limits of one owner; -1 is none.

    tenant_id: empty for the limits of the domain as a whole.
    keys: empty for everything; otherwise a JSON object with sorted names, such as `{"hypervisor":"kvm"}`, that the
        limits are narrowed to.
    """

    domain_id: Annotated[str, Spec("Domain", width=64, index=True)]
    tenant_id: Annotated[str, Spec("Project, or empty for the domain", width=64, index=True)] = ""
    keys: Annotated[str, Spec("What the limits are narrowed to", width=512)] = ""
    count: Annotated[int, Spec("Servers", minimum=UNLIMITED)] = UNLIMITED
    cpu: Annotated[int, Spec("Virtual CPUs", minimum=UNLIMITED)] = UNLIMITED
    memory: Annotated[int, Spec("Memory", unit=Unit.MIB, minimum=UNLIMITED)] = UNLIMITED
    storage: Annotated[int, Spec("Disks", unit=Unit.MIB, minimum=UNLIMITED)] = UNLIMITED
    snapshot: Annotated[int, Spec("Snapshots of disks", minimum=UNLIMITED)] = UNLIMITED
    instance_snapshot: Annotated[int, Spec("Snapshots of servers", minimum=UNLIMITED)] = UNLIMITED
    instancegroup: Annotated[int, Spec("Groups of servers", minimum=UNLIMITED)] = UNLIMITED
    eip: Annotated[int, Spec("Public addresses", minimum=UNLIMITED)] = UNLIMITED
    secgroup: Annotated[int, Spec("Security groups", minimum=UNLIMITED)] = UNLIMITED
    image: Annotated[int, Spec("Images", minimum=UNLIMITED)] = UNLIMITED
    host: Annotated[int, Spec("Hosts", minimum=UNLIMITED)] = UNLIMITED
    vpc: Annotated[int, Spec("VPCs", minimum=UNLIMITED)] = UNLIMITED
    identity_user: Annotated[int, Spec("Users", minimum=UNLIMITED)] = UNLIMITED
    identity_group: Annotated[int, Spec("Groups of users", minimum=UNLIMITED)] = UNLIMITED
    identity_project: Annotated[int, Spec("Projects", minimum=UNLIMITED)] = UNLIMITED
    identity_role: Annotated[int, Spec("Roles", minimum=UNLIMITED)] = UNLIMITED
    identity_policy: Annotated[int, Spec("Policies", minimum=UNLIMITED)] = UNLIMITED


QUOTALIMITS = Resource(
    entity=Quotalimit,
    service="internal",
    area="quota",
    singular="quotalimit",
    plural="quotalimits",
    doc="How much projects and domains may hold.",
    level=Level.SYSTEM,
    columns=(
        "domain_id",
        "tenant_id",
        "keys",
        "count",
        "cpu",
        "memory",
        "storage",
        "snapshot",
        "instance_snapshot",
        "image",
    ),
    unique=(("domain_id", "tenant_id", "keys"),),
    verbs=frozenset(),
)
