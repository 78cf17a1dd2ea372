"""Making a resource: whose it is, what it refers to, what it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import DomainOwned, Named, ProjectOwned, UserOwned
from cloudcore.model.errors import (
    Contention,
    DuplicateNameError,
    DuplicateResourceError,
    ForbiddenError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import generate_name, validate_name
from cloudcore.model.param import read_params
from cloudcore.model.query import PLATFORM, both, eq
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource, Verb, field_map, refs_of
from cloudcore.model.wire import read_create, sent
from cloudcore.operations.access import fetch, parent_of, reach, rows_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import sent_reference
from cloudcore.operations.sharing import share_new
from cloudcore.operations.staying import keep_named, keep_owner
from cloudcore.operations.tags import first_tags
from cloudcore.operations.unoffered import check_new
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counted import count_in
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN

POSITION = "__position__"
"""Under which the operations of types with a create of their own find a thing's place in its batch; never from callers."""


def insert(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    body: JsonMapping,
    context: Context = (),
    *,
    given: Mapping[str, Any] | None = None,
    position: int = 1,
) -> Any:
    """Authorise, read, complete and insert one resource; shared at once where the body says so.

    given: values that the operation decides, not the caller.
    """
    granted = reach(platform, caller, resource, "create")
    if not resource.offers(Verb.CREATE):  # whatever else is sent; who may not make one for others is told that
        owner(platform, caller, resource, body, granted.scope)
        resource.check_offered(Verb.CREATE)
    check_new(resource.plural, body)
    body = read_params(resource.extra_params, body)
    draft = read_create(resource, body, admin=granted.scope.covers(Scope.DOMAIN))
    draft.update(references(platform, tx, caller, resource, body, context, creating=True))
    _check_parent(platform, tx, caller, resource, draft, granted.scope)
    draft.update(owner(platform, caller, resource, body, granted.scope))
    draft.update(given or {})
    if "metadata" in field_map(resource.entity):
        draft["metadata"] = first_tags(body)
    if issubclass(resource.entity, Named):
        draft["name"] = new_name(platform, tx, resource, draft, body, body.get(POSITION, position))
    extra = {one.name: body[one.name] for one in resource.extra_params if one.name in body}
    prepared = resource.prepare(tx, caller, {**extra, **draft})
    fields = field_map(resource.entity)
    draft = {k: v for k, v in (draft if prepared is None else prepared).items() if k in fields}
    _check_complete(resource, draft)
    values: JsonObject = {"id": tx.new_id(), **draft}
    entity: Any = resource.entity(**values)
    try:
        stored = tx.of(resource, PLATFORM).add(entity)
    except DuplicateNameError as error:
        if body.get("name") or not body.get("generate_name"):
            raise
        raise Contention("others took the name that was made up", internal=str(values.get("name"))) from error
    keep_named(platform, tx, resource, draft)
    count_in(tx, resource, stored)
    keep_owner(tx, stored, charged=bool(resource.charged(stored)))
    return share_new(platform, tx, caller, resource, stored, body)


def owner(platform: Platform, caller: Caller, resource: Resource[Any], body: JsonMapping, granted: Scope) -> JsonObject:
    """Whose the new resource is: the caller's, or whom he names if his permission reaches that far.

    Raises:
        ForbiddenError: it does not.
        MissingParameterError: the caller has no project or domain scope.
    """
    if issubclass(resource.entity, UserOwned):
        return {"owner_id": caller.user_id}
    if issubclass(resource.entity, ProjectOwned):
        return _project_owner(platform, caller, body, granted)
    return _domain_owner(platform, caller, body, granted) if issubclass(resource.entity, DomainOwned) else {}


def wanted_owner(body: JsonMapping) -> tuple[str | None, str | None]:
    """The project and the domain that a body names for what it makes; also where something else decides whose it is.

    Raises:
        InvalidInputError: one is no name.
    """
    return _first_text(body, ("project_id", "project", "tenant_id", "tenant")), _first_text(body, _DOMAIN_KEYS)


def _project_owner(platform: Platform, caller: Caller, body: JsonMapping, granted: Scope) -> JsonObject:
    wanted, home = wanted_owner(body)
    if wanted is None:
        if not caller.project_id:
            raise MissingParameterError("this needs a project: log in to one or name it", field="project_id")
        return {"tenant_id": caller.project_id, "domain_id": caller.project_domain_id}
    if wanted not in (caller.project_id, caller.project_name) and not granted.covers(Scope.DOMAIN):
        # The same whether there is such a project or not.
        raise ForbiddenError("not enough privilege to create for another project", field="project_id")
    domain = home or ("" if granted.covers(Scope.SYSTEM) else caller.scope_domain_id)
    project = platform.directory.find_project(wanted, domain or None)
    if project is None or (not granted.covers(Scope.SYSTEM) and project.domain_id != caller.scope_domain_id):
        raise ResourceNotFoundError(f"project {wanted} not found", field="project_id")
    return {"tenant_id": project.id, "domain_id": project.domain_id}


def _domain_owner(platform: Platform, caller: Caller, body: JsonMapping, granted: Scope) -> JsonObject:
    wanted = _first_text(body, _DOMAIN_KEYS)
    own = caller.scope_domain_id
    if wanted is None and caller.system_id and granted.covers(Scope.SYSTEM):
        wanted = DEFAULT_DOMAIN
    if wanted is None:
        if not own:
            raise MissingParameterError("this needs a domain: log in to one or name it", field="domain_id")
        return {"domain_id": own}
    domain = platform.directory.find_domain(wanted)
    if domain is None or (not granted.covers(Scope.SYSTEM) and domain.id != own):
        raise ResourceNotFoundError(f"domain {wanted} not found", field="domain_id")
    return {"domain_id": domain.id}


_DOMAIN_KEYS = ("project_domain", "project_domain_id", "domain_id", "domain")


def references(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    body: JsonMapping,
    context: Context,
    *,
    creating: bool,
) -> JsonObject:
    """The referred rows that the caller named in the body or the URL, as ids; each must be visible to him.

    Raises:
        ResourceNotFoundError: one is not there, or not for him.
        MissingParameterError: a required one is absent.
    """
    types = platform.types
    parents = dict(context)
    found: JsonObject = {}
    sides = (resource.joint.left, resource.joint.right) if resource.joint is not None else ()
    for field in refs_of(resource.entity):
        ref = field.ref
        allowed = field.spec.create if creating else field.spec.update
        if ref is None or ref.target not in types or not (allowed or ref.target in parents):
            continue
        above = parents.get(ref.target)
        named = ("", above) if above else sent_reference(field, body)
        if named is not None:
            found[field.name] = _referred(platform, tx, caller, types[ref.target], *named)
        elif not creating and field.nullable and sent(field, body) == (True, None):
            found[field.name] = None
        elif creating and (field.spec.required or field.name in sides):
            raise MissingParameterError(f"{field.name} is missing", field=field.name)
    return found


def _referred(platform: Platform, tx: Transaction, caller: Caller, target: Resource[Any], key: str, ident: str) -> str:
    """The id of what was named; a refusal names the key under which it was sent, if it was not in the URL."""
    try:
        found: str = fetch(platform, tx, caller, target, ident).id
    except (ResourceNotFoundError, DuplicateResourceError) as error:
        error.field = key or error.field
        raise
    return found


def under_parents(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], body: JsonMapping, context: Context
) -> JsonMapping:
    """The body of a create with the parents of its URL, as if they had been sent; each must be visible to the caller.

    Raises:
        ResourceNotFoundError: one is not there, or not for him, or the type does not stand under it.
    """
    named: JsonObject = {}
    for plural, ident in context:
        field = next((f for f in refs_of(resource.entity) if f.ref is not None and f.ref.target == plural), None)
        if field is None or plural not in platform.types:
            raise ResourceNotFoundError(f"{resource.plural} do not stand under {plural}")
        named[field.name] = fetch(platform, tx, caller, platform.types[plural], ident).id
    return {**body, **named}


def new_name(
    platform: Platform,
    tx: Transaction,
    resource: Resource[Any],
    draft: JsonMapping,
    body: JsonMapping,
    position: int = 1,
) -> str:
    """The new resource's name: as sent, or generated from `generate_name` so that no sibling has it.

    Raises:
        MissingParameterError: neither was sent, and the type has no default.
    """
    names = next((set_ for set_ in resource.unique if set_[0] == "name"), ("name",))
    known = {n: field.default for n, field in field_map(resource.entity).items() if field.has_default}
    siblings = both(*(eq(n, draft.get(n, known.get(n))) for n in names[1:] if n in draft or n in known))

    def taken(name: str) -> bool:
        return tx.of(resource, PLATFORM).count(both(eq("name", name), siblings)) > 0

    pattern = body.get("generate_name")
    text = "" if pattern is None else read_str(pattern, "generate_name", 128)
    if draft.get("name"):
        return validate_name(draft["name"])
    if text:
        return validate_name(generate_name(text, taken, platform.ids.random_bytes, base=position))
    if field_map(resource.entity)["name"].has_default:
        return ""
    raise MissingParameterError("name is missing", field="name")


def _check_parent(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], draft: JsonMapping, scope: Scope
) -> None:
    """Refuse to add to something that is only shared with the caller."""
    parent = parent_of(platform, resource)
    ident = draft.get(resource.belongs_to) if parent is not None else None
    if parent is None or ident is None or caller.is_platform:
        return
    if getattr(tx.of(parent, PLATFORM).get(ident), "freezed", False):
        raise InvalidStatusError(f"this {parent.singular} is frozen: unfreeze it first", field=resource.belongs_to)
    if tx.of(parent, rows_of(platform, caller, parent, scope)).get(ident) is None:
        raise ForbiddenError(f"not enough privilege to change this {parent.singular}", field=resource.belongs_to)


def _check_complete(resource: Resource[Any], draft: JsonMapping) -> None:
    for field in field_map(resource.entity).values():
        if field.name not in draft and not field.has_default and field.name != "id":
            raise MissingParameterError(f"{field.name} is missing", field=field.name)


def _first_text(body: JsonMapping, keys: Sequence[str]) -> str | None:
    for key in keys:
        value = body.get(key)
        if value not in (None, ""):
            if not isinstance(value, str):
                raise InvalidInputError(f"{key} must be a text", field=key)
            return read_str(value, key, 128)
    return None
