"""Alerts of quotas: they fire when usage reaches a share of a limit, once for each threshold, and clear below.

They are part of the unit that charges, gives back or changes a limit, and written only while the owner's ledger is held;
nobody has to look at everything now and then. Most charges stay below the first threshold: one conditional update says so.

What is counted from the rows themselves, for limits that are narrowed and for ports and devices, fires in the unit that makes a thing, and clears
when the platform looks next: what goes, or moves away, is charged nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

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
    """Make the alerts of an owner say what his usage and limits with a ledger do. His ledger is held."""
    wanted = {
        (field, ""): (percent, used[field], limits.whole[field]) for field, percent in expected(limits, used).items()
    }
    _settle(tx, (domain_id, project_id), _there(tx, (domain_id, project_id), counted=False), wanted)


def review_counted(
    tx: Transaction,
    domain_id: str,
    project_id: str,
    limits: Limits,
    found: Iterable[tuple[str, str, int, int]],
    *,
    only_up: bool = False,
) -> None:
    """The same of limits that are narrowed, or have no ledger. His ledger is held.

    found: text of keys, field, usage and limit of each of them. only_up: of some of them, which have just risen.
    """
    owner = (domain_id, project_id)
    wanted = _reached(limits, found)
    if only_up and not wanted:
        return
    there = _there(tx, owner, counted=True)
    _settle(tx, owner, {key: row for key, row in there.items() if key in wanted} if only_up else there, wanted)


def says_so(
    tx: Transaction, domain_id: str, project_id: str, limits: Limits, found: Iterable[tuple[str, str, int, int]]
) -> bool:
    """Whether the alerts of an owner say already what `review_counted` would have them say."""
    there = _there(tx, (domain_id, project_id), counted=True)
    wanted = _reached(limits, found)
    return {key: row.percent for key, row in there.items()} == {key: one[0] for key, one in wanted.items()}


def _reached(limits: Limits, found: Iterable[tuple[str, str, int, int]]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Field and keys → the highest threshold that is reached, with usage and limit."""
    wanted: dict[tuple[str, str], tuple[int, int, int]] = {}
    for keys, field, used, bound in found:
        reached = [percent for percent in limits.alert_at if bound > 0 and used * 100 >= percent * bound]
        if reached:
            wanted[field, keys] = max(reached), used, bound
    return wanted


def _there(tx: Transaction, owner: tuple[str, str], *, counted: bool) -> dict[tuple[str, str], Quotaalert]:
    where = both(eq("domain_id", owner[0]), eq("tenant_id", owner[1]))
    rows = tx.of(QUOTAALERTS, PLATFORM).find(Query(where=where))
    return {(row.field, row.keys): row for row in rows if is_counted(row.field, row.keys) is counted}


def is_counted(field: str, keys: str) -> bool:
    """Whether the usage under a limit is counted from what is there, and stands in no ledger."""
    return bool(keys) or field not in COUNTERS


def _settle(
    tx: Transaction,
    owner: tuple[str, str],
    there: Mapping[tuple[str, str], Quotaalert],
    wanted: Mapping[tuple[str, str], tuple[int, int, int]],
) -> None:
    """Have these alerts, with percent, usage and limit, in place of those that there are."""
    alerts = tx.of(QUOTAALERTS, PLATFORM)
    for field, keys in sorted({*there, *wanted}):
        row = there.get((field, keys))
        if (field, keys) not in wanted:
            alerts.remove(there[field, keys], action="clear")
            continue
        percent, used, bound = wanted[field, keys]
        if row is None:
            fresh = Quotaalert(
                id=tx.new_id(),
                domain_id=owner[0],
                tenant_id=owner[1],
                family=_FAMILY[field],
                counter=WIRE_NAMES[field],
                field=field,
                keys=keys,
                percent=percent,
                used=used,
                bound=bound,
            )
            alerts.add(fresh, action="alert")
        elif row.percent != percent:
            changed = evolve(row, percent=percent, used=used, bound=bound)
            alerts.save(changed, action="alert" if percent > row.percent else "ease")


def alerting(tx: Transaction, domain_id: str, projects: Collection[str]) -> frozenset[str]:
    """Those of a domain's projects (empty: the domain as a whole) of which there are alerts of limits with a ledger."""
    where = both(eq("domain_id", domain_id), one_of("tenant_id", projects), eq("keys", ""), one_of("field", COUNTERS))
    rows = tx.of(QUOTAALERTS, PLATFORM).columns(("tenant_id",), Query(where=where))
    return frozenset(str(row[0]) for row in rows)


def counted_owners(tx: Transaction) -> frozenset[tuple[str, str]]:
    """Domain and project of those whose alerts of limits that are counted may not say what there is: nothing that goes tells of it."""
    rows = tx.of(QUOTAALERTS, PLATFORM).columns(("domain_id", "tenant_id", "field", "keys"))
    return frozenset((home, project) for home, project, field, keys in rows if is_counted(field, keys))
