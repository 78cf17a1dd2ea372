"""Conditions under which scheduling tags hold: of requests (policies), and of what is tagged (dynamic tags)."""

from __future__ import annotations

from typing import Annotated, Any

from cloudcore.model.condition import parse_condition
from cloudcore.model.entity import Named, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Spec

_TAG = Ref("schedtags", on_delete=OnDelete.CASCADE, alias=("sched_tag",), show=("resource_type",))
STRATEGIES = ("require", "exclude", "prefer", "avoid")


@entity
class _Conditional(Named):
    """A condition and the tag that it gives."""

    schedtag_id: Annotated[str, Spec("Tag", create=True, required=True, update=True, width=128, index=True), _TAG]
    condition: Annotated[
        str, Spec("Condition, such as server.vcpu_count > 8", create=True, required=True, update=True, width=1024)
    ]
    enabled: Annotated[bool, Spec("In force", create=True, update=True)] = True


@entity
class Schedpolicy(_Conditional):
    """A tag that requests ask for when the condition holds for them."""

    strategy: Annotated[
        str, Spec("What is asked of the tag", create=True, required=True, update=True, width=16, choices=STRATEGIES)
    ]


@entity
class Dynamicschedtag(_Conditional):
    """A tag that marks what the condition holds for."""


def _prepare(_tx: Any, _caller: Any, draft: JsonObject) -> JsonObject:
    parse_condition(draft["condition"], "condition")
    return draft


def _check_update(_tx: Any, _caller: Any, _row: Any, changes: JsonObject) -> JsonObject:
    if "condition" in changes:
        parse_condition(changes["condition"], "condition")
    return changes


_EVALUATE = Action(
    name="evaluate",
    doc="Try the condition out on something.",
    params=(
        param("object_id", "Id or name", width=128, alias=("object", "server"), example="server-1"),
        param("resource_type", "Its type; absent: servers", width=64),
        param("virtual_object_id", "Id or name of a second thing", width=128),
        param("virtual_resource_type", "The type of that", width=64),
    ),
)

SCHEDPOLICIES = Resource(
    entity=Schedpolicy,
    service="compute",
    area="compute",
    singular="schedpolicy",
    plural="schedpolicies",
    doc="Conditions of requests under which a scheduling tag is asked for.",
    level=Level.SYSTEM,
    actions=(_EVALUATE,),
    columns=("id", "name", "condition", "strategy", "schedtag", "enabled"),
    unique=(("name",),),
    prepare=_prepare,
    check_update=_check_update,
)

DYNAMICSCHEDTAGS = Resource(
    entity=Dynamicschedtag,
    service="compute",
    area="compute",
    singular="dynamicschedtag",
    plural="dynamicschedtags",
    doc="Conditions under which a scheduling tag marks a host, a storage or a network.",
    level=Level.SYSTEM,
    actions=(_EVALUATE,),
    columns=("id", "name", "condition", "schedtag", "enabled"),
    unique=(("name",),),
    prepare=_prepare,
    check_update=_check_update,
)
