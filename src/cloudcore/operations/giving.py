"""Where things may be given."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import ProjectOwned
from cloudcore.model.json import JsonObject
from cloudcore.model.query import Order, Query
from cloudcore.model.resource import Resource
from cloudcore.operations.access import widest
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction

CANDIDATES = "change-owner-candidate-domains"
"""The named detail of everything that can be given to another owner."""
MOST = 2048


def candidate_domains(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], row: Any
) -> JsonObject:
    """The domains to whose projects, or to which, the caller may give a row: `candidates`, each with `id` and `name`.

    Everywhere for who may do that in the whole system, of the domains that he may list; within its domain for who may do it
    there, if a project owns it; otherwise nowhere.
    """
    granted = widest(platform, caller, resource, "perform", "change-owner")
    domains = platform.types["domains"]
    listed = widest(platform, caller, domains, "list")
    if granted is not None and granted.scope.covers(Scope.SYSTEM) and listed is not None:
        found = tx.of(domains, listed.where).columns(("id", "name"), Query(order=(Order("name"),), limit=MOST))
        return {"candidates": [{"id": ident, "name": name} for ident, name in found]}
    within = granted is not None and granted.scope.covers(Scope.DOMAIN) and isinstance(row, ProjectOwned)
    own = platform.directory.find_domain(row.domain_id) if within else None
    return {"candidates": [{"id": own.id, "name": own.name}] if own is not None else []}
