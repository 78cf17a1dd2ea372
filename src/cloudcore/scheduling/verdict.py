"""What a filter is: a function over columns, a name on the wire, and words for those who were refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import TypeAlias

import attrs

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request


@attrs.frozen(eq=False)
class Verdict:
    """The hosts that a filter keeps, a part of those it was given.

    capacity: per host, how many of the requested servers fit as far as this filter can tell; read for kept hosts only,
    where it is at least 1. None when the filter bounds nothing. It may be too large where hosts share something (a
    storage, a network): the claims made while a batch is placed are exact.
    """

    kept: BoolArray
    capacity: IntArray | None = None


Apply: TypeAlias = Callable[[Request, Inventory, BoolArray], Verdict]
"""(request, inventory, alive) → verdict. Pure; never writes its arguments; looks at every host for itself alone."""

Explain: TypeAlias = Callable[[Request, Inventory, IntArray], str]
"""(request, inventory, rows) → why these hosts, one or several and never none, do not do."""


class Reads(Enum):
    """What a filter or weigher follows from; so much of a verdict can be kept for the next request that is alike.

    FIXED: what no placement changes. MOVING: what placements take. PARTICULAR: what differs between requests that are
    otherwise alike, such as where the servers of a group are.
    """

    FIXED = auto()
    MOVING = auto()
    PARTICULAR = auto()


Probe: TypeAlias = Callable[[Request, Inventory, int], int]
"""(request, inventory, row) → how many of the requested servers fit on one host; 0 where the filter refuses it. As `Apply`,
in plain numbers: a host that something happened to is judged again without columns."""

Refuse: TypeAlias = Callable[[Request, Inventory], Sequence[int] | IntArray]
"""(request, inventory) → the rows that are refused."""


@attrs.frozen(kw_only=True)
class Filter:
    """One filter. name: of the predicate on the wire. reason: what is wrong, in a few words that never change.

    reads: what its verdict follows from beside the request.
    probe: of a filter that reads what moves; without it a host is judged with the columns of that host.
    refuse: of a filter that reads what is particular, which has to have it.
    """

    name: str
    reason: str
    apply: Apply
    explain: Explain
    reads: Reads = Reads.MOVING
    probe: Probe | None = None
    refuse: Refuse | None = None


def shortage(wanted: int, free: IntArray, rows: IntArray, unit: str = "") -> str:
    """Say `request: 4096 MiB, free: 1024 MiB`, or `free at most` when there are several hosts."""
    suffix = f" {unit}" if unit else ""
    at_most = "free" if len(rows) == 1 else "free at most"
    amount = int(free[rows].max())
    return f"request: {wanted}{suffix}, {at_most}: {amount}{suffix}"
