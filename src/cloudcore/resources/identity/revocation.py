"""Watermarks: tokens issued up to them are void."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Revocation(Entity):
    """Tokens of a user, project, domain or role issued up to a moment, or one token, are void."""

    kind: Annotated[str, Spec("user, project, domain, role, token or everything", width=16)]
    target_id: Annotated[str, Spec("Id of that, or the token's audit id", width=128, index=True)]
    before: Annotated[datetime, Spec("Up to when")]


REVOCATIONS = Resource(
    entity=Revocation,
    service="internal",
    area="identity",
    singular="revocation",
    plural="revocations",
    doc="Watermarks of void tokens.",
    level=Level.SYSTEM,
    columns=("id", "kind", "target_id", "before"),
    unique=(("kind", "target_id"),),
    verbs=frozenset(),
)
