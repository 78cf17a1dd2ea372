"""The JSON value types that cross the core's borders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value: dict, list, str, int, float, bool or None."""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object that its holder may change."""

JsonMapping: TypeAlias = Mapping[str, Any]
"""A JSON object that its reader must not change."""


class UnreadableObject(dict[str, Any]):
    """What is read, empty, where a JSON object is stored that can't be read. text: what is stored, and stays so when
    the row is saved with it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class UnreadableList(list[Any]):
    """The same for a list."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


UNREADABLE = (UnreadableObject, UnreadableList)
