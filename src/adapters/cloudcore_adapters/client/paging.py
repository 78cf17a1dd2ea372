"""Walking a whole list, page by page."""

from __future__ import annotations

from collections.abc import Iterator

from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.session import NO_PARAMS, Context, Session

PAGE = 512


def pages(
    session: Session, plural: str, params: JsonMapping = NO_PARAMS, context: Context = (), *, page_size: int = PAGE
) -> Iterator[JsonObject]:
    """Every resource of a list, in its order, each once; by marker where the type has one, else by offset.

    By offset, rows that come or go meanwhile may shift others: an id that was given already is passed over.
    `limit` among the params is the number of rows in all.
    """
    wanted = int(params.get("limit") or 0)
    rest = {k: v for k, v in params.items() if k not in ("limit", "offset")}
    offset = int(params.get("offset") or 0)
    seen: set[str] = set()
    marker = ""
    given = 0
    while True:
        size = min(page_size, wanted - given) if wanted else page_size
        place = {"paging_marker": marker} if marker else {"offset": offset}
        page = session.list(plural, {**rest, "limit": size, **place}, context)
        for item in page.items:
            ident = str(item.get("id") or "")
            if ident and ident in seen:
                continue
            seen.add(ident)
            yield item
            given += 1
            if wanted and given >= wanted:
                return
        marker = page.next_marker
        offset += len(page.items)
        if not page.items or (page.marker_field and not marker) or (not page.marker_field and offset >= page.total):
            return
