"""What happens to servers when their time comes: terms are renewed, what is to be released is deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import attrs

from cloudcore.auth.caller import platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import Compare, Expr, Op, Order, Query, both, eq, one_of
from cloudcore.model.term import read_term
from cloudcore.operations.access import reach
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.billing import PREPAID
from cloudcore.operations.servers.delete import delete_server
from cloudcore.ports.unit_of_work import Repository, Transaction
from cloudcore.resources.compute.server import SERVER_LIFECYCLE, SERVERS

AT_ONCE = 500
"""How many ends of terms one round begins with, of those that are renewed and of those that are released."""

CALLER = platform_caller("terms")

OnRefused = Callable[[str, CloudcoreError], None]
_Ended = Callable[[datetime], tuple[Expr, str]]
_Work = Callable[[Platform, str, Transaction], bool]
_End: TypeAlias = tuple[str, datetime]


def follow_terms(platform: Platform, on_refused: OnRefused, *, at_once: int = AT_ONCE) -> int:
    """Renew what is to be renewed, and begin to delete what is to be released; how many of both.

    A lock against deletion is taken off: who set a time meant it. Snapshots of disks that go are deleted with them.
    on_refused: called with the id of what cannot be done now, such as for a host that is offline, and why; the next round
        tries it again.
    """
    works = ((_renewed, _ended), (_released, _due))
    return sum(_follow(platform, work, ended, on_refused, at_once) for work, ended in works)


def _follow(platform: Platform, work: _Work, ended: _Ended, on_refused: OnRefused, at_once: int) -> int:
    """One page after another, until all that ended were tried or `at_once` are done: none waits behind the refused."""
    done = 0
    after: tuple[datetime, str] | None = None
    while done < at_once:
        found = reading(platform, partial(_found, platform, ended, Query(limit=at_once, after=after)))
        for ident, _ in found:
            try:
                done += writing(platform, CALLER, partial(work, platform, ident))
            except CloudcoreError as error:
                on_refused(ident, error)
        if len(found) < at_once:
            break
        ident, end = found[-1]
        after = (end, ident)
    return done


def _found(platform: Platform, ended: _Ended, page: Query, tx: Transaction) -> list[_End]:
    where, by = ended(tx.now)
    rows = _servers(platform, tx).columns(("id", by), attrs.evolve(page, where=where, order=(Order(by),)))
    return [(row[0], row[1]) for row in rows]


def _servers(platform: Platform, tx: Transaction) -> Repository[Any]:
    return tx.of(SERVERS, reach(platform, CALLER, SERVERS, "list").where)


def _ended(now: datetime) -> tuple[Expr, str]:
    over = Compare("expired_at", Op.LE, now)
    return both(eq("billing_type", PREPAID), eq("auto_renew", True), eq("pending_deleted", False), over), "expired_at"


def _due(now: datetime) -> tuple[Expr, str]:
    # Those that are not being deleted already.
    resting = one_of("status", [str(status) for status in SERVER_LIFECYCLE.transition("delete").sources])
    return both(Compare("release_at", Op.LE, now), eq("pending_deleted", False), resting), "release_at"


def _renewed(platform: Platform, ident: str, tx: Transaction) -> bool:
    server = _servers(platform, tx).get(ident)
    if server is None or server.expired_at is None or server.expired_at > tx.now or not server.auto_renew:
        return False
    end = server.expired_at
    while end <= tx.now:
        _, end = read_term(server.billing_cycle, "billing_cycle", end)
    _servers(platform, tx).save(evolve(server, expired_at=end), action="renew")
    return True


def _released(platform: Platform, ident: str, tx: Transaction) -> bool:
    server = _servers(platform, tx).get(ident)
    if server is None or server.release_at is None or server.release_at > tx.now or server.pending_deleted:
        return False
    if server.disable_delete:
        _servers(platform, tx).save(evolve(server, disable_delete=False), action="release")
    delete_server(platform, tx, CALLER, ident, {"delete_snapshots": True})
    return True
