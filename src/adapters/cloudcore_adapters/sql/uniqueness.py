"""Which unique set a row hurts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cloudcore.model.errors import CloudcoreError, Contention, DuplicateNameError, DuplicateResourceError
from cloudcore_adapters.sql.compile import Source
from cloudcore_adapters.sql.unit import Unit


def taken(unit: Unit, source: Source, plain: Mapping[str, Any], *, inserting: bool) -> CloudcoreError:
    """The error for a row that the database refused as a double.

    The engine's words for the constraint are not parsed: the row that is in the way is looked for, by the
    type's unique sets in their order and then by id. When there is none any more, trying again may succeed.
    """
    resource, table, ident = source.codec.resource, source.codec.table, plain["id"]
    for names in resource.unique:
        if any(plain[n] is None for n in names):
            continue
        other = sa.select(table.c.id).where(*(table.c[n] == plain[n] for n in names), table.c.id != ident)
        if unit.ask(other).first() is None:
            continue
        if names[0] == "name":
            return DuplicateNameError(f"{resource.singular} name {plain['name']} is already used", field="name")
        return DuplicateResourceError(f"{resource.singular} with this {', '.join(names)} exists", field=names[0])
    if inserting and unit.ask(sa.select(table.c.id).where(table.c.id == ident)).first() is not None:
        return DuplicateResourceError(f"{resource.singular} {ident} exists", field="id")
    return Contention("somebody else is changing this", internal=f"{resource.singular} {ident}")
