"""Services of the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Named, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.resource import Action, ActionKind, Level, Resource, Show, Spec


@entity
class Service(Named):
    """A part of the platform that clients look up by type."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True)] = ""
    type: Annotated[
        str, Spec("Type, such as compute_v2", create=True, required=True, update=True, width=64, index=True)
    ]
    enabled: Annotated[bool, Spec("Shown in the catalogue", create=True, update=True)] = True
    config_version: Annotated[int, Spec("Version of its configuration")] = 0
    config: Annotated[JsonObject, Spec("Its configuration: group → option → value", show=Show.NEVER, secret=True)] = (
        attrs.field(factory=dict[str, Any])
    )


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
        Action(name="config", doc="Its configuration, for who may set it.", kind=ActionKind.SPEC, params=()),
        Action(
            name="config",
            doc="Put a configuration here for whoever runs the service to fetch.",
            params=(
                param(
                    "config", "Groups, each an object of options", dict, required=True, example={"default": {"port": 1}}
                ),
                param(
                    "action",
                    "update (merge), remove (these options) or replace (all of it)",
                    choices=("update", "remove", "replace"),
                ),
            ),
        ),
    ),
)
