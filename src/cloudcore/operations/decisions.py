"""Decisions of the scheduler, kept: with what was wanted, what was seen and what became of it.

That of servers that are made stands in the commit that makes them; a refusal in a unit of its own. They are kept for
`KEPT`, and of each project the last `MOST`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cloudcore.auth.caller import Caller, platform_caller
from cloudcore.model.history import HISTORY
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Order, Query, both, eq
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.decision import SCHEDULERDECISIONS, SchedulerDecision
from cloudcore.resources.compute.server import SERVERS
from cloudcore.scheduling import Answer, Decision, Request
from cloudcore.scheduling.replay import Seen, seen_in

KEPT = timedelta(days=30)
MOST = 2000
"""Of one project."""
AT_ONCE = 200
"""So many that are too old or too many are removed in one unit."""
CREATE = "create"
"""The question of a request for servers."""


def keep(
    tx: Transaction,
    caller: Caller,
    decided: Decision | Answer,
    request: Request,
    *,
    question: str = CREATE,
    session: str = "",
    name: str = "",
    placed: Sequence[tuple[str, str]] = (),
    told: JsonMapping | None = None,
) -> str:
    """Keep a decision in this unit; its id.

    placed: server and host of what was made. told: the explanation of a refusal, with the names of hosts.
    """
    refusal = decided.refusal
    seen = _seen(decided)
    # A server is made by one decision, which has the id of the first that it made.
    ident = placed[0][0] if placed and question == CREATE else tx.new_id()
    row = SchedulerDecision(
        id=ident,
        session_id=session or caller.request_id or ident,
        question=question,
        user_id=caller.user_id,
        user_name=caller.user_name,
        owner_domain_id=request.domain_id,
        owner_tenant_id=request.project_id,
        name=name[:128],
        count=request.count,
        fitting=refusal.fitting if refusal is not None else len(decided.placements),
        success=refusal is None,
        summary=refusal.summary()[:2048] if refusal is not None else "",
        placed=[list(pair) for pair in placed],
        told=dict(told or {}),
        seen=seen.written() if seen is not None else {},
    )
    tx.of(SCHEDULERDECISIONS, PLATFORM).add(row)
    return ident


def keep_refusal(
    platform: Platform, caller: Caller, decided: Decision | Answer, request: Request, *, name: str, told: JsonMapping
) -> None:
    """Keep why servers were not made, unless only a plan was wanted."""
    if not platform.notes_refusals:
        return

    def work(tx: Transaction) -> None:
        _remove(tx, _superfluous(tx, request.project_id))
        keep(tx, caller, decided, request, name=name, told=told)

    writing(platform, caller, work)


def prune(platform: Platform) -> int:
    """Remove decisions that are too old, and the oldest of projects that have too many; how many went, a bounded number."""

    def work(tx: Transaction) -> int:
        old = Query(where=Compare("created_at", Op.LT, tx.now - KEPT), order=(Order("created_at"),), limit=AT_ONCE)
        gone = list(tx.of(SCHEDULERDECISIONS, PLATFORM).find(old))
        for owner in tx.of(SCHEDULERDECISIONS, PLATFORM).totals(by=("owner_tenant_id",)):
            if int(owner["count"]) > MOST and len(gone) < AT_ONCE:
                known = {row.id for row in gone}
                gone += [row for row in _superfluous(tx, owner["owner_tenant_id"]) if row.id not in known]
        _remove(tx, gone[:AT_ONCE])
        return len(gone[:AT_ONCE])

    return writing(platform, platform_caller("decisions"), work)


def _superfluous(tx: Transaction, project_id: str) -> Sequence[SchedulerDecision]:
    """The oldest of a project that has more than it may."""
    own = eq("owner_tenant_id", project_id)
    more = tx.of(SCHEDULERDECISIONS, PLATFORM).count(own) - MOST
    if more <= 0:
        return ()
    query = Query(where=own, order=(Order("created_at"),), limit=min(more, AT_ONCE))
    return tx.of(SCHEDULERDECISIONS, PLATFORM).find(query)


def _remove(tx: Transaction, rows: Sequence[SchedulerDecision]) -> None:
    for row in rows:
        tx.of(SCHEDULERDECISIONS, PLATFORM).remove(row)


def _seen(decided: Decision | Answer) -> Seen | None:
    if isinstance(decided, Decision):
        return seen_in(decided)
    if decided.decision is not None and decided.seen is None:
        return seen_in(decided.decision)
    return decided.seen


def of_server(tx: Transaction, ident: str, where: Expr) -> SchedulerDecision | None:
    """The decision by which a server was made, among those that `where` lets through, also of one that is gone."""
    made = both(eq("obj_type", SERVERS.singular), eq("obj_id", ident), eq("action", "create"))
    records = tx.of(HISTORY, PLATFORM).find(Query(where=made, limit=1))
    if not records:
        return None
    made_at = records[0].recorded_at
    around = both(
        Compare("created_at", Op.GE, made_at - _NEAR),
        Compare("created_at", Op.LE, made_at + _NEAR),
        eq("question", CREATE),
    )
    rows = tx.of(SCHEDULERDECISIONS, where).find(Query(where=around))
    return next((row for row in rows if any(pair[0] == ident for pair in row.placed)), None)


_NEAR = timedelta(seconds=1)
"""A server and the decision of it are made in one commit."""


def told_of(request: Request) -> JsonObject:
    """What was wanted, in short: nothing that names a host."""
    return {
        "count": request.count,
        "vcpu_count": request.vcpus,
        "vmem_size": request.memory_mib,
        "hypervisor": request.hypervisor,
        "disks": [{"size": disk.size_mib, "backend": disk.backend, "medium": disk.medium} for disk in request.disks],
        "nets": [{"network": nic.network_id, "exit": nic.exit} for nic in request.nets],
        "isolated_devices": [{"dev_type": one.dev_type, "model": one.model} for one in request.devices],
        "schedtags": [{"name": mark.name, "strategy": mark.strategy} for mark in request.marks],
        "groups": [room.name for room in request.rooms],
        "prefer_zone": request.prefer_zone,
        "best_effort": request.best_effort,
        "ignore_filters": sorted(request.ignore_filters),
    }
