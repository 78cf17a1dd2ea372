"""The end of projects and domains: with them goes all that only says something of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.revocation import Watermark
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Expr, Query, both, eq
from cloudcore.model.resource import Resource
from cloudcore.operations.access import fetch
from cloudcore.operations.generic import delete_row
from cloudcore.operations.identity.revocations import mark_gone, revoke
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import hold
from cloudcore.resources.identity.assignment import ASSIGNMENTS
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.user import USERS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES
from cloudcore.resources.quota.quotaalert import QUOTAALERTS
from cloudcore.resources.quota.quotalimit import QUOTALIMITS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES, usage_id


def delete_owner(
    resource: Resource[Any],
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    ident: str,
    _options: JsonMapping,
) -> JsonObject:
    """Delete a project or a domain that owns nothing any more: also its roles, quotas and shares, and its tokens are void.

    Raises:
        NotEmptyError: it still owns something.
    """
    row = fetch(platform, tx, caller, resource, ident)
    # Whoever makes something of theirs meanwhile has one of these, too; in his order.
    hold(tx, row.id if resource is DOMAINS else row.domain_id, "")
    if resource is not DOMAINS:
        hold(tx, row.domain_id, row.id)
    gone = delete_row(platform, tx, caller, resource, ident)
    ident, is_domain = str(gone["id"]), resource is DOMAINS
    home, project = (ident, "") if is_domain else (str(gone["domain_id"]), ident)
    _drop(tx, ASSIGNMENTS, eq("target_id", ident))
    _drop(tx, SHAREDRESOURCES, both(eq("target_type", resource.singular), eq("target_id", ident)))
    _drop(tx, QUOTALIMITS, both(eq("domain_id", home), eq("tenant_id", project)))
    _drop(tx, QUOTAALERTS, both(eq("domain_id", home), eq("tenant_id", project)))
    _drop(tx, QUOTAUSAGES, eq("id", usage_id(home, project)))
    revoke(tx, Watermark.DOMAIN if is_domain else Watermark.PROJECT, ident)
    mark_gone(tx, ident)
    return gone


def delete_user(platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping) -> JsonObject:
    """Delete a user, with what is his alone."""
    gone = delete_row(platform, tx, caller, USERS, ident)
    mark_gone(tx, str(gone["id"]))
    return gone


def _drop(tx: Transaction, resource: Resource[Any], where: Expr) -> None:
    repository = tx.of(resource, PLATFORM)
    for row in repository.find(Query(where=where)):
        repository.remove(row)


delete_project = partial(delete_owner, PROJECTS)
delete_domain = partial(delete_owner, DOMAINS)
