"""The directory port over this deployment's own identity tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, both, either, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.model.wire import public_tags
from cloudcore.operations.tags import tagged
from cloudcore.ports.directory import Binding, Named
from cloudcore.ports.unit_of_work import Transaction, UnitOfWork
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.policy import POLICIES
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES
from cloudcore.resources.identity.user import USERS

_TAGGED: Mapping[str, Resource[Any]] = {"projects": PROJECTS, "domains": DOMAINS}


class LocalDirectory:
    """Identity's answers, each from one snapshot."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def projects(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Projects by id."""
        return self._named(PROJECTS, ids)

    def users(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Users by id."""
        return self._named(USERS, ids)

    def domains(self, ids: Collection[str]) -> Mapping[str, Named]:
        """Domains by id."""
        if not ids:
            return {}
        with self._uow.read() as tx:
            names = _domain_names(tx, list(ids))
        return {ident: Named(id=ident, name=name, domain_id=ident, domain_name=name) for ident, name in names.items()}

    def find_project(self, ident: str, domain: str | None) -> Named | None:
        """A project by id or name; a name that several domains have is nobody's without its domain."""
        with self._uow.read() as tx:
            where = either(eq("id", ident), eq("name", ident))
            if domain:
                owner = find_domain(tx, domain)
                if owner is None:
                    return None
                where = both(where, eq("domain_id", owner.id))
            rows = tx.of(PROJECTS, PLATFORM).find(Query(where=where, limit=3))
            by_id = [row for row in rows if row.id == ident]
            found = by_id or rows
            return _with_domains(tx, found)[0] if len(found) == 1 else None

    def find_domain(self, ident: str) -> Named | None:
        """A domain by id or name."""
        with self._uow.read() as tx:
            return find_domain(tx, ident)

    def tagged(self, plural: str, sets: Sequence[Mapping[str, tuple[str, ...]]]) -> Sequence[str]:
        """Ids of the projects or domains whose tags satisfy one of these sets."""
        with self._uow.read() as tx:
            where = either(*(tagged(wanted) for wanted in sets))
            return [row[0] for row in tx.of(_TAGGED[plural], PLATFORM).columns(("id",), Query(where=where))]

    def tags_of(self, plural: str, ids: Collection[str]) -> Mapping[str, JsonMapping]:
        """The tags of projects or domains by id."""
        with self._uow.read() as tx:
            rows = tx.of(_TAGGED[plural], PLATFORM).columns(("id", "metadata"), Query(where=one_of("id", ids)))
            return {ident: public_tags(tags) for ident, tags in rows}

    def bindings(self, role_ids: Collection[str]) -> Sequence[Binding]:
        """The policies that these roles, or everybody, carry."""
        with self._uow.read() as tx:
            tied = tx.of(ROLEPOLICIES, PLATFORM).find(Query(where=one_of("role_id", [*role_ids, ""])))
            if not tied:
                return ()
            where = both(one_of("id", [t.policy_id for t in tied]), eq("enabled", True))
            policies = {p.id: p for p in tx.of(POLICIES, PLATFORM).find(Query(where=where))}
        return [_binding(t, policies[t.policy_id]) for t in tied if t.policy_id in policies]

    def _named(self, resource: Resource[Any], ids: Collection[str]) -> Mapping[str, Named]:
        if not ids:
            return {}
        with self._uow.read() as tx:
            rows = tx.of(resource, PLATFORM).columns(("id", "name", "domain_id"), Query(where=one_of("id", ids)))
            domains = _domain_names(tx, [row[2] for row in rows])
        return {
            ident: Named(id=ident, name=name, domain_id=domain, domain_name=domains.get(domain, ""))
            for ident, name, domain in rows
        }


def find_domain(tx: Transaction, ident: str) -> Named | None:
    """A domain by id or name."""
    rows = tx.of(DOMAINS, PLATFORM).find(Query(where=either(eq("id", ident), eq("name", ident)), limit=2))
    row = next((r for r in rows if r.id == ident), rows[0] if rows else None)
    return None if row is None else Named(id=row.id, name=row.name, domain_id=row.id, domain_name=row.name)


def _with_domains(tx: Transaction, rows: Sequence[Any]) -> list[Named]:
    domains = _domain_names(tx, [row.domain_id for row in rows])
    return [
        Named(id=row.id, name=row.name, domain_id=row.domain_id, domain_name=domains.get(row.domain_id, ""))
        for row in rows
    ]


def _domain_names(tx: Transaction, ids: Sequence[str]) -> Mapping[str, str]:
    if not ids:
        return {}
    return dict(tx.of(DOMAINS, PLATFORM).columns(("id", "name"), Query(where=one_of("id", ids))))


def _binding(tied: Any, policy: Any) -> Binding:
    return Binding(
        role_id=tied.role_id,
        project_id=tied.project_id,
        policy_id=policy.id,
        policy_name=policy.name,
        scope=policy.scope,
        document=policy.blob,
        requires_auth=tied.auth,
        ips=tuple(tied.ips),
        valid_since=tied.valid_since,
        valid_until=tied.valid_until,
        domain_tags=tuple(policy.domain_tags),
        project_tags=tuple(policy.project_tags),
        object_tags=tuple(policy.object_tags),
    )
