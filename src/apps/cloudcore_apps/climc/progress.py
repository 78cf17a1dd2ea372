"""Progress on standard error, where that is a terminal, and waiting for long operations."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cloudcore_apps.climc.output import printable
from cloudcore_apps.climc.runtime import Runtime, is_terminal

if TYPE_CHECKING:
    from cloudcore_adapters.client.waiting import Progress

ERASE = "\r\x1b[K"
BAR = 24


class Line:
    """One line that is written over and over; nothing at all where standard error is no terminal."""

    def __init__(self) -> None:
        self._shown = is_terminal()
        self._last = ""

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._last:
            sys.stderr.write(ERASE)
            sys.stderr.flush()

    def say(self, text: str) -> None:
        """Show this instead of what stood there."""
        if self._shown and text != self._last:
            sys.stderr.write(ERASE + printable(text))
            sys.stderr.flush()
            self._last = text

    def bar(self, what: str, done: int, whole: int) -> None:
        """Show a share of a whole."""
        part = done / whole if whole else 1.0
        self.say(f"{what} [{'#' * int(BAR * part):<{BAR}}] {part:4.0%} of {whole / 1_048_576:.1f} MiB")


def wait(runtime: Runtime, plural: str, made: dict[str, Any], timeout_s: float, *, deleting: bool = False) -> Any:
    """The resource when its operation is over; None when it is gone."""
    from cloudcore_adapters.client.waiting import gone, wait_for
    from cloudcore_apps.climc.index import type_of

    name = str(made.get("name") or made["id"])
    known = type_of(plural)
    with Line() as line:

        def told(seen: Progress) -> None:
            share = f" {seen.percent:.0f} %" if seen.percent else ""
            step = f", {seen.step}" if seen.step else ""
            line.say(f"{name}: {seen.status or seen.state}{step}{share} {seen.elapsed_s:.0f} s")

        return wait_for(
            runtime.session,
            plural,
            str(made["id"]),
            singular=known["singular"],
            until=gone if deleting else None,
            busy=known.get("busy", ()),
            timeout_s=timeout_s,
            progress=told,
        )
