"""Making and changing policies: documents that parse, and none that allows more than its author may do."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.caller import Caller
from cloudcore.auth.documents import parse_document
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.access import fetch_for, widest
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import update_row
from cloudcore.operations.identity.grants import check_contained
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import read_limits
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.policy import POLICIES


def create_policy(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a policy.

    Raises:
        InvalidFormatError: the document, or a set of tags, is none.
        ForbiddenError: it allows more than the caller may do.
    """
    stored = insert(platform, tx, caller, POLICIES, body)
    check_contained(platform, caller, [unbound(stored)])
    return detail_rows(platform, tx, POLICIES, [stored])[0]


def update_policy(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context = ()
) -> JsonObject:
    """Change a policy; those of the platform only for who may do that everywhere.

    Raises:
        InvalidFormatError: the document, or a set of tags, is none.
        ForbiddenError: it would allow more than the caller may do, or is the platform's.
    """
    policy = fetch_for(platform, tx, caller, POLICIES, ident, "update")
    granted = widest(platform, caller, POLICIES, "update")
    if policy.is_system and (granted is None or not granted.scope.covers(Scope.SYSTEM)):
        raise ForbiddenError("a policy of the platform cannot be changed; make your own")
    answer = update_row(platform, tx, caller, POLICIES, policy.id, body, context)
    check_contained(platform, caller, [unbound(fetch_for(platform, tx, caller, POLICIES, policy.id, "update"))])
    return answer


def unbound(policy: Any) -> BoundPolicy:
    """A stored policy as the evaluator takes it, for nobody in particular.

    Raises:
        InvalidFormatError: its document, or a set of tags, is none.
    """
    return BoundPolicy(
        name=policy.name,
        policy_id=policy.id,
        scope=Scope(policy.scope),
        document=parse_document(dict(policy.blob)),
        limits=read_limits(policy.domain_tags, policy.project_tags, policy.object_tags),
    )
