"""Actions, class actions, named details and collection properties of every type."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import Entity
from cloudcore.model.errors import ActionNotFoundError, SpecNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import read_params
from cloudcore.model.reading import read_bool
from cloudcore.model.resource import ActionKind, Resource, field_map
from cloudcore.model.wire import public_tags
from cloudcore.operations.access import fetch_for, reach
from cloudcore.operations.batches import batch_actions
from cloudcore.operations.begin import start_transition
from cloudcore.operations.generic import check_not_frozen, check_not_recycled
from cloudcore.operations.giving import CANDIDATES, candidate_domains
from cloudcore.operations.ladder import Call, ladder_actions
from cloudcore.operations.later import ACTIONS, CLASS_ACTIONS, COLLECTION, DETAILS, check_parameters, is_later, refused
from cloudcore.operations.parameter import texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.statistics import PROPERTIES, ask
from cloudcore.operations.table import DETAIL, PERFORM, PERFORM_CLASS
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import BATCH, LADDER

OF_THE_BIN = ("cancel-delete", "purge")
"""What can be done to things in the recycle bin."""


def perform_action(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    ident: str,
    name: str,
    body: JsonMapping,
) -> JsonObject:
    """Do something with one resource; its details where the action has no answer of its own.

    Raises:
        ActionNotFoundError: the type has no such action.
        NotSupportedError: the wire knows it, or what is said with it, and this release does not offer it.
    """
    action = resource.action(name, ActionKind.PERFORM)
    common = ladder_actions(resource.entity).get(name)
    later = action is None and common is None
    if later and not is_later(ACTIONS, resource.plural, name):
        raise ActionNotFoundError(f"{resource.plural} have no action {name[:64]}")
    row = fetch_for(platform, tx, caller, resource, ident, "perform", name)
    if later:
        raise refused(resource.plural, name)
    resource.check_offered(name)
    if name != "unfreeze":
        check_not_frozen(row)
    if name not in OF_THE_BIN:
        check_not_recycled(row)
    check_parameters(resource.plural, name, body)
    body = read_params((action or LADDER[name]).params, body)
    answer: Any = None
    if (own := PERFORM.get((resource.plural, name))) is not None:
        answer = own(platform, tx, caller, row, body)
    elif action is not None and action.transition is not None:
        force = "is_force" in body and read_bool(body["is_force"], "is_force")
        known = {one.name: body[one.name] for one in action.params if one.name in body}
        params = action.read(row, known) if action.read is not None else known
        start_transition(platform, tx, caller, resource, row, action.transition, params, force=force)
    elif action is not None and action.run is not None:
        answer = action.run(tx, caller, row, body)
    elif common is not None:
        answer = common(Call(platform=platform, tx=tx, caller=caller, resource=resource, body=body), row)
    return dict(answer) if answer is not None else details_of(platform, tx, resource, row.id)


def perform_class_action(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], name: str, body: JsonMapping
) -> JsonObject:
    """Do something with a type.

    Raises:
        ActionNotFoundError: the type has no such action.
        NotSupportedError: the wire knows it, and this release does not offer it.
    """
    common = batch_actions(resource.entity).get(name)
    if common is not None:
        return common(platform, tx, caller, resource, read_params(BATCH[name].params, body))
    action = resource.action(name, ActionKind.CLASS)
    own = PERFORM_CLASS.get((resource.plural, name))
    known = own is not None or (action is not None and action.run is not None)
    if not known and not is_later(CLASS_ACTIONS, resource.plural, name):
        raise ActionNotFoundError(f"{resource.plural} have no class action {name[:64]}")
    reach(platform, caller, resource, "perform", name)
    if action is None:
        raise refused(resource.plural, name)
    sent = read_params(action.params, body)
    answer: JsonObject | None = None
    if own is not None:
        answer = own(platform, tx, caller, sent)
    elif action.run is not None:
        answer = action.run(tx, caller, None, sent)
    return answer or {}


def named_detail(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    ident: str,
    name: str,
    params: JsonMapping,
) -> Any:
    """A named detail of one resource.

    Raises:
        SpecNotFoundError: the type has no such detail.
        NotSupportedError: the wire knows it, and this release does not offer it.
    """
    action = resource.action(name, ActionKind.SPEC)
    common = name in ("metadata", "status") or (
        name == CANDIDATES and "change-owner" in ladder_actions(resource.entity)
    )
    later = action is None and not common
    if later and not is_later(DETAILS, resource.plural, name):
        raise SpecNotFoundError(f"{resource.plural} have no detail {name[:64]}")
    row = fetch_for(platform, tx, caller, resource, ident, "get", name)
    if later:
        raise refused(resource.plural, name)
    params = read_params(action.params if action is not None else (), params)
    if action is not None and action.run is not None:
        return action.run(tx, caller, row, params)
    if (own := DETAIL.get((resource.plural, name))) is not None:
        return own(platform, tx, caller, row, params)
    if name == CANDIDATES:
        return candidate_domains(platform, tx, caller, resource, row)
    if name not in field_map(resource.entity):
        raise SpecNotFoundError(f"{resource.plural} have no {name}")
    return _status(row) if name == "status" else _tags(row, params)


def collection_property(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], name: str, params: JsonMapping
) -> Any:
    """A property of a whole collection.

    Raises:
        SpecNotFoundError: the type has no such property.
        NotSupportedError: the wire knows it, and this release does not offer it.
    """
    if is_later(COLLECTION, resource.plural, name):
        reach(platform, caller, resource, "get", name)
        raise refused(resource.plural, name)
    action = resource.action(name, ActionKind.PROPERTY)
    if action is not None and action.run is not None:
        reach(platform, caller, resource, "get", name)
        return action.run(tx, caller, None, read_params(action.params, params))
    return ask(platform, tx, caller, resource, name, params)


def is_property(resource: Resource[Any], name: str) -> bool:
    """Whether a word in the place of an id names a collection property."""
    return name in PROPERTIES or resource.action(name, ActionKind.PROPERTY) is not None


def details_of(platform: Platform, tx: Transaction, resource: Resource[Any], ident: str) -> JsonObject:
    """The present details of a row that this unit may just have changed."""
    from cloudcore.model.query import PLATFORM

    row: Entity | None = tx.of(resource, PLATFORM).get(ident)
    return detail_rows(platform, tx, resource, [row])[0] if row is not None else {"id": ident}


def _status(row: Any) -> JsonObject:
    known = {"status": getattr(row, "status", ""), "power_states": getattr(row, "power_states", "")}
    return {k: v for k, v in known.items() if v != ""}


def _tags(row: Any, params: JsonMapping) -> JsonObject:
    prefix, wanted = str(params.get("prefix") or ""), texts(params.get("field"))
    tags = public_tags(row.metadata)
    return {k: v for k, v in tags.items() if k.startswith(prefix) and (not wanted or k in wanted)}
