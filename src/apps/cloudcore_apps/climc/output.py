"""Tables and JSON on standard output. Text from the cloud is never able to control the terminal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

TABLE = "table"
JSON = "json"
YAML = "yaml"
FORMATS = (TABLE, JSON, YAML, "csv", "name", "markdown")
GAP = "  "


def printable(text: str) -> str:
    r"""The text with everything that could move a cursor or turn writing round shown as \n, \x1b, \u202e."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def as_json(value: Any) -> str:
    """JSON with two spaces of indentation; control and direction characters escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    if all(c.isprintable() or c == "\n" for c in text):
        return text
    return json.dumps(value, ensure_ascii=True, indent=2, default=str)


def as_line(value: Any) -> str:
    """JSON in one line, for one event of many; control and direction characters escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    if text.isprintable():
        return text
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str)


def cell(value: Any) -> str:
    """One value in a table."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return printable(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
    if isinstance(value, float):
        return f"{value:g}"
    return printable(str(value))


def as_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Aligned columns with their names on top. Numbers stand to the right."""
    texts = [[cell(dig(row, c)) for c in columns] for row in rows]
    right = [bool(rows) and all(_number(dig(row, c)) for row in rows) for c in columns]
    heads = [c.upper() for c in columns]
    widths = [max(width(t) for t in column) for column in zip(heads, *texts, strict=True)]
    return "\n".join(_line(line, widths, right) for line in (heads, *texts))


def as_pairs(one: Mapping[str, Any], columns: Sequence[str] = ()) -> str:
    """One resource, a line for each field, id and name first."""
    first = [k for k in ("id", "name", "status") if k in one]
    names = list(columns) or first + sorted(k for k in one if k not in first)
    wide = max((width(n) for n in names), default=0)
    return "\n".join(f"{name}{' ' * (wide - width(name))}{GAP}{cell(dig(one, name))}" for name in names)


def dig(row: Mapping[str, Any], name: str) -> Any:
    """The value of a column; a dot goes into an object."""
    if name in row or "." not in name:
        return row.get(name)
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        " " * (wide - width(t)) + t if flush else t + " " * (wide - width(t))
        for t, wide, flush in zip(texts, widths, right, strict=True)
    )
    return GAP.join(padded).rstrip()


def _number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
