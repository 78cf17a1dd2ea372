"""Limits and usage of projects and domains, in the families that clients know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller, require_known
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    Contention,
    DuplicateResourceError,
    ForbiddenError,
    InvalidInputError,
    MethodNotAllowedError,
    MissingParameterError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, IsNull, Query, both, eq
from cloudcore.model.reading import read_bool, read_int, read_str
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import FAMILIES, Family
from cloudcore.quotas.ledger import UNLIMITED, hold, usage_of
from cloudcore.quotas.narrowing import matching, owned, read_keys, write_keys
from cloudcore.quotas.recount import recount
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit
from cloudcore.tasks.task import TASKS

MOST = (1 << 53) - 1
PENDING = "pending"
ACTIONS = ("add", "sub", "replace", "update", "reset", "delete")
_OTHER_KEYS = ("provider", "brand", "cloud_env", "account_id", "manager_id", "region_id", "cloudregion_id")


@attrs.frozen(kw_only=True)
class Owner:
    """A project, or with an empty project id a domain as a whole."""

    domain_id: str
    domain: str
    project_id: str = ""
    project: str = ""


def list_quotas(platform: Platform, caller: Caller, plural: str, params: JsonMapping) -> list[JsonObject]:
    """The quotas of one owner: the caller's, or that of the params `project` or `domain`; with `owners` of all
    `projects` (of the domain `project_domain`) or `domains`. With `refresh` the usage is counted afresh, unless a
    task of the owner is under way.

    Raises:
        ForbiddenError: the caller may not see them.
        ResourceNotFoundError: there is no such owner, or not for him.
    """
    family = FAMILIES[plural]
    many = str(params.get("owners") or "")
    if many:
        return reading(platform, lambda tx: _of_many(platform, tx, caller, family, many, params))
    owner = owner_of(platform, caller, family, params)
    primary = _flag(params, "primary")
    if _flag(params, "refresh"):

        def count(tx: Transaction) -> list[JsonObject]:
            hold(tx, owner.domain_id, owner.project_id)
            if not tx.of(TASKS, PLATFORM).count(both(owned(owner.domain_id, owner.project_id), IsNull("ended_at"))):
                recount(tx, owner.domain_id, owner.project_id)
            return _rows(tx, family, owner, primary=primary)

        return writing(platform, caller, count)
    return reading(platform, lambda tx: _rows(tx, family, owner, primary=primary))


def set_quota(
    platform: Platform, caller: Caller, plural: str, params: JsonMapping, body: JsonMapping
) -> list[JsonObject]:
    """Change the limits of one owner (`params` as for `list_quotas`); all of his rows.

    body: limits by name, -1 for none, keys that they are narrowed to, and `action`: add, sub, replace, update, reset or
        delete.

    Raises:
        ForbiddenError: the caller may not, or the row for everything would be deleted.
        InvalidInputError: a name or number is wrong.
    """
    family = FAMILIES[plural]
    if not caller.scope_domain_id:
        _granted(platform, caller, family, "update")
    owner = owner_of(platform, caller, family, {**params, "scope": params.get("scope") or body.get("scope")})
    action = read_str(body.get("action") or "update", "action", 16)
    if action not in ACTIONS:
        raise InvalidInputError(f"action must be one of {', '.join(ACTIONS)}", field="action")
    keys = _keys(family, body)
    values = _values(family, body, keys)
    _may_set(platform, caller, family, owner, narrowed=bool(keys))

    def work(tx: Transaction) -> list[JsonObject]:
        _change(tx, family, owner, action, write_keys(keys), values)
        return _rows(tx, family, owner, primary=False)

    return writing(platform, caller, work)


def set_for(
    platform: Platform, caller: Caller, plural: str, kind: str, ident: str, body: JsonMapping
) -> list[JsonObject]:
    """Change the limits of a project or domain. kind: `projects` or `domains`; empty, with an empty id: the caller's own.

    Raises:
        ResourceNotFoundError: there is no such kind or owner, and others of `set_quota`.
    """
    return set_quota(platform, caller, plural, named_owner(plural, kind, ident), body)


def named_owner(plural: str, kind: str, ident: str) -> JsonObject:
    """The params that name an owner as a path does.

    Raises:
        MethodNotAllowedError: a family of domains has no quotas of projects, or there is no such kind.
    """
    if not kind:
        return {}
    if kind not in ("projects", "domains") or (kind == "projects" and not FAMILIES[plural].has_projects):
        raise MethodNotAllowedError(f"{plural} have no {kind[:64]}", data={"allow": []})
    return {kind.removesuffix("s"): ident}


def clear_pending(platform: Platform, caller: Caller, plural: str, params: JsonMapping) -> JsonObject:
    """Nothing: what is being made is charged in the commit that begins it, and nothing is ever pending."""
    if not caller.scope_domain_id:
        _granted(platform, caller, FAMILIES[plural], "update")
    owner = owner_of(platform, caller, FAMILIES[plural], params)
    _may_set(platform, caller, FAMILIES[plural], owner, narrowed=False)
    return {}


def owner_of(platform: Platform, caller: Caller, family: Family, params: JsonMapping) -> Owner:
    """Whose quotas are meant, if the caller may see them.

    Raises:
        ResourceNotFoundError: there is no such owner, or not for the caller.
    """
    granted = _granted(platform, caller, family, "get")
    named = _named(params, "project", "project_id", "tenant", "tenant_id")
    domain = _named(params, "domain", "domain_id", "project_domain", "project_domain_id")
    if named and family.has_projects:
        return _project(platform, caller, named, domain, granted)
    if not domain and not named:
        domain = caller.scope_domain_id
        wanted = read_str(params.get("scope") or "", "scope", 16)
        if family.has_projects and caller.project_id and wanted != "domain":
            return _project(platform, caller, caller.project_id, "", granted)
        if not domain:
            raise MissingParameterError("this needs a project or a domain: log in to one or name it", field="domain")
    found = platform.directory.find_domain(domain or named)
    if found is None or not (granted is Scope.SYSTEM or found.id == caller.scope_domain_id):
        raise ResourceNotFoundError(f"domain {domain or named} not found", field="domain")
    if not granted.covers(Scope.DOMAIN):
        raise _refused(family, "get")
    return Owner(domain_id=found.id, domain=found.name)


def _project(platform: Platform, caller: Caller, ident: str, domain: str, granted: Scope) -> Owner:
    found = platform.directory.find_project(ident, domain or None)
    within = found is not None and (
        granted is Scope.SYSTEM
        or found.id == caller.project_id
        or (granted is Scope.DOMAIN and found.domain_id == caller.scope_domain_id)
    )
    if found is None or not within:
        raise ResourceNotFoundError(f"project {ident} not found", field="project")
    return Owner(domain_id=found.domain_id, domain=found.domain_name, project_id=found.id, project=found.name)


def _granted(platform: Platform, caller: Caller, family: Family, action: str) -> Scope:
    """The widest scope at which the caller may do this to quotas."""
    if caller.is_platform:
        return Scope.SYSTEM
    require_known(caller)
    policies = platform.policies.policy_set(caller)
    for scope in (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT):
        if policies.allowed(scope, family.service, family.plural, action).allowed:
            return scope
    raise _refused(family, action)


def _may_set(platform: Platform, caller: Caller, family: Family, owner: Owner, *, narrowed: bool) -> None:
    """A domain limits its projects, the system its domains; a project may only narrow its own share further."""
    granted = _granted(platform, caller, family, "update")
    needed = Scope.DOMAIN if owner.project_id else Scope.SYSTEM
    if narrowed and owner.project_id and owner.project_id == caller.project_id:
        needed = Scope.PROJECT
    if not granted.covers(needed):
        raise _refused(family, "update")


def _refused(family: Family, action: str) -> ForbiddenError:
    return ForbiddenError(f"not enough privilege to do {family.service} {family.plural} {action}")


def _keys(family: Family, body: JsonMapping) -> dict[str, str]:
    foreign = next((name for name in _OTHER_KEYS if body.get(name) and name not in family.keys), None)
    if foreign is not None:
        raise NotSupportedError(f"{family.plural} are not narrowed by {foreign}", field=foreign)
    return {name: read_str(body[name], name, 128) for name in family.keys if body.get(name)}


def _values(family: Family, body: JsonMapping, keys: JsonMapping) -> dict[str, int]:
    """Field of the ledger → number, of the limits that were sent."""
    known = family.narrowed if keys else tuple(family.counters)
    passed = {"action", "scope", *family.keys, *_OTHER_KEYS, *_OWNER_NAMES}
    for name, value in body.items():
        if name not in known and name not in passed and value not in (None, ""):
            where = f"{family.plural} narrowed by {', '.join(keys)}" if keys else family.plural
            raise InvalidInputError(f"{where} have no limit {name[:64]!r}", field=name[:64])
    sent = {name: body[name] for name in known if body.get(name) not in (None, "")}
    return {family.counters[name]: read_int(value, name, UNLIMITED, MOST) for name, value in sent.items()}


_OWNER_NAMES = ("domain", "domain_id", "project", "project_id", "tenant", "tenant_id", "project_domain")


def _change(tx: Transaction, family: Family, owner: Owner, action: str, keys: str, values: dict[str, int]) -> None:
    repository = tx.of(QUOTALIMITS, PLATFORM)
    where = both(eq("domain_id", owner.domain_id), eq("tenant_id", owner.project_id), eq("keys", keys))
    found = repository.find(Query(where=where, limit=1))
    if action == "delete":
        if not keys:
            raise ForbiddenError("the limits for everything stay; reset them instead", field="action")
        if not found:
            raise ResourceNotFoundError("there is no such row of limits")
        repository.remove(found[0])
        return
    fresh = Quotalimit(id=tx.new_id(), domain_id=owner.domain_id, tenant_id=owner.project_id, keys=keys)
    changes = _changed(family, action, found[0] if found else fresh, values)
    if found:
        repository.save(evolve(found[0], **changes))
        return
    try:
        repository.add(evolve(fresh, **changes))
    except DuplicateResourceError as error:
        raise Contention("these limits are being set elsewhere", internal=owner.domain_id) from error


def _changed(family: Family, action: str, row: Any, values: dict[str, int]) -> dict[str, int]:
    if action in ("update", "replace", "reset"):
        base = (
            {} if action == "update" else dict.fromkeys(family.counters.values(), UNLIMITED if action == "reset" else 0)
        )
        return base if action == "reset" else {**base, **values}
    changed: dict[str, int] = {}
    for field, number in values.items():
        before = getattr(row, field)
        if number < 0:
            raise InvalidInputError("what is added or taken must not be negative", field=field)
        if before == UNLIMITED:
            raise InvalidInputError(f"{field} has no limit yet to {action} to", field=field)
        after = before + number if action == "add" else before - number
        if not 0 <= after <= MOST:
            raise InvalidInputError(f"the limit would be {after}", field=field)
        changed[field] = after
    return changed


def _rows(tx: Transaction, family: Family, owner: Owner, *, primary: bool) -> list[JsonObject]:
    where = both(eq("domain_id", owner.domain_id), eq("tenant_id", owner.project_id))
    limits = {row.keys: row for row in tx.of(QUOTALIMITS, PLATFORM).find(Query(where=where))}
    rows = [_row(family, owner, limits.get(""), "", usage_of(tx, owner.domain_id, owner.project_id))]
    if primary or not family.narrowed:
        return rows
    narrowed = [
        (keys, matching(tx, owner.domain_id, owner.project_id, read_keys(keys))) for keys in sorted(limits) if keys
    ]
    return [*rows, *(_row(family, owner, limits[keys], keys, used) for keys, used in narrowed)]


def _row(family: Family, owner: Owner, limits: Any, keys: str, usage: JsonMapping) -> JsonObject:
    row: JsonObject = {"domain_id": owner.domain_id, "domain": owner.domain, "project_domain": owner.domain}
    if owner.project_id:
        row |= {"tenant_id": owner.project_id, "project_id": owner.project_id}
        row |= {"tenant": owner.project, "project": owner.project}
    row |= read_keys(keys)
    for name in family.narrowed if keys else family.counters:
        field = family.counters[name]
        row[name] = getattr(limits, field) if limits is not None else UNLIMITED
        row[f"usage.{name}"] = usage[field]
    return row


def _of_many(
    platform: Platform, tx: Transaction, caller: Caller, family: Family, kind: str, params: JsonMapping
) -> list[JsonObject]:
    granted = _granted(platform, caller, family, "list")
    needed = Scope.DOMAIN if kind == "projects" else Scope.SYSTEM
    if not granted.covers(needed):
        raise _refused(family, "list")
    owners = _projects(platform, tx, caller, params, granted) if kind == "projects" else _domains(tx)
    primary = _flag(params, "primary")
    return [row for owner in owners for row in _rows(tx, family, owner, primary=primary)]


def _projects(
    platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping, granted: Scope
) -> Sequence[Owner]:
    domain = _named(params, "project_domain", "project_domain_id", "domain", "domain_id")
    found = platform.directory.find_domain(domain or caller.scope_domain_id)
    if found is None or not (granted is Scope.SYSTEM or found.id == caller.scope_domain_id):
        raise ResourceNotFoundError(f"domain {domain} not found", field="project_domain")
    rows = tx.of(PROJECTS, PLATFORM).find(Query(where=eq("domain_id", found.id)))
    return [Owner(domain_id=found.id, domain=found.name, project_id=row.id, project=row.name) for row in rows]


def _domains(tx: Transaction) -> Sequence[Owner]:
    return [Owner(domain_id=row.id, domain=row.name) for row in tx.of(DOMAINS, PLATFORM).find()]


def _named(params: JsonMapping, *names: str) -> str:
    return next((read_str(params[name], name, 128) for name in names if params.get(name)), "")


def _flag(params: JsonMapping, name: str) -> bool:
    return name in params and (params[name] in (None, "") or read_bool(params[name], name))
