"""What projects and domains held, day by day, worked out from the history: usage now, and every change since, taken back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, TypeAlias

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, OutOfRangeError
from cloudcore.model.history import HISTORY
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Order, Query, Test, both, either, eq, one_of, tester
from cloudcore.model.reading import read_str, read_time
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.export import cells
from cloudcore.operations.listing import is_export
from cloudcore.operations.parameter import texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.quotas import owner_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import SOURCES, Source
from cloudcore.quotas.family import COUNTERS, FAMILIES, WIRE_NAMES
from cloudcore.quotas.recount import counted
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS

REPORTS = "quota_reports"
USUAL_DAYS, MOST_DAYS = 30, 366
MOST_RECORDS = 200_000
_FAMILY = {field: family.plural for family in FAMILIES.values() for field in family.fields}
_READ = ("obj_type", "obj_id", "action", "version", "recorded_at", "position", "before", "after")
_GIVEN_AWAY = "change-owner"

Owner: TypeAlias = tuple[str, str]
Levels: TypeAlias = dict[Owner, Counter[str]]


@attrs.frozen(kw_only=True)
class _Part:
    """One type and what a row of it counts for, by the fields that this needs."""

    resource: Resource[Any]
    fields: tuple[str, ...]
    sources: Sequence[tuple[Source, Test]]

    def amounts(self, row: Any) -> dict[Owner, Counter[str]]:
        """What a row counts for: for its project, and for the domain as a whole."""
        found: Counter[str] = Counter()
        for source, test in self.sources:
            if test(row):
                for field, column in source.counters.items():
                    found[field] += int(getattr(row, column) or 0) if column else 1
        home, project = str(row.domain_id), str(getattr(row, "tenant_id", "") or "")
        return {(home, owner): found for owner in dict.fromkeys(("", project))}


def list_reports(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> Listing:
    """The highest and the last usage of each day (UTC), of a project, or of a domain and each of its projects.

    params: `project` or `domain` (without them the caller's own), `since` and `until` (times; the last 30 days), `name` (of
        counters), `export_keys` for a spreadsheet. Days on which nothing was held are left out.

    Raises:
        ForbiddenError, ResourceNotFoundError: as for quotas.
        InvalidInputError: a time is none.
        OutOfRangeError: more days, or more changes, than can be looked through at once.
    """
    owner = owner_of(platform, caller, FAMILIES["quotas"], params)
    since, until = _period(tx, params)
    names = set(texts(params.get("name")))
    if strange := sorted(names - set(WIRE_NAMES.values())):
        raise InvalidInputError(f"there is no counter {strange[0][:64]}", field="name")
    days = _days(tx, owner.domain_id, since, until)
    projects = platform.directory.projects(sorted({one for _, (_, one), _ in days if one}))
    rows: list[JsonObject] = []
    for day, (home, project), levels in days:
        if owner.project_id and project != owner.project_id:
            continue
        named = projects.get(project)
        who: JsonObject = {"domain_id": home, "domain": owner.domain}
        who |= {"tenant_id": project, "project": named.name if named is not None else ""} if project else {}
        for field in COUNTERS:
            peak, last = levels.get(field, (0, 0))
            if peak and (not names or WIRE_NAMES[field] in names):
                numbers = {"family": _FAMILY[field], "name": WIRE_NAMES[field], "peak": peak, "last": last}
                rows.append({"day": day.isoformat(), **who, **numbers})
    if is_export(params):
        keys = [key for key in read_str(params.get("export_keys") or "", "export_keys", 1024).split(",") if key]
        rows = [cells(row, keys) for row in rows]
    return Listing(items=rows, total=len(rows))


def _period(tx: Transaction, params: JsonMapping) -> tuple[datetime, datetime]:
    until = read_time(params["until"], "until") if params.get("until") else tx.now
    until = min(until, tx.now)
    first = until - timedelta(days=USUAL_DAYS)
    since = read_time(params["since"], "since") if params.get("since") else first
    since = datetime.combine(since.date(), time(), tzinfo=since.tzinfo)
    if since > until:
        raise OutOfRangeError("since is after until", field="since")
    if (until - since).days > MOST_DAYS:
        raise OutOfRangeError(f"a report has at most {MOST_DAYS} days", field="since")
    return since, until


Day: TypeAlias = tuple[date, Owner, Mapping[str, tuple[int, int]]]
"""A day, whose it was, and field → the highest and the last usage."""


def _days(tx: Transaction, domain_id: str, since: datetime, until: datetime) -> Sequence[Day]:
    """The days of a domain and its projects, the oldest first."""
    levels: Levels = defaultdict(Counter)
    for owner, amounts in counted(tx, domain_id).items():
        levels[owner] = Counter(amounts)
    for kept in tx.of(QUOTARESERVATIONS, PLATFORM).find(Query(where=eq("domain_id", domain_id))):
        for project in ("", kept.tenant_id):
            levels[kept.domain_id, project].subtract({field: int(number) for field, number in kept.amounts.items()})
    found: list[Day] = []
    changes = _changes(tx, domain_id, since)
    pending = next(changes, None)
    day = tx.now.date()
    while day >= since.date():
        peaks: Levels = {owner: Counter(now) for owner, now in levels.items()}
        lasts: Levels = {owner: Counter(now) for owner, now in levels.items()}
        while pending is not None and pending[0].date() >= day:
            for owner, delta in pending[1].items():
                if owner[0] == domain_id:
                    levels[owner].subtract(delta)
                    peaks.setdefault(owner, Counter())
                    peaks[owner] |= levels[owner]
            pending = next(changes, None)
        if day <= until.date():
            found += [
                (
                    day,
                    owner,
                    {field: (peak, lasts.get(owner, Counter())[field]) for field, peak in here.items() if peak},
                )
                for owner, here in sorted(peaks.items())
            ]
        day -= timedelta(days=1)
    found.sort(key=lambda one: (one[0], one[1]))
    return found


def _changes(tx: Transaction, domain_id: str, since: datetime) -> Iterator[tuple[datetime, dict[Owner, Counter[str]]]]:
    """What changed, the newest first: when, and by how much whose usage rose."""
    parts = _parts()
    mine = either(eq("owner_domain_id", domain_id), eq("action", _GIVEN_AWAY))
    of_types = one_of("obj_type", [part.resource.singular for part in parts.values()])
    where: Expr = both(of_types, mine, Compare("recorded_at", Op.GE, since))
    query = Query(where=where, order=(Order("recorded_at", descending=True),), limit=MOST_RECORDS + 1)
    records = list(tx.of(HISTORY, PLATFORM).columns(_READ, query))
    if len(records) > MOST_RECORDS:
        raise OutOfRangeError(f"more than {MOST_RECORDS} changes since then: ask for a later time", field="since")
    records.sort(key=lambda one: (one[4], one[3], one[2] != "create"), reverse=True)
    states = _present(tx, parts, records)
    for kind, ident, _, _, at, _, before, after in records:
        part = parts[kind]
        key = (kind, ident)
        now = states.get(key)
        is_first = not before and after.get("id") == ident
        if not before and not is_first:
            continue  # a fact that changed nothing
        then = _before(part, now, before, is_first=is_first)
        states[key] = then
        delta: dict[Owner, Counter[str]] = defaultdict(Counter)
        for state, sign in ((now, 1), (then, -1)):
            for owner, amounts in part.amounts(state).items() if state is not None else ():
                delta[owner].update({field: sign * number for field, number in amounts.items()})
        yield at, delta


def _parts() -> dict[str, _Part]:
    """By singular: the types that counters with a ledger are counted from."""
    found: dict[str, list[Source]] = {}
    for source in SOURCES:
        if not source.of_server and source.resource.recorded:
            found.setdefault(source.resource.singular, []).append(source)
    return {
        kind: _Part(
            resource=sources[0].resource,
            fields=tuple(field_map(sources[0].resource.entity)),
            sources=[(source, tester(source.where, lambda _plural: ())) for source in sources],
        )
        for kind, sources in found.items()
    }


def _present(
    tx: Transaction, parts: Mapping[str, _Part], records: Sequence[tuple[Any, ...]]
) -> dict[tuple[str, str], Any]:
    """The rows of which there are records, as they are; those that are gone are absent."""
    idents: dict[str, dict[str, None]] = {}
    for record in records:
        idents.setdefault(record[0], {})[record[1]] = None
    found: dict[tuple[str, str], Any] = {}
    for kind, known in idents.items():
        for row in tx.of(parts[kind].resource, PLATFORM).find(Query(where=one_of("id", known))):
            found[kind, row.id] = row
    return found


def _before(part: _Part, now: Any, before: JsonMapping, *, is_first: bool) -> Any:
    """A row as it was before a change; None before it was made."""
    if is_first:
        return None
    told = {name: getattr(now, name, None) for name in part.fields}
    return SimpleNamespace(**{**told, **before})
