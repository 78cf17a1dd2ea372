"""Quota usage: one row for each project, and one for each domain, charged and refunded with what causes it.

A limit of a project and the limit of its domain are charged together, the domain first; units therefore lock them in
one order and no child can overrun its parent. Limits that are narrowed to some keys have no ledger of their own: while
the owner's row is held, what matches them is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from cloudcore.model.errors import BackendError, Contention, DuplicateResourceError, OutOfQuotaError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import COUNTERS, WIRE_NAMES
from cloudcore.quotas.narrowing import matching, read_keys
from cloudcore.resources.quota.quotalimit import QUOTALIMITS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES, Quotausage, usage_id

UNLIMITED = -1
NO_KEYS: Mapping[str, str] = MappingProxyType({})

Keys = Mapping[str, Collection[str]]
"""Key → the values that what is charged has of it, such as the zones of a batch of servers."""

Amounts = Mapping[str, int]
"""How much of each counter (`cloudcore.quotas.family`); memory and storage in MiB."""


def charge(
    tx: Transaction,
    domain_id: str,
    project_id: str,
    amounts: Amounts,
    keys: Callable[[], Keys] | None = None,
    *,
    inserted: bool = True,
) -> None:
    """Add to the usage of a project and its domain. project_id: empty for what only the domain has.

    keys: what narrowed limits are matched with, asked for only where there are any.
    inserted: whether the rows already say what is charged for.

    Raises:
        OutOfQuotaError: a limit would be exceeded; `data` has key, scope, limit, used and requested. Nothing is charged.
        Contention: one would have been, but is no more.
    """
    wanted = {key: value for key, value in amounts.items() if value}
    known = _limits(tx, domain_id, owners(project_id))
    for owner in owners(project_id):
        limits = known.get(owner, {})
        ident = usage_id(domain_id, owner)
        bounds = {key: value for key, value in limits.get("", {}).items() if key in wanted and value >= 0}
        if not _adjusted(tx, ident, wanted, bounds):
            raise _exceeded(tx, ident, owner, wanted, bounds)
        for narrowed, values in limits.items():
            if narrowed and keys is not None and _matches(read_keys(narrowed), keys()):
                _check_narrowed(tx, (domain_id, owner), narrowed, values, wanted, inserted=inserted)


def _matches(narrowed: Mapping[str, str], keys: Keys) -> bool:
    return all(value in keys.get(name, ()) for name, value in narrowed.items())


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


def owners(project_id: str) -> tuple[str, ...]:
    """Whose ledgers are charged, in the order of their locks: the domain as a whole, then the project if there is one."""
    return ("", project_id) if project_id else ("",)


def hold(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """Keep others from charging an owner until the unit ends; its usage, which nobody else changes meanwhile."""
    _adjusted(tx, usage_id(domain_id, project_id), {"update_version": 1}, {})
    return usage_of(tx, domain_id, project_id)


def correct(tx: Transaction, domain_id: str, project_id: str, deltas: Amounts) -> None:
    """Add to the usage of an owner that is held; only a recount may."""
    changed = {key: value for key, value in deltas.items() if value}
    if changed and not _adjusted(tx, usage_id(domain_id, project_id), changed, {}):
        raise BackendError("the quota ledger is wrong: it would become negative", internal=f"{domain_id} {changed}")


def limits_of(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """The limits of a project, or of a domain (empty project); absent keys are unlimited."""
    return _limits(tx, domain_id, (project_id,)).get(project_id, {}).get("", {})


def usage_of(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """The usage of a project, or of a domain (empty project)."""
    row = tx.of(QUOTAUSAGES, PLATFORM).get(usage_id(domain_id, project_id))
    return {key: getattr(row, key) if row is not None else 0 for key in COUNTERS}


def _limits(tx: Transaction, domain_id: str, projects: Sequence[str]) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """Project → keys that they are narrowed to → limits, of those that have any."""
    where = both(eq("domain_id", domain_id), one_of("tenant_id", projects))
    found: dict[str, dict[str, Mapping[str, int]]] = {}
    for row in tx.of(QUOTALIMITS, PLATFORM).find(Query(where=where)):
        found.setdefault(row.tenant_id, {})[row.keys] = {key: getattr(row, key) for key in COUNTERS}
    return found


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


def _check_narrowed(
    tx: Transaction,
    owner: tuple[str, str],
    narrowed: str,
    limits: Mapping[str, int],
    wanted: Amounts,
    *,
    inserted: bool,
) -> None:
    found = matching(tx, *owner, read_keys(narrowed))
    used = {key: number - (wanted.get(key, 0) if inserted else 0) for key, number in found.items()}
    over = {k: limits[k] for k in used if wanted.get(k, 0) > 0 and 0 <= limits[k] < used[k] + wanted[k]}
    if over:
        raise _refusal(owner[1], over, used, wanted, read_keys(narrowed))


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
