"""Whether rows may be deleted and changed, and why not, as far as the rows themselves say: clients grey out what is refused.

What only other rows would say is found out by who tries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.model.columns import ABSENT, Columns, Parts
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Resource
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN
from cloudcore.resources.identity.project import SYSTEM_PROJECT
from cloudcore.resources.infrastructure.cloudregion import DEFAULT_REGION
from cloudcore.resources.network.vpc import DEFAULT_VPC

_FLAGS = ("freezed", "disable_delete", "protected")


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
        "networks": (_used("addresses of the network are in use", "ports_used"),),
    }
)
"""By plural, in the order in which a deletion asks."""


def put_permits(resource: Resource[Any], shown: Columns, page: Parts[Any]) -> None:
    """Say of each row whether it may be deleted and changed, and why not."""
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
