"""How much there is of everything: `GET /usages`, by scope, for a whole service or for one place.

Keys are `all.servers`, `domain.servers` and `servers` (of the system, the caller's domain, his project), the same with a
status behind them, and with cpu, memory (MiB) and disk (MiB) for what is added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller, require_known
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import Statused
from cloudcore.model.errors import ForbiddenError, InvalidInputError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import Exists, Expr, both
from cloudcore.model.resource import Resource, Verb
from cloudcore.operations.access import fetch, natural_scope, rows_of
from cloudcore.operations.clouds import cloud_filters
from cloudcore.operations.owners import named_owner
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import hierarchy, path_of
from cloudcore.ports.unit_of_work import Transaction

USAGES = "usages"
RANGES = ("zones", "wires", "hosts", "cloudregions")
"""What usage can be narrowed to, as `/usages/{range}/{id}`."""

_LATER = ("schedtags", "cloudaccounts", "cloudproviders")
"""What the wire narrows it to as well."""

_SCOPES = (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT)
_PREFIX = {Scope.SYSTEM: "all.", Scope.DOMAIN: "domain.", Scope.PROJECT: ""}
_SUMS = {"total_cpu_count": "cpu", "total_mem_size_mb": "memory", "total_disk_size_mb": "disk"}


def usages(platform: Platform, tx: Transaction, caller: Caller, name: str, params: JsonMapping) -> JsonObject:
    """The usage of one service, or with a name such as `zones/zone0` of what is in that zone.

    With `project` or `project_domain` it is that of another owner, for whoever may see it at a wider scope.

    Raises:
        ForbiddenError: the caller may see it at no scope, or not at the one that he asks for.
        InvalidInputError: there is no such scope.
        ResourceNotFoundError: there is no such thing to narrow it to, no such owner, or not for him.
    """
    plural, _, ident = name.partition("/")
    service = plural if not ident else "compute"
    owner, scopes = _granted(platform, caller, service, params)
    types = [
        one for one in platform.resources if one.service == service and one.joint is None and Verb.LIST in one.verbs
    ]
    inside = _inside(platform, tx, caller, plural, ident) if ident else {}
    found: JsonObject = {}
    for resource in types:
        where = both(*cloud_filters(resource, params))
        if ident:
            path = path_of(platform.types, resource, platform.types[plural].singular)
            if path is None:
                continue
            where = both(where, hierarchy(platform.types, resource, inside, _known))
        for scope in scopes:
            if scope is Scope.SYSTEM or natural_scope(resource) is not Scope.SYSTEM:
                owned = both(where, rows_of(platform, owner, resource, scope))
                found.update(_counts(platform, tx, resource, owned, _PREFIX[scope]))
    return dict(sorted(found.items()))


def _granted(platform: Platform, caller: Caller, service: str, params: JsonMapping) -> tuple[Caller, Sequence[Scope]]:
    """Whose usage it is, and the scopes that are reported: the wanted one, or the widest that there is, and those within."""
    require_known(caller)
    policies = platform.policies.policy_set(caller)
    may = [scope for scope in _SCOPES if caller.is_platform or policies.allowed(scope, service, USAGES, "get").allowed]
    text = str(params.get("scope") or "")
    if text and text not in _SCOPES:
        raise InvalidInputError("scope must be one of system, domain, project", field="scope")
    if not may or (text and not may[0].covers(Scope(text))):
        raise ForbiddenError(f"not enough privilege to do {service} {USAGES} get")
    domain_id, project_id = named_owner(platform, params)
    if not domain_id:
        return caller, [scope for scope in _SCOPES if (Scope(text) if text else may[0]).covers(scope)]
    mine = {
        Scope.PROJECT: project_id == caller.project_id and project_id,
        Scope.DOMAIN: domain_id == caller.scope_domain_id,
    }
    if not mine.get(may[0], True):
        raise ResourceNotFoundError("no such project or domain", field="project")
    other = attrs.evolve(caller, project_id=project_id, project_domain_id=domain_id, domain_id="")
    return other, [Scope.PROJECT if project_id else Scope.DOMAIN]


def _inside(platform: Platform, tx: Transaction, caller: Caller, plural: str, ident: str) -> JsonObject:
    if plural in _LATER:
        raise NotSupportedError(f"usage by {plural} is not supported")
    if plural not in RANGES:
        raise ResourceNotFoundError(f"usage is not counted by {plural[:64]}")
    resource = platform.types[plural]
    return {f"{resource.singular}_id": fetch(platform, tx, caller, resource, ident).id}


def _known(_target: Resource[Any] | None, ident: str) -> str:
    return ident


def _counts(
    platform: Platform, tx: Transaction, resource: Resource[Any], where: Expr, prefix: str
) -> Iterator[tuple[str, int]]:
    key = f"{prefix}{resource.plural}"
    if not issubclass(resource.entity, Statused):
        yield key, tx.of(resource, where).count()
        return
    rows: Sequence[Mapping[str, Any]] = tx.of(resource, where).totals(by=("status",))
    yield key, sum(int(row["count"]) for row in rows)
    for row in rows:
        yield f"{key}.{row['status']}", int(row["count"])
    for one in resource.sums:
        plural, of = resource.plural, where
        for step in one.via:
            of, plural = Exists(plural, step.local, step.foreign, of), step.plural
        (added,) = tx.of(platform.types[plural], of).totals(sums=(one.field,))
        yield f"{key}.{_SUMS.get(one.key, one.key)}", int(added[one.field])
