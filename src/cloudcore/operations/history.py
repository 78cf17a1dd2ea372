"""Reading the history as action log and as feed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from cloudcore.auth.caller import Caller, require_known
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError, InvalidInputError, OutOfRangeError
from cloudcore.model.history import HISTORY, HistoryRecord
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import (
    EVERYTHING,
    NOTHING,
    Compare,
    Contains,
    Expr,
    IsNull,
    Like,
    Match,
    Not,
    Op,
    Order,
    Query,
    both,
    either,
    eq,
    one_of,
)
from cloudcore.model.reading import format_time, read_bool, read_int, read_time
from cloudcore.operations.filters import condition
from cloudcore.operations.listing import any_of, bounded
from cloudcore.operations.numbering import newest
from cloudcore.operations.parameter import texts
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction

DEFAULT_LIMIT = 20
MAX_LIMIT = 2048
FEED_LIMIT = 100
BROUGHT = "recorded_by"
"""In the actor of a record that another service brought: who brought it."""


def list_actions(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> Listing:
    """A page of the action log, newest first, by marker.

    Raises:
        ForbiddenError: the caller may not read the log at the scope that he asks for.
        InvalidInputError: a filter or the marker is wrong.
    """
    limit = read_int(params.get("limit") or DEFAULT_LIMIT, "limit", 0, 2**31)
    limit = min(limit or DEFAULT_LIMIT, MAX_LIMIT)
    descending = str(params.get("paging_order") or params.get("order") or "desc").lower() != "asc"
    where = both(
        visible(platform, caller, params),
        filters_of(platform, params),
        Not(IsNull("position")),
        _marker(params, descending),
    )
    rows = tx.of(HISTORY, where).find(Query(order=(Order("position", descending),), limit=limit + 1))
    page = rows[:limit]
    more = str(page[-1].position) if len(rows) > limit else ""
    return Listing(
        items=[action_row(row) for row in page],
        limit=limit,
        next_marker=more,
        marker_field="id",
        marker_order="DESC" if descending else "ASC",
    )


def list_feed(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> Listing:
    """The records after a position, oldest first, each once; those that the caller may not see are passed over.

    `next_marker` is the position from which to go on, whether there were records or not. Without `after` there are no
    records: the position is that of the present. Filters are those of the action log.

    Raises:
        ForbiddenError: the caller may not read the log at the scope that he asks for.
        OutOfRangeError: the history ends before `after`: it is another's, or was taken back to an earlier state.
        InvalidInputError: a filter is wrong.
    """
    limit = read_int(params.get("limit") or FEED_LIMIT, "limit", 1, 2**31)
    limit = min(limit, MAX_LIMIT)
    where = both(visible(platform, caller, params), filters_of(platform, params))
    end = newest(tx)
    shape: Any = {"marker_field": "position", "marker_order": "ASC", "limit": limit}
    if params.get("after") in (None, ""):
        return Listing(items=[], next_marker=str(end), **shape)
    after = read_int(params["after"], "after", 0, 2**63 - 1)
    if after > end:
        raise OutOfRangeError(f"after: the history ends at {end}", field="after", data={"newest": end})
    span = both(Compare("position", Op.GT, after), Compare("position", Op.LE, end))
    rows = tx.of(HISTORY, both(where, span)).find(Query(order=(Order("position"),), limit=limit))
    seen = rows[-1].position if len(rows) == limit else end
    return Listing(items=[feed_row(row) for row in rows], next_marker=str(seen), **shape)


def feed_row(record: HistoryRecord) -> JsonObject:
    """A record as the feed shows it: as the action log does, with the change in full."""
    row = {key: value for key, value in action_row(record).items() if key != "notes"}
    change: JsonObject = {"before": record.before, "after": record.after}
    return {
        **row,
        "position": record.position,
        "transaction": record.transaction,
        "version": record.version,
        **{key: value for key, value in change.items() if value},
    }


def action_row(record: HistoryRecord) -> JsonObject:
    """A record as the action log shows it; what changed is in `notes`."""
    actor = record.actor
    notes: Any = (
        record.after if record.obj_type and not record.before else {"before": record.before, "after": record.after}
    )
    row: JsonObject = {
        "id": record.position,
        "obj_type": record.obj_type,
        "obj_id": record.obj_id,
        "obj_name": record.obj_name,
        "action": record.action,
        "notes": notes,
        "user_id": actor.get("user_id", ""),
        "user": actor.get("user_name", ""),
        "tenant_id": actor.get("project_id", ""),
        "tenant": actor.get("project_name", ""),
        "project_id": actor.get("project_id", ""),
        "project": actor.get("project_name", ""),
        "domain_id": actor.get("user_domain_id", ""),
        "domain": actor.get("user_domain_name", ""),
        "roles": ",".join(actor.get("roles", ())),
        "ip": actor.get("client_ip", ""),
        "ops_time": format_time(record.recorded_at),
        "owner_domain_id": record.owner_domain_id,
        "owner_tenant_id": record.owner_tenant_id,
        "request_id": record.request_id,
        "service": record.service,
        "success": record.success,
        "severity": "INFO" if record.success else "WARN",
        "kind": "NORMAL",
        "project_domain_id": actor.get("project_domain_id", ""),
        "project_domain": actor.get("project_domain_name", ""),
        "is_system_account": bool(actor.get("is_platform")),
    }
    if BROUGHT in actor:
        row |= {"notes": None, BROUGHT: actor[BROUGHT], **record.after}
    return {k: v for k, v in row.items() if v not in ("", None, {})}


def visible(platform: Platform, caller: Caller, params: JsonMapping) -> Expr:
    """The records that the caller sees: everything, his domain's, or his project's and his own.

    Raises:
        UnauthorizedError: the caller is a guest.
        ForbiddenError: he may not read the log at the scope that he asks for.
    """
    if caller.is_platform:
        return EVERYTHING
    require_known(caller)
    wanted = str(params.get("scope") or "").lower()
    policies = platform.policies.policy_set(caller)
    ladder = (Scope.SYSTEM, Scope.DOMAIN, Scope.PROJECT, Scope.USER)
    granted = next((s for s in ladder if policies.allowed(s, "log", "actions", "list").allowed), None)
    if granted is None or (wanted in tuple(Scope) and not granted.covers(Scope(wanted))):
        raise ForbiddenError("not enough privilege to do log actions list")
    scope = Scope(wanted) if wanted in tuple(Scope) else granted
    if scope is Scope.SYSTEM:
        return EVERYTHING
    if scope is Scope.DOMAIN:
        return eq("owner_domain_id", caller.scope_domain_id)
    own = eq("user_id", caller.user_id)
    return (
        either(own, eq("owner_tenant_id", caller.project_id)) if scope is Scope.PROJECT and caller.project_id else own
    )


_COLUMNS = {
    "obj_type": "obj_type",
    "obj_id": "obj_id",
    "obj_name": "obj_name",
    "action": "action",
    "service": "service",
}


def filters_of(platform: Platform, params: JsonMapping) -> Expr:
    """The filters of the action log; `obj` is an id or a name, and so are owners.

    Raises:
        InvalidInputError: one is of a wrong form; names it.
    """
    parts: list[Expr] = [one_of(column, texts(params[key])) for key, column in _COLUMNS.items() if params.get(key)]
    parts.append(_conditions(params))
    if found := texts(params.get("obj")):
        parts.append(either(one_of("obj_id", found), one_of("obj_name", found)))
    if params.get("user_id"):
        parts.append(one_of("user_id", texts(params["user_id"])))
    if params.get("success") not in (None, ""):
        parts.append(eq("success", read_bool(params["success"], "success")))
    if params.get("since"):
        parts.append(Compare("recorded_at", Op.GE, read_time(params["since"], "since")))
    if params.get("until"):
        parts.append(Compare("recorded_at", Op.LE, read_time(params["until"], "until")))
    parts += [_owned(platform, column, texts(params[key])) for key, column in _OWNERS.items() if params.get(key)]
    parts += [Contains("actor", fact, tuple(texts(params[key]))) for key, fact in _WHO.items() if params.get(key)]
    if params.get("is_system_account") not in (None, ""):
        of_system = Contains("actor", "is_platform")
        wanted = read_bool(params["is_system_account"], "is_system_account")
        parts.append(of_system if wanted else Not(of_system))
    parts += [_brought(key, texts(params[key])) for key in ("severity", "kind") if params.get(key)]
    return both(*parts) if parts else EVERYTHING


def _conditions(params: JsonMapping) -> Expr:
    """`filter`, by the names that rows have on the wire, and `search` in what was done and to what."""
    shown = [_WIRE_NAME.sub(lambda name: _WIRE_NAMES[name[1]], text, count=1) for text in bounded(params, "filter")]
    conditions = [condition(HISTORY, text) for text in shown]
    parts = [either(*conditions) if any_of(params) else both(*conditions)] if conditions else []
    if wanted := [text for text in texts(params.get("search")) if text]:
        parts.append(either(*(Match(name, Like.CONTAINS, text) for text in wanted for name in _SEARCHED)))
    return both(*parts) if parts else EVERYTHING


def _owned(platform: Platform, column: str, wanted: Sequence[str]) -> Expr:
    """Records of these projects or domains; what is no name is an id, also of an owner that is gone."""
    find = platform.directory.find_domain
    if column == "owner_tenant_id":
        find = partial(platform.directory.find_project, domain=None)
    return one_of(column, [found.id if (found := find(text)) is not None else text for text in wanted])


_SEARCHED = ("action", "obj_id", "obj_name")
_WIRE_NAMES = {"id": "position", "ops_time": "recorded_at"}
_WIRE_NAME = re.compile(rf"(?<!\S)({'|'.join(_WIRE_NAMES)})(?=\.)")
_OWNERS = {
    "owner_project_ids": "owner_tenant_id",
    "owner_tenant_id": "owner_tenant_id",
    "owner_domain_ids": "owner_domain_id",
    "owner_domain_id": "owner_domain_id",
}
_WHO = {
    "user": "user_name",
    "tenant": "project_name",
    "project": "project_name",
    "tenant_id": "project_id",
    "project_id": "project_id",
    "domain": "user_domain_name",
    "domain_id": "user_domain_id",
    "project_domain": "project_domain_name",
    "project_domain_id": "project_domain_id",
    "ip": "client_ip",
}


def _brought(key: str, wanted: Sequence[str]) -> Expr:
    """Rows with one of these severities or kinds: what was brought says its own, everything else has that of its success."""
    own = Contains("after", key, tuple(text.upper() for text in wanted))
    if key == "kind":
        rest: Expr = EVERYTHING if "NORMAL" in own.values else NOTHING
    else:
        rest = one_of("success", [told for told, word in ((True, "INFO"), (False, "WARN")) if word in own.values])
    brought = Contains("actor", BROUGHT)
    return either(both(brought, own), both(Not(brought), rest))


def _marker(params: JsonMapping, descending: bool) -> Expr:
    marker = params.get("paging_marker")
    if marker in (None, ""):
        return EVERYTHING
    if not (isinstance(marker, str) and marker.isascii() and marker.isdigit() and len(marker) < 19):
        raise InvalidInputError("paging_marker must be the next_marker of an earlier page", field="paging_marker")
    return Compare("position", Op.LT if descending else Op.GT, int(marker))
