"""List parameters, as every client sends them, to one query."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.errors import OutOfRangeError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import EVERYTHING, NOTHING, And, Expr, Like, Match, Or, Order, both, eq
from cloudcore.model.resource import Resource, field_map, fields_of
from cloudcore.operations.filters import MAX_FILTERS, at_columns, condition, plain_column, plain_names
from cloudcore.operations.orders import Types, orders_of, worked_out_of
from cloudcore.operations.parameter import flag, number, texts

DEFAULT_LIMIT = 2048
MOST_EXPORTED = 100_000
"""Rows of one export."""

MOST_AT_ONCE = 10_000
"""Rows of a list that is asked for without paging; a longer one is refused, as only part of it would be a lie."""


@attrs.frozen(kw_only=True)
class Paging:
    """Which part of a list is wanted, and in what form. limit is at least 1.

    limited: false: the whole list is wanted, and refused where it is longer than `MOST_AT_ONCE`.
    worked_out: keys of details to sort by before that, each with whether it falls.
    marker: where an earlier page ended, empty for the first page; None: pages are counted by offset.
    behind: id of the last row of the earlier page, as OpenStack's clients page; a kind of marker.
    fields: the keys to give; exported: as a spreadsheet takes them.
    reasons: rows without details say what may not be done with them, and why.
    tags: rows without details say which tags they have.
    totals: sums of the columns are wanted too.
    """

    limit: int
    offset: int = 0
    limited: bool = True
    order: tuple[Order, ...] = ()
    worked_out: tuple[tuple[str, bool], ...] = ()
    marker: str | None = None
    behind: str = ""
    details: bool = True
    fields: tuple[str, ...] = ()
    exported: bool = False
    reasons: bool = False
    tags: bool = False
    totals: bool = False


def paging_of(types: Types, resource: Resource[Any], params: JsonMapping) -> Paging:
    """Read what steers a list: limit, offset, markers, order, details, field, export, totals.

    Raises:
        InvalidInputError: a number is no number, or a sort key does not exist.
    """
    keys = _export_keys(params)
    exported = is_export(params)
    limit, most = number(params, "limit"), DEFAULT_LIMIT
    if exported and (wanted := number(params, "export_limit")) > 0:
        limit, most = wanted, MOST_EXPORTED
    marker = texts(params.get("paging_marker")) or [""]
    behind = texts(params.get("marker")) or [""]
    by_marker = "paging_marker" in params or "paging_order" in params or bool(behind[0])
    return Paging(
        limit=min(limit, most) if limit > 0 else DEFAULT_LIMIT,
        offset=max(number(params, "offset"), 0),
        limited=not ("force_no_paging" in params and flag(params, "force_no_paging")),
        order=orders_of(types, resource, params),
        worked_out=worked_out_of(resource, params),
        marker=marker[0] if by_marker else None,
        behind=behind[0],
        details=flag(params, "details", default=True) or exported,
        fields=keys or tuple(texts(params.get("field"))),
        exported=exported,
        reasons="show_fail_reason" in params and flag(params, "show_fail_reason"),
        tags="with_meta" in params and flag(params, "with_meta"),
        totals="summary_stats" in params and flag(params, "summary_stats"),
    )


def is_export(params: JsonMapping) -> bool:
    """Whether a list is wanted as a spreadsheet takes it."""
    asked = params.get("export")
    return bool(_export_keys(params)) or bool(asked and str(asked).lower() not in ("false", "0", "no"))


def _export_keys(params: JsonMapping) -> tuple[str, ...]:
    return tuple(key for text in texts(params.get("export_keys")) for part in text.split(",") if (key := part.strip()))


def filters_of(resource: Resource[Any], params: JsonMapping) -> Expr:
    """Everything that narrows a list and needs no other type: columns, search, filter, recycle bin.

    Raises:
        InvalidInputError: a filter that does not parse, or names a column that the type does not have.
    """
    parts = [plain_column(resource, name, params[name]) for name in plain_names(resource) if name in params]
    parts.append(at_columns(resource, params))
    parts.append(resource.narrow(params))
    # Read without conditions to join too: what a caller gets wrong is refused.
    joined = Or if any_of(params) else And
    if conditions := [condition(resource, text) for text in bounded(params, "filter")]:
        parts.append(joined(tuple(conditions)))
    if wanted := [text for text in texts(params.get("search")) if text]:
        parts.append(_search(resource, wanted))
    if params.get("deleted") and flag(params, "deleted"):
        # Of what is deleted nothing is kept but its history.
        parts.append(NOTHING)
    parts.append(_by_default(resource, params))
    return both(*parts)


def bounded(params: JsonMapping, name: str) -> list[str]:
    """The filters of one parameter.

    Raises:
        OutOfRangeError: there are too many.
    """
    found = [text for text in texts(params.get(name)) if text.strip()]
    if len(found) > MAX_FILTERS:
        raise OutOfRangeError(f"{name}: more than {MAX_FILTERS} of them", field=name)
    return found


def any_of(params: JsonMapping) -> bool:
    """Whether one of several filters is enough."""
    return "filter_any" in params and flag(params, "filter_any")


def recycle_bin(params: JsonMapping) -> str:
    """Which rows a list looks at: "" those in use, "only" those in the recycle bin, or "all"."""
    wanted = str(params.get("pending_delete", "")).lower()
    if wanted in ("all", "any"):
        return "all"
    return "only" if wanted in ("true", "1", "yes", "on") else ""


def _search(resource: Resource[Any], wanted: list[str]) -> Expr:
    names = [f.name for f in fields_of(resource.entity) if f.spec.search]
    return Or(tuple(Match(name, Like.CONTAINS, text) for text in wanted for name in names))


def _by_default(resource: Resource[Any], params: JsonMapping) -> Expr:
    """What lists leave out unless they are asked for it."""
    parts: list[Expr] = []
    shown = "show_emulated" in params and flag(params, "show_emulated")
    if "is_emulated" in field_map(resource.entity) and not shown and "is_emulated" not in params:
        parts.append(eq("is_emulated", False))
    if issubclass(resource.entity, ProjectOwned):
        where = recycle_bin(params)
        parts.append(EVERYTHING if where == "all" else eq("pending_deleted", where == "only"))
        if not ("system" in params and flag(params, "system")) and "is_system" not in params:
            parts.append(eq("is_system", False))
    return both(*parts) if parts else EVERYTHING
