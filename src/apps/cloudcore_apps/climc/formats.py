"""What programs read: YAML, CSV, names, Markdown. None of it can control a terminal or become a spreadsheet's formula."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore_apps.climc.output import cell, dig, printable

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a text for a formula, as the wide forms of East Asian keyboards as well."""

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ -]*[A-Za-z0-9_./]|[A-Za-z_/]", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null", "none"})


def as_yaml(value: Any) -> str:
    """YAML 1.2 in blocks, keys in their order; texts that could be read as something else are quoted."""
    return "\n".join(_block(value, ""))


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    r"""Comma-separated with a heading. A text that a spreadsheet would compute begins with ', a line break is \n."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_harmless(name) for name in columns])
    writer.writerows([_harmless(dig(row, name)) for name in columns] for row in rows)
    return text.getvalue().rstrip("\n")


def as_names(rows: Sequence[Any]) -> str:
    """One name a line; the id where there is no name; a value that is no resource as it is."""
    return "\n".join(_name(row) for row in rows)


def as_markdown(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """A table that Markdown shows as one."""
    lines = [columns, ["---"] * len(columns), *([cell(dig(row, c)) for c in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(_escaped(text) for text in line)} |" for line in lines)


def _block(value: Any, indent: str) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [line for key, inner in value.items() for line in _entry(f"{indent}{_scalar(str(key))}:", inner, indent)]
    if isinstance(value, list | tuple) and value:
        return [line for inner in value for line in _item(inner, indent)]
    return [indent + _scalar(value)]


def _entry(head: str, inner: Any, indent: str) -> list[str]:
    if isinstance(inner, Mapping | list | tuple) and inner:
        return [head, *_block(inner, indent + "  ")]
    return [f"{head} {_scalar(inner)}"]


def _item(inner: Any, indent: str) -> list[str]:
    lines = _block(inner, indent + "  ")
    return [f"{indent}- {lines[0].lstrip(' ')}", *lines[1:]]


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        number = json.dumps(value)
        # Older readers want a point in a number with an exponent.
        return number.replace("e", ".0e") if "e" in number and "." not in number else number
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else f'"{"".join(map(_quoted, text))}"'


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _harmless(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return cell(value) if isinstance(value, bool) else json.dumps(value)
    text = "" if value == "" else cell(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) or str(value).startswith(("\t", "\r", "\n")) else text


def _name(row: Any) -> str:
    return printable(str(row.get("name") or row.get("id") or "")) if isinstance(row, Mapping) else cell(row)


def _escaped(text: str) -> str:
    return re.sub(r"([\\|`*_<>\[\]])", r"\\\1", text)
