"""How results reach standard output: the query first, then the columns, then the format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cloudcore_apps.climc.output import JSON, TABLE, YAML, as_json, as_pairs, as_table, cell, dig

RAW = (JSON, YAML)
"""Formats that keep the structure of what they show."""


def compiled(expression: str) -> Any:
    """A JMESPath query.

    Raises:
        click.BadParameter: it is none.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        told = " ".join(str(error).split())
        raise click.BadParameter(f"no JMESPath: {told}", param_hint="--query") from error


def asked(query: Any, value: Any) -> Any:
    """What a query finds.

    Raises:
        click.BadParameter: it does not fit the value, such as a sum over texts.
    """
    from jmespath.exceptions import JMESPathError

    try:
        return query.search(value)
    except JMESPathError as error:
        raise click.BadParameter(" ".join(str(error).split()), param_hint="--query") from error


def listed(items: Sequence[Mapping[str, Any]], kind: str, columns: Sequence[str], chosen: Sequence[str]) -> str:
    """A list of resources in a format. chosen: the columns that the caller asked for, if he did."""
    if kind in RAW:
        return structure([picked(item, chosen) for item in items], kind)
    return _rows(items, kind, chosen or columns)


def single(one: Mapping[str, Any], kind: str, chosen: Sequence[str]) -> str:
    """One resource in a format."""
    if kind in RAW:
        return structure(picked(one, chosen), kind)
    if kind == TABLE:
        return as_pairs(one, chosen) if one else ""
    return _rows([one] if one else [], kind, chosen or list(one))


def anything(value: Any, kind: str, chosen: Sequence[str]) -> str:
    """A value of any shape: what a query found, or what an action answers."""
    if kind in RAW:
        return structure(value, kind)
    if isinstance(value, Mapping):
        return single(value, kind, chosen)
    rows = value if isinstance(value, list | tuple) else [] if value is None else [value]
    if rows and all(isinstance(row, Mapping) for row in rows):
        return _rows(rows, kind, chosen or list(dict.fromkeys(name for row in rows for name in row)))
    # Rows without names for their columns: numbers stand in their place.
    wide = max((len(row) if isinstance(row, list) else int(kind == "csv") for row in rows), default=0)
    if wide and kind != "name":
        names = [str(n) for n in range(1, wide + 1)]
        cells = [dict(zip(names, row if isinstance(row, list) else [row], strict=False)) for row in rows]
        body = _rows(cells, kind, names)
        return body.partition("\n")[2] if kind in (TABLE, "csv") else body
    return "\n".join(cell(row) for row in rows)


def structure(value: Any, kind: str) -> str:
    """A value as JSON or YAML."""
    if kind == JSON:
        return as_json(value)
    from cloudcore_apps.climc.formats import as_yaml

    return as_yaml(value)


def picked(one: Mapping[str, Any], chosen: Sequence[str]) -> Mapping[str, Any]:
    """The chosen fields of a resource; all of them where none were chosen."""
    return {name: dig(one, name) for name in chosen} if chosen else one


def _rows(items: Sequence[Mapping[str, Any]], kind: str, columns: Sequence[str]) -> str:
    if kind == TABLE:
        return as_table(columns, items) if items else ""
    from cloudcore_apps.climc import formats

    if kind == "name":
        return formats.as_names(items)
    return formats.as_csv(columns, items) if kind == "csv" else formats.as_markdown(columns, items)
