"""What something new names stays until the unit ends that makes it; or it has gone, and nothing is made.

No table has foreign keys: who removes a row looks who names it, and who makes something looks whether what it names is there.
For both to be true in the end, both hold one row meanwhile: the ledger of a project or domain, which most that is made
charges anyway, or the named row itself.

Projects, domains and users may be those of another directory, so that a missing row says nothing: those that were deleted
here are remembered (`mark_gone`) for longer than any request takes.
"""

from __future__ import annotations

from typing import Any

from cloudcore.model.entity import DomainOwned, ProjectOwned, UserOwned
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Resource, refs_of
from cloudcore.operations.identity.revocations import is_gone
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import IDENTITY
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import hold
from cloudcore.resources.identity.user import USERS

_NOTHING = {"update_version": 0}


def keep_owner(tx: Transaction, row: Any, *, charged: bool) -> None:
    """Have the owner of a row that this unit makes stay. charged: the unit has charged him, and holds his ledger by that.

    Raises:
        ResourceNotFoundError: he was deleted.
    """
    if isinstance(row, ProjectOwned):
        keep_tenant(tx, row.domain_id, row.tenant_id, held=charged)
    elif isinstance(row, DomainOwned):
        keep_tenant(tx, row.domain_id, held=charged)
    elif isinstance(row, UserOwned):
        keep_known(tx, USERS, row.owner_id)


def keep_tenant(tx: Transaction, domain_id: str, project_id: str = "", *, held: bool = False) -> None:
    """Have a project, or a domain, stay. held: this unit has charged it.

    Raises:
        ResourceNotFoundError: it was deleted.
    """
    if not held:
        hold(tx, domain_id, project_id)
    if is_gone(tx, [ident for ident in (project_id, domain_id) if ident]):
        kind = "project" if project_id else "domain"
        raise ResourceNotFoundError(f"{kind} {project_id or domain_id} was deleted", field=kind)


def keep_known(tx: Transaction, resource: Resource[Any], ident: str) -> None:
    """Have a project, domain, user or group stay for what names it without being its own.

    Raises:
        ResourceNotFoundError: it was deleted.
    """
    if not keep_row(tx, resource, ident) and is_gone(tx, [ident]):
        raise ResourceNotFoundError(f"{resource.singular} {ident} was deleted", field=resource.singular)


def keep_row(tx: Transaction, resource: Resource[Any], ident: str) -> bool:
    """Have a row stay, and keep others from making what names it, until the unit ends; False when it is not there."""
    return tx.of(resource, PLATFORM).adjust(ident, _NOTHING)


def steady(tx: Transaction, resource: Resource[Any], ident: str) -> Any:
    """The row that something new names: it stays until the unit ends, and others may name it meanwhile, too.

    Raises:
        ResourceNotFoundError: it was deleted.
    """
    row = tx.of(resource, PLATFORM).get(ident, steady=True)
    if row is None:
        raise ResourceNotFoundError(f"{resource.singular} {ident} was deleted", field=resource.singular)
    return row


def keep_named(platform: Platform, tx: Transaction, resource: Resource[Any], values: JsonMapping) -> None:
    """Have what these values of a row name stay; who its owner is says `keep_owner`.

    Raises:
        ResourceNotFoundError: something was deleted.
    """
    for field in refs_of(resource.entity):
        target = platform.types.get(field.ref.target) if field.ref is not None else None
        ident = values.get(field.name)
        if target is None or not ident or field.name in _owning(resource):
            continue
        if target.plural in IDENTITY:
            keep_known(tx, target, str(ident))
        elif not keep_row(tx, target, str(ident)):
            raise ResourceNotFoundError(f"{target.singular} {ident} was deleted", field=field.name)


def _owning(resource: Resource[Any]) -> tuple[str, ...]:
    """The fields of a type that say who owns a row."""
    if issubclass(resource.entity, ProjectOwned):
        return ("domain_id", "tenant_id")
    if issubclass(resource.entity, DomainOwned):
        return ("domain_id",)
    return ("owner_id",) if issubclass(resource.entity, UserOwned) else ()
