"""What an owner may hold: his own limits, and where he has none the deployment's for projects or for domains."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.model.query import PLATFORM, Not, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import LIMITED
from cloudcore.resources.quota.quotalimit import (
    ALERT_AT,
    INHERIT,
    NO_ALERTS,
    OF_PROJECTS,
    QUOTALIMITS,
    UNLIMITED,
)

_NONE: Mapping[str, int] = MappingProxyType({})
OWNED = ("domain_id", "tenant_id", "keys", "alert_at")
"""Whose a row of limits is, what it is narrowed to, and at what it alerts."""


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of a project, or of a domain as a whole; -1 is none.

    whole: field → limit of everything. narrowed: text of keys → field → limit of what matches them.
    alert_at: percents of a limit at which an alert fires, rising.
    """

    whole: Mapping[str, int] = _NONE
    narrowed: Mapping[str, Mapping[str, int]] = attrs.field(factory=dict[str, Mapping[str, int]])
    alert_at: tuple[int, ...] = ()


def limits_of(
    tx: Transaction, domain_id: str, projects: Sequence[str], fields: Collection[str] = LIMITED
) -> Mapping[str, Limits]:
    """Project (empty for the domain as a whole) → its limits of these fields; one statement."""
    names = tuple(field for field in LIMITED if field in fields)
    tenants = (*projects, OF_PROJECTS) if any(projects) else projects
    where = both(one_of("domain_id", (domain_id, "")), one_of("tenant_id", tenants))
    rows = tx.of(QUOTALIMITS, PLATFORM).columns((*OWNED, *names), Query(where=where))
    return limits_among(rows, domain_id, projects, names)


def narrowed_owners(tx: Transaction) -> frozenset[tuple[str, str]]:
    """Domain and project of those who have limits that are narrowed to anything."""
    rows = tx.of(QUOTALIMITS, PLATFORM).columns(("domain_id", "tenant_id"), Query(where=Not(eq("keys", ""))))
    return frozenset((home, project) for home, project in rows)


def limits_among(
    rows: Iterable[Sequence[Any]], domain_id: str, projects: Sequence[str], names: Sequence[str]
) -> Mapping[str, Limits]:
    """What `limits_of` answers, from rows that are read already: values of `OWNED` and these fields, of any owners."""
    own: dict[str, dict[str, Mapping[str, int]]] = {project: {} for project in projects}
    usual: dict[str, Mapping[str, int]] = {}
    alerts: dict[tuple[bool, str], str] = {}
    for home, tenant, keys, alert_at, *numbers in rows:
        if home not in (domain_id, ""):
            continue
        found = dict(zip(names, numbers, strict=True))
        if not home:
            usual[tenant] = found
        elif tenant in own:
            own[tenant][keys] = found
        if not keys:
            alerts[bool(home), tenant] = alert_at
    answer: dict[str, Limits] = {}
    for project, mine in own.items():
        kind = OF_PROJECTS if project else ""
        told = alerts.get((True, project)) or alerts.get((False, kind)) or ALERT_AT
        answer[project] = Limits(
            whole=_resolved(mine.get("", _NONE), usual.get(kind, _NONE), names),
            narrowed={keys: row for keys, row in sorted(mine.items()) if keys},
            alert_at=percents(told),
        )
    return answer


def _resolved(own: Mapping[str, int], usual: Mapping[str, int], names: Collection[str]) -> Mapping[str, int]:
    found = dict.fromkeys(names, UNLIMITED)
    for limits in (usual, own):
        found.update({name: number for name, number in limits.items() if number != INHERIT})
    return found


def percents(text: str) -> tuple[int, ...]:
    """The percents that a text such as `80,95` names, rising; of `-` none."""
    return () if text == NO_ALERTS else tuple(sorted({int(part) for part in text.split(",")}))
