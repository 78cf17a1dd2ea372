"""Limits, usage and reservations of many owners, read at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from cloudcore.model.query import PLATFORM, Expr, Like, Match, Not, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import counted_by_owner
from cloudcore.quotas.family import COUNTERS, LIMITED, Family
from cloudcore.quotas.limits import OWNED, Limits, limits_among
from cloudcore.quotas.narrowing import read_keys
from cloudcore.quotas.reserving import reserved
from cloudcore.resources.quota.quotalimit import INHERIT, OF_PROJECTS, QUOTALIMITS
from cloudcore.resources.quota.quotareservation import Quotareservation
from cloudcore.resources.quota.quotausage import QUOTAUSAGES, usage_id

Owner: TypeAlias = tuple[str, str]
"""A domain and one of its projects; without one the domain as a whole."""
Amounts: TypeAlias = Mapping[str, int]
_NOTHING: Amounts = dict.fromkeys(LIMITED, 0)


@attrs.frozen(kw_only=True)
class Books:
    """What owners may hold, and hold.

    narrowings: what limits are narrowed to, by its text. charged: by the id of the ledger. counted: of what has no ledger.
    within: what matches a narrowing. kept: reservations, which are charged too.
    """

    limits: Mapping[Owner, Limits]
    narrowings: Mapping[str, Mapping[str, str]]
    charged: Mapping[str, Amounts]
    counted: Mapping[Owner, Amounts]
    within: Mapping[str, Mapping[Owner, Amounts]]
    kept: Mapping[Owner, Sequence[Quotareservation]]

    def used(self, domain_id: str, project_id: str) -> Amounts:
        """The usage, reservations included."""
        of_ledger = self.charged.get(usage_id(domain_id, project_id), _NOTHING)
        return {**_NOTHING, **of_ledger, **self.counted.get((domain_id, project_id), {})}

    def used_within(self, domain_id: str, project_id: str, text: str) -> Amounts:
        """The usage of what matches a narrowing."""
        return self.within[text].get((domain_id, project_id), _NOTHING)

    def reserved(self, domain_id: str, project_id: str) -> Sequence[Quotareservation]:
        """The reservations; of a domain those of its projects."""
        return self.kept.get((domain_id, project_id), ())


def read_books(tx: Transaction, family: Family, owners: Sequence[Owner], whose: Expr, *, narrowed: bool) -> Books:
    """The books of owners that are all projects of one domain, or all domains; a fixed number of statements, and one for each
    thing that limits are narrowed to.

    whose: the rows of what they hold, by `domain_id` and `tenant_id`. narrowed: with those limits too.
    """
    if not owners:
        return Books(limits={}, narrowings={}, charged={}, counted={}, within={}, kept={})
    projects = any(project for _, project in owners)
    limits = _limits(tx, family, owners)
    fields = [family.counters[name] for name in family.narrowed]
    texts = {
        text
        for one in limits.values()
        for text, numbers in one.narrowed.items()
        if any(numbers[field] != INHERIT for field in fields)
    }
    keys = {text: read_keys(text) for text in sorted(texts) if narrowed}
    keys = {text: one for text, one in keys.items() if set(one) <= set(family.keys)}
    counted = [field for field in family.fields if field not in COUNTERS]
    kept: defaultdict[Owner, list[Quotareservation]] = defaultdict(list)
    for row in reserved(tx, whose) if family.has_projects else ():
        kept[row.domain_id, row.tenant_id if projects else ""].append(row)
    return Books(
        limits=limits,
        narrowings=keys,
        charged=_charged(tx, owners),
        counted=counted_by_owner(tx, whose, counted, {}, projects=projects) if counted else {},
        within={text: counted_by_owner(tx, whose, fields, one, projects=projects) for text, one in keys.items()},
        kept=kept,
    )


def _limits(tx: Transaction, family: Family, owners: Sequence[Owner]) -> Mapping[Owner, Limits]:
    names = tuple(field for field in LIMITED if field in family.fields)
    by_home: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in tx.of(QUOTALIMITS, PLATFORM).columns((*OWNED, *names), Query(where=_of_limits(owners))):
        by_home[row[0]].append(row)
    projects: defaultdict[str, list[str]] = defaultdict(list)
    for home, project in owners:
        projects[home].append(project)
    found: dict[Owner, Limits] = {}
    for home, mine in projects.items():
        told = limits_among([*by_home[""], *by_home[home]], home, mine, names)
        found.update({(home, project): limits for project, limits in told.items()})
    return found


def _of_limits(owners: Sequence[Owner]) -> Expr:
    """The limits that concern owners: their own, and those of all."""
    home, project = owners[0]
    here = one_of("domain_id", (home, ""))
    if len(owners) == 1:
        return both(here, one_of("tenant_id", (project, OF_PROJECTS) if project else ("",)))
    return both(here, Not(eq("tenant_id", ""))) if project else eq("tenant_id", "")


def _charged(tx: Transaction, owners: Sequence[Owner]) -> Mapping[str, Amounts]:
    """What is charged, by the id of the ledger."""
    home, project = owners[0]
    ident = usage_id(home, project)
    several = Match("id", Like.STARTSWITH, usage_id(home)) if project else Match("id", Like.ENDSWITH, usage_id(""))
    where = eq("id", ident) if len(owners) == 1 else several
    rows = tx.of(QUOTAUSAGES, PLATFORM).columns(("id", *COUNTERS), Query(where=where))
    return {row[0]: dict(zip(COUNTERS, row[1:], strict=True)) for row in rows}
