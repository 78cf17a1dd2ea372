"""Plans: what a call would do, worked out and taken back, to be done later as it was seen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Named, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Action, Level, Resource, Show, Spec, Verb

OPEN, APPLIED = "open", "applied"


@entity
class Plan(Named):
    """One call of one user that was tried and taken back.

    request: the call as JSON. seed: what the ids and the randomness of the call come from, so that they are the same again.
    keys: the key pairs that it makes, as JSON.
    world: `[plural, id, version]` of the rows that were read. outcome: `[what, hash]` of the rows that would be written.
    """

    owner_id: Annotated[str, Spec("User who asked", width=64, index=True)]
    project_id: Annotated[str, Spec("Project that he acted in", width=64)] = ""
    scope_domain_id: Annotated[str, Spec("Domain that he acted in", width=64, show=Show.DETAIL)] = ""
    call: Annotated[str, Spec("create, update, delete, perform or perform_class", width=16)]
    resource: Annotated[str, Spec("Plural of the type", width=64)]
    state: Annotated[str, Spec("Where it stands", width=16, choices=(OPEN, APPLIED))] = OPEN
    summary: Annotated[JsonObject, Spec("What would be done", show=Show.DETAIL)] = attrs.field(factory=dict[str, Any])
    request_id: Annotated[str, Spec("Request that made it", width=128)] = ""
    expires_at: Annotated[datetime, Spec("Until when it can be applied", index=True)]
    applied_at: Annotated[datetime | None, Spec("When it was applied")] = None
    request: Annotated[
        str, Spec("The call", show=Show.NEVER, width=262_144, sealed=True, secret=True, multiline=True)
    ] = ""
    seed: Annotated[str, Spec("Seed of its ids", show=Show.NEVER, width=128, sealed=True, secret=True)] = ""
    keys: Annotated[
        str, Spec("Key pairs that it makes", show=Show.NEVER, width=65_536, sealed=True, secret=True, multiline=True)
    ] = "[]"
    world: Annotated[list[Any], Spec("Versions of the rows that were read", show=Show.NEVER)] = attrs.field(
        factory=list[Any]
    )
    outcome: Annotated[list[Any], Spec("What would be written", show=Show.NEVER)] = attrs.field(factory=list[Any])


PLANS = Resource(
    entity=Plan,
    service="compute",
    area="audit",
    singular="plan",
    plural="plans",
    doc="What calls with `plan` would do; applied only while the world that they were made in still holds.",
    level=Level.USER,
    columns=("id", "name", "state", "expires_at"),
    verbs=frozenset({Verb.LIST, Verb.GET, Verb.DELETE}),
    actions=(
        Action(
            name="apply",
            doc="Do what the plan says, as it was seen; refused when something that it was made of has changed.",
            params=(),
        ),
    ),
    recorded=False,
)
