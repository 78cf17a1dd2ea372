"""The action log as other services use it: records that they bring, and properties of the whole log.

What they bring is a fact among the others: numbered with them, never changed, marked with who brought it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudcore.auth.caller import ACTOR_VERSION, Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import (
    ActionNotFoundError,
    ForbiddenError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.history import HISTORY, Fact
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import IsNull, Not, Order, Query, both, eq
from cloudcore.model.reading import format_time, read_bool, read_list_of_str, read_str, read_time
from cloudcore.operations.history import BROUGHT, action_row, filters_of, visible
from cloudcore.operations.parameter import texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import selected
from cloudcore.ports.session import NO_PARAMS
from cloudcore.ports.unit_of_work import Transaction

ACTIONS = "actions"
SEVERITIES = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARN", "NOTICE", "INFO", "DEBUG")
KINDS = ("NORMAL", "ABNORMAL", "ILLEGAL", "UNKNOWN")
LONGEST_NOTES = 64 << 10
DISTINCT = ("action", "obj_type", "service")
_OF_FIELDS = ("distinct-field", "distinct-fields")
OFFERED = (*_OF_FIELDS, "splitable")
"""Properties of the log."""
PURGE = "purge-splitable"
TABLE = "history"
_NEEDED = ("obj_type", "obj_id", "obj_name", "action", "user_id", "user", "success")
_WIDTHS = {"obj_type": 40, "obj_id": 128, "obj_name": 128, "action": 64, "service": 32}
_WHO = {
    "user_id": "user_id",
    "user": "user_name",
    "domain_id": "user_domain_id",
    "domain": "user_domain_name",
    "tenant_id": "project_id",
    "tenant": "project_name",
    "project_domain_id": "project_domain_id",
    "project_domain": "project_domain_name",
    "ip": "client_ip",
}
"""What a record says of who did it, and as which fact of a caller it is kept."""


def bring_action(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Add a record of what somebody did elsewhere.

    Who may do so for the whole system speaks of anybody; everybody else of himself and in his project.

    Raises:
        MissingParameterError, InvalidInputError: a needed part is missing, or one is of a wrong form; names it.
        ForbiddenError: it speaks of somebody else.
    """
    missing = next((name for name in _NEEDED if body.get(name) in (None, "")), "")
    if missing:
        raise MissingParameterError(f"{missing} is missing", field=missing)
    actor = _actor_of(body)
    if not _may_speak_of_others(platform, caller):
        _check_own(caller, actor, body)
        actor = caller.actor()
    brought = _brought(body)
    texts_of = {name: read_str(body.get(name) or "", name, width) for name, width in _WIDTHS.items()}
    fact = Fact(
        **texts_of,
        success=read_bool(body["success"], "success"),
        notes=brought,
        owner_domain_id=read_str(
            body.get("owner_domain_id") or actor.get("project_domain_id", ""), "owner_domain_id", 64
        ),
        owner_tenant_id=read_str(body.get("owner_tenant_id") or actor.get("project_id", ""), "owner_tenant_id", 64),
        actor={**actor, BROUGHT: caller.user_id or caller.user_name},
    )
    tx.record(fact)
    return {
        **texts_of,
        **{name: actor[kept] for name, kept in _WHO.items() if kept in actor},
        **brought,
        "success": fact.success,
        "ops_time": format_time(tx.now),
        "owner_domain_id": fact.owner_domain_id,
        "owner_tenant_id": fact.owner_tenant_id,
    }


def _may_speak_of_others(platform: Platform, caller: Caller) -> bool:
    if caller.is_platform:
        return True
    policies = platform.policies.policy_set(caller)
    granted = next((s for s in Scope if policies.allowed(s, "log", ACTIONS, "create").allowed), None)
    if granted is None:
        raise ForbiddenError("not enough privilege to do log actions create")
    return policies.allowed(Scope.SYSTEM, "log", ACTIONS, "create").allowed


def _actor_of(body: JsonMapping) -> JsonObject:
    found: JsonObject = {"version": ACTOR_VERSION}
    for name, kept in _WHO.items():
        if value := read_str(body.get(name) or "", name, 128):
            found[kept] = value
    roles = body.get("roles")
    found["roles"] = read_list_of_str(roles.split(",") if isinstance(roles, str) else roles or [], "roles")
    return found


def _check_own(caller: Caller, actor: JsonMapping, body: JsonMapping) -> None:
    own = {**caller.actor(), "owner_domain_id": caller.scope_domain_id, "owner_tenant_id": caller.project_id}
    told = {**{name: actor.get(kept) for name, kept in _WHO.items() if name != "ip"}}
    told |= {name: body.get(name) for name in ("owner_domain_id", "owner_tenant_id")}
    for name, value in told.items():
        if value and value != own.get(_WHO.get(name, name), ""):
            raise ForbiddenError(f"{name}: you may record only what you do yourself", field=name)


def _brought(body: JsonMapping) -> JsonObject:
    """What no column has; kept apart from the fields of resources, which notes could be taken for."""
    notes: Any = body.get("notes")
    if notes is not None and len(str(notes)) > LONGEST_NOTES:
        raise InvalidInputError(f"notes are longer than {LONGEST_NOTES} characters", field="notes")
    if isinstance(notes, str):
        notes = read_str(notes, "notes", LONGEST_NOTES, allow_newlines=True)
    success = read_bool(body["success"], "success")
    found: JsonObject = {
        "severity": _one_of(body, "severity", SEVERITIES, "INFO" if success else "ERROR"),
        "kind": _one_of(body, "kind", KINDS, "NORMAL"),
    }
    if body.get("start_time"):
        found["start_time"] = format_time(read_time(body["start_time"], "start_time"))
    return found if notes in (None, "", {}) else {**found, "notes": notes}


def _one_of(body: JsonMapping, name: str, known: tuple[str, ...], otherwise: str) -> str:
    value = read_str(body.get(name) or otherwise, name, 20).upper()
    if value not in known:
        raise InvalidInputError(f"{name} must be one of {', '.join(known)}", field=name)
    return value


def get_action(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, params: JsonMapping = NO_PARAMS
) -> JsonObject:
    """One record, by its number; of what the caller sees at his widest. params: `field`, some of `DISTINCT`: those alone.

    Raises:
        ResourceNotFoundError: there is none, or not for him.
        InvalidInputError: a field is none of those.
    """
    fields = _fields(params, "field")
    seen = both(visible(platform, caller, {}), Not(IsNull("position")))
    number = int(ident) if ident.isascii() and ident.isdigit() and len(ident) < 19 else None
    found = tx.of(HISTORY, both(seen, eq("position", number))).find(Query(limit=1)) if number is not None else ()
    if not found:
        raise ResourceNotFoundError(f"action {ident[:64]} not found", field="id")
    return selected(action_row(found[0]), fields)


def _fields(params: JsonMapping, *keys: str, needed: bool = False) -> tuple[str, ...]:
    """The fields that are named under these keys."""
    fields = tuple(text for key in keys for text in texts(params.get(key)))
    if not set(fields) <= set(DISTINCT) or (needed and not fields):
        raise InvalidInputError(f"field must be of {', '.join(DISTINCT)}", field="field")
    return fields


def log_property(platform: Platform, tx: Transaction, caller: Caller, name: str, params: JsonMapping) -> Any:
    """A property of the log: the values of fields or their combinations, or `splitable`, the tables that it is kept in.

    Raises:
        InvalidInputError: a field is none of `DISTINCT`, or something is asked of another type.
        NotSupportedError: `splitable-export`: the log is read by pages or followed as a feed.
        ResourceNotFoundError: there is no such property.
    """
    where = both(visible(platform, caller, params), filters_of(platform, params), Not(IsNull("position")))
    repository = tx.of(HISTORY, where)
    fields = _fields(params, "field", "extra_field", needed=name in _OF_FIELDS)
    if name == "distinct-field":
        return {field: [row[field] for row in repository.totals(by=(field,)) if row[field]] for field in fields}
    if name == "distinct-fields":
        if params.get("extra_resource"):
            raise InvalidInputError("extra_resource: records refer to no other type", field="extra_resource")
        rows = repository.totals(by=tuple(dict.fromkeys(fields)))
        told = [{field: row[field] for field in fields if row[field]} for row in rows]
        return {"fields": told, "extra_fields": []}
    if name == "splitable":
        return [_table(repository)]
    if name == "splitable-export":
        raise NotSupportedError("tables of the log are not exported: list it by pages, or follow the history")
    raise ResourceNotFoundError(f"actions have no {name[:64]}")


def _table(repository: Any) -> JsonObject:
    """The one table that there is: records are never moved, so that positions stay what they are."""
    first, last = (
        repository.find(Query(order=(Order("position", descending),), limit=1)) for descending in (False, True)
    )
    told: JsonObject = {"id": 1, "table": TABLE, "rows": repository.count()}
    for row, ident, when in ((first, "start", "start_date"), (last, "end", "end_date")):
        told |= {ident: row[0].position, when: format_time(row[0].recorded_at)} if row else {}
    return told


def log_action(name: str, _body: Mapping[str, Any]) -> JsonObject:
    """Something done with the whole log. It only grows: nothing is changed in it or taken out.

    Raises:
        NotSupportedError: it is to become smaller.
        ActionNotFoundError: there is no such action.
    """
    if name == PURGE:
        raise NotSupportedError("the action log only grows: records are not taken out")
    raise ActionNotFoundError(f"actions have no action {name[:64]}")
