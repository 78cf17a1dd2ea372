"""Counters: numbers that are given out one after the other."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Counter(Entity):
    """The last number that was given out, by the name of what is counted."""

    value: Annotated[int, Spec("Last number given")] = 0


COUNTERS = Resource(
    entity=Counter,
    service="internal",
    area="audit",
    singular="counter",
    plural="counters",
    doc="Numbers that are given out one after the other.",
    level=Level.SYSTEM,
    verbs=frozenset(),
    recorded=False,
)
