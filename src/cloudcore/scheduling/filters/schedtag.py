"""Keep hosts that have every tag that is required and none that is excluded."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "scheduling tags forbid it"
REQUIRE, EXCLUDE = "require", "exclude"


def schedtag(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Apply the hard tags of the request."""
    kept = alive
    for _, mask in _rules(request, inventory):
        kept = kept & mask
    return Verdict(kept)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name each tag that the first of the hosts lacks or should not have."""
    return ", ".join(text for text, mask in _rules(request, inventory) if not mask[int(rows[0])])


def _rules(request: Request, inventory: Inventory) -> list[tuple[str, BoolArray]]:
    found: list[tuple[str, BoolArray]] = []
    for mark in request.marks:
        if mark.strategy == REQUIRE:
            found.append((f"without tag {mark.name}", inventory.hosts.marked(mark)))
        elif mark.strategy == EXCLUDE:
            found.append((f"has tag {mark.name}", ~inventory.hosts.marked(mark)))
    return found


SCHEDTAG = Filter(name="host_schedtag", reason=REASON, apply=schedtag, explain=explain, reads=Reads.FIXED)
