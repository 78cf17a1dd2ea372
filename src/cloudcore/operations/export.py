"""Rows for spreadsheets: every value a text, and none that a spreadsheet would compute."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from cloudcore.model.json import JsonMapping, JsonObject

_COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is a formula, or ends the cell before it, for one spreadsheet or another."""


def cells(item: JsonMapping, keys: Sequence[str]) -> JsonObject:
    """One row with these keys only, in their order (all of the row's when none is named); absent values are empty."""
    return {key: cell(item.get(key)) for key in keys or sorted(item)}


def cell(value: Any) -> str:
    """A value as a cell; a text that would be computed is marked as a text by a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else _flat(value)
    return f"'{text}" if text.startswith(_COMPUTED) else text


def _flat(value: Any) -> str:
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [None]
    if all(isinstance(one, str) for one in items):
        return ",".join(items)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict)
