"""Alerts of quotas: they fire when usage reaches a share of a limit, once for each threshold, and clear below.

They are part of the unit that charges, gives back or changes a limit, and written only while the owner's ledger is held;
nobody has to look at everything now and then. Most charges stay below the first threshold: one conditional update says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import COUNTERS, FAMILIES, WIRE_NAMES
from cloudcore.quotas.limits import Limits
from cloudcore.resources.quota.quotaalert import QUOTAALERTS, Quotaalert

_FAMILY = {field: family.plural for family in FAMILIES.values() for field in family.fields}


def quiet(limits: Limits, bounds: Mapping[str, int]) -> Mapping[str, int]:
    """How far usage may rise under these limits without reaching a threshold."""
    if not limits.alert_at:
        return bounds
    first = limits.alert_at[0]
    return {field: min(bound, -(-first * bound // 100) - 1) if bound > 0 else bound for field, bound in bounds.items()}


def expected(limits: Limits, used: Mapping[str, int]) -> dict[str, int]:
    """Field → the highest threshold that its usage has reached."""
    found: dict[str, int] = {}
    for field in COUNTERS:
        bound = limits.whole[field]
        reached = [percent for percent in limits.alert_at if bound > 0 and used[field] * 100 >= percent * bound]
        if reached:
            found[field] = max(reached)
    return found


def review(tx: Transaction, domain_id: str, project_id: str, limits: Limits, used: Mapping[str, int]) -> None:
    """Make the alerts of an owner say what his usage and limits do. His ledger is held."""
    alerts = tx.of(QUOTAALERTS, PLATFORM)
    where = both(eq("domain_id", domain_id), eq("tenant_id", project_id))
    there = {row.field: row for row in alerts.find(Query(where=where))}
    wanted = expected(limits, used)
    for field in sorted({*there, *wanted}):
        row, percent = there.get(field), wanted.get(field)
        if percent is None:
            alerts.remove(there[field], action="clear")
        elif row is None:
            fresh = Quotaalert(
                id=tx.new_id(),
                domain_id=domain_id,
                tenant_id=project_id,
                family=_FAMILY[field],
                counter=WIRE_NAMES[field],
                field=field,
                percent=percent,
                used=used[field],
                bound=limits.whole[field],
            )
            alerts.add(fresh, action="alert")
        elif row.percent != percent:
            changed = evolve(row, percent=percent, used=used[field], bound=limits.whole[field])
            alerts.save(changed, action="alert" if percent > row.percent else "ease")


def alerting(tx: Transaction, domain_id: str, projects: Collection[str]) -> frozenset[str]:
    """Those of a domain's projects (empty: the domain as a whole) of which there are alerts."""
    where = both(eq("domain_id", domain_id), one_of("tenant_id", projects))
    rows = tx.of(QUOTAALERTS, PLATFORM).columns(("tenant_id",), Query(where=where))
    return frozenset(str(row[0]) for row in rows)
