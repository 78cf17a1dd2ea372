"""What counters were before: every change that the history tells of, taken back, the newest first.

Cards and devices belong to servers, and cards count by their networks: going back, each of the three is as it was then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeAlias

import attrs

from cloudcore.model.errors import OutOfRangeError
from cloudcore.model.history import HISTORY
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import (
    EVERYTHING,
    PLATFORM,
    Compare,
    Contains,
    Exists,
    Expr,
    Not,
    Op,
    Order,
    Query,
    Test,
    both,
    either,
    eq,
    one_of,
    tester,
)
from cloudcore.model.resource import Resource, field_map
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import SOURCES, Source
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.network.network import NETWORKS, is_exit

MOST_RECORDS = 200_000
_PAGE, _FEW = 20_000, 500
_READ = ("obj_type", "obj_id", "action", "version", "recorded_at", "transaction", "before", "after", "id")
_GIVEN_AWAY = "change-owner"
_SERVER, _NETWORK = SERVERS.singular, NETWORKS.singular
_HANGING = {resource.singular: resource for resource in (GUESTNETWORKS, ISOLATED_DEVICES)}

Owner: TypeAlias = tuple[str, str]
"""Domain and project; an empty project for the domain as a whole."""

Amounts: TypeAlias = dict[Owner, Counter[str]]
Record: TypeAlias = tuple[Any, ...]


def changes(tx: Transaction, domain_id: str, since: datetime) -> Iterator[tuple[datetime, Amounts]]:
    """What changed, the newest first: when, and by how much whose usage rose; one for each unit of work.

    domain_id: of this domain and its projects, or empty for everybody; others may be among them.

    Raises:
        OutOfRangeError: more changes than can be looked through at once.
    """
    parts = _parts()
    records = _records(tx, domain_id, since, tuple(parts))
    states = _present(tx, parts, records)
    ties = Ties(tx, domain_id, {ident: states.get((kind, ident)) for kind, ident, *_ in records if kind == _SERVER})
    records = _first(records + ties.records(since))
    at: datetime | None = None
    unit, delta = "", dict[Owner, Counter[str]]()
    for record in records:
        if record[5] != unit:
            if at is not None:
                yield at, delta
            at, unit, delta = record[4], record[5], {}
        kind, ident, before, after = record[0], record[1], record[6], record[7]
        is_first = not before and after.get("id") == ident
        if not before and not is_first:
            continue  # a fact that changed nothing
        if kind in parts:
            now = states.get((kind, ident))
            then = states[kind, ident] = None if is_first else _before(parts[kind], now, before)
            for state, sign in ((now, 1), (then, -1)):
                for owner, amounts in parts[kind].amounts(state).items() if state is not None else ():
                    _add(delta, owner, amounts, sign)
            if kind == _SERVER:
                ties.move(ident, then, delta)
        if kind in _HANGING or kind == _NETWORK:
            ties.take_back(kind, ident, before, delta, is_first=is_first)
    if at is not None:
        yield at, delta


class Ties:
    """Cards and devices of servers, at the time that was gone back to.

    seen: server → its row as it is, None when it is gone, of those that there are records of.
    """

    def __init__(self, tx: Transaction, domain_id: str, seen: Mapping[str, Any]) -> None:
        self._tx = tx
        mine = eq("domain_id", domain_id) if domain_id else EVERYTHING
        rows = tx.of(SERVERS, PLATFORM).columns(("id", "domain_id", "tenant_id", "pending_deleted"), Query(where=mine))
        self._owners: dict[str, Owner | None] = {
            ident: None if is_gone else (str(home), str(project)) for ident, home, project, is_gone in rows
        }
        self._owners |= {ident: _owner(row) for ident, row in seen.items()}
        self._is_whole = not domain_id
        networks = tx.of(NETWORKS, PLATFORM).columns(("id", "guest_ip_start"))
        self._exits = {str(ident): is_exit(start or "") for ident, start in networks}
        # Kind and id of what hangs → its server and, of a card, its network; and the same by server.
        self._tied: dict[tuple[str, str], tuple[str, str]] = {}
        self._of: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
        on_mine = Exists(SERVERS.plural, "id", "guest_id", mine)
        for kind, resource in _HANGING.items():
            self._learn(kind, resource, either(on_mine, one_of("guest_id", seen)))

    def records(self, since: datetime) -> list[Record]:
        """The changes of what hangs on these servers, and of the addresses of networks."""
        servers = tuple(self._owners)
        said = servers if len(servers) <= _FEW and not self._is_whole else ()
        tied = either(Contains("after", "guest_id", said), Contains("before", "guest_id", said))
        # A card that came into another network: whose it is stands in its row, or in another record.
        changed = both(Contains("before", "network_id"), Not(Contains("before", "guest_id")))
        kinds = one_of("obj_type", _HANGING)
        found = list(_read(self._tx, both(kinds, either(tied, changed), _since(since)), self._is_of_these))
        idents = {(record[0], record[1]) for record in found}
        for kind, resource in _HANGING.items():
            self._learn(kind, resource, one_of("id", [ident for what, ident in sorted(idents) if what == kind]))
        known = {*self._tied, *((one[0], one[1]) for one in found if _tells_server(one))}
        found = [one for one in found if (one[0], one[1]) in known]
        where = both(eq("obj_type", _NETWORK), Contains("before", "guest_ip_start"), _since(since))
        return found + list(_read(self._tx, where))

    def move(self, ident: str, then: Any, delta: Amounts) -> None:
        """Let a server be whose it was, and take with it what it had."""
        owner = _owner(then)
        if self._owners.get(ident) == owner:
            return
        self._count((ident,), delta, 1)
        self._owners[ident] = owner
        self._count((ident,), delta, -1)

    def take_back(self, kind: str, ident: str, before: JsonMapping, delta: Amounts, *, is_first: bool) -> None:
        """Let a card, device or network be as it was before a change."""
        if kind == _NETWORK:
            if "guest_ip_start" in before:
                here = [server for server, tied in self._of.items() if ident in tied.values()]
                self._count(here, delta, 1)
                self._exits[ident] = is_exit(str(before["guest_ip_start"] or ""))
                self._count(here, delta, -1)
            return
        server, network = self._tied.get((kind, ident), ("", ""))
        was = "" if is_first else str(before.get("guest_id", server) or "")
        affected = tuple(dict.fromkeys(one for one in (server, was) if one))
        self._count(affected, delta, 1)
        self._tie(kind, ident, was, str(before.get("network_id", network) or ""))
        self._count(affected, delta, -1)

    def _learn(self, kind: str, resource: Resource[Any], where: Expr) -> None:
        names = ("id", "guest_id", "network_id" if kind == GUESTNETWORKS.singular else "id")
        for ident, server, network in self._tx.of(resource, PLATFORM).columns(names, Query(where=where)):
            self._tie(kind, str(ident), str(server or ""), str(network) if kind == GUESTNETWORKS.singular else "")

    def _tie(self, kind: str, ident: str, server: str, network: str) -> None:
        old = self._tied.pop((kind, ident), None)
        if old is not None:
            self._of[old[0]].pop((kind, ident), None)
        if server:
            self._tied[kind, ident] = server, network
            self._of[server][kind, ident] = network

    def _count(self, servers: Iterable[str], delta: Amounts, sign: int) -> None:
        for server in servers:
            owner = self._owners.get(server)
            if owner is None:
                continue
            held = Counter(self._counter(kind, network) for (kind, _), network in self._of[server].items())
            for whose in dict.fromkeys(((owner[0], ""), owner)):
                _add(delta, whose, held, sign)

    def _counter(self, kind: str, network: str) -> str:
        if kind == ISOLATED_DEVICES.singular:
            return "isolated_device"
        return "eport" if self._exits.get(network, False) else "port"

    def _is_of_these(self, record: Record) -> bool:
        told = {record[6].get("guest_id"), record[7].get("guest_id")}
        return not _tells_server(record) or not told.isdisjoint(self._owners)


@attrs.frozen(kw_only=True)
class _Part:
    """One type and what a row of it counts for, by the fields that this needs."""

    resource: Resource[Any]
    fields: tuple[str, ...]
    sources: Sequence[tuple[Source, Test]]

    def amounts(self, row: Any) -> Amounts:
        """What a row counts for: for its project, and for the domain as a whole."""
        found: Counter[str] = Counter()
        for source, test in self.sources:
            if test(row):
                for field, column in source.counters.items():
                    found[field] += int(getattr(row, column) or 0) if column else 1
        home, project = str(row.domain_id), str(getattr(row, "tenant_id", "") or "")
        return {(home, owner): found for owner in dict.fromkeys(("", project))}


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


def _records(tx: Transaction, domain_id: str, since: datetime, kinds: Sequence[str]) -> list[Record]:
    """What happened to things that were the domain's at one time or another."""
    of_types = both(one_of("obj_type", kinds), _since(since))
    if not domain_id:
        return list(_read(tx, of_types))
    given = both(of_types, eq("action", _GIVEN_AWAY), Contains("before", "domain_id", (domain_id,)))
    left = [record[1] for record in _read(tx, given)]
    mine = either(eq("owner_domain_id", domain_id), one_of("obj_id", left))
    return list(_read(tx, both(of_types, mine)))


def _first(records: Iterable[Record]) -> list[Record]:
    """The newest first, and of one thing the last version."""
    return sorted(records, key=lambda one: (one[4], one[3], one[2] != "create"), reverse=True)


def _read(tx: Transaction, where: Expr, keep: Callable[[Record], bool] = lambda _record: True) -> Iterator[Record]:
    """Records page by page, the newest first; of those that are kept no more than one answer can look through."""
    order = (Order("recorded_at", descending=True),)
    after: tuple[Any, ...] | None = None
    kept = 0
    while True:
        page = tx.of(HISTORY, PLATFORM).columns(_READ, Query(where=where, order=order, limit=_PAGE, after=after))
        for record in page:
            if keep(record):
                kept += 1
                yield record
        if kept > MOST_RECORDS:
            raise OutOfRangeError(f"more than {MOST_RECORDS} changes since then: ask for a later time", field="since")
        if len(page) < _PAGE:
            return
        after = (page[-1][4], page[-1][-1])


def _since(since: datetime) -> Expr:
    return Compare("recorded_at", Op.GE, since)


def _tells_server(record: Record) -> bool:
    return "guest_id" in record[6] or "guest_id" in record[7]


def _present(tx: Transaction, parts: Mapping[str, _Part], records: Sequence[Record]) -> dict[tuple[str, str], Any]:
    """The rows of which there are records, as they are; those that are gone are absent."""
    idents: dict[str, dict[str, None]] = {}
    for record in records:
        idents.setdefault(record[0], {})[record[1]] = None
    found: dict[tuple[str, str], Any] = {}
    for kind, known in idents.items():
        for row in tx.of(parts[kind].resource, PLATFORM).find(Query(where=one_of("id", known))):
            found[kind, row.id] = row
    return found


def _before(part: _Part, now: Any, before: JsonMapping) -> Any:
    """A row as it was before a change."""
    told = {name: getattr(now, name, None) for name in part.fields}
    return SimpleNamespace(**{**told, **before})


def _owner(server: Any) -> Owner | None:
    """Who the cards and devices of a server count for."""
    if server is None or server.pending_deleted:
        return None
    return str(server.domain_id), str(server.tenant_id)


def _add(delta: Amounts, owner: Owner, amounts: Mapping[str, int], sign: int) -> None:
    mine = delta.setdefault(owner, Counter())
    for field, number in amounts.items():
        mine[field] += sign * number
