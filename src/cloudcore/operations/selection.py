"""Which rows a list is about: what the caller may see, narrowed by every parameter that narrows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import ProjectOwned
from cloudcore.model.errors import ForbiddenError, InvalidInputError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.filter import ListFilter, kept
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import EVERYTHING, NOTHING, And, Exists, Expr, Or, both, eq
from cloudcore.model.resource import Resource, refs_of
from cloudcore.operations.access import fetch, list_reach, reach
from cloudcore.operations.clouds import cloud_filters
from cloudcore.operations.filters import column, condition, is_column, joint_filter
from cloudcore.operations.listing import any_of, bounded, filters_of, recycle_bin
from cloudcore.operations.owners import owner_filter
from cloudcore.operations.parameter import flag, texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import Types, below, hierarchy, reference_keys, relation_keys, relations, tied
from cloudcore.operations.tags import tag_filters
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction


def selection(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    params: JsonMapping,
    context: Context = (),
) -> Expr:
    """The rows of a list, and of the properties of a collection.

    Raises:
        ForbiddenError: the caller may not list these, at this scope.
        InvalidInputError: a parameter that narrows is wrong.
        NotSupportedError: one asks for what rows of the type have not.
    """
    _check_words(platform, resource, params)
    resolve = _resolver(platform, tx, caller)
    return both(
        list_reach(platform, caller, resource, params).where,
        _recycled(platform, caller, resource, params),
        filters_of(resource, params),
        tag_filters(platform, resource, params),
        within(platform, tx, caller, resource, context),
        owner_filter(platform, resource, params),
        hierarchy(platform.types, resource, _left_to_references(resource, params), resolve),
        relations(platform.types, resource, params, resolve),
        _joint_filters(platform, caller, resource, params),
        *cloud_filters(resource, params),
        *_declared(tx, platform, resource, params, resolve),
    )


def _left_to_references(resource: Resource[Any], params: JsonMapping) -> JsonMapping:
    """Without what the type reads in its own way."""
    own = {key for one in resource.filters if one.target for key in _keys_of(one)}
    return {key: value for key, value in params.items() if key not in own} if not own.isdisjoint(params) else params


def _keys_of(one: ListFilter) -> tuple[str, ...]:
    return (one.name, f"{one.name.removesuffix('_id')}_id") if one.target else (one.name,)


def _check_words(platform: Platform, resource: Resource[Any], params: JsonMapping) -> None:
    """Refuse what any list of the wire may be narrowed by and rows of this type have not: all of them would be the answer."""
    for word in _WORDS:
        if any(texts(params.get(word))) and not _known(platform.types, resource, word):
            raise NotSupportedError(f"{word}: {resource.plural} have none", field=word)


def _known(types: Types, resource: Resource[Any], word: str) -> bool:
    if is_column(resource, word) or word in resource.documented or word in relation_keys(types, resource):
        return True
    referred = any(word in reference_keys(field) for field in refs_of(resource.entity))
    return referred or resource.narrow({word: "x"}) != EVERYTHING


_WORDS = ("status", "user", "domain_organizations", "object_organizations")


def within(platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], context: Context) -> Expr:
    """The rows that stand under the parents of a URL.

    Raises:
        ResourceNotFoundError: a parent is not there, or the type does not stand under it.
    """
    types = platform.types
    parts: list[Expr] = []
    for plural, ident in context:
        if plural not in types or _under(types, resource, plural, "") is None:
            raise ResourceNotFoundError(f"{resource.plural} do not stand under {plural}")
        parent = fetch(platform, tx, caller, types[plural], ident)
        where = _under(types, resource, plural, parent.id)
        parts.append(where if where is not None else NOTHING)
    return both(*parts)


def _under(types: Types, resource: Resource[Any], plural: str, ident: str) -> Expr | None:
    """Rows that name a parent, are connected with it, or lie in it some references away; None where there is no such way."""
    for field in refs_of(resource.entity):
        if field.ref is not None and field.ref.context and field.ref.target == plural:
            return eq(field.name, ident)
    related = tied(types, resource, plural, [ident])
    return related if related is not None else below(types, resource, plural, ident)


def _recycled(platform: Platform, caller: Caller, resource: Resource[Any], params: JsonMapping) -> Expr:
    """Looking into the recycle bin is a permission of its own."""
    if not issubclass(resource.entity, ProjectOwned) or not recycle_bin(params):
        return EVERYTHING
    return reach(platform, caller, resource, "list", "pending_delete").where


def _joint_filters(platform: Platform, caller: Caller, resource: Resource[Any], params: JsonMapping) -> Expr:
    found = tuple(_joint(platform, caller, resource, text) for text in bounded(params, "joint_filter"))
    if not found:
        return EVERYTHING
    return Or(found) if any_of(params) else And(found)


def _joint(platform: Platform, caller: Caller, resource: Resource[Any], text: str) -> Expr:
    """The condition on another type's rows, of which only those count that the caller may list."""
    sent = joint_filter(text)
    other = platform.resource(sent.plural)
    if other is None or other.service == "internal":
        raise ResourceNotFoundError(f"joint_filter: there is no table {sent.plural[:64]}", field="joint_filter")
    listed = reach(platform, caller, other, "list").where
    foreign, local = column(other, sent.foreign, "joint_filter"), column(resource, sent.local, "joint_filter")
    where = condition(other, sent.condition, "joint_filter")
    if foreign is None or local is None:
        return NOTHING
    if foreign.kind is not local.kind:
        raise InvalidInputError(
            f"joint_filter: {foreign.name} can't be compared with {local.name}", field="joint_filter"
        )
    return Exists(other.plural, foreign.name, local.name, both(listed, where))


def _declared(
    tx: Transaction,
    platform: Platform,
    resource: Resource[Any],
    params: JsonMapping,
    resolve: Callable[[Resource[Any], str], str | None],
) -> Iterator[Expr]:
    """What the type's own parameters keep."""
    for one in resource.filters:
        key = next((key for key in _keys_of(one) if key in params), None)
        if key is None:
            continue
        if one.truth:
            yield kept(one, tx, (), wanted=flag(params, key))
        elif values := [text for text in texts(params[key]) if text]:
            if one.target:
                values = [i for text in values if (i := resolve(platform.types[one.target], text)) is not None]
            yield kept(one, tx, values)


def _resolver(platform: Platform, tx: Transaction, caller: Caller) -> Callable[[Resource[Any], str], str | None]:
    def resolve(target: Resource[Any], text: str) -> str | None:
        if target.plural == "users" and text in (caller.user_id, caller.user_name):
            # Whoever may not look at users knows himself.
            return caller.user_id
        try:
            return str(fetch(platform, tx, caller, target, text).id)
        except (ResourceNotFoundError, ForbiddenError):
            return None

    return resolve
