"""Quota usage: one row for each project, and one for each domain, charged and refunded with what causes it.

A limit of a project and the limit of its domain are charged together, the domain first; units therefore lock them in
one order and no child can overrun its parent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloudcore.model.errors import BackendError, Contention, DuplicateResourceError, OutOfQuotaError
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.quota.quotalimit import QUOTALIMITS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES, Quotausage, usage_id

KEYS = ("count", "cpu", "memory", "storage", "snapshot", "instance_snapshot", "image")
UNLIMITED = -1

Amounts = Mapping[str, int]
"""How much of each key: servers, vCPUs, MiB of memory, MiB of storage, snapshots of disks and of servers,
images."""


def charge(tx: Transaction, domain_id: str, project_id: str, amounts: Amounts) -> None:
    """Add to the usage of a project and its domain.

    Raises:
        OutOfQuotaError: a limit would be exceeded; `data` has key, scope, limit, used and requested. Nothing is charged.
    """
    wanted = {key: value for key, value in amounts.items() if value}
    known = _limits(tx, domain_id, ("", project_id))
    for scope, owner in (("domain", ""), ("project", project_id)):
        limits = known.get(owner, {})
        ident = usage_id(domain_id, owner)
        bounds = {key: limits[key] for key in wanted if limits.get(key, UNLIMITED) >= 0}
        if not _adjusted(tx, ident, wanted, bounds):
            raise _exceeded(tx, ident, scope, wanted, bounds)


def refund(tx: Transaction, domain_id: str, project_id: str, amounts: Amounts) -> None:
    """Take from the usage of a project and its domain what was charged before.

    Raises:
        BackendError: the ledger holds less than that: it is wrong, and nothing is written.
    """
    given = {key: -value for key, value in amounts.items() if value}
    for owner in ("", project_id):
        ident = usage_id(domain_id, owner)
        if given and not _adjusted(tx, ident, given, {}):
            raise BackendError("the quota ledger is wrong: it would become negative", internal=f"{ident} {given}")


def limits_of(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """The limits of a project, or of a domain (empty project); absent keys are unlimited."""
    return _limits(tx, domain_id, (project_id,)).get(project_id, {})


def usage_of(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """The usage of a project, or of a domain (empty project)."""
    row = tx.of(QUOTAUSAGES, PLATFORM).get(usage_id(domain_id, project_id))
    return {key: getattr(row, key) if row is not None else 0 for key in KEYS}


def _limits(tx: Transaction, domain_id: str, projects: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """Project → limits, of those projects that have any; the first row of each counts."""
    where = both(eq("domain_id", domain_id), one_of("tenant_id", projects), eq("keys", ""))
    found: dict[str, Mapping[str, int]] = {}
    for row in tx.of(QUOTALIMITS, PLATFORM).find(Query(where=where)):
        found.setdefault(row.tenant_id, {key: getattr(row, key) for key in KEYS})
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


def _exceeded(tx: Transaction, ident: str, scope: str, wanted: Amounts, bounds: Mapping[str, int]) -> OutOfQuotaError:
    row = tx.of(QUOTAUSAGES, PLATFORM).get(ident)
    over = [
        {"scope": scope, "name": key, "limit": limit, "used": getattr(row, key), "requested": wanted[key]}
        for key, limit in bounds.items()
        if row is not None and wanted[key] > 0 and getattr(row, key) + wanted[key] > limit
    ]
    said = "; ".join(
        f"{o['scope']} {o['name']}: limit {o['limit']}, used {o['used']}, requested {o['requested']}" for o in over
    )
    return OutOfQuotaError(f"out of quota: {said}", data={"exceeded": over})
