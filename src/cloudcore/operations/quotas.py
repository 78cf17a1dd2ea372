"""Limits and usage of projects and domains, in the families that clients know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from cloudcore.auth.caller import Caller, require_known
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import (
    ForbiddenError,
    MethodNotAllowedError,
    MissingParameterError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, PLATFORM, Expr, IsNull, Query, both, eq
from cloudcore.model.reading import format_time, read_bool, read_str
from cloudcore.operations.platform import Platform
from cloudcore.operations.quota_changes import change_limits, read_wish
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.books import Books, read_books
from cloudcore.quotas.counting import owned
from cloudcore.quotas.family import FAMILIES, Family
from cloudcore.quotas.ledger import end, hold, watch, watch_counted
from cloudcore.quotas.limits import limits_of
from cloudcore.quotas.recount import recount
from cloudcore.quotas.reserving import reserved
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.quota.quotalimit import INHERIT, OF_PROJECTS, UNLIMITED
from cloudcore.resources.quota.quotareservation import Quotareservation, held
from cloudcore.tasks.task import TASKS

PENDING = "pending"
RESERVED = "quotas"
"""The family whose pending usage are the reservations, of whatever they are."""
DEFAULTS = "defaults"
"""In the place of a kind of owner: what holds for all projects, or all domains, that have no limits of their own."""


@attrs.frozen(kw_only=True)
class Owner:
    """A project, or with an empty project id a domain as a whole; without a domain, all of that kind by default."""

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
    wish = read_wish(family, body)
    _may_set(platform, caller, family, owner, narrowed=bool(wish.keys))

    def work(tx: Transaction) -> list[JsonObject]:
        change_limits(tx, family, (owner.domain_id, owner.project_id), wish)
        if owner.domain_id:
            watch(tx, owner.domain_id, owner.project_id)
            watch_counted(tx, owner.domain_id, owner.project_id)
        return _rows(tx, family, owner, primary=False)

    return writing(platform, caller, work)


def set_for(
    platform: Platform, caller: Caller, plural: str, kind: str, ident: str, body: JsonMapping
) -> list[JsonObject]:
    """Change the limits of a project or domain. kind: `projects` or `domains`; empty, with an empty id: the caller's own;
    `defaults` with one of the two as id: of all that have no limits of their own.

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
    if kind == DEFAULTS:
        return {DEFAULTS: ident}
    if kind not in ("projects", "domains") or (kind == "projects" and not FAMILIES[plural].has_projects):
        raise MethodNotAllowedError(f"{plural} have no {kind[:64]}", data={"allow": []})
    return {kind.removesuffix("s"): ident}


def clear_pending(platform: Platform, caller: Caller, plural: str, params: JsonMapping) -> JsonObject:
    """End the owner's reservations, whose rest is given back. Nothing else is ever pending: what is being made is charged in
    the commit that begins it.
    """
    if not caller.scope_domain_id:
        _granted(platform, caller, FAMILIES[plural], "update")
    owner = owner_of(platform, caller, FAMILIES[plural], params)
    _may_set(platform, caller, FAMILIES[plural], owner, narrowed=False)
    if plural != RESERVED or not owner.domain_id:
        return {}

    def work(tx: Transaction) -> JsonObject:
        for row in reserved(tx, owned(owner.domain_id, owner.project_id)):
            end(tx, row)
        return {}

    return writing(platform, caller, work)


def owner_of(platform: Platform, caller: Caller, family: Family, params: JsonMapping) -> Owner:
    """Whose quotas are meant, if the caller may see them.

    Raises:
        ResourceNotFoundError: there is no such owner, or not for the caller.
    """
    granted = _granted(platform, caller, family, "get")
    if params.get(DEFAULTS):
        return _of_all(family, read_str(params[DEFAULTS], DEFAULTS, 16), granted)
    named = _sent(params, "project", "project_id", "tenant", "tenant_id")
    domain = _sent(params, "domain", "domain_id", "project_domain", "project_domain_id")
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


def require_all(platform: Platform, caller: Caller, family: Family) -> None:
    """Refuse who may not see the quotas of everybody.

    Raises:
        ForbiddenError: he is no administrator of the system.
    """
    if _granted(platform, caller, family, "get") is not Scope.SYSTEM:
        raise _refused(family, "get")


def _of_all(family: Family, kind: str, granted: Scope) -> Owner:
    if granted is not Scope.SYSTEM:
        raise _refused(family, "get")
    if kind not in ("domains", "projects") or (kind == "projects" and not family.has_projects):
        raise ResourceNotFoundError(f"{family.plural} have no defaults of {kind}", field=DEFAULTS)
    return Owner(domain_id="", domain="", project_id=OF_PROJECTS if kind == "projects" else "", project="")


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
    needed = Scope.DOMAIN if owner.project_id and owner.domain_id else Scope.SYSTEM
    if narrowed and owner.project_id and owner.project_id == caller.project_id:
        needed = Scope.PROJECT
    if not granted.covers(needed):
        raise _refused(family, "update")


def _refused(family: Family, action: str) -> ForbiddenError:
    return ForbiddenError(f"not enough privilege to do {family.service} {family.plural} {action}")


def _rows(tx: Transaction, family: Family, owner: Owner, *, primary: bool) -> list[JsonObject]:
    """The row for everything, and with `primary` none of those that are narrowed."""
    if not owner.domain_id:
        return [_usual(tx, family, owner)]
    return _rows_of(tx, family, [owner], owned(owner.domain_id, owner.project_id), primary=primary)[0]


def _usual(tx: Transaction, family: Family, owner: Owner) -> JsonObject:
    usual = limits_of(tx, "", (owner.project_id,), family.fields)[owner.project_id].whole
    return {"defaults": "projects" if owner.project_id else "domains"} | {
        name: usual[field] for name, field in family.counters.items()
    }


def _rows_of(
    tx: Transaction, family: Family, owners: Sequence[Owner], whose: Expr, *, primary: bool
) -> list[list[JsonObject]]:
    """The rows of each of these owners, all projects or all domains, in a number of statements that does not grow with them.

    whose: the rows of what the owners hold, by `domain_id` and `tenant_id`.
    """
    books = read_books(tx, family, [(one.domain_id, one.project_id) for one in owners], whose, narrowed=not primary)
    return [list(_rows_in(books, family, owner)) for owner in owners]


def _rows_in(books: Books, family: Family, owner: Owner) -> Iterator[JsonObject]:
    limits, used = books.limits[owner.domain_id, owner.project_id], dict(books.used(owner.domain_id, owner.project_id))
    row = {**_named(owner)}
    if family.has_projects and (kept := books.reserved(owner.domain_id, owner.project_id)):
        for one in kept:
            used |= {field: used[field] - number for field, number in held(one).items()}
        pending = [_pending(family, one) for one in kept if any(field in family.fields for field in held(one))]
        row |= {"pending": pending} if pending else {}
    yield {**row, **dict(_numbers(family, tuple(family.counters), limits.whole, used))}
    for text, keys in books.narrowings.items():
        if text in limits.narrowed:
            numbers = limits.narrowed[text]
            said = {family.counters[name]: numbers[family.counters[name]] for name in family.narrowed}
            if any(number != INHERIT for number in said.values()):
                within = books.used_within(owner.domain_id, owner.project_id, text)
                shown = {field: max(number, UNLIMITED) for field, number in said.items()}
                yield {**_named(owner), **keys, **dict(_numbers(family, family.narrowed, shown, within))}


def _pending(family: Family, kept: Quotareservation) -> JsonObject:
    """A reservation as part of a row: what it keeps of the family."""
    numbers = {name: held(kept)[field] for name, field in family.counters.items() if field in held(kept)}
    return {"id": kept.id, "name": kept.name, "expires_at": format_time(kept.expires_at), **numbers}


def _named(owner: Owner) -> JsonObject:
    row: JsonObject = {"domain_id": owner.domain_id, "domain": owner.domain, "project_domain": owner.domain}
    if owner.project_id:
        row |= {"tenant_id": owner.project_id, "project_id": owner.project_id}
        row |= {"tenant": owner.project, "project": owner.project}
    return row


def _numbers(
    family: Family, names: Sequence[str], limits: Mapping[str, int], used: Mapping[str, int]
) -> Iterator[tuple[str, int]]:
    for name in names:
        yield name, limits[family.counters[name]]
        yield f"usage.{name}", used[family.counters[name]]


def _of_many(
    platform: Platform, tx: Transaction, caller: Caller, family: Family, kind: str, params: JsonMapping
) -> list[JsonObject]:
    granted = _granted(platform, caller, family, "list")
    needed = Scope.DOMAIN if kind == "projects" else Scope.SYSTEM
    if not granted.covers(needed):
        raise _refused(family, "list")
    owners = _projects(platform, tx, caller, params, granted) if kind == "projects" else _domains(tx)
    whose = eq("domain_id", owners[0].domain_id) if kind == "projects" and owners else EVERYTHING
    found = _rows_of(tx, family, owners, whose, primary=_flag(params, "primary"))
    found.sort(key=lambda rows: -_rate(family, rows[0]))
    return [row for rows in found for row in rows]


def _rate(family: Family, row: JsonMapping) -> float:
    """How much of its tightest limit an owner has in use: who is nearest to one comes first."""
    rates = [row[f"usage.{name}"] / row[name] for name in family.counters if row[name] > 0]
    return max(rates, default=0.0)


def _projects(
    platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping, granted: Scope
) -> Sequence[Owner]:
    domain = _sent(params, "project_domain", "project_domain_id", "domain", "domain_id")
    wanted = domain or caller.scope_domain_id
    if not wanted:
        raise MissingParameterError("of which domain: log in to one or name it", field="project_domain")
    found = platform.directory.find_domain(wanted)
    if found is None or not (granted is Scope.SYSTEM or found.id == caller.scope_domain_id):
        raise ResourceNotFoundError(f"domain {domain} not found", field="project_domain")
    rows = tx.of(PROJECTS, PLATFORM).find(Query(where=eq("domain_id", found.id)))
    return [Owner(domain_id=found.id, domain=found.name, project_id=row.id, project=row.name) for row in rows]


def _domains(tx: Transaction) -> Sequence[Owner]:
    return [Owner(domain_id=row.id, domain=row.name) for row in tx.of(DOMAINS, PLATFORM).find()]


def _sent(params: JsonMapping, *names: str) -> str:
    return next((read_str(params[name], name, 128) for name in names if params.get(name)), "")


def _flag(params: JsonMapping, name: str) -> bool:
    return name in params and (params[name] in (None, "") or read_bool(params[name], name))
