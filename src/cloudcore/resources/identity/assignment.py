"""Roles that users and groups have in projects, in domains and in the system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.query import PLATFORM, Exists, Expr, both, either, eq, one_of
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction

IN_PROJECT = ("UserProject", "GroupProject")
IN_DOMAIN = ("UserDomain", "GroupDomain")
IN_SYSTEM = ("UserSystem", "GroupSystem")
SYSTEM = "system"
"""The target of those: there is one system."""
INHERITED = ("UserDomainInherited", "GroupDomainInherited")
"""Given on a domain, and held in each of its projects, of today and later; not in the domain itself."""
BELOW_PROJECT = ("UserProjectInherited", "GroupProjectInherited")
"""Given on a project for the projects below it, of which there are none: kept and listed, and in force nowhere."""
TYPES = (*IN_PROJECT, *IN_DOMAIN, *IN_SYSTEM, *INHERITED, *BELOW_PROJECT)


@entity
class Assignment(Entity):
    """One role of one user or group in one project, one domain or the system; the type says of which."""

    type: Annotated[str, Spec("Of whom, and where", width=32, choices=TYPES)]
    actor_id: Annotated[
        str, Spec("User or group", width=64, index=True), Ref("users", on_delete=OnDelete.CASCADE, context=False)
    ]
    target_id: Annotated[str, Spec("Project or domain, or system", width=64, index=True)]
    role_id: Annotated[str, Spec("Role", width=64, index=True), Ref("roles", context=False)]


def held_in(project_id: str) -> Expr:
    """The assignments that are in force in a project: its own, and those that it inherits from its domain."""
    above = Exists("projects", "domain_id", "target_id", eq("id", project_id))
    own = both(one_of("type", IN_PROJECT), eq("target_id", project_id))
    return either(own, both(one_of("type", INHERITED), above))


def target_counts(tx: Transaction, actors: Sequence[str]) -> Mapping[str, int]:
    """User or group → in how many projects it has roles itself."""
    where = both(one_of("type", IN_PROJECT), one_of("actor_id", actors))
    return Counter(row["actor_id"] for row in tx.of(ASSIGNMENTS, PLATFORM).totals(where, by=("actor_id", "target_id")))


def actor_counts(tx: Transaction, projects: Sequence[str], kind: str) -> Mapping[str, int]:
    """Project → how many users (UserProject) or groups (GroupProject) have roles there themselves."""
    where = both(eq("type", kind), one_of("target_id", projects))
    return Counter(row["target_id"] for row in tx.of(ASSIGNMENTS, PLATFORM).totals(where, by=("target_id", "actor_id")))


ASSIGNMENTS = Resource(
    entity=Assignment,
    service="internal",
    area="identity",
    singular="assignment",
    plural="assignments",
    doc="Roles that users and groups have in projects and domains.",
    level=Level.SYSTEM,
    columns=("id", "type", "actor_id", "target_id", "role_id"),
    unique=(("type", "actor_id", "target_id", "role_id"),),
    verbs=frozenset(),
)
