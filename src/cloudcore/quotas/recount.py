"""What owners really hold, counted from the rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from cloudcore.model.query import EVERYTHING, PLATFORM, both
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import SOURCES, is_of_projects, owned
from cloudcore.quotas.family import COUNTERS
from cloudcore.quotas.ledger import correct, hold, usage_of, watch
from cloudcore.quotas.reserving import reserved
from cloudcore.resources.quota.quotareservation import held

Owner = tuple[str, str]
"""Domain and project; an empty project for the domain as a whole."""


def recount(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """Count what an owner holds and make its ledger say so; the corrections, empty when it did.

    Nobody charges the owner meanwhile. No task of the owner may be under way: what it takes is charged when it begins,
    and may show in the rows only when it ends.
    """
    held = hold(tx, domain_id, project_id)
    real = counted(tx, domain_id, project_id).get((domain_id, project_id), Counter[str]())
    deltas = {key: real[key] - held[key] for key in COUNTERS if real[key] != held[key]}
    correct(tx, domain_id, project_id, deltas)
    if deltas:
        watch(tx, domain_id, project_id)
    return deltas


def open_counters(tx: Transaction) -> None:
    """Count what was made before it was counted at all: by an older release, or when the deployment was seeded."""
    for (domain_id, project_id), real in sorted(counted(tx).items()):
        stored = usage_of(tx, domain_id, project_id)
        if any(not stored[key] and real[key] for key in COUNTERS):
            held = hold(tx, domain_id, project_id)
            correct(tx, domain_id, project_id, {key: real[key] for key in COUNTERS if not held[key]})


def counted(tx: Transaction, domain_id: str = "", project_id: str = "") -> Mapping[Owner, Counter[str]]:
    """What the rows of a project, a domain or everybody count for, by owner; projects and domains each."""
    where = owned(domain_id, project_id) if domain_id else EVERYTHING
    found: dict[Owner, Counter[str]] = {}
    for source in SOURCES:
        columns = {field: column for field, column in source.counters.items() if field in COUNTERS}
        of_projects = is_of_projects(source.resource)
        if not columns or (project_id and not of_projects):
            continue
        by = ("domain_id", "tenant_id") if of_projects else ("domain_id",)
        sums = tuple(column for column in columns.values() if column)
        for row in tx.of(source.resource, PLATFORM).totals(both(where, source.where), sums=sums, by=by):
            amounts = {field: int(row[column or "count"] or 0) for field, column in columns.items()}
            for project in dict.fromkeys(("", str(row.get("tenant_id") or ""))):
                found.setdefault((str(row["domain_id"]), project), Counter()).update(amounts)
    for kept in reserved(tx, where):
        for project in ("", kept.tenant_id):
            found.setdefault((kept.domain_id, project), Counter()).update(held(kept))
    return found
