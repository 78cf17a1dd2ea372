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
