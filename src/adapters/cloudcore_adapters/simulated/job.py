"""Effects of a simulated host that are under way, and how outcomes are kept."""

from __future__ import annotations

from datetime import datetime

import attrs

from cloudcore.model.effects import Done, Failed, Outcome, Running
from cloudcore.model.json import JsonObject


@attrs.frozen
class Job:
    """An open effect: when its work begins and when it is done."""

    resource: str
    begins: datetime
    ends: datetime

    def percent(self, now: datetime) -> float:
        """How far it is; never the whole."""
        whole = (self.ends - self.begins).total_seconds()
        past = (now - self.begins).total_seconds()
        return min(99.0, max(0.0, 100.0 * past / whole)) if whole > 0 else 0.0


def kept(outcome: Done | Failed) -> JsonObject:
    """An outcome as the journal has it."""
    return {"done": outcome.result} if isinstance(outcome, Done) else {"failed": attrs.asdict(outcome)}


def read(outcome: JsonObject | None) -> Outcome:
    """The outcome of an entry of the journal."""
    if outcome is None:
        return Running()
    return Done(outcome["done"]) if "done" in outcome else Failed(**outcome["failed"])
