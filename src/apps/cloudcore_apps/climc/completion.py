"""What a shell is offered for an argument: names of what is there, asked from the cloud.

Bounded in time, silent whatever happens. What is offered ends up on a command line that somebody then runs, so a name is
offered only where no shell could take a part of it for something else; its id stands in for any other.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from cloudcore_apps.climc.index import load_index
from cloudcore_apps.climc.output import printable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cloudcore_apps.climc.runtime import Runtime

PATIENCE_S = 1.5
MOST = 100

_SAFE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@%+-]{0,127}", re.ASCII)


def plural_of(noun: str) -> str:
    """The type that a noun names; empty for none."""
    return next((plural for plural, known in load_index()["types"].items() if known["noun"] == noun), "")


def live(runtime: Runtime, plural: str, incomplete: str) -> list[CompletionItem[str]]:
    """Names, or ids, of resources that begin with what was typed."""
    found: list[Any] = []

    def ask() -> None:
        # Whatever goes wrong, a shell that waits for words wants none; commands tell what is the matter.
        with contextlib.suppress(Exception):
            found.extend(_asked(runtime, plural, incomplete))

    if not plural or (incomplete and not _SAFE.fullmatch(incomplete)):
        return []
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return _items(list(found), incomplete)


def _asked(runtime: Runtime, plural: str, incomplete: str) -> Any:
    params: dict[str, Any] = {"limit": MOST, "details": False, "order_by": ["name"], "order": "asc"}
    if incomplete:
        params |= {
            "filter": [f"{field}.startswith('{incomplete}')" for field in ("name", "id")],
            "filter_any": True,
        }
    return runtime.session.list(plural, params).items


def _items(rows: list[Any], incomplete: str) -> list[CompletionItem[str]]:
    from click.shell_completion import CompletionItem

    times = Counter(str(row.get("name") or "") for row in rows)
    items: list[CompletionItem[str]] = []
    for row in rows:
        name, ident = str(row.get("name") or ""), str(row.get("id") or "")
        by_name = bool(_SAFE.fullmatch(name)) and times[name] == 1 and name.startswith(incomplete)
        word = name if by_name else ident
        if _SAFE.fullmatch(word) and word.startswith(incomplete):
            told = str(row.get("status") or "") if by_name else name
            items.append(CompletionItem(word, help=printable(told) or None))
    return items
