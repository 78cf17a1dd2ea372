"""Quota limits: how much a project or a domain may hold."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit

UNLIMITED = -1
INHERIT = -2
"""What the deployment says for all projects, or all domains; where it says nothing there is no limit."""
OF_PROJECTS = "*"
"""In the place of a project, with no domain: what holds for all projects that have no limit of their own."""
ALERT_AT = "80,95"
"""Percents of a limit at which an alert fires, where nobody has said otherwise."""
NO_ALERTS = "-"


@entity
class Quotalimit(Entity):
    """The limits of one owner; -1 is none, -2 what the deployment says for all.

    domain_id: empty for the deployment's own: those of all domains, or with `*` for a project those of all projects.
    tenant_id: empty for the limits of the domain as a whole.
    keys: empty for everything; otherwise a JSON object with sorted names, such as `{"hypervisor":"kvm"}`, that the
        limits are narrowed to.
    alert_at: percents of a limit, such as `80,95`; `-` for none, empty for what the deployment says.
    """

    domain_id: Annotated[str, Spec("Domain, or empty for all", width=64, index=True)]
    tenant_id: Annotated[str, Spec("Project, or empty for the domain", width=64, index=True)] = ""
    keys: Annotated[str, Spec("What the limits are narrowed to", width=512)] = ""
    alert_at: Annotated[str, Spec("Percents at which an alert fires", width=64)] = ""
    count: Annotated[int, Spec("Servers", minimum=INHERIT)] = INHERIT
    cpu: Annotated[int, Spec("Virtual CPUs", minimum=INHERIT)] = INHERIT
    memory: Annotated[int, Spec("Memory", unit=Unit.MIB, minimum=INHERIT)] = INHERIT
    storage: Annotated[int, Spec("Disks", unit=Unit.MIB, minimum=INHERIT)] = INHERIT
    isolated_device: Annotated[int, Spec("Devices of hosts that servers have", minimum=INHERIT)] = INHERIT
    snapshot: Annotated[int, Spec("Snapshots of disks", minimum=INHERIT)] = INHERIT
    instance_snapshot: Annotated[int, Spec("Snapshots of servers", minimum=INHERIT)] = INHERIT
    instancegroup: Annotated[int, Spec("Groups of servers", minimum=INHERIT)] = INHERIT
    eip: Annotated[int, Spec("Public addresses", minimum=INHERIT)] = INHERIT
    port: Annotated[int, Spec("Network cards on networks inside", minimum=INHERIT)] = INHERIT
    eport: Annotated[int, Spec("Network cards on public networks", minimum=INHERIT)] = INHERIT
    bucket: Annotated[int, Spec("Buckets", minimum=INHERIT)] = INHERIT
    object_gb: Annotated[int, Spec("Size of objects in GiB", minimum=INHERIT)] = INHERIT
    object_cnt: Annotated[int, Spec("Objects", minimum=INHERIT)] = INHERIT
    rds: Annotated[int, Spec("Databases", minimum=INHERIT)] = INHERIT
    cache: Annotated[int, Spec("Caches", minimum=INHERIT)] = INHERIT
    mongodb: Annotated[int, Spec("Document databases", minimum=INHERIT)] = INHERIT
    loadbalancer: Annotated[int, Spec("Load balancers", minimum=INHERIT)] = INHERIT
    secgroup: Annotated[int, Spec("Security groups", minimum=INHERIT)] = INHERIT
    cloudaccount: Annotated[int, Spec("Cloud accounts", minimum=INHERIT)] = INHERIT
    globalvpc: Annotated[int, Spec("Global VPCs", minimum=INHERIT)] = INHERIT
    dns_zone: Annotated[int, Spec("DNS zones", minimum=INHERIT)] = INHERIT
    image: Annotated[int, Spec("Images", minimum=INHERIT)] = INHERIT
    host: Annotated[int, Spec("Hosts", minimum=INHERIT)] = INHERIT
    vpc: Annotated[int, Spec("VPCs", minimum=INHERIT)] = INHERIT
    identity_user: Annotated[int, Spec("Users", minimum=INHERIT)] = INHERIT
    identity_group: Annotated[int, Spec("Groups of users", minimum=INHERIT)] = INHERIT
    identity_project: Annotated[int, Spec("Projects", minimum=INHERIT)] = INHERIT
    identity_role: Annotated[int, Spec("Roles", minimum=INHERIT)] = INHERIT
    identity_policy: Annotated[int, Spec("Policies", minimum=INHERIT)] = INHERIT


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
