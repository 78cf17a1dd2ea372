"""One line of JSON for each request; never a token, a query or a body."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from typing import TypeAlias

from cloudcore_adapters.rest.paths import Target
from cloudcore_adapters.rest.request import Call

ACCESS = logging.getLogger("cloudcore.access")
MAX_PATH = 512

Observe: TypeAlias = Callable[[str, str, int, float], None]
"""`(method, route, status, seconds)` of each request; a route is a pattern, of which there are only so many."""


class Timer:
    """Measures one request and writes its line."""

    def __init__(self, observe: Observe | None = None) -> None:
        self._started = time.perf_counter()
        self._observe = observe

    def write(self, call: Call, status: int) -> None:
        """Write the line. status 0: the connection ended before an answer began."""
        took_s = time.perf_counter() - self._started
        if self._observe is not None:
            self._observe(call.method, call.route, status, took_s)
        if not ACCESS.isEnabledFor(logging.INFO):
            return
        line = {
            "request_id": call.request_id,
            "method": call.method,
            "path": _shown(call),
            "status": status,
            "ms": round(took_s * 1000, 1),
            "user_id": call.user_id,
            "peer": call.peer,
        }
        ACCESS.info(json.dumps(line), extra={"fields": line})


def _shown(call: Call) -> str:
    """The path, without the token that a version 2 URL carries in it."""
    if _holds_token(call.target):
        return "/v2.0/tokens/***"
    raw: bytes = call.scope.get("raw_path") or call.scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")[:MAX_PATH]


def _holds_token(target: Target) -> bool:
    return len(target.parts) > 2 and target.parts[:2] == ("v2.0", "tokens")
