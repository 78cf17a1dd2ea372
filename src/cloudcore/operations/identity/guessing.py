"""A bound on logins that fail from one address, whoever they are for.

The lock of an account stops many guesses at one password; this stops one guess at each of many accounts. Logins that
succeed count for nothing, so that any number of clients may share an address. Who has logged in from an address and not
failed since still may, when somebody else there has used up what may fail.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from cloudcore.auth.request import AuthRequest
from cloudcore.model.errors import InvalidCredentialError, TooManyRequestsError
from cloudcore.ports.clock import Clock

K = TypeVar("K")
V = TypeVar("V")

MOST_FAILURES = 100
WINDOW = timedelta(minutes=5)
MOST_REMEMBERED = 10_000
"""Addresses with failures, and pairs of address and subject that logged in; the oldest are forgotten first."""
_NETWORK = 64


class Guesses:
    """Counts the failures of one process. Threads may share it: appending and looking up need no lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, deque[datetime]] = {}
        self._known: dict[tuple[str, str], None] = {}

    @contextmanager
    def watched(self, request: AuthRequest, peer: str) -> Generator[None]:
        """Around a login: refuse it, or count how it ends. peer: an address; empty for a caller in this process.

        Raises:
            TooManyRequestsError: too many have failed from there; `data["retry_after"]` in seconds.
        """
        if not peer:
            yield
            return
        where, who = _network(peer), _subject(request)
        self._check(where, who)
        try:
            yield
        except InvalidCredentialError:
            self._known.pop((where, who), None)
            _make_room(self._failed)
            self._failed.setdefault(where, deque(maxlen=MOST_FAILURES)).append(self._clock.now())
            raise
        if who:
            _make_room(self._known)
            self._known[where, who] = None

    def _check(self, where: str, who: str) -> None:
        times = self._failed.get(where)
        if times is None or len(times) < MOST_FAILURES or (where, who) in self._known:
            return
        rest = times[0] + WINDOW - self._clock.now()
        if rest > timedelta(0):
            raise TooManyRequestsError(
                "too many logins from your address have failed; try again later",
                data={"retry_after": rest.total_seconds()},
            )


def _make_room(entries: dict[K, V]) -> None:
    while len(entries) >= MOST_REMEMBERED:
        del entries[next(iter(entries))]


def _network(peer: str) -> str:
    """What one guesser has: an address, or of the sixth version the network, in which he may choose any."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    return str(ipaddress.ip_network((address, _NETWORK), strict=False)) if address.version > 4 else peer


def _subject(request: AuthRequest) -> str:
    """Whose login it is, as far as that is told in plain; empty for none."""
    if request.credential_id:
        return f"credential:{request.credential_id}"
    named = request.user_id or request.user_name
    return f"{request.attempt_key()}:{request.credential_name}" if named else ""
