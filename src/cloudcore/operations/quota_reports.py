"""What projects and domains held, day by day, worked out from the history: usage now, and every change since, taken back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import EVERYTHING, PLATFORM, Query, eq
from cloudcore.model.reading import read_str, read_time
from cloudcore.operations.export import cells
from cloudcore.operations.listing import is_export
from cloudcore.operations.parameter import texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.quotas import Owner, owner_of, require_all
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import counted_by_owner
from cloudcore.quotas.family import COUNTED, FAMILIES, LATER, LIMITED, WIRE_NAMES
from cloudcore.quotas.ledger import NO_KEYS
from cloudcore.quotas.recount import counted
from cloudcore.quotas.rewind import Amounts, changes
from cloudcore.quotas.rewind import Owner as Whose
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS

REPORTS = "quota_reports"
USUAL_DAYS, MOST_DAYS = 30, 366
_FAMILY = {field: family.plural for family in FAMILIES.values() for field in family.fields}
_SHOWN = tuple(field for field in LIMITED if field not in LATER)
_NAMES = ("project", "project_id", "tenant", "tenant_id", "domain", "domain_id", "project_domain", "project_domain_id")
"""By which an owner is named."""
_EVERYBODY = Owner(domain_id="", domain="")
_WHOLE: Whose = ("", "")


def list_reports(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> Listing:
    """The highest and the last usage of each day (UTC), of a project, or of a domain and each of its projects.

    params: `project` or `domain` (without them the caller's own), or `scope=system` for the whole cloud, each domain and each
        project; `since` and `until` (times; the last 30 days), `name` (of
        counters), `export_keys` for a spreadsheet. Days on which nothing was held are left out.

    Raises:
        ForbiddenError, ResourceNotFoundError: as for quotas.
        InvalidInputError: a time is none, or there is no such counter or scope.
        OutOfRangeError: more days, or more changes, than can be looked through at once.
    """
    owner = _owner(platform, caller, params)
    since, until = _period(tx, params)
    names = set(texts(params.get("name")))
    if strange := sorted(names - {WIRE_NAMES[field] for field in _SHOWN}):
        raise InvalidInputError(f"there is no usage of {strange[0][:64]}", field="name")
    days = [day for day in _days(tx, owner.domain_id, since, until) if owner.project_id in ("", day[1][1])]
    said = _names(platform, [whose for _, whose, _ in days])
    rows: list[JsonObject] = []
    for day, whose, levels in days:
        for field in _SHOWN:
            peak, last = levels.get(field, (0, 0))
            if peak and (not names or WIRE_NAMES[field] in names):
                numbers = {"family": _FAMILY[field], "name": WIRE_NAMES[field], "peak": peak, "last": last}
                rows.append({"day": day.isoformat(), **said[whose], **numbers})
    if is_export(params):
        keys = [key for key in read_str(params.get("export_keys") or "", "export_keys", 1024).split(",") if key]
        rows = [cells(row, keys) for row in rows]
    return Listing(items=rows, total=len(rows))


def _owner(platform: Platform, caller: Caller, params: JsonMapping) -> Owner:
    scope = read_str(params.get("scope") or "", "scope", 16)
    if scope not in ("", "project", "domain", "system"):
        raise InvalidInputError(f"scope {scope!a} is none of project, domain and system", field="scope")
    if scope == "system" and not any(params.get(name) for name in _NAMES):
        require_all(platform, caller, FAMILIES["quotas"])
        return _EVERYBODY
    return owner_of(platform, caller, FAMILIES["quotas"], params)


def _names(platform: Platform, owners: Sequence[Whose]) -> Mapping[Whose, JsonObject]:
    """Ids and names of owners, by owner; of the whole cloud there are none."""
    domains = platform.directory.domains(sorted({home for home, _ in owners if home}))
    projects = platform.directory.projects(sorted({project for _, project in owners if project}))
    found: dict[Whose, JsonObject] = {_WHOLE: {}}
    for home, project in owners:
        if home:
            found[home, project] = {"domain_id": home, "domain": domains[home].name if home in domains else ""}
        if project:
            named = projects.get(project)
            found[home, project] |= {"tenant_id": project, "project": named.name if named is not None else ""}
    return found


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


Day: TypeAlias = tuple[date, Whose, Mapping[str, tuple[int, int]]]
"""A day, whose it was, and field → the highest and the last usage."""


def _days(tx: Transaction, domain_id: str, since: datetime, until: datetime) -> Sequence[Day]:
    """The days of a domain and its projects, or of everybody and the whole cloud, the oldest first."""
    levels = _levels(tx, domain_id)
    found: list[Day] = []
    earlier = changes(tx, domain_id, since)
    pending = next(earlier, None)
    day = min(tx.now.date(), until.date())
    while pending is not None and pending[0].date() > day:
        # What came after the last day is taken back and told of no day.
        for owner, delta in _with_whole(pending[1], domain_id):
            levels[owner].subtract(delta)
        pending = next(earlier, None)
    while day >= since.date():
        peaks: Amounts = {owner: Counter(now) for owner, now in levels.items()}
        lasts: Amounts = {owner: Counter(now) for owner, now in levels.items()}
        while pending is not None and pending[0].date() >= day:
            for owner, delta in _with_whole(pending[1], domain_id):
                levels[owner].subtract(delta)
                peaks.setdefault(owner, Counter())
                peaks[owner] |= levels[owner]
            pending = next(earlier, None)
        found += [
            (day, owner, {field: (peak, lasts.get(owner, Counter())[field]) for field, peak in here.items() if peak})
            for owner, here in sorted(peaks.items())
        ]
        day -= timedelta(days=1)
    found.sort(key=lambda one: (one[0], one[1]))
    return found


def _levels(tx: Transaction, domain_id: str) -> Amounts:
    """What is in use now: counted from the rows, as limits count it. Room that is only reserved is none of it."""
    levels: Amounts = defaultdict(Counter)
    for owner, amounts in counted(tx, domain_id).items():
        levels[owner].update(amounts)
    mine = eq("domain_id", domain_id) if domain_id else EVERYTHING
    for kept in tx.of(QUOTARESERVATIONS, PLATFORM).find(Query(where=mine)):
        for project in ("", kept.tenant_id):
            levels[kept.domain_id, project].subtract({field: int(number) for field, number in kept.amounts.items()})
    for projects in (False, True):
        for owner, tied in counted_by_owner(tx, mine, COUNTED, NO_KEYS, projects=projects).items():
            levels[owner].update(tied)
    if not domain_id:
        for (_, project), amounts in list(levels.items()):
            if not project:
                levels[_WHOLE].update(amounts)
    return levels


def _with_whole(delta: Amounts, domain_id: str) -> list[tuple[Whose, Mapping[str, int]]]:
    """What changed for those of a domain; for everybody, and together for the whole cloud, without one."""
    found: list[tuple[Whose, Mapping[str, int]]] = [
        (owner, amounts) for owner, amounts in delta.items() if not domain_id or owner[0] == domain_id
    ]
    if domain_id:
        return found
    whole = Counter[str]()
    for (_, project), amounts in delta.items():
        if not project:
            whole.update(amounts)
    return [*found, (_WHOLE, whole)]
