"""Lists that go on: what is there, then each change as the history tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cloudcore_adapters.client.feed import follow, position
from cloudcore_apps.climc import show
from cloudcore_apps.climc.index import type_of
from cloudcore_apps.climc.output import GAP, JSON, TABLE, YAML, cell, dig, width
from cloudcore_apps.climc.runtime import Runtime

if TYPE_CHECKING:
    from cloudcore.model.listing import Listing

EVENT = "event"
THERE, ADDED, CHANGED, DELETED = "", "added", "changed", "deleted"
MOST = 500
_PAGING = ("limit", "offset", "paging_marker", "details")


def watch(
    run: Runtime, plural: str, params: Mapping[str, Any], columns: Sequence[str], timeout_s: float | None
) -> None:
    """Show a list, then every row of it that comes, changes or goes, until Ctrl-C or the time is over.

    The position is taken before the list is read: nothing that happens meanwhile is missed, and some of it is told twice.
    """
    after = position(run.session)
    view = View(run, run.columns or columns)
    rows = {_key(row): row for row in run.session.list(plural, params).items}
    view.tell([(THERE, row) for row in rows.values()])
    filters = {"obj_type": [type_of(plural)["singular"]], "limit": MOST}
    for page in follow(run.session, after, filters, timeout_s=timeout_s):
        if page.items:
            view.tell(list(_changes(run, plural, params, page, rows)))


def watch_log(
    run: Runtime, after: str, filters: Mapping[str, Any], columns: Sequence[str], timeout_s: float | None
) -> None:
    """Show what is written into the action log from a position on, until Ctrl-C or the time is over."""
    view = View(run, run.columns or columns, marked=False)
    for page in follow(run.session, after, {**filters, "limit": MOST}, timeout_s=timeout_s):
        view.tell([(ADDED, item) for item in page.items])


def _changes(
    run: Runtime, plural: str, params: Mapping[str, Any], page: Listing, rows: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """What became of the rows that the records speak of; `rows` is brought up to date."""
    wanted = params.get("id")
    idents = [i for i in dict.fromkeys(str(item["obj_id"]) for item in page.items) if not wanted or i in wanted]
    if not idents:
        return
    asked = {k: v for k, v in params.items() if k not in _PAGING or k == "details"}
    found = run.session.list(plural, {**asked, "id": idents, "limit": len(idents)}).items
    now = {_key(row): row for row in found}
    for ident in idents:
        old, new = rows.get(ident), now.get(ident)
        if new is not None:
            rows[ident] = new
            if new != old:
                yield (ADDED if old is None else CHANGED), new
        elif old is not None:
            del rows[ident]
            yield DELETED, old


def _key(row: Mapping[str, Any]) -> str:
    key = row.get("id") or row.get("row_id")
    if not key:
        raise click.UsageError("rows without an id cannot be watched")
    return str(key)


class View:
    """Where events go: lines of a table whose columns only grow, one JSON or YAML document for each, CSV, names."""

    def __init__(self, run: Runtime, columns: Sequence[str], *, marked: bool = True) -> None:
        """marked: each line begins with what became of its row, below a heading."""
        self._run = run
        self._columns = (EVENT, *columns) if marked else tuple(columns)
        self._headed = not marked
        self._widths = [0] * len(self._columns)

    def tell(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Show events."""
        run = self._run
        if run.query is not None:
            for _, row in events:
                found = show.asked(run.query, [row])
                if found not in (None, [], {}):
                    self._say(show.anything(found, run.format, run.columns))
        elif run.format in (JSON, YAML):
            for event, row in events:
                self._say(self._document({"event": event or "there", "object": show.picked(row, run.columns)}))
        elif run.format == TABLE:
            self._table(events)
        elif run.format == "name":
            self._say(show.listed([row for _, row in events], "name", (), ()))
        elif events:
            text = show.listed(self._rows(events), run.format, self._columns, ())
            # CSV has one line of heading, Markdown two.
            self._say(text.split("\n", 1 if run.format == "csv" else 2)[-1] if self._headed else text)
            self._headed = True

    def _rows(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
        return [{c: event if c == EVENT else dig(row, c) for c in self._columns} for event, row in events]

    def _document(self, value: Any) -> str:
        if self._run.format == YAML:
            return f"---\n{show.structure(value, YAML)}"
        from cloudcore_apps.climc.output import as_line

        return as_line(value)

    def _table(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        lines = [[cell(row[c]) for c in self._columns] for row in self._rows(events)]
        if not self._headed:
            lines.insert(0, [c.upper() for c in self._columns])
            self._headed = True
        for line in lines:
            self._widths = [max(wide, width(text)) for wide, text in zip(self._widths, line, strict=True)]
        for line in lines:
            padded = (text + " " * (wide - width(text)) for text, wide in zip(line, self._widths, strict=True))
            self._say(GAP.join(padded).rstrip())

    @staticmethod
    def _say(text: str) -> None:
        if text:
            click.echo(text)
