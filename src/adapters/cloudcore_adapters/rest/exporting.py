"""Long exports: read and sent page by page, so that their length costs time and no memory.

Rows that come or go meanwhile may or may not be among those that are sent; none is sent twice or skipped for their sake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.operations.listing import MOST_EXPORTED, is_export
from cloudcore.operations.parameter import flag, number
from cloudcore_adapters.rest.responses import JSON_TYPE, Reply, raw, render
from cloudcore_adapters.rest.workers import Workers

PAGE = 1000
"""Rows that are in memory at once."""

Ask = Callable[[JsonMapping], Listing]


def is_long(params: JsonMapping) -> bool:
    """Whether these parameters of a list ask for an export of more than a page."""
    whole = "force_no_paging" in params and flag(params, "force_no_paging")
    return is_export(params) and not whole and number(params, "export_limit") > PAGE


class ExportReply(Reply):
    """An export on its way. The first page has been read when this is there; what fails later breaks the answer off."""

    def __init__(self, plural: str, ask: Ask, params: JsonMapping, workers: Workers) -> None:
        super().__init__()
        self.raw_headers = raw((), JSON_TYPE)
        self._workers = workers
        self._pieces = _pieces(plural, ask, params)
        self._first = next(self._pieces)

    def whole(self) -> bytes:
        """See `Reply.whole`; all of it is read."""
        return b"".join((self._first, *self._pieces))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all; a page is read when the other side has taken the one before."""
        del receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        piece: bytes | None = self._first
        while piece is not None and scope["method"] != "HEAD":
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await self._workers.run(next, self._pieces, None)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _pieces(plural: str, ask: Ask, params: JsonMapping) -> Iterator[bytes]:
    """The rows between brackets, page by page; what is said of the list comes last, for it ends with the last marker."""
    limit = min(number(params, "export_limit"), MOST_EXPORTED)
    marked = bool(params.get("marker")) or "paging_marker" in params or "paging_order" in params
    by_offset = not marked and number(params, "offset") > 0
    about: JsonObject = {} if marked else _counted(ask(_shortest(params)))
    asked: dict[str, Any] = dict(params)
    if not marked and not by_offset:
        asked["paging_marker"] = ""
    if not marked:
        asked.pop("summary_stats", None)
    left, before = limit, b'{"%b":[' % plural.encode()
    while left > 0:
        page = ask({**asked, "export_limit": str(min(PAGE, left))})
        left -= len(page.items)
        if marked:
            about |= _marked(page)
            asked.pop("summary_stats", None)
        if page.items:
            yield before + orjson.dumps(list(page.items))[1:-1]
            before = b","
        if not _goes_on(page, asked, by_offset=by_offset):
            break
    empty = before != b","
    if not empty:
        about["limit"] = limit
    shown = {name: value for name, value in about.items() if value or name in ("next_marker", "totals")}
    yield (before if empty else b"") + b"]" + (b"," + render(shown)[1:] if shown else b"}")


def _goes_on(page: Listing, asked: dict[str, Any], *, by_offset: bool) -> bool:
    """Whether there may be another page, which `asked` then asks for."""
    if by_offset:
        asked["offset"] = str(number(asked, "offset") + len(page.items))
        return len(page.items) == PAGE
    asked.pop("marker", None)
    asked["paging_marker"] = page.next_marker
    return bool(page.next_marker)


def _shortest(params: JsonMapping) -> JsonObject:
    """The same list, of which one row is read: it tells how many there are."""
    kept = {name: value for name, value in params.items() if not name.startswith("export")}
    return {**kept, "limit": "1", "details": "false"}


def _counted(listing: Listing) -> JsonObject:
    found: JsonObject = {"total": listing.total, "offset": listing.offset}
    return found if listing.totals is None else {**found, "totals": listing.totals}


def _marked(listing: Listing) -> JsonObject:
    found: Mapping[str, Any] = {
        "marker_field": listing.marker_field,
        "marker_order": listing.marker_order or "DESC",
        "next_marker": listing.next_marker,
    }
    return {**found} if listing.totals is None else {**found, "totals": listing.totals}
