"""What ids look like."""

from __future__ import annotations

import re

_ID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}(\1[0-9a-f]{4}){2}\1[0-9a-f]{12}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether a text is an id as the platform and others of its kind make them, with dashes or without; else it is a name."""
    return _ID.fullmatch(text) is not None


def id_or_name(text: str) -> str:
    """Under which key a login names what the text stands for."""
    return "id" if is_id(text) else "name"
