"""Types of which each one counts (`Resource.counts_as`, `Resource.holds`): charged where it is made, refunded where it goes."""

from __future__ import annotations

from typing import Any

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import charge, refund


def count_in(tx: Transaction, resource: Resource[Any], row: Any) -> None:
    """Charge the owner of a row that was just inserted.

    Raises:
        OutOfQuotaError: a limit would be exceeded.
    """
    if amounts := resource.charged(row):
        charge(tx, row.domain_id, _project(row), amounts, lambda: {resource.plural: [row.id]})


def count_out(tx: Transaction, resource: Resource[Any], row: Any) -> None:
    """Refund the owner of a row that goes in this unit."""
    if amounts := resource.charged(row):
        refund(tx, row.domain_id, _project(row), amounts)


def _project(row: Any) -> str:
    return str(row.tenant_id) if isinstance(row, ProjectOwned) else ""
