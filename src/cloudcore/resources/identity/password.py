"""Password hashes and failed attempts, apart from the users that they belong to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Show, Spec

ADMIN_RESET = "admin_reset"
EXPIRED = "expire"


@entity
class Password(Entity):
    """The password of one user, as a hash."""

    user_id: Annotated[str, Spec("Whose", width=64), Ref("users", on_delete=OnDelete.CASCADE, context=False)]
    hash: Annotated[str, Spec("Hash with its salt and parameters", width=512, secret=True, show=Show.NEVER)]
    earlier: Annotated[list[str], Spec("Hashes of earlier ones, newest first", secret=True, show=Show.NEVER)] = (
        attrs.field(factory=list[str])
    )
    reset_hint: Annotated[str, Spec("Why its owner should change it", width=16)] = ""
    expires_at: Annotated[datetime | None, Spec("When it must be changed")] = None
    failed_count: Annotated[int, Spec("Wrong attempts since the last right one")] = 0
    failed_at: Annotated[datetime | None, Spec("Last wrong attempt")] = None
    locked_until: Annotated[datetime | None, Spec("Until when every attempt is refused")] = None


PASSWORDS = Resource(
    entity=Password,
    service="internal",
    area="identity",
    singular="password",
    plural="passwords",
    doc="Password hashes.",
    level=Level.SYSTEM,
    columns=("id", "user_id", "failed_count", "locked_until"),
    unique=(("user_id",),),
    verbs=frozenset(),
)
