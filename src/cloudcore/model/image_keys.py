"""Keys under which image bytes are stored."""

from __future__ import annotations

import re

from cloudcore.model.errors import InvalidInputError

LONGEST = 200
_KEY = re.compile(r"[A-Za-z0-9-][A-Za-z0-9.-]*(/[A-Za-z0-9-][A-Za-z0-9.-]*)*")


def checked_key(key: object, field: str = "key") -> str:
    """The key again: parts of ASCII letters, digits, dashes and dots, joined by slashes, 200 characters in all.

    No part is empty or begins with a dot, and two dots never follow each other: no key can leave a folder or hide in one.

    Raises:
        InvalidInputError: it is not of that form.
    """
    if not isinstance(key, str) or len(key) > LONGEST or ".." in key or not _KEY.fullmatch(key):
        raise InvalidInputError(
            f"{field} must have 1 to {LONGEST} letters, digits, dashes, dots and slashes, as in images/1.qcow2",
            field=field,
        )
    return key
