"""Get, create, update and delete, for every resource type.

Types that need more have operations of their own (`cloudcore.operations.table`), which use these pieces.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import Entity, evolve
from cloudcore.model.errors import (
    ForbiddenError,
    FrozenError,
    InvalidStatusError,
    NotEmptyError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import validate_name
from cloudcore.model.query import PLATFORM, Expr, Query, both, eq
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Field, OnDelete, Resource, field_map, refs_of
from cloudcore.model.wire import read_update
from cloudcore.operations.access import fetch, fetch_for, parent_of, reach
from cloudcore.operations.creating import insert, references
from cloudcore.operations.parameter import texts
from cloudcore.operations.permits import still_used
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows, selected
from cloudcore.operations.selection import within
from cloudcore.operations.sharing import forget
from cloudcore.operations.staying import keep_named, keep_row
from cloudcore.operations.tags import merged, tags_sent
from cloudcore.operations.unoffered import check_offered, check_staying
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counted import count_out


def get_row(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    ident: str,
    params: JsonMapping,
    context: Context = (),
) -> JsonObject:
    """One resource with its details."""
    row = _row_of(platform, tx, caller, resource, ident, context)
    (item,) = detail_rows(platform, tx, resource, [row], used=True)
    return selected(item, tuple(texts(params.get("field"))))


def create_row(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    body: JsonMapping,
    context: Context = (),
    *,
    position: int = 1,
) -> JsonObject:
    """Make one resource. position: its place in a batch, from 1."""
    stored = insert(platform, tx, caller, resource, body, context, position=position)
    (item,) = detail_rows(platform, tx, resource, [stored])
    return item


def update_row(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    ident: str,
    body: JsonMapping,
    context: Context = (),
) -> JsonObject:
    """Change what the body names."""
    if resource.joint is not None and context:
        ident = _row_of(platform, tx, caller, resource, ident, context).id
    row = fetch_for(
        platform, tx, caller, resource, ident, "update", where=within(platform, tx, caller, resource, context)
    )
    check_in_use(row, _owner_of(platform, tx, resource, row))
    granted = reach(platform, caller, resource, "update")
    check_offered(resource.plural, body)
    check_staying(resource, row, body)
    changes = read_update(resource, body, admin=granted.scope.covers(Scope.DOMAIN))
    named = references(platform, tx, caller, resource, body, (), creating=False)
    keep_named(platform, tx, resource, named)
    changes.update(named)
    if "name" in changes:
        changes["name"] = validate_name(changes["name"])
    if "__meta__" in body and "metadata" in field_map(resource.entity):
        changes["metadata"] = merged(row.metadata, tags_sent(body))
    checked = resource.check_update(tx, caller, row, changes)
    changes = changes if checked is None else checked
    fields = field_map(resource.entity)
    volatile = {k: v for k, v in changes.items() if fields[k].spec.volatile}
    stored = tx.of(resource, PLATFORM).save(evolve(row, **{k: v for k, v in changes.items() if k not in volatile}))
    if volatile:
        tx.of(resource, PLATFORM).touch([(row.id, volatile)])
        stored = evolve(stored, **volatile)
    (item,) = detail_rows(platform, tx, resource, [stored], used=True)
    return item


def delete_row(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], ident: str, context: Context = ()
) -> JsonObject:
    """Delete one resource; gives its last details."""
    row = _row_for(platform, tx, caller, resource, ident, context)
    check_deletable(row)
    (item,) = detail_rows(platform, tx, resource, [row])
    remove(platform, tx, caller, resource, row)
    return {**item, "deleted": True, "deleted_at": format_time(tx.now)}


def remove(platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], row: Any) -> None:
    """Remove a row and do to those that refer to it what their references say.

    Raises:
        NotEmptyError: somebody still refers to it.
    """
    if _named_by(platform.resources, resource.plural):
        keep_row(tx, resource, row.id)
    resource.check_delete(tx, caller, row)
    parts = list(resource.parts(tx, row))
    for other in platform.resources:
        for field in refs_of(other.entity):
            ref = field.ref
            if ref is not None and ref.target == resource.plural:
                _follow(platform, tx, caller, other, field, ref.on_delete, row)
    if getattr(row, "is_public", False):
        forget(tx, resource, [row.id])
    tx.of(resource, PLATFORM).remove(row)
    count_out(tx, resource, row)
    for kind, part in parts:
        remove(platform, tx, caller, kind, part)


@cache
def _named_by(resources: tuple[Resource[Any], ...], plural: str) -> bool:
    """Whether rows of some type refer to those of this one."""
    return any(field.ref is not None and field.ref.target == plural for r in resources for field in refs_of(r.entity))


def _follow(
    platform: Platform, tx: Transaction, caller: Caller, other: Resource[Any], field: Field, rule: OnDelete, row: Entity
) -> None:
    repository = tx.of(other, PLATFORM)
    where = eq(field.name, row.id)
    if rule is OnDelete.REFUSE:
        number = repository.count(where)
        if number:
            raise NotEmptyError(still_used(number, other), data={"plural": other.plural, "count": number})
        return
    for referring in repository.find(Query(where=where)):
        if rule is OnDelete.CASCADE:
            remove(platform, tx, caller, other, referring)
        else:
            repository.save(evolve(referring, **{field.name: None if field.nullable else ""}))


def _row_of(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], ident: str, context: Context
) -> Any:
    where = within(platform, tx, caller, resource, context)
    if resource.joint is None or not context:
        return fetch(platform, tx, caller, resource, ident, where)
    return _joint_row(
        platform, tx, caller, resource, ident, context, both(reach(platform, caller, resource, "get").where, where)
    )


def _row_for(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], ident: str, context: Context
) -> Any:
    if resource.joint is not None and context:
        ident = _row_of(platform, tx, caller, resource, ident, context).id
    row = fetch_for(
        platform, tx, caller, resource, ident, "delete", where=within(platform, tx, caller, resource, context)
    )
    check_not_frozen(row)
    check_not_frozen(_owner_of(platform, tx, resource, row))
    return row


def _owner_of(platform: Platform, tx: Transaction, resource: Resource[Any], row: Any) -> Any:
    """The row that this one is a part of, if its type has no owner of its own."""
    parent = parent_of(platform, resource)
    return tx.of(parent, PLATFORM).get(getattr(row, resource.belongs_to)) if parent is not None else None


def _joint_row(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    ident: str,
    context: Context,
    where: Expr,
) -> Any:
    joint = resource.joint
    assert joint is not None
    parents = {plural for plural, _ in context}
    for name in (joint.left, joint.right):
        ref = field_map(resource.entity)[name].ref
        if ref is None or ref.target in parents:
            continue
        other = fetch(platform, tx, caller, platform.types[ref.target], ident)
        rows = tx.of(resource, where).find(Query(where=eq(name, other.id), limit=1))
        if rows:
            return rows[0]
    raise ResourceNotFoundError(f"{resource.singular} of {ident} not found")


def check_not_frozen(row: Any) -> None:
    """Refuse to change a frozen resource.

    Raises:
        FrozenError: it is frozen.
    """
    if getattr(row, "freezed", False):
        raise FrozenError(f"{getattr(row, 'name', row.id)} is frozen: unfreeze it first", field="freezed")


def check_not_recycled(row: Any) -> None:
    """Refuse to change what is in the recycle bin.

    Raises:
        InvalidStatusError: it is there.
    """
    if getattr(row, "pending_deleted", False):
        raise InvalidStatusError(
            f"{row.name} is in the recycle bin: cancel-delete takes it out", field="pending_deleted"
        )


def check_in_use(*rows: Any) -> None:
    """Refuse to work on what is frozen or in the recycle bin, or inside something that is; None is nothing.

    Raises:
        InvalidStatusError: one of them is.
    """
    for row in rows:
        check_not_frozen(row)
        check_not_recycled(row)


def check_deletable(row: Any) -> None:
    """Refuse to delete what its owner protects.

    Raises:
        InvalidStatusError: deletion is switched off.
        ForbiddenError: the same of an image, as its clients know it.
    """
    if getattr(row, "protected", False):
        raise ForbiddenError(f"{row.name} is protected: set protected to false first", field="protected")
    if getattr(row, "disable_delete", False):
        raise InvalidStatusError(
            f"{row.name} is locked, cannot delete: set disable_delete to false first", field="disable_delete"
        )
