"""Answers that were given under an idempotency key, so that the same request gets the same answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Idempotency(Entity):
    """One answer. The id is a hash of the caller and his key; fingerprint is a hash of what was asked."""

    fingerprint: Annotated[str, Spec("Hash of the request", width=64)]
    answer: Annotated[list[Any], Spec("What was answered")] = attrs.field(factory=list[Any])
    expires_at: Annotated[datetime, Spec("Until when it is kept", index=True)]


IDEMPOTENCIES = Resource(
    entity=Idempotency,
    service="internal",
    area="audit",
    singular="idempotency",
    plural="idempotencies",
    doc="Answers that were given under an idempotency key.",
    level=Level.SYSTEM,
    verbs=frozenset(),
    recorded=False,
)
