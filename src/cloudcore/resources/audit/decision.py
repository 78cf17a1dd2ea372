"""Decisions of the scheduler: what was wanted, what was seen, where it went or why nowhere."""

from __future__ import annotations

from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Level, Resource, Spec

MOVED = "migrate"
"""The question of a server that moves, whose id is the name of the question."""


@entity
class SchedulerDecision(Entity):
    """One decision. The columns of owners and user are those by which the action log is read, too.

    question: create, or the word that was asked. placed: `[server id, host id]` of what was made.
    told: why it was refused, as data. seen: the request and the rows that mattered (`cloudcore.scheduling.replay`).
    """

    session_id: Annotated[str, Spec("Name of the question", width=128, index=True)] = ""
    question: Annotated[str, Spec("What was asked", width=16)]
    user_id: Annotated[str, Spec("Who asked", width=64)] = ""
    user_name: Annotated[str, Spec("His name", width=128)] = ""
    owner_domain_id: Annotated[str, Spec("Domain that it was for", width=64)] = ""
    owner_tenant_id: Annotated[str, Spec("Project that it was for", width=64)] = ""
    name: Annotated[str, Spec("Name of the servers", width=128)] = ""
    count: Annotated[int, Spec("How many were wanted")] = 1
    fitting: Annotated[int, Spec("How many found a place")] = 0
    success: Annotated[bool, Spec("Whether all did")] = True
    summary: Annotated[str, Spec("Why not", width=2048)] = ""
    placed: Annotated[list[Any], Spec("What was made where")] = attrs.field(factory=list[Any])
    told: Annotated[JsonObject, Spec("The explanation")] = attrs.field(factory=dict[str, Any])
    seen: Annotated[JsonObject, Spec("What was looked at")] = attrs.field(factory=dict[str, Any])


SCHEDULERDECISIONS = Resource(
    entity=SchedulerDecision,
    service="internal",
    area="audit",
    singular="schedulerdecision",
    plural="schedulerdecisions",
    doc="Decisions of the scheduler, with what they were made by.",
    level=Level.SYSTEM,
    verbs=frozenset(),
    recorded=False,
    indexes=(("created_at",), ("owner_tenant_id", "created_at")),
)
