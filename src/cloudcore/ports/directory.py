"""The port of names: who the projects, domains and users behind ids are.

Compute, image and network code asks here and never reads identity's tables, so that an embedding product can bring its
own users, and a deployment can ask another one's identity.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import attrs

from cloudcore.model.json import JsonMapping


@attrs.frozen(kw_only=True)
class Named:
    """An identity object: a project or user has the id and name of its domain, a domain its own twice."""

    id: str
    name: str
    domain_id: str = ""
    domain_name: str = ""


@attrs.frozen(kw_only=True)
class Binding:
    """A policy that a role carries. project_id: only in this project; empty: everywhere."""

    role_id: str
    project_id: str
    policy_name: str
    scope: str
    document: JsonMapping
    requires_auth: bool = True
    ips: tuple[str, ...] = ()
    valid_since: datetime | None = None
    valid_until: datetime | None = None
    domain_tags: tuple[JsonMapping, ...] = ()
    project_tags: tuple[JsonMapping, ...] = ()
    object_tags: tuple[JsonMapping, ...] = ()
    policy_id: str = ""


class Directory(Protocol):
    """Questions about identity. Each is one look-up whatever the number of ids; unknown ids are left out."""

    def projects(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Projects by id."""
        ...

    def domains(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Domains by id."""
        ...

    def users(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Users by id."""
        ...

    def find_project(self, ident: str, domain: str | None) -> Named | None:
        """A project by id or name, within a domain (id or name) when one is given."""
        ...

    def find_domain(self, ident: str) -> Named | None:
        """A domain by id or name."""
        ...

    def tagged(self, plural: str, sets: Sequence[Mapping[str, tuple[str, ...]]]) -> Sequence[str]:
        """Ids of the `projects` or `domains` whose tags satisfy one of these sets.

        A set names keys that must be there, each with the values that will do (an empty text or none: any).
        """
        ...

    def tags_of(self, plural: str, ids: Collection[str]) -> Mapping[str, JsonMapping]:
        """The tags of `projects` or `domains` by id."""
        ...

    def bindings(self, role_ids: Collection[str]) -> Sequence[Binding]:
        """The policies that these roles, or everybody, carry; enabled ones only, in a stable order."""
        ...
