"""What lists of people and what is theirs can be asked besides columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.filter import ListFilter, only, over, refused
from cloudcore.model.query import NOTHING, Compare, Expr, IsNull, Not, Op, Via, both, eq
from cloudcore.model.reading import read_time


def _from_provider(name: str, what: str) -> ListFilter:
    doc = f"{what}; there is none, so nothing comes from one"
    return ListFilter(name=name, doc=doc, where=lambda _tx, _values: NOTHING)


FROM_PROVIDERS: tuple[ListFilter, ...] = (
    _from_provider("idp_id", "Identity provider"),
    _from_provider("idp_entity_id", "Id at an identity provider"),
)

_COMPARED: Mapping[str, Op] = {"lt": Op.LT, "lte": Op.LE, "gt": Op.GT, "gte": Op.GE}


def _expiring(_tx: Any, values: Sequence[str]) -> Expr:
    """Users whose password ends before, at or after a time, such as `lt:2027-01-01T00:00:00Z`."""
    return over((Via("passwords", "id", "user_id"),), both(Not(IsNull("expires_at")), *map(_ends, values)))


def _ends(text: str) -> Expr:
    field = "password_expires_at"
    op, _, time = text.partition(":")
    if op not in (*_COMPARED, "eq", "neq"):
        known = ", ".join((*_COMPARED, "eq", "neq"))
        raise InvalidInputError(f"{field} is written as OPERATOR:TIME, with one of {known}", field=field)
    when = read_time(time, field)
    if op in _COMPARED:
        return Compare("expires_at", _COMPARED[op], when)
    return eq("expires_at", when) if op == "eq" else Not(eq("expires_at", when))


USER_FILTERS: tuple[ListFilter, ...] = (
    *FROM_PROVIDERS,
    _from_provider("protocol_id", "Protocol of a federation"),
    _from_provider("unique_id", "Id in a federation"),
    ListFilter(
        name="password_expires_at", doc="When the password ends: lt, lte, gt, gte, eq or neq, :, time", where=_expiring
    ),
    refused("inactive", "from when on somebody counts as inactive is not said; `last_active_at` can be asked for"),
)

PROJECT_FILTERS: tuple[ListFilter, ...] = (
    *FROM_PROVIDERS,
    only("is_domain", "Acts as a domain: none does", NOTHING),
)
