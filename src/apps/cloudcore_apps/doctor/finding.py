"""What a check found."""

from __future__ import annotations

from enum import StrEnum

import attrs

from cloudcore.model.json import JsonObject


class Level(StrEnum):
    """How bad it is. A note limits what can be done, a warning will become a failure, a failure is one now."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAILED = "failed"


@attrs.frozen
class Finding:
    """One sentence about one thing, and what to do about it; `advice` is empty where nothing has to be done."""

    check: str
    level: Level
    said: str
    advice: str = ""

    def body(self) -> JsonObject:
        """For JSON."""
        return {"check": self.check, "level": str(self.level), "said": self.said, "advice": self.advice}


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, said)


def note(check: str, said: str, advice: str = "") -> Finding:
    """It works, but cannot do everything."""
    return Finding(check, Level.NOTE, said, advice)


def warning(check: str, said: str, advice: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, Level.WARNING, said, advice)


def failed(check: str, said: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.FAILED, said, advice)
