"""Quota usage: one row for each project, and one for each domain, charged and refunded with what causes it.

A limit of a project and the limit of its domain are charged together, the domain first; units therefore lock them in
one order and no child can overrun its parent. What has no ledger of its own (limits that are narrowed to keys, and
counters such as ports) is counted while the owner's row is held.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from cloudcore.model.errors import BackendError, Contention, DuplicateResourceError, OutOfQuotaError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Adjustment, Transaction
from cloudcore.quotas.alerts import alerting, quiet, review, review_counted, says_so
from cloudcore.quotas.arriving import Arrivals
from cloudcore.quotas.counting import Charged, counted_now, owned
from cloudcore.quotas.family import COUNTED, COUNTERS, FAMILIES, WIRE_NAMES
from cloudcore.quotas.limits import Limits, limits_of
from cloudcore.quotas.narrowing import read_keys, write_keys
from cloudcore.quotas.places import PLACED, has_place, held_in, knows
from cloudcore.quotas.reserving import draw, kept_for, overdue
from cloudcore.resources.compute.server import Server
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS, Quotareservation, held
from cloudcore.resources.quota.quotausage import QUOTAUSAGES, Quotausage, usage_id

_FEW = 4
"""Of more limits than that it is cheaper to count by place what matches them."""
NO_KEYS: Mapping[str, str] = MappingProxyType({})
_NARROWED = frozenset(family.counters[name] for family in FAMILIES.values() for name in family.narrowed)

Amounts = Mapping[str, int]
"""How much of each counter (`cloudcore.quotas.family`); memory and storage in MiB."""


def charge(
    tx: Transaction,
    domain_id: str,
    project_id: str,
    amounts: Amounts,
    of: Callable[[], Charged] | None = None,
    *,
    inserted: bool = True,
) -> None:
    """Add to the usage of a project and its domain. project_id: empty for what only the domain has.

    What the unit's author has reserved is drawn on first.

    of: the rows that are charged for, by which narrowed limits and counters without a ledger are checked; asked for only
        where there are any.
    inserted: whether the rows already say what is charged for.

    Raises:
        OutOfQuotaError: a limit would be exceeded; `data` has key, scope, limit, used and requested. Nothing is charged.
        Contention: one would have been, but is no more.
    """
    asked = {key: value for key, value in amounts.items() if value}
    wanted = draw(tx, domain_id, project_id, asked)
    known = limits_of(tx, domain_id, owners(project_id))
    calm = _took_quietly(tx, domain_id, known, wanted) if wanted else ()
    for owner, limits in known.items():
        if wanted and owner not in calm:
            _take(tx, domain_id, owner, limits, wanted)
        if of is not None:
            _check_counted(tx, (domain_id, owner), limits, of, asked, inserted=inserted)


def _took_quietly(tx: Transaction, domain_id: str, known: Mapping[str, Limits], wanted: Amounts) -> Collection[str]:
    """Charge those owners, the domain first, who have a ledger and stay below their first threshold; who they are."""
    every = [
        Adjustment(
            resource=QUOTAUSAGES,
            ident=usage_id(domain_id, owner),
            deltas=wanted,
            limits=quiet(limits, _bounds(limits, wanted)),
        )
        for owner, limits in known.items()
    ]
    return [owner for owner, is_done in zip(known, tx.adjust(every), strict=True) if is_done]


def _bounds(limits: Limits, wanted: Amounts) -> dict[str, int]:
    return {key: limits.whole[key] for key in wanted if limits.whole[key] >= 0}


def _take(tx: Transaction, domain_id: str, owner: str, limits: Limits, wanted: Amounts) -> None:
    ident = usage_id(domain_id, owner)
    bounds = _bounds(limits, wanted)
    calm = quiet(limits, bounds)
    if _adjusted(tx, ident, wanted, calm):
        return
    fits = calm != bounds and _adjusted(tx, ident, wanted, bounds)
    if not fits and not _made_room(tx, domain_id, owner, wanted, bounds):
        raise _exceeded(tx, ident, owner, wanted, bounds)
    review(tx, domain_id, owner, limits, usage_of(tx, domain_id, owner))


def watch(tx: Transaction, domain_id: str, project_id: str) -> None:
    """Let the alerts of an owner follow what became of his limits, or of his usage by a recount."""
    # Adding nothing holds the ledger; who has none has used nothing.
    if tx.of(QUOTAUSAGES, PLATFORM).adjust(usage_id(domain_id, project_id), {"count": 0}):
        limits = limits_of(tx, domain_id, (project_id,))[project_id]
        review(tx, domain_id, project_id, limits, usage_of(tx, domain_id, project_id))


def end(tx: Transaction, row: Quotareservation) -> None:
    """Let a reservation end: what is left of it is given back.

    Raises:
        Contention: somebody has just drawn on it, or ended it.
    """
    tx.of(QUOTARESERVATIONS, PLATFORM).remove(row, action="expire")
    refund(tx, row.domain_id, row.tenant_id, held(row))


def _made_room(tx: Transaction, domain_id: str, owner: str, wanted: Amounts, bounds: Amounts) -> bool:
    """Whether it fits once reservations have ended whose time is over, and nobody has looked since."""
    old = overdue(tx, owned(domain_id, owner))
    for row in old:
        end(tx, row)
    return bool(old) and _adjusted(tx, usage_id(domain_id, owner), wanted, bounds)


def refund(tx: Transaction, domain_id: str, project_id: str, amounts: Amounts) -> None:
    """Take from the usage of a project and its domain what was charged before.

    Raises:
        BackendError: the ledger holds less than that: it is wrong, and nothing is written.
    """
    given = {key: -value for key, value in amounts.items() if value}
    for owner in owners(project_id):
        ident = usage_id(domain_id, owner)
        if given and not _adjusted(tx, ident, given, {}):
            raise BackendError("the quota ledger is wrong: it would become negative", internal=f"{ident} {given}")
    for owner in sorted(alerting(tx, domain_id, owners(project_id))) if given else ():
        watch(tx, domain_id, owner)


def owners(project_id: str) -> tuple[str, ...]:
    """Whose ledgers are charged, in the order of their locks: the domain as a whole, then the project if there is one."""
    return ("", project_id) if project_id else ("",)


def check_move(tx: Transaction, server: Server, source: str, target: str) -> None:
    """Check the limits of a server's owner that are narrowed to where it goes and not to where it comes from.

    Its row says already that it is on its way, or there. source, target: hosts.

    Raises:
        OutOfQuotaError: a limit would be exceeded.
    """
    owner = server.domain_id, server.tenant_id
    for project, limits in limits_of(tx, owner[0], owners(owner[1]), PLACED).items():
        narrowed = {text: _some(row, PLACED) for text, row in limits.narrowed.items()}
        narrowed = {text: bounds for text, bounds in narrowed.items() if bounds and has_place(read_keys(text))}
        if not narrowed:
            continue
        _adjusted(tx, usage_id(owner[0], project), {"update_version": 0}, {})
        arrivals = Arrivals(tx, owner[0], project)
        each = arrivals.amounts_of(server)
        for text, bounds in narrowed.items():
            keys = read_keys(text)
            asked = {key: each[key] for key in bounds if each.get(key) and knows(key, keys)}
            if not asked or not arrivals.enters(keys, server, source, target):
                continue
            there = counted_now(tx, owner[0], project, tuple(asked), keys)
            moving, coming = under_way(tx, (owner[0], project), dict.fromkeys(asked, 0)), arrivals.amounts(keys)
            # It is among those that come, or among those that are there.
            used = {key: there[key] + moving[key] + coming.get(key, 0) - asked[key] for key in asked}
            over = {key: bounds[key] for key in asked if used[key] + asked[key] > bounds[key]}
            if over:
                raise _refusal(project, over, used, asked, keys)


def _some(row: Mapping[str, int], fields: Collection[str]) -> dict[str, int]:
    """The limits that there are, of these fields."""
    return {key: number for key, number in row.items() if number >= 0 and key in fields}


def hold(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """Keep others from charging an owner until the unit ends; its usage, which nobody else changes meanwhile."""
    _adjusted(tx, usage_id(domain_id, project_id), {"update_version": 0}, {})
    return usage_of(tx, domain_id, project_id)


def correct(tx: Transaction, domain_id: str, project_id: str, deltas: Amounts) -> None:
    """Add to the usage of an owner that is held; only a recount may."""
    changed = {key: value for key, value in deltas.items() if value}
    if changed and not _adjusted(tx, usage_id(domain_id, project_id), changed, {}):
        raise BackendError("the quota ledger is wrong: it would become negative", internal=f"{domain_id} {changed}")


def usage_of(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """The usage of a project, or of a domain (empty project)."""
    row = tx.of(QUOTAUSAGES, PLATFORM).get(usage_id(domain_id, project_id))
    return {key: getattr(row, key) if row is not None else 0 for key in COUNTERS}


def _adjusted(tx: Transaction, ident: str, amounts: Amounts, bounds: Mapping[str, int]) -> bool:
    """Add to one usage; the row is made when it is needed for the first time. False when it does not fit."""
    repository = tx.of(QUOTAUSAGES, PLATFORM)
    if repository.adjust(ident, amounts, limits=bounds):
        return True
    if repository.get(ident) is not None:
        return False
    try:
        repository.add(Quotausage(id=ident))
    except DuplicateResourceError as error:
        # Somebody else has just made it; this unit may not see it yet.
        raise Contention("the quota ledger was just opened", internal=ident) from error
    return repository.adjust(ident, amounts, limits=bounds)


def _check_counted(
    tx: Transaction,
    owner: tuple[str, str],
    limits: Limits,
    of: Callable[[], Charged],
    wanted: Amounts,
    *,
    inserted: bool,
) -> None:
    """Check limits that have no ledger: while the owner's row is held, what is there is counted."""
    checks = _counted_limits(limits)
    if not checks:
        return
    _adjusted(tx, usage_id(*owner), {"update_version": 0}, {})
    charged, arrivals = of(), Arrivals(tx, *owner)
    for (keys, bounds), new in zip(checks, _new(tx, owner, checks, charged), strict=True):
        asked = {key: number if inserted else wanted.get(key, 0) for key, number in new.items() if number}
        asked = {key: number for key, number in asked.items() if number > 0}
        if not asked:
            continue
        there = counted_now(tx, *owner, tuple(asked), keys)
        moving = under_way(tx, owner, {key: 0 if inserted else number for key, number in asked.items()})
        coming = arrivals.amounts(keys)
        used = {key: there[key] + moving[key] + coming.get(key, 0) - (asked[key] if inserted else 0) for key in asked}
        over = {key: bounds[key] for key in asked if used[key] + asked[key] > bounds[key]}
        if over:
            raise _refusal(owner[1], over, used, asked, keys)
        text = write_keys(keys)
        found = [(text, key, used[key] + asked[key], bounds[key]) for key in asked]
        review_counted(tx, *owner, limits, found, only_up=True)


def _counted_limits(limits: Limits) -> list[tuple[Mapping[str, str], dict[str, int]]]:
    """The limits that have no ledger, with what each is narrowed to."""
    checks = [(NO_KEYS, {key: limits.whole[key] for key in COUNTED if limits.whole[key] >= 0})]
    checks += [
        (read_keys(text), {key: number for key, number in row.items() if number >= 0 and key in _NARROWED})
        for text, row in limits.narrowed.items()
    ]
    return [(keys, bounds) for keys, bounds in checks if bounds]


def watch_counted(tx: Transaction, domain_id: str, project_id: str) -> None:
    """Let the alerts of an owner follow what there is under limits that have no ledger."""
    if tx.of(QUOTAUSAGES, PLATFORM).adjust(usage_id(domain_id, project_id), {"count": 0}):
        review_counted(tx, domain_id, project_id, *_counted_usage(tx, domain_id, project_id))


def is_watched(tx: Transaction, domain_id: str, project_id: str) -> bool:
    """Whether `watch_counted` would find nothing to do, as far as a look can tell that holds nobody up."""
    return says_so(tx, domain_id, project_id, *_counted_usage(tx, domain_id, project_id))


def _counted_usage(tx: Transaction, domain_id: str, project_id: str) -> tuple[Limits, list[tuple[str, str, int, int]]]:
    """The limits of an owner; and of those without a ledger: text of keys, field, usage and limit."""
    owner = (domain_id, project_id)
    limits = limits_of(tx, domain_id, (project_id,))[project_id]
    arrivals, found = Arrivals(tx, *owner), list[tuple[str, str, int, int]]()
    for keys, bounds in _counted_limits(limits):
        there = counted_now(tx, *owner, tuple(bounds), keys)
        moving, coming = under_way(tx, owner, dict.fromkeys(bounds, 0)), arrivals.amounts(keys)
        text = write_keys(keys)
        found += [(text, key, there[key] + moving[key] + coming.get(key, 0), bound) for key, bound in bounds.items()]
    return limits, found


def _new(
    tx: Transaction, owner: tuple[str, str], checks: Sequence[tuple[Mapping[str, str], Amounts]], charged: Charged
) -> list[dict[str, int]]:
    """What is charged for matches of each of some limits; of many in as many statements as of few."""
    if len(checks) <= _FEW or any(field not in PLACED for _, bounds in checks for field in bounds):
        return [counted_now(tx, *owner, tuple(bounds), keys, only=charged) for keys, bounds in checks]
    found = held_in(tx, *owner, PLACED, [keys for keys, _ in checks], only=charged)
    return [{field: new[field] for field in bounds} for (_, bounds), new in zip(checks, found, strict=True)]


def under_way(tx: Transaction, owner: tuple[str, str], asked: Amounts) -> dict[str, int]:
    """What an owner is charged for that no row says yet: what is just growing. It counts wherever it may belong."""
    charged = {key: number for key, number in usage_of(tx, *owner).items() if key in asked}
    there, kept = counted_now(tx, *owner, tuple(charged), NO_KEYS), kept_for(tx, *owner)
    return {key: max(charged.get(key, 0) - there.get(key, 0) - kept[key] - asked[key], 0) for key in asked}


def _exceeded(tx: Transaction, ident: str, owner: str, wanted: Amounts, bounds: Mapping[str, int]) -> OutOfQuotaError:
    row = tx.of(QUOTAUSAGES, PLATFORM).get(ident)
    used = {key: getattr(row, key) for key in bounds} if row is not None else dict.fromkeys(bounds, 0)
    over = {key: limit for key, limit in bounds.items() if wanted[key] > 0 and used[key] + wanted[key] > limit}
    if not over:
        # Between the refusal and this look somebody has given something back.
        raise Contention("the quota has just changed", internal=ident)
    return _refusal(owner, over, used, wanted, NO_KEYS)


def _refusal(
    owner: str, bounds: Mapping[str, int], used: Amounts, wanted: Amounts, keys: Mapping[str, str]
) -> OutOfQuotaError:
    scope = "project" if owner else "domain"
    over: list[JsonObject] = [
        {
            "scope": scope,
            "name": WIRE_NAMES[key],
            "limit": limit,
            "used": used[key],
            "requested": wanted[key],
            **({"keys": dict(keys)} if keys else {}),
        }
        for key, limit in bounds.items()
    ]
    at = "".join(f" ({name} {value})" for name, value in keys.items())
    said = "; ".join(
        f"{scope} {o['name']}{at}: limit {o['limit']}, used {o['used']}, requested {o['requested']}" for o in over
    )
    return OutOfQuotaError(f"out of quota: {said}", data={"exceeded": over})
