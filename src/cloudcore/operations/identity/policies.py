"""Making and changing policies: documents that parse, and none that allows more than its author may do."""

from __future__ import annotations

from typing import Any, cast

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.caller import Caller
from cloudcore.auth.documents import parse_document
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ForbiddenError, InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_flag, read_str, said
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

SYSTEM = "is_system"
TAGS_ACTION = "tag_update_policy"
TAGS = ("domain_tags", "project_tags", "object_tags")


def create_policy(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a policy.

    Raises:
        InvalidFormatError: the document, or a set of tags, is none.
        ForbiddenError: it allows more than the caller may do, or shall be the platform's and the caller is not.
    """
    given: JsonObject = {}
    if read_flag(body, SYSTEM):
        _check_everywhere(platform, caller, "create")
        given = {SYSTEM: True}
    stored = insert(platform, tx, caller, POLICIES, body, given=given)
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
    system = read_flag(body, SYSTEM) if body.get(SYSTEM) not in (None, "") else policy.is_system
    if policy.is_system or system:
        _check_everywhere(platform, caller, "update")
    if policy.is_system is not system:
        tx.of(POLICIES, PLATFORM).save(evolve(policy, is_system=system))
    answer = update_row(platform, tx, caller, POLICIES, policy.id, _with_tags(policy, body), context)
    check_contained(platform, caller, [unbound(fetch_for(platform, tx, caller, POLICIES, policy.id, "update"))])
    return answer


def _check_everywhere(platform: Platform, caller: Caller, action: str) -> None:
    granted = widest(platform, caller, POLICIES, action)
    if granted is None or not granted.scope.covers(Scope.SYSTEM):
        raise ForbiddenError("a policy of the platform cannot be changed; make your own", field=SYSTEM)


def _with_tags(policy: Any, body: JsonMapping) -> JsonMapping:
    """The body with whole lists of tags, where it says that what it sends is added to those that are held, or taken away.

    Raises:
        InvalidInputError: it says something else.
    """
    how = read_str(said(body, TAGS_ACTION), TAGS_ACTION, 16)
    if how in ("", "replace"):
        return body
    if how not in ("add", "remove"):
        raise InvalidInputError(f"{TAGS_ACTION} must be one of add, remove, replace", field=TAGS_ACTION)
    found = dict(body)
    for name in TAGS:
        sent: Any = body.get(name)
        if sent:
            held = list(getattr(policy, name))
            more: list[Any] = cast("list[Any]", sent) if isinstance(sent, list) else [sent]
            kept = [tag for tag in held if how == "add" or tag not in more]
            found[name] = [*kept, *(tag for tag in more if how == "add" and tag not in held)]
    return found


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
