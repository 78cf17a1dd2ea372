"""What differs between engines: one entry each.

Everything else in this package is the same SQL on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from cloudcore.model.errors import NotSupportedError
from cloudcore_adapters.sql.engine import BEGIN
from cloudcore_adapters.sql.tables import HIDDEN_IN_SQLITE
from cloudcore_adapters.sql.types import MARIADB_COLLATION, MARIADB_TEXT, CodeText

Clause = sa.ColumnElement[Any]
Take = Callable[[sa.types.TypeEngine[Any]], Clause]
"""Gives the parameter of that type for the next value of a statement."""


@attrs.frozen(kw_only=True)
class Dialect:
    """The ways of one engine.

    fold: a text with its ASCII letters, and only those, in lower case.
    position: where a text holds a part, from 1; 0 when it does not; on exact bytes.
    tail: the last n characters of a text.
    has_key: whether a JSON object has a key with one of these texts (empty: any); a JSON list, whether it holds the text.
    has_key_like: whether a JSON object has a key whose first characters (their number, the text) are these, or are not.
    member: the text under a key of a JSON object; NULL where there is none or it is no text.
    among: whether a column's value is one of many; for lists too long for one parameter each.
    many: such a list as the one parameter that `among` takes.
    clock: statement for the database's time in microseconds since 1970; None: the database is this very machine.
    nulls_low: whether NULL sorts before everything else by itself.
    insert_or_skip: an insert that changes nothing where a unique constraint would be hurt; None: a plain insert that
        fails leaves the transaction as it was.
    statement_aborts: whether a failed statement spoils the transaction it ran in.
    single_writer: whether only one unit may write at a time.
    gathers: whether one statement may hold several that change rows.
    notifies: whether the server tells other connections what a commit announces.
    hidden: the rows that lists leave out, as their index has them; None where the number of all rows is not known faster
        than that of some.
    reading: execution options of units that read: one snapshot, no locks.
    writing: execution options of units that may write.
    """

    name: str
    fold: Callable[[Clause], Clause]
    position: Callable[[Clause, Clause], Clause]
    tail: Callable[[Clause, Clause], Clause]
    has_key: Callable[[Clause, Clause, Sequence[Clause]], Clause]
    has_key_like: Callable[[Clause, Clause, Clause, bool], Clause]
    member: Callable[[Clause, Clause], Clause]
    among: Callable[[Clause, Take], Clause]
    many: Callable[[Sequence[Any]], Any]
    clock: str | None
    nulls_low: bool
    insert_or_skip: Callable[[sa.Table], sa.Insert] | None
    statement_aborts: bool
    single_writer: bool
    reading: Mapping[str, Any]
    notifies: bool = False
    gathers: bool = False
    writing: Mapping[str, Any] = MappingProxyType({})
    hidden: str | None = None


def _sqlite_has_key(column: Clause, key: Clause, values: Sequence[Clause]) -> Clause:
    entry = sa.func.json_each(column).table_valued("key", "value", "type", joins_implicitly=True)
    if values:
        found = sa.and_(entry.c.key == key, entry.c.type == "text", entry.c.value.in_(values))
    else:
        listed = sa.and_(sa.func.json_type(column) == "array", entry.c.type == "text", entry.c.value == key)
        found = sa.or_(sa.and_(sa.func.json_type(column) == "object", entry.c.key == key), listed)
    return sa.exists(sa.select(sa.literal(1)).select_from(entry).where(found))


def _likeness(start: Clause, prefix: Clause, other: bool) -> Clause:
    return start != prefix if other else start == prefix


def _sqlite_has_key_like(column: Clause, length: Clause, prefix: Clause, other: bool) -> Clause:
    entry = sa.func.json_each(column).table_valued("key", joins_implicitly=True)
    found = sa.and_(
        sa.func.json_type(column) == "object", _likeness(sa.func.substr(entry.c.key, 1, length), prefix, other)
    )
    return sa.exists(sa.select(sa.literal(1)).select_from(entry).where(found))


def _sqlite_member(column: Clause, key: Clause) -> Clause:
    entry = sa.func.json_each(column).table_valued("key", "value", "type", joins_implicitly=True)
    here = sa.and_(sa.func.json_type(column) == "object", entry.c.key == key, entry.c.type == "text")
    return sa.select(entry.c.value).select_from(entry).where(here).limit(1).scalar_subquery()


def _sqlite_among(column: Clause, take: Take) -> Clause:
    entry = sa.func.json_each(take(sa.Text())).table_valued("value", joins_implicitly=True)
    return column.in_(sa.select(entry.c.value))


SQLITE = Dialect(
    name="sqlite",
    fold=sa.func.lower,
    position=sa.func.instr,
    tail=lambda text, count: sa.func.substr(text, -count),
    has_key=_sqlite_has_key,
    has_key_like=_sqlite_has_key_like,
    member=_sqlite_member,
    among=_sqlite_among,
    many=lambda values: orjson.dumps(list(values)).decode(),
    clock=None,
    nulls_low=True,
    insert_or_skip=None,
    statement_aborts=False,
    single_writer=True,
    reading={BEGIN: "BEGIN"},
    writing={BEGIN: "BEGIN IMMEDIATE"},
    hidden=HIDDEN_IN_SQLITE,
)


def _postgresql_has_key(column: Clause, key: Clause, values: Sequence[Clause]) -> Clause:
    document = sa.cast(column, postgresql.JSONB)
    if not values:
        return sa.func.jsonb_exists(document, key)
    held = sa.func.jsonb_extract_path(document, key)
    return held.in_([sa.func.to_jsonb(sa.cast(value, sa.Text)) for value in values])


def _postgresql_has_key_like(column: Clause, length: Clause, prefix: Clause, other: bool) -> Clause:
    document = sa.cast(column, postgresql.JSONB)
    keys = sa.case((sa.func.jsonb_typeof(document) == "object", document), else_=sa.text("'{}'::jsonb"))
    key = sa.func.jsonb_object_keys(keys).column_valued("tag", joins_implicitly=True)
    start = sa.func.left(key, length).collate("C")
    return sa.exists(sa.select(sa.literal(1)).where(_likeness(start, prefix, other)))


def _postgresql_member(column: Clause, key: Clause) -> Clause:
    document = sa.cast(column, postgresql.JSONB)
    held = sa.func.jsonb_typeof(sa.func.jsonb_extract_path(document, key)) == "string"
    return sa.case((held, sa.func.jsonb_extract_path_text(document, key).collate("C")))


def _postgresql_among(column: Clause, take: Take) -> Clause:
    kind: postgresql.ARRAY[Any] = postgresql.ARRAY(column.type)
    return column == sa.func.any(sa.cast(take(kind), kind))


def _postgresql_insert_or_skip(table: sa.Table) -> sa.Insert:
    return postgresql.insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


POSTGRESQL = Dialect(
    name="postgresql",
    fold=lambda text: sa.func.lower(text.collate("C")),
    position=sa.func.strpos,
    tail=sa.func.right,
    has_key=_postgresql_has_key,
    has_key_like=_postgresql_has_key_like,
    member=_postgresql_member,
    among=_postgresql_among,
    many=list,
    clock="SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
    nulls_low=False,
    insert_or_skip=_postgresql_insert_or_skip,
    statement_aborts=True,
    single_writer=False,
    notifies=True,
    gathers=True,
    reading={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
)


def _mariadb_fold(text: Clause) -> Clause:
    # Its LOWER knows all of Unicode; read as ASCII, every byte of other characters stays as it is.
    lowered = sa.func.lower(_converted(sa.cast(text, sa.LargeBinary()), "ascii"))
    return _converted(sa.cast(lowered, sa.LargeBinary()), "utf8mb4").collate(MARIADB_COLLATION)


def _converted(text: Clause, charset: str) -> Clause:
    return sa.func.convert(text.op("USING")(sa.literal_column(charset)))


def _mariadb_entries(document: Clause, kind: str = MARIADB_TEXT) -> sa.TableValuedAlias:
    """The elements of a JSON list: n, their place from 1, and v, their value as this type (NULL when it is none)."""
    columns: Clause = sa.literal_column(f"'$[*]' COLUMNS (n FOR ORDINALITY, v {kind} PATH '$' NULL ON ERROR)")
    return sa.func.json_table(document, columns).table_valued("n", "v", joins_implicitly=True)


def _mariadb_element(document: Clause, place: Clause) -> Clause:
    """An element of a JSON list as JSON. place: from 1."""
    return sa.func.json_extract(document, sa.func.concat("$[", place - 1, "]"))


def _mariadb_has_key(column: Clause, key: Clause, values: Sequence[Clause]) -> Clause:
    # Keys and values are met by their places: a key as part of a JSON path would have to be escaped in its own way.
    keys, here = _mariadb_entries(sa.func.json_keys(column)), sa.func.json_type(column)
    if not values:
        among_keys = sa.exists(sa.select(sa.literal(1)).select_from(keys).where(keys.c.v == key))
        listed = _mariadb_entries(sa.case((here == "ARRAY", column), else_="[]"))
        text = sa.func.json_type(_mariadb_element(column, listed.c.n)) == "STRING"
        return sa.or_(
            among_keys, sa.exists(sa.select(sa.literal(1)).select_from(listed).where(listed.c.v == key, text))
        )
    held = _mariadb_element(sa.func.json_extract(column, "$.*"), keys.c.n)
    wanted = sa.and_(keys.c.v == key, sa.func.json_type(held) == "STRING", sa.func.json_unquote(held).in_(values))
    return sa.exists(sa.select(sa.literal(1)).select_from(keys).where(wanted))


def _mariadb_has_key_like(column: Clause, length: Clause, prefix: Clause, other: bool) -> Clause:
    keys = _mariadb_entries(sa.func.json_keys(column))
    start = _likeness(sa.func.left(keys.c.v, length), prefix, other)
    return sa.exists(sa.select(sa.literal(1)).select_from(keys).where(start))


def _mariadb_member(column: Clause, key: Clause) -> Clause:
    keys = _mariadb_entries(sa.func.json_keys(column))
    held = _mariadb_element(sa.func.json_extract(column, "$.*"), keys.c.n)
    here = sa.and_(keys.c.v == key, sa.func.json_type(held) == "STRING")
    text = _converted(sa.func.json_unquote(held), "utf8mb4").collate(MARIADB_COLLATION)
    return sa.select(text).select_from(keys).where(here).limit(1).scalar_subquery()


def _mariadb_among(column: Clause, take: Take) -> Clause:
    if isinstance(column.type, CodeText):
        kind = (
            MARIADB_TEXT
            if column.type.width is None
            else MARIADB_TEXT.replace("LONGTEXT", f"VARCHAR({column.type.width})")
        )
    else:
        kind = "DOUBLE" if isinstance(column.type, sa.Double) else "BIGINT"
    entry = _mariadb_entries(take(sa.Text()), kind)
    return column.in_(sa.select(entry.c.v))


MARIADB = Dialect(
    name="mariadb",
    fold=_mariadb_fold,
    position=sa.func.instr,
    tail=sa.func.right,
    has_key=_mariadb_has_key,
    has_key_like=_mariadb_has_key_like,
    member=_mariadb_member,
    among=_mariadb_among,
    many=lambda values: orjson.dumps(list(values)).decode(),
    clock="SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
    nulls_low=True,
    insert_or_skip=None,
    statement_aborts=False,
    single_writer=False,
    reading={BEGIN: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"},
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType({d.name: d for d in (SQLITE, POSTGRESQL, MARIADB)})


def dialect_of(engine: sa.Engine) -> Dialect:
    """The entry of an engine.

    Raises:
        NotSupportedError: there is none for this kind of database.
    """
    found = DIALECTS.get(engine.dialect.name)
    if found is None:
        raise NotSupportedError(f"databases of kind {engine.dialect.name} are not supported")
    return found
