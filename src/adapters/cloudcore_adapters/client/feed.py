"""Following the history from a position on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cloudcore.model.json import JsonMapping
from cloudcore.model.listing import Listing
from cloudcore.ports.session import NO_PARAMS, Session

LONGEST_WAIT_S = 25.0
PAUSE_S = 0.3


def position(session: Session) -> str:
    """Where the history ends just now; what `follow` goes on from."""
    return session.list("history", {"limit": 1}).next_marker


def follow(
    session: Session,
    after: str,
    filters: JsonMapping = NO_PARAMS,
    *,
    timeout_s: float | None = None,
    wait_s: float = LONGEST_WAIT_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Listing]:
    """Pages of records after a position, oldest first; an empty page now and then, so that its reader can look around.

    `next_marker` of the last page that was worked off is where to go on after a break.

    timeout_s: ends after so long; None goes on for ever.
    wait_s: how long the cloud may hold a request back that has nothing to tell, 25 at most.
    """
    began = clock()
    while True:
        left = None if timeout_s is None else timeout_s - (clock() - began)
        if left is not None and left <= 0:
            return
        wait = min(wait_s, LONGEST_WAIT_S, wait_s if left is None else left)
        asked: Mapping[str, Any] = {**filters, "after": after, "wait": round(wait, 2)}
        asked_at = clock()
        page = session.list("history", asked)
        after = page.next_marker
        yield page
        if not page.items and clock() - asked_at < min(wait, PAUSE_S):
            # Nobody waited for us: in process, and where the cloud holds back too many already.
            sleep(PAUSE_S if left is None else min(PAUSE_S, max(left, 0.0)))
