"""Keep hosts of the class that the project and the image have: `class:` labels are equal on both sides, or on neither."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.rows import labels_text
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "host is of another class"


def kind(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the same labels with the same values, no more and no fewer."""
    return Verdict(alive & inventory.hosts.classes.equals(labels_text(request.classes)))


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the labels of both sides."""
    have = inventory.hosts.classes[int(rows[0])]
    return f"request: {labels_text(request.classes) or 'no class'}, host: {have or 'no class'}"


KIND = Filter(name="class_metadata", reason=REASON, apply=kind, explain=explain, reads=Reads.FIXED)
