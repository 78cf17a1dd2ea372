"""One page of a list, by offset or by marker, as rows or as a spreadsheet takes them."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.columns import Parts, Rows
from cloudcore.model.errors import InvalidInputError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import Query
from cloudcore.model.resource import Resource, field_map
from cloudcore.model.wire import page_to_wire
from cloudcore.operations.export import cells
from cloudcore.operations.filters import filterable
from cloudcore.operations.listing import MOST_AT_ONCE, Paging, paging_of
from cloudcore.operations.markers import marker_after, read_marker, starting_field
from cloudcore.operations.permits import put_permits, put_used
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_columns, page_fields, plain_columns
from cloudcore.operations.selection import selection
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Repository, Transaction

SOME = 100
"""Rows of an export that are in memory in two forms."""


def list_rows(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    params: JsonMapping,
    context: Context = (),
) -> Listing:
    """One page of a list; a fixed number of statements whatever its length."""
    paging = paging_of(platform.types, resource, params)
    repository = tx.of(resource, selection(platform, tx, caller, resource, params, context))
    if paging.worked_out:
        listing = _by_details(platform, tx, resource, paging, repository)
    elif paging.marker is not None:
        listing = _marked(platform, tx, resource, paging, repository)
    else:
        listing = _counted(platform, tx, resource, paging, repository)
    return attrs.evolve(listing, totals=_totals(resource, repository)) if paging.totals else listing


def _counted(
    platform: Platform, tx: Transaction, resource: Resource[Any], paging: Paging, repository: Repository[Any]
) -> Listing:
    limit = paging.limit if paging.limited else MOST_AT_ONCE + 1
    query = Query(order=paging.order, limit=limit, offset=paging.offset)
    rows = repository.parts(_read(resource, paging), query)
    _check_whole(resource, paging, rows)
    short = len(rows) < limit and (bool(rows) or paging.offset == 0)
    return Listing(
        items=_shaped(platform, tx, resource, paging, rows),
        total=paging.offset + len(rows) if short else repository.count(),
        limit=paging.limit if paging.limited and rows else 0,
        offset=paging.offset if rows else 0,
    )


def _marked(
    platform: Platform, tx: Transaction, resource: Resource[Any], paging: Paging, repository: Repository[Any]
) -> Listing:
    """The page behind a marker: as fast as the first one, however deep, and without a count of all rows."""
    marker = paging.marker or (_behind(platform, tx, paging, repository) if paging.behind else "")
    after = read_marker(platform.types, resource, paging.order, marker) if marker else None
    limit = paging.limit if paging.limited else MOST_AT_ONCE
    rows = repository.parts(_read(resource, paging), Query(order=paging.order, limit=limit + 1, after=after))
    _check_whole(resource, paging, rows)
    more = len(rows) > limit
    page = rows[:limit] if more else rows
    first = paging.order[0] if paging.order else None
    return Listing(
        items=_shaped(platform, tx, resource, paging, page),
        limit=paging.limit if paging.limited and page else 0,
        next_marker=marker_after(tx, platform.types, paging.order, page[-1:][0]) if more else "",
        marker_field=(first.field or "id") if first is not None else "id",
        marker_order="DESC" if first is not None and first.descending else "ASC",
    )


def _by_details(
    platform: Platform, tx: Transaction, resource: Resource[Any], paging: Paging, repository: Repository[Any]
) -> Listing:
    """A page by what only details say, or no row holds as it is sorted: all rows are read, and sorted here.

    Raises:
        InvalidInputError: it is asked for by marker.
        OutOfRangeError: there are too many rows.
    """
    keys = [key for key, _ in paging.worked_out]
    if paging.marker is not None:
        raise InvalidInputError(f"what is sorted by {keys[0]} has pages by limit and offset", field="paging_marker")
    details = any(key not in field_map(resource.entity) for key in keys)
    wanted = tuple(dict.fromkeys((*_read(resource, paging), *page_fields(resource, details=details))))
    rows = repository.parts(wanted, Query(order=paging.order, limit=MOST_AT_ONCE + 1))
    if len(rows) > MOST_AT_ONCE:
        reason = f"there are more than {MOST_AT_ONCE} {resource.plural} to sort by {keys[0]}; narrow the list"
        raise OutOfRangeError(reason, field="order_by", data={"most": MOST_AT_ONCE})
    shown: list[JsonObject] = detail_columns(platform, tx, resource, rows).rows() if details else [{} for _ in rows]
    places = list(range(len(rows)))
    for key, falls in reversed(paging.worked_out):
        own = rows.columns.get(key)
        ranks = [_rank(value) for value in (own if own is not None else (row.get(key) for row in shown))]
        places.sort(key=ranks.__getitem__, reverse=falls)
    end = paging.offset + paging.limit if paging.limited else None
    chosen = places[paging.offset : end]
    columns = {name: [column[place] for place in chosen] for name, column in rows.columns.items()}
    page = Parts(resource.entity, columns, len(chosen))
    return Listing(
        items=_shaped(platform, tx, resource, paging, page),
        total=len(rows),
        limit=paging.limit if paging.limited and chosen else 0,
        offset=paging.offset if chosen else 0,
    )


def _rank(value: Any) -> tuple[int, float, str]:
    """What comes first: nothing, then numbers and addresses, then texts."""
    if isinstance(value, int | float):
        return (1, value, "")
    try:
        return (1, int(IPv4Address(value)), "")
    except ValueError:
        return (2, 0, str(value)) if value else (0, 0, "")


def _check_whole(resource: Resource[Any], paging: Paging, rows: Sequence[Any]) -> None:
    """Refuse a list without pages that does not fit into one answer.

    Raises:
        OutOfRangeError: it does not.
    """
    if not paging.limited and len(rows) > MOST_AT_ONCE:
        raise OutOfRangeError(
            f"force_no_paging: there are more than {MOST_AT_ONCE} {resource.plural}; narrow the list, or ask for pages "
            "by limit with offset or paging_marker",
            field="force_no_paging",
            data={"most": MOST_AT_ONCE},
        )


def _behind(platform: Platform, tx: Transaction, paging: Paging, repository: Repository[Any]) -> str:
    """The marker that a row's id stands for."""
    row = repository.get(paging.behind)
    if row is None:
        raise InvalidInputError("marker must be the id of a row of the same list", field="marker")
    return marker_after(tx, platform.types, paging.order, row)


def _read(resource: Resource[Any], paging: Paging) -> tuple[str, ...]:
    """The fields that the page is read of: what is shown, and what a marker is made of."""
    shown = page_fields(resource, details=paging.details or paging.reasons)
    if _tagged(resource, paging):
        shown = tuple(dict.fromkeys((*shown, "metadata")))
    if paging.marker is None:
        return shown
    sorted_by = (starting_field(order) for order in paging.order)
    return tuple(dict.fromkeys((*shown, *sorted_by)))


def _shaped(
    platform: Platform, tx: Transaction, resource: Resource[Any], paging: Paging, page: Parts[Any]
) -> Sequence[JsonObject]:
    shown = detail_columns(platform, tx, resource, page) if paging.details else plain_columns(resource, page)
    if paging.reasons and not paging.details:
        put_permits(resource, shown, page)
    if paging.reasons:
        put_used(platform, tx, resource, shown, page)
    if _tagged(resource, paging):
        shown.put_all(page_to_wire(resource, page, only=frozenset({"metadata"})))
    if not paging.exported:
        return Rows(shown, paging.fields)
    return [cells(item, paging.fields) for piece in shown.pieces(SOME, paging.fields) for item in piece]


def _tagged(resource: Resource[Any], paging: Paging) -> bool:
    """Whether rows are to say which tags they have, and do not say it anyway."""
    return paging.tags and not paging.details and "metadata" in field_map(resource.entity)


def _totals(resource: Resource[Any], repository: Repository[Any]) -> JsonObject:
    """Sums of the numbers that can be added up: amounts with a unit, and counts."""
    names = [
        f.name
        for f in filterable(resource)
        if f.kind is int and not f.spec.volatile and (f.spec.unit is not None or f.name.endswith("_count"))
    ]
    (row,) = repository.totals(sums=names)
    return {name: int(row[name]) for name in names}
