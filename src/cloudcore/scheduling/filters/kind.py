"""Keep hosts of the class that the project and the image have: the labels of all three are equal, or none has any."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.rows import labels_text
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "host is of another class"


def kind(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the same labels with the same values, no more and no fewer."""
    kept = alive & inventory.hosts.classes.equals(labels_text(request.classes))
    if request.source_classes is not None and request.source_classes != request.classes:
        # No host is of both.
        return Verdict(np.zeros_like(kept))
    return Verdict(kept)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the labels of both sides, or of the two that can't come together anywhere."""
    wanted = labels_text(request.classes) or "no class"
    if request.source_classes is not None and request.source_classes != request.classes:
        return f"project: {wanted}, image: {labels_text(request.source_classes) or 'no class'}"
    return f"request: {wanted}, host: {inventory.hosts.classes[int(rows[0])] or 'no class'}"


KIND = Filter(name="class_metadata", reason=REASON, apply=kind, explain=explain, reads=Reads.FIXED)
