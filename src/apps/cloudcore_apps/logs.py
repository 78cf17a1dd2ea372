"""Log lines: text for people, JSON for machines. Neither lets what callers wrote begin a line of its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FORMATS = ("text", "json")
QUIET = ("httpx", "httpcore", "alembic", "uvicorn", "asyncio")
"""Libraries whose own stories are told from warnings on."""


def set_up(level: str, kind: str) -> None:
    """Send the process's log to standard error. level: as `up --log-level`; kind: text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if kind == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def tell(log: logging.Logger, what: str, fields: Mapping[str, Any], level: int = logging.INFO) -> None:
    """One event with fields; those that are empty are left out."""
    if log.isEnabledFor(level):
        kept = {key: value for key, value in fields.items() if value not in ("", None)}
        words = " ".join(f"{key}={json.dumps(value, default=str)}" for key, value in kept.items())
        log.log(level, "%s %s", what, words, extra={"fields": {"event": what, **kept}})


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, then the event's fields, or its `message`."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        fields = getattr(record, "fields", None)
        line |= fields if isinstance(fields, dict) else {"message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """A line for people; of the text, what could control a terminal or begin a line is shown escaped."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        """See `logging.Formatter`."""
        text = super().formatMessage(record)
        if text.isprintable():
            return text
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
