"""From a permission to the rows that it reaches.

`visible` is for reading, `reach` for what changes something: what a caller may not see is not found, what he may see but
not change is forbidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import attrs

from cloudcore.auth.bindings import TagLimits, TagSet
from cloudcore.auth.caller import Caller, require_known
from cloudcore.auth.scopes import Scope, legal_scopes
from cloudcore.model.entity import Entity, Sharable
from cloudcore.model.errors import ForbiddenError, InvalidInputError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import EVERYTHING, NOTHING, Contains, Exists, Expr, both, either, eq, one_of
from cloudcore.model.reading import read_bool
from cloudcore.model.resource import Level, Resource, field_map
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import find_one, shared_with
from cloudcore.ports.unit_of_work import Transaction

E = TypeVar("E", bound=Entity)

READING = ("list", "get")
_SCOPES = {Level.SYSTEM: Scope.SYSTEM, Level.DOMAIN: Scope.DOMAIN, Level.PROJECT: Scope.PROJECT, Level.USER: Scope.USER}


@attrs.frozen(kw_only=True)
class Reach:
    """The rows that a permission reaches.

    scope: the widest at which it is granted. limited: only what has certain tags.
    """

    scope: Scope
    where: Expr
    limited: bool = False


def natural_scope(resource: Resource[Any]) -> Scope:
    """The scope that owns resources of the type."""
    return _SCOPES[resource.level]


def reach(platform: Platform, caller: Caller, resource: Resource[Any], action: str, *extra: str) -> Reach:
    """The rows on which the caller may do this, by the widest scope that he is granted.

    Raises:
        UnauthorizedError: the caller is a guest.
        ForbiddenError: he may do this nowhere.
    """
    granted = widest(platform, caller, resource, action, *extra)
    if granted is None:
        raise refusal(resource, action, *extra)
    where = granted.where
    if action in READING:
        where = with_shared(platform, caller, resource, where)
    return Reach(scope=granted.scope, where=where)


def widest(platform: Platform, caller: Caller, resource: Resource[Any], action: str, *extra: str) -> Reach | None:
    """What the caller may do this to, by the widest scope that he is granted; None when nothing. Without what is shared."""
    if caller.is_platform:
        return Reach(scope=Scope.SYSTEM, where=EVERYTHING)
    require_known(caller)
    policies = platform.policies.policy_set(caller)
    for scope in _scopes(resource, action):
        decision = policies.allowed(scope, resource.service, resource.plural, action, *extra)
        if decision.allowed:
            where = both(rows_of(platform, caller, resource, scope), tagged(platform, resource, decision.limits))
            return Reach(scope=scope, where=where, limited=bool(decision.limits))
    return None


def check_limits(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], idents: Iterable[str]
) -> None:
    """Refuse to have made what the caller's policies, for the tags that they are limited to, do not reach.

    Raises:
        ForbiddenError: one of the new rows, or its owner, has not the tags.
    """
    granted = widest(platform, caller, resource, "create")
    if granted is None or not granted.limited:
        return
    reached = tx.of(resource, granted.where)
    if any(reached.get(ident) is None for ident in idents):
        raise ForbiddenError(f"your policies let you make {resource.plural} with certain tags only", field="__meta__")


def _scopes(resource: Resource[Any], action: str) -> tuple[Scope, ...]:
    """Where the type can be asked for, widest first; a domain also as the caller's own, to read it."""
    legal = legal_scopes(natural_scope(resource))
    if action == "list" and resource.in_project is not None:
        return (*legal, Scope.PROJECT)
    return (*legal, Scope.DOMAIN) if resource.is_domain and action in READING else legal


def tagged(platform: Platform, resource: Resource[Any], limits: Sequence[TagLimits]) -> Expr:
    """Rows within the tag limits of the policies that allow: by their own tags, and by those of their project and domain.

    What has neither such an owner nor tags itself is judged by what it belongs to; without that it is in no limit.
    """
    if not limits:
        return EVERYTHING
    if resource.belongs_to:
        return _of_parent(platform, resource, lambda parent: tagged(platform, parent, limits))
    return either(*(_within(platform, resource, limit) for limit in limits))


def _within(platform: Platform, resource: Resource[Any], limit: TagLimits) -> Expr:
    names = field_map(resource.entity)
    parts = [
        _owned_within(platform, plural, _owner_field(resource, plural, field), sets)
        for plural, field, sets in (
            ("domains", "domain_id", limit.domain_tags),
            ("projects", "tenant_id", limit.project_tags),
        )
        if sets
    ]
    if limit.object_tags:
        own = either(*(_whole_set(tags) for tags in limit.object_tags)) if "metadata" in names else NOTHING
        parts.append(own)
    return both(*parts)


def _owner_field(resource: Resource[Any], plural: str, field: str) -> str:
    """The field that holds the owner: of a project or domain, it is itself that."""
    if resource.plural == plural:
        return "id"
    return field if field in field_map(resource.entity) else ""


def _owned_within(platform: Platform, plural: str, field: str, sets: Sequence[TagSet]) -> Expr:
    return one_of(field, platform.directory.tagged(plural, [_by_key(tags) for tags in sets])) if field else NOTHING


def _by_key(tags: TagSet) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {}
    for key, value in tags:
        keys[key] = (*keys.get(key, ()), value)
    return keys


def _whole_set(tags: TagSet) -> Expr:
    return both(*(Contains("metadata", key, () if "" in values else values) for key, values in _by_key(tags).items()))


def list_reach(platform: Platform, caller: Caller, resource: Resource[Any], params: JsonMapping) -> Reach:
    """The rows of a list: the scope that the caller asks for, or the type's own; never silently a narrower one.

    Raises:
        ForbiddenError: he may not list at that scope.
        InvalidInputError: there is no such scope.
    """
    granted = widest(platform, caller, resource, "list")
    if granted is None:
        raise refusal(resource, "list")
    wanted = _wanted(caller, resource, params, granted.scope)
    if not granted.scope.covers(wanted):
        raise refusal(resource, "list", scope=wanted)
    where = granted.where
    if wanted is not granted.scope:
        where = both(where, rows_of(platform, caller, resource, wanted))
    return Reach(scope=wanted, where=with_shared(platform, caller, resource, where))


def _wanted(caller: Caller, resource: Resource[Any], params: JsonMapping, granted: Scope) -> Scope:
    natural = natural_scope(resource)
    text = str(params.get("scope") or "").lower()
    if text in ("max", "maxallowed") or (resource.is_domain and text != Scope.SYSTEM):
        return granted
    if text:
        if text not in tuple(Scope):
            raise InvalidInputError("scope must be one of system, domain, project, user or max", field="scope")
        wanted = Scope(text)
        legal = _scopes(resource, "list")
        return wanted if wanted in legal else next((s for s in reversed(legal) if s.covers(wanted)), natural)
    if "admin" in params and read_bool(params["admin"] if params["admin"] not in (None, "") else True, "admin"):
        return granted
    if caller.system_id and natural is not Scope.USER:
        # Who acts for the whole system is in no project and in no domain.
        return granted
    if any(params.get(key) for key in _OWNER_KEYS) and granted.covers(Scope.DOMAIN) and natural is not Scope.USER:
        return granted
    return natural


_OWNER_KEYS = (
    *("project", "project_id", "tenant", "tenant_id", "project_ids"),
    *("project_domain", "project_domain_id", "domain", "domain_id", "project_domain_ids"),
)


def rows_of(platform: Platform, caller: Caller, resource: Resource[Any], scope: Scope) -> Expr:
    """The rows that belong to the caller at this scope."""
    if scope is Scope.SYSTEM:
        return EVERYTHING
    if resource.belongs_to:
        return _of_parent(platform, resource, lambda parent: rows_of(platform, caller, parent, scope))
    names = field_map(resource.entity)
    if resource.is_domain:
        return eq("id", caller.scope_domain_id) if scope is Scope.DOMAIN and caller.scope_domain_id else NOTHING
    if scope is Scope.USER:
        return eq("owner_id", caller.user_id) if "owner_id" in names and caller.user_id else NOTHING
    if scope is Scope.PROJECT and resource.in_project is not None:
        return resource.in_project(caller.project_id) if caller.project_id else NOTHING
    if scope is Scope.PROJECT:
        return eq("tenant_id", caller.project_id) if "tenant_id" in names and caller.project_id else NOTHING
    return eq("domain_id", caller.scope_domain_id) if "domain_id" in names and caller.scope_domain_id else NOTHING


def parent_of(platform: Platform, resource: Resource[Any]) -> Resource[Any] | None:
    """The type that rows of this one are owned with, if it has no owner of its own."""
    ref = field_map(resource.entity)[resource.belongs_to].ref if resource.belongs_to else None
    return platform.resource(ref.target) if ref is not None else None


def _of_parent(platform: Platform, resource: Resource[Any], scope_of: Callable[[Resource[Any]], Expr]) -> Expr:
    parent = parent_of(platform, resource)
    return NOTHING if parent is None else Exists(parent.plural, "id", resource.belongs_to, scope_of(parent))


def with_shared(platform: Platform, caller: Caller, resource: Resource[Any], where: Expr) -> Expr:
    """Own rows and those that others show to the caller."""
    if where == EVERYTHING:
        return where
    if issubclass(resource.entity, Sharable):
        return either(where, shared_with(resource, caller.project_id, caller.scope_domain_id, beside=where))
    parent = parent_of(platform, resource)
    if resource.joint is None and parent is not None and issubclass(parent.entity, Sharable):
        shown = shared_with(parent, caller.project_id, caller.scope_domain_id)
        return either(where, Exists(parent.plural, "id", resource.parent, shown))
    return where


def fetch(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[E], ident: str, where: Expr = EVERYTHING
) -> E:
    """A row that the caller may see, by id or name.

    Raises:
        ResourceNotFoundError: it is not there, or not for him.
    """
    return find_one(tx, resource, ident, both(reach(platform, caller, resource, "get").where, where))


def fetch_for(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[E],
    ident: str,
    action: str,
    *extra: str,
    where: Expr = EVERYTHING,
) -> E:
    """A row on which the caller may do this.

    Raises:
        ResourceNotFoundError: he may not see it.
        ForbiddenError: he may see it but not do this.
    """
    row = _seen(platform, tx, caller, resource, ident, action, extra, where)
    granted = widest(platform, caller, resource, action, *extra)
    if granted is None:
        raise refusal(resource, action, *extra)
    where = with_shared(platform, caller, resource, granted.where) if action in READING else granted.where
    if tx.of(resource, where).get(row.id) is None:
        raise refusal(resource, action, *extra)
    return row


def _seen(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[E],
    ident: str,
    action: str,
    extra: tuple[str, ...],
    where: Expr,
) -> E:
    reading = widest(platform, caller, resource, "get")
    if reading is None:
        # Who may act without reading finds what he may act on, and nothing else.
        acting = reach(platform, caller, resource, action, *extra)
        return find_one(tx, resource, ident, both(acting.where, where))
    seen = with_shared(platform, caller, resource, reading.where)
    return find_one(tx, resource, ident, both(seen, where))


def refusal(resource: Resource[Any], action: str, *extra: str, scope: Scope | None = None) -> ForbiddenError:
    """The error of a permission that is not granted."""
    words = " ".join((resource.service, resource.plural, action, *extra))
    at = f" at {scope} scope" if scope is not None else ""
    return ForbiddenError(f"not enough privilege to do {words}{at}")
