"""Whether rows may be deleted and changed, and why not: clients grey out what is refused.

What the rows themselves say is always told. What others say that refer to them takes a statement for each type that may,
and is told where one row is shown, or where a list is asked for reasons (`show_fail_reason`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.model.columns import ABSENT, Columns, Parts
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.model.resource import Resource, refs_of
from cloudcore.model.spec import OnDelete
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN
from cloudcore.resources.identity.project import SYSTEM_PROJECT
from cloudcore.resources.infrastructure.cloudregion import DEFAULT_REGION
from cloudcore.resources.network.secgroup import DEFAULT_SECGROUP
from cloudcore.resources.network.vpc import DEFAULT_VPC

_FLAGS = ("freezed", "disable_delete")


@attrs.frozen(kw_only=True)
class Kept:
    """What keeps a row of a type: which of its values, and the refusal that a deletion gets."""

    keys: tuple[str, ...]
    by: Callable[..., bool]
    kind: str
    code: int
    why: str

    @property
    def reason(self) -> JsonObject:
        """As the wire has it."""
        return {"class": self.kind, "code": self.code, "details": self.why}


def _some(*values: Any) -> bool:
    return any(values)


def _forbidden(why: str, *keys: str) -> Kept:
    return Kept(keys=keys, by=_some, kind="ForbiddenError", code=403, why=why)


def _named(why: str, *values: str, keys: tuple[str, ...] = ("id",)) -> Kept:
    def by(*held: Any) -> bool:
        return held == values

    return Kept(keys=keys, by=by, kind="ForbiddenError", code=403, why=why)


def _used(why: str, *keys: str) -> Kept:
    return Kept(keys=keys, by=_some, kind="NotEmptyError", code=406, why=why)


def _enabled(thing: str) -> Kept:
    why = f"disable the {thing} before deleting it"
    return Kept(keys=("enabled",), by=_some, kind="InvalidStatusError", code=400, why=why)


KEPT: Mapping[str, tuple[Kept, ...]] = MappingProxyType(
    {
        "users": (_forbidden("a system account cannot be deleted", "is_system_account"),),
        "policies": (_forbidden("a policy of the platform cannot be deleted", "is_system"),),
        "projects": (
            _named("the system project cannot be deleted", SYSTEM_PROJECT, DEFAULT_DOMAIN, keys=("name", "domain_id")),
        ),
        "domains": (_named("the default domain cannot be deleted", DEFAULT_DOMAIN), _enabled("domain")),
        "roles": (_used("assignments still use it", "user_count", "group_count"),),
        "cloudregions": (_named("the default region cannot be deleted", DEFAULT_REGION),),
        "hosts": (_enabled("host"),),
        "vpcs": (_named("the default VPC cannot be deleted", DEFAULT_VPC),),
        "secgroups": (_named("the default security group cannot be deleted", DEFAULT_SECGROUP),),
        "cachedimages": (_used("storages hold this image", "cached_count"),),
        "images": (_forbidden("the image is protected", "protected"),),
        "guestimages": (_forbidden("the image is protected", "protected"),),
        "networks": (_used("addresses of the network are in use", "ports_used"),),
    }
)
"""By plural, in the order in which a deletion asks."""


_OTHERWISE = frozenset({"servers", "guestimages"})
"""Types whose deletion takes along, or lets go, what refers to them."""


def put_used(platform: Platform, tx: Transaction, resource: Resource[Any], shown: Columns, page: Parts[Any]) -> None:
    """Say of the rows that others refer to that they may not be deleted; `put_permits` has been there before."""
    idents: Sequence[str] = page.columns["id"]
    reasons = dict(zip(idents, _held(shown, "delete_fail_reason", len(page)), strict=True))
    for other, name in _refusing(platform.resources, resource.plural):
        free = [ident for ident in idents if reasons[ident] is ABSENT]
        if not free:
            break
        for row in tx.of(other, PLATFORM).totals(one_of(name, free), by=(name,)):
            reasons[row[name]] = _used(still_used(row["count"], other)).reason
    if any(one is not ABSENT for one in reasons.values()):
        shown.put("can_delete", [reasons[ident] is ABSENT for ident in idents])
        shown.put("delete_fail_reason", [reasons[ident] for ident in idents], holed=True)


def still_used(number: int, other: Resource[Any]) -> str:
    """What a deletion is told that so many rows of another type stand against."""
    return f"{number} {other.plural} still use it"


def _held(shown: Columns, key: str, count: int) -> Sequence[Any]:
    return next((column for name, column, _ in shown.columns() if name == key), [ABSENT] * count)


@cache
def _refusing(resources: tuple[Resource[Any], ...], plural: str) -> tuple[tuple[Resource[Any], str], ...]:
    """The types and fields by which rows of a type are kept from being deleted, in the order in which a deletion looks."""
    return tuple(
        (other, field.name)
        for other in resources
        for field in refs_of(other.entity)
        if field.ref is not None
        and field.ref.target == plural
        and field.ref.on_delete is OnDelete.REFUSE
        and plural not in _OTHERWISE
    )


def put_permits(resource: Resource[Any], shown: Columns, page: Parts[Any]) -> None:
    """Say of each row whether it may be deleted and changed, and why not, as far as the row itself says."""
    shown.put_same("can_delete", value=True)
    shown.put_same("can_update", value=True)
    known = {key: column for key, column, _ in shown.columns()} | dict(page.columns)
    flags = [page.columns[name] for name in _FLAGS if name in page.columns]
    frozen = page.columns.get("freezed") or [False] * len(page)
    reasons: list[Any] = [ABSENT] * len(page)
    if any(True in column for column in flags):
        locked = [any(row) for row in zip(*flags, strict=True)]
        reasons = [_locked(frozen=cold) if one else ABSENT for one, cold in zip(locked, frozen, strict=True)]
        shown.put("can_update", [not one for one in frozen])
    for rule in KEPT.get(resource.plural, ()):
        columns = [known[key] for key in rule.keys if key in known]
        if len(columns) == len(rule.keys):
            reasons = _with(reasons, rule, columns)
    if any(one is not ABSENT for one in reasons):
        shown.put("can_delete", [one is ABSENT for one in reasons])
        shown.put("delete_fail_reason", reasons, holed=True)


def _with(reasons: Sequence[Any], rule: Kept, columns: Sequence[Sequence[Any]]) -> list[Any]:
    kept = [rule.by(*values) for values in zip(*columns, strict=True)]
    return [rule.reason if one and held is ABSENT else held for held, one in zip(reasons, kept, strict=True)]


def _locked(*, frozen: bool) -> JsonObject:
    reason = "it is frozen" if frozen else "deletion is switched off (disable_delete)"
    return {"class": "InvalidStatusError", "code": 400, "details": reason}
