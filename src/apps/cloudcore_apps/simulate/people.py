"""Who uses a simulated cloud: one user in one project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.ports.directory import Binding, Named

PROJECT = Named(id="p1", name="project", domain_id="d1", domain_name="domain")
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


class OneProject:
    """A directory of an embedding product with one project and one user."""

    def projects(self, ids: Collection[str]) -> Mapping[str, Named]:
        """See `Directory.projects`."""
        return {PROJECT.id: PROJECT} if PROJECT.id in ids else {}

    def domains(self, ids: Collection[str]) -> Mapping[str, Named]:
        """See `Directory.domains`."""
        return {"d1": Named(id="d1", name="domain")} if "d1" in ids else {}

    def users(self, ids: Collection[str]) -> Mapping[str, Named]:
        """See `Directory.users`."""
        return {"u1": Named(id="u1", name="user")} if "u1" in ids else {}

    def find_project(self, ident: str, _domain: str | None) -> Named | None:
        """See `Directory.find_project`."""
        return PROJECT if ident in (PROJECT.id, PROJECT.name) else None

    def find_domain(self, ident: str) -> Named | None:
        """See `Directory.find_domain`."""
        return Named(id="d1", name="domain") if ident in ("d1", "domain") else None

    def tagged(self, _plural: str, _sets: Sequence[Any]) -> Sequence[str]:
        """See `Directory.tagged`."""
        return ()

    def tags_of(self, _plural: str, _ids: Collection[str]) -> Mapping[str, Any]:
        """See `Directory.tags_of`."""
        return {}

    def bindings(self, _role_ids: Collection[str]) -> Sequence[Binding]:
        """See `Directory.bindings`."""
        return ()
