"""What happens to servers when their time comes: terms are renewed, what is to be released is deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from cloudcore.auth.caller import platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Order, Query, both, eq, one_of
from cloudcore.model.term import read_term
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.billing import PREPAID
from cloudcore.operations.servers.delete import delete_server
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVER_LIFECYCLE, SERVERS

AT_ONCE = 500
"""How many ends of terms one round looks at."""

OnRefused = Callable[[str, CloudcoreError], None]


def follow_terms(platform: Platform, on_refused: OnRefused) -> int:
    """Renew what is to be renewed, and begin to delete what is to be released; how many of both.

    A lock against deletion is taken off: who set a time meant it. Snapshots of disks that go are deleted with them.
    on_refused: called with the id of what cannot be done now, such as for a host that is offline, and why; the next round
        tries it again.
    """
    done = 0
    for work, ended in ((_renewed, _ended), (_released, _due)):
        for ident in reading(platform, partial(_found, ended)):
            try:
                done += writing(platform, platform_caller("terms"), partial(work, platform, ident))
            except CloudcoreError as error:
                on_refused(ident, error)
    return done


def _found(ended: Callable[[datetime], tuple[Expr, str]], tx: Transaction) -> Sequence[str]:
    where, by = ended(tx.now)
    rows = tx.of(SERVERS, PLATFORM).find(Query(where=where, order=(Order(by),), limit=AT_ONCE))
    return [row.id for row in rows]


def _ended(now: datetime) -> tuple[Expr, str]:
    over = Compare("expired_at", Op.LE, now)
    return both(eq("billing_type", PREPAID), eq("auto_renew", True), eq("pending_deleted", False), over), "expired_at"


def _due(now: datetime) -> tuple[Expr, str]:
    # Those that are not being deleted already.
    resting = one_of("status", [str(status) for status in SERVER_LIFECYCLE.transition("delete").sources])
    return both(Compare("release_at", Op.LE, now), eq("pending_deleted", False), resting), "release_at"


def _renewed(platform: Platform, ident: str, tx: Transaction) -> bool:
    del platform
    server = tx.of(SERVERS, PLATFORM).get(ident)
    if server is None or server.expired_at is None or server.expired_at > tx.now or not server.auto_renew:
        return False
    end = server.expired_at
    while end <= tx.now:
        _, end = read_term(server.billing_cycle, "billing_cycle", end)
    tx.of(SERVERS, PLATFORM).save(evolve(server, expired_at=end), action="renew")
    return True


def _released(platform: Platform, ident: str, tx: Transaction) -> bool:
    server = tx.of(SERVERS, PLATFORM).get(ident)
    if server is None or server.release_at is None or server.release_at > tx.now or server.pending_deleted:
        return False
    if server.disable_delete:
        tx.of(SERVERS, PLATFORM).save(evolve(server, disable_delete=False), action="release")
    delete_server(platform, tx, platform_caller("terms"), ident, {"delete_snapshots": True})
    return True
