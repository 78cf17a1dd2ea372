"""With which single projects and domains something is shared."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Sharedresource(Entity):
    """One project or domain that one resource is shown to."""

    resource_type: Annotated[str, Spec("Plural of the type", width=64)]
    resource_id: Annotated[str, Spec("What is shared", width=128, index=True)]
    target_type: Annotated[str, Spec("project or domain", width=16, choices=("project", "domain"))]
    target_id: Annotated[str, Spec("With whom", width=64, index=True)]


SHAREDRESOURCES = Resource(
    entity=Sharedresource,
    service="internal",
    area="infrastructure",
    singular="sharedresource",
    plural="sharedresources",
    doc="With which single projects and domains something is shared.",
    level=Level.SYSTEM,
    columns=("resource_type", "resource_id", "target_type", "target_id"),
    unique=(("resource_id", "resource_type", "target_type", "target_id"),),
    verbs=frozenset(),
    recorded=False,
)
