"""Tables, derived from resource types."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cloudcore.model.resource import Field, Resource, fields_of, same_owner_key
from cloudcore.model.spec import default_of
from cloudcore_adapters.sql import types
from cloudcore_adapters.sql.values import canonical

STAMPED = ("created_at", "updated_at")
"""Fields that may be absent in an entity that was never stored, and never are in a row."""

HIDDEN = ("pending_deleted", "is_system")
"""Flags of rows that lists leave out unless they are asked for them."""

HIDDEN_IN_SQLITE = "pending_deleted + is_system > 0"
"""The rows that have one, as SQLite is asked for them. A sum, as no other question is taken for a part of this one: the
planner would sort all of those rows for the first of them."""

_LONGEST_NAME = 60

_TYPES: Mapping[type, Callable[[], sa.types.TypeEngine[Any]]] = {
    bool: types.truth,
    int: types.integer,
    float: types.number,
    datetime: types.moment,
}


def metadata_for(resources: Sequence[Resource[Any]]) -> sa.MetaData:
    """One table for each resource type, in the order given.

    Raises:
        ValueError: two types have the same table.
    """
    metadata = sa.MetaData()
    for resource in resources:
        if resource.table in metadata.tables:
            raise ValueError(f"table {resource.table} is declared twice")
        _table(metadata, resource)
    return metadata


def may_be_null(field: Field) -> bool:
    """Whether a stored row may lack the field."""
    return field.nullable and field.name not in STAMPED


def _table(metadata: sa.MetaData, resource: Resource[Any]) -> sa.Table:
    name = resource.table
    fields = fields_of(resource.entity)
    table = sa.Table(
        name,
        metadata,
        *(_column(field) for field in fields),
        sa.PrimaryKeyConstraint("id", name=short_name("pk", name, ())),
        *(sa.UniqueConstraint(*names, name=short_name("uq", name, names)) for names in resource.unique),
    )
    for names in index_sets(resource):
        sa.Index(short_name("ix", name, names), *(table.c[n] for n in names))
    if all(name in table.c for name in HIDDEN):
        _index_hidden(table)
    return table


def _index_hidden(table: sa.Table) -> None:
    """An index of the rows that lists leave out, by which they are counted; small, where an engine can have part of a
    table in an index. The id stands first so that no planner takes it for one to look for rows by their flags.
    """
    names = ("id", *HIDDEN)
    sa.Index(
        short_name("ix", table.name, names),
        *(table.c[name] for name in names),
        sqlite_where=sa.text(HIDDEN_IN_SQLITE),
        postgresql_where=sa.text("pending_deleted OR is_system"),
    )


def _column(field: Field) -> sa.Column[Any]:
    return sa.Column(field.name, _type(field), nullable=may_be_null(field), server_default=_server_default(field))


def _type(field: Field) -> sa.types.TypeEngine[Any]:
    if field.spec.sealed or field.kind in (dict, list):
        return types.text()
    if field.kind is str:
        return types.text(field.spec.width if field.spec.width <= types.LONGEST_VARCHAR else None)
    return _TYPES[field.kind]()


def _server_default(field: Field) -> Any:
    """The field's default, so that a release that does not know the column yet can still insert."""
    value = default_of(field.default)
    if not field.has_default or value is None or isinstance(value, datetime):
        return None
    if isinstance(value, bool):
        return sa.text("true" if value else "false")  # every engine's own word, also in a draft made on another
    if isinstance(value, (int, float)):
        return sa.text(repr(value))
    return canonical(value) if isinstance(value, (dict, list)) else str(value)


def index_sets(resource: Resource[Any]) -> tuple[tuple[str, ...], ...]:
    """The column sets to index, without those that begin another set, the unique ones included."""
    wanted = dict.fromkeys(_wanted(resource))
    covering = (*wanted, *resource.unique, ("id",))
    return tuple(s for s in wanted if not any(_covers(other, s) for other in covering))


def _covers(other: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether `other` serves every look-up that `columns` does, and is another set or a unique one."""
    return tuple(other[: len(columns)]) == tuple(columns) and len(other) > len(columns)


def _wanted(resource: Resource[Any]) -> Iterator[tuple[str, ...]]:
    unique = set(resource.unique)
    fields = fields_of(resource.entity)
    for names in (*resource.indexes, *((f.name,) for f in fields if f.spec.index or f.ref is not None)):
        if tuple(names) not in unique and names != ("id",):
            yield tuple(names)
    # A list is in this order; the flags at the end let it be counted in the index alone. They stand last because a
    # planner without statistics takes an index that begins with them for a selective one.
    present = {field.name for field in fields}
    order = tuple(n for n in ("created_at", "name", "id", "pending_deleted", "is_system") if n in present)
    yield order
    for owner in same_owner_key(resource):
        yield (owner, *order)


def short_name(kind: str, table: str, columns: Sequence[str]) -> str:
    """A name for an index or constraint that every engine takes: at most 60 characters, the same each time."""
    name = "_".join((kind, table, *columns))
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: _LONGEST_NAME - 11]}_{digest}"
