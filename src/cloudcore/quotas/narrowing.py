"""Limits that are narrowed to keys, such as the servers of one hypervisor: their texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def write_keys(keys: Mapping[str, str]) -> str:
    """The one text of a set of keys; empty for none."""
    return json.dumps(dict(keys), sort_keys=True, separators=(",", ":")) if keys else ""


def read_keys(text: str) -> Mapping[str, str]:
    """The keys of such a text."""
    found: Any = json.loads(text) if text else {}
    return {str(name): str(value) for name, value in found.items()}
