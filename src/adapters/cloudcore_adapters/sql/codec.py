"""Rows to entities and back, for one resource type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from cloudcore.model.columns import Parts
from cloudcore.model.entity import Entity, evolve, from_row
from cloudcore.model.errors import BackendError, MissingParameterError
from cloudcore.model.resource import Field, Resource, fields_of
from cloudcore.ports.sealer import Sealer
from cloudcore_adapters.sql.tables import may_be_null
from cloudcore_adapters.sql.values import column_reader, decoder, encoder

E = TypeVar("E", bound=Entity)
_NONE = object()


class Codec(Generic[E]):
    """Conversions of one type, prepared once: only columns whose stored form differs are touched.

    select: the statement for all rows, columns in the order of `names`; id_place and version_place: where those stand.
    texts: where the fields stand that hold text, none of them sealed.
    """

    def __init__(self, resource: Resource[E], table: sa.Table, sealer: Sealer | None) -> None:
        """Prepare for one type.

        sealer: None stores sealed fields in the clear.
        """
        self.resource = resource
        self.table = table
        self.fields: dict[str, Field] = {f.name: f for f in fields_of(resource.entity)}
        self.names: tuple[str, ...] = tuple(self.fields)
        self.volatile = frozenset(n for n, f in self.fields.items() if f.spec.volatile)
        self.sealed: tuple[str, ...] = tuple(n for n, f in self.fields.items() if f.spec.sealed) if sealer else ()
        kept = self.volatile | {"updated_at", "update_version"}
        self._owned = tuple((place, n) for place, n in enumerate(self.names) if n not in kept)
        self._sealer = sealer
        self._encoders = {n: encoder(f) for n, f in self.fields.items()}
        self._places = {n: place for place, n in enumerate(self.names)}
        self.texts = {n: self._places[n] for n, f in self.fields.items() if f.kind is str and n not in self.sealed}
        self._required = frozenset(n for n, f in self.fields.items() if not may_be_null(f))
        sealed = set(self.sealed)
        self._by_name = {
            n: read
            for n, f in self.fields.items()
            if n not in sealed and (read := column_reader(f, nullable=may_be_null(f))) is not None
        }
        self._readers = tuple((place, self._by_name[n]) for place, n in enumerate(self.names) if n in self._by_name)
        self.select = sa.select(table)
        self.id_place, self.version_place = self.names.index("id"), self.names.index("update_version")
        self._sealed_decoders = {n: decoder(self.fields[n]) for n in self.sealed}
        self._decoders = tuple((n, read) for n in self.names if n not in sealed and (read := decoder(self.fields[n])))
        self._usual = tuple((n, f.default, self._usually(n, f), self._encoders[n]) for n, f in self.fields.items())

    def decode_columns(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows that consist of these fields only, none of them sealed."""
        return list(zip(*self._columns(names, rows), strict=True))

    def decode_parts(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Parts[E]:
        """As `decode_columns`, column by column."""
        columns = self._columns(names, rows) or [()] * len(names)
        return Parts(self.resource.entity, dict(zip(names, columns, strict=True)), len(rows))

    def _columns(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, column in enumerate(columns):
            read = self._by_name.get(names[place])
            columns[place] = column if read is None else read(column)
        return columns

    def decode(self, row: Sequence[Any]) -> E:
        """The entity of one row, whose values stand in the order of `names`."""
        return self.decode_all((row,))[0]

    def decode_all(self, rows: Sequence[Sequence[Any]]) -> list[E]:
        """The entities of many rows, converted column by column."""
        if len(rows) <= 1:
            return [self._decoded(row) for row in rows]
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, read in self._readers:
            columns[place] = read(columns[place])
        kind, names = self.resource.entity, self.names
        if not self.sealed:
            return [from_row(kind, dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]
        opened = (self._unseal(dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True))
        return [from_row(kind, values) for values in opened]

    def encode(self, entity: E) -> dict[str, Any]:
        """The stored form of every field, nothing sealed yet.

        Raises:
            InvalidFormatError, OutOfRangeError, MissingParameterError: a value that can't be stored.
        """
        here, stored = entity.__dict__, {}
        for name, default, usual, encode in self._usual:
            value = here[name]
            if value is default and usual is not _NONE:
                stored[name] = usual
            else:
                stored[name] = encode(value) if value is not None else self.encode_value(name, None)
        return stored

    def _usually(self, name: str, field: Field) -> Any:
        """The stored form of a field's default, if that is always the same."""
        if not field.has_default or not isinstance(field.default, (str, int, float, NoneType)):
            return _NONE
        return _NONE if field.default is None and name in self._required else self.encode_value(name, field.default)

    def _decoded(self, row: Sequence[Any]) -> E:
        """What `decode_all` makes of one row."""
        values = dict(zip(self.names, row, strict=True))
        for name, read in self._decoders:
            value = values[name]
            if value is not None:
                values[name] = read(value)
        return from_row(self.resource.entity, self._unseal(values) if self.sealed else values)

    def changes(self, row: Sequence[Any], old: E, new: E) -> dict[str, Any]:
        """The stored form, nothing sealed, of what differs from a row among the fields that a caller changes: no volatile
        ones, no version, no time that is not set. old: the entity of the row; errors as for `encode`.
        """
        was, here = old.__dict__, new.__dict__
        changed: dict[str, Any] = {}
        for place, name in self._owned:
            value = here[name]
            if value is was[name] or (value is None and name == "created_at"):
                continue
            stored = self.encode_value(name, value)
            before = self._open(row[self.id_place], name, row[place]) if name in self.sealed else row[place]
            if stored != before:
                changed[name] = stored
        return changed

    def differing(self, old: E, new: E) -> dict[str, Any]:
        """As `changes`, for a row that is known by its entity only."""
        was, here = old.__dict__, new.__dict__
        changed: dict[str, Any] = {}
        for _, name in self._owned:
            before, value = was[name], here[name]
            if value is before or (value is None and name == "created_at"):
                continue
            stored = self.encode_value(name, value)
            # What Python takes to be equal may be stored differently: true and 1.
            if value != before or stored != self.encode_value(name, before):
                changed[name] = stored
        return changed

    def encode_volatile(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The stored form of volatile fields, in the order of their names.

        Raises:
            BackendError: one is not volatile.
        """
        for name in values:
            if name not in self.volatile:
                raise BackendError(f"{self.resource.singular}.{name} is not volatile")
        return {name: self.encode_value(name, values[name]) for name in sorted(values)}

    def replaced(self, row: Sequence[Any], changes: Mapping[str, Any]) -> tuple[Any, ...]:
        """The row with other stored forms in some of its fields."""
        values = list(row)
        for name, value in changes.items():
            values[self._places[name]] = value
        return tuple(values)

    def grown(self, old: E, changes: Mapping[str, Any]) -> E:
        """The entity of a row that differs from the old entity's in these stored forms, none of them sealed."""
        values = {
            name: read((stored,))[0] if (read := self._by_name.get(name)) is not None else stored
            for name, stored in changes.items()
        }
        return evolve(old, **values)

    def encode_value(self, name: str, value: Any) -> Any:
        """The stored form of one field's value, not sealed."""
        if value is not None:
            return self._encoders[name](value)
        if name in self._required:
            raise MissingParameterError(f"{name} may not be absent", field=name)
        return None

    def seal(self, ident: str, values: dict[str, Any]) -> dict[str, Any]:
        """The same values, those of sealed fields encrypted. Empty and absent ones stay as they are."""
        if self._sealer is not None:
            for name in self.sealed:
                if values.get(name):
                    values[name] = self._sealer.seal(values[name].encode(), self._context(ident, name))
        return values

    def _unseal(self, values: dict[str, Any]) -> dict[str, Any]:
        for name, convert in self._sealed_decoders.items():
            value = self._open(values["id"], name, values[name])
            values[name] = convert(value) if convert is not None and value is not None else value
        return values

    def _open(self, ident: str, name: str, value: str | None) -> str | None:
        if not value or self._sealer is None:
            return value
        return self._sealer.open(value, self._context(ident, name)).decode()

    def _context(self, ident: str, name: str) -> str:
        return f"{self.resource.table}.{name}:{ident}"
