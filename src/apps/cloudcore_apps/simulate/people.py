"""Who uses a simulated cloud: one user in one project that a product knows which embeds it, and a second tenant of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.query import PLATFORM
from cloudcore.ports.directory import Binding, Named
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import ASSIGNMENTS, Assignment
from cloudcore.resources.identity.domain import DOMAINS, Domain
from cloudcore.resources.identity.project import PROJECTS, Project
from cloudcore.resources.identity.role import ROLES, Role
from cloudcore.resources.identity.user import USERS, User
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES, Sharedresource
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit

PROJECT = Named(id="p1", name="project", domain_id="d1", domain_name="domain")
SECOND = Named(id="p2", name="second", domain_id="d2", domain_name="second")
"""The tenant that leaves."""
CALLER = Caller(
    user_id="u1",
    user_name="user",
    project_id=PROJECT.id,
    project_name=PROJECT.name,
    project_domain_id=PROJECT.domain_id,
    project_domain_name=PROJECT.domain_name,
    is_platform=True,
    request_id="request",
)
NEIGHBOUR = attrs.evolve(
    CALLER,
    user_id="u2",
    user_name="neighbour",
    project_id=SECOND.id,
    project_name=SECOND.name,
    project_domain_id=SECOND.domain_id,
    project_domain_name=SECOND.domain_name,
)
ALL_OF_SECOND = frozenset({"p2", "d2", "u2"})


class People:
    """A directory of an embedding product with one project and one user, and of all that identity's own tables hold."""

    def __init__(self, rows: Callable[[str], Mapping[str, Any]]) -> None:
        """rows: of a type, by id."""
        self._rows = rows

    def projects(self, ids: Collection[str]) -> Mapping[str, Named]:
        """See `Directory.projects`."""
        return self._named("projects", ids, {PROJECT.id: PROJECT})

    def domains(self, ids: Collection[str]) -> Mapping[str, Named]:
        """See `Directory.domains`."""
        return self._named("domains", ids, {"d1": Named(id="d1", name="domain")})

    def users(self, ids: Collection[str]) -> Mapping[str, Named]:
        """See `Directory.users`."""
        return self._named("users", ids, {"u1": Named(id="u1", name="user")})

    def find_project(self, ident: str, _domain: str | None) -> Named | None:
        """See `Directory.find_project`."""
        return self.projects([ident]).get(ident)

    def find_domain(self, ident: str) -> Named | None:
        """See `Directory.find_domain`."""
        return self.domains([ident]).get(ident)

    def tagged(self, _plural: str, _sets: Sequence[Any]) -> Sequence[str]:
        """See `Directory.tagged`."""
        return ()

    def tags_of(self, _plural: str, _ids: Collection[str]) -> Mapping[str, Any]:
        """See `Directory.tags_of`."""
        return {}

    def bindings(self, _role_ids: Collection[str]) -> Sequence[Binding]:
        """See `Directory.bindings`."""
        return ()

    def _named(self, plural: str, ids: Collection[str], known: Mapping[str, Named]) -> Mapping[str, Named]:
        rows = self._rows(plural)
        own = {ident: row for ident in ids if (row := rows.get(ident)) is not None}
        found = {
            ident: Named(id=ident, name=row.name, domain_id=getattr(row, "domain_id", ident))
            for ident, row in own.items()
        }
        return {**{ident: known[ident] for ident in ids if ident in known}, **found}


def add_second(tx: Transaction) -> None:
    """The second tenant: a domain with a project, and a user with a role, limits, and a network that is shared with it."""
    home = SECOND.domain_id
    tx.of(DOMAINS, PLATFORM).add(Domain(id=home, name=SECOND.domain_name))
    tx.of(PROJECTS, PLATFORM).add(Project(id=SECOND.id, name=SECOND.name, domain_id=home))
    tx.of(USERS, PLATFORM).add(User(id=NEIGHBOUR.user_id, name=NEIGHBOUR.user_name, domain_id=home))
    # One of its own people has a role there, and one who stays.
    for number, who in (("1", CALLER), ("2", NEIGHBOUR)):
        role = Role(id=f"r{number}", name="member", domain_id=who.project_domain_id)
        tx.of(ROLES, PLATFORM).add(role)
        given = Assignment(
            id=f"a{number}", type="UserProject", actor_id=who.user_id, target_id=SECOND.id, role_id=role.id
        )
        tx.of(ASSIGNMENTS, PLATFORM).add(given)
    for tenant in ("", SECOND.id):
        tx.of(QUOTALIMITS, PLATFORM).add(
            Quotalimit(id=f"q-{home}-{tenant}", domain_id=home, tenant_id=tenant, count=50)
        )
    for plural, ident in (("networks", "n1"), ("images", "i1")):
        shown = Sharedresource(
            id=f"s2-{ident}", resource_type=plural, resource_id=ident, target_type="project", target_id=SECOND.id
        )
        tx.of(SHAREDRESOURCES, PLATFORM).add(shown)
