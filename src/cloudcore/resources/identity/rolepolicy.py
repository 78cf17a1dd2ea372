"""Which policies a role carries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import READ_ONLY, Level, OnDelete, Ref, Resource, Spec, Verb


@entity
class RolePolicy(Entity):
    """A policy that a role carries. Empty role or project: any."""

    role_id: Annotated[
        str, Spec("Role, or any", width=64, index=True), Ref("roles", on_delete=OnDelete.CASCADE, context=False)
    ] = ""
    project_id: Annotated[
        str,
        Spec("Only in this project, or in any", width=64),
        Ref("projects", on_delete=OnDelete.CASCADE, context=False),
    ] = ""
    policy_id: Annotated[str, Spec("Policy", width=64), Ref("policies", on_delete=OnDelete.CASCADE, context=False)]
    auth: Annotated[bool, Spec("Only for those who have logged in")] = True
    ips: Annotated[list[Any], Spec("Only from these addresses")] = attrs.field(factory=list[Any])
    valid_since: Annotated[datetime | None, Spec("From when")] = None
    valid_until: Annotated[datetime | None, Spec("Until when")] = None


ROLEPOLICIES = Resource(
    entity=RolePolicy,
    service="identity",
    area="identity",
    singular="rolepolicy",
    plural="rolepolicies",
    doc="Which policies a role carries, where and when.",
    level=Level.DOMAIN,
    parent="role_id",
    columns=("role_id", "project_id", "policy_id", "auth"),
    unique=(("role_id", "project_id", "policy_id"),),
    verbs=READ_ONLY | {Verb.DELETE},
)
