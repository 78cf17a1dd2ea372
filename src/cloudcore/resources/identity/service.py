"""Services of the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from cloudcore.model.entity import Named, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Action, ActionKind, Level, Resource, Spec


@entity
class Service(Named):
    """A part of the platform that clients look up by type."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True)] = ""
    type: Annotated[
        str, Spec("Type, such as compute_v2", create=True, required=True, update=True, width=64, index=True)
    ]
    enabled: Annotated[bool, Spec("Shown in the catalogue", create=True, update=True)] = True
    config_version: Annotated[int, Spec("Version of its configuration")] = 0


def _config(*_: Any) -> JsonObject:
    """What services fetch when they start; here they read their options from where they run."""
    return {"config": None}


SERVICES = Resource(
    entity=Service,
    service="identity",
    area="identity",
    singular="service",
    plural="services",
    doc="Parts of the platform that clients look up by type.",
    level=Level.SYSTEM,
    columns=("id", "name", "type", "enabled"),
    unique=(("name",),),
    actions=(
        Action(
            name="config", doc="Its configuration in the catalogue: none.", kind=ActionKind.SPEC, run=_config, params=()
        ),
    ),
)
