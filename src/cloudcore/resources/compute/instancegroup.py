"""Groups of servers that are kept apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cloudcore.model.entity import Enabled, ProjectOwned, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import groupguest

GUESTS = (param("guests", "Servers", list, of=str, refers="servers", alias=("guest",), required=True),)


@entity
class Instancegroup(Enabled, ProjectOwned):
    """At most `granularity` servers of the group run on one host; without force_dispersion as far as there is room."""

    service_type: Annotated[str, Spec("What its servers do", create=True, update=True, width=36)] = ""
    parent_id: Annotated[
        str | None,
        Spec("Group that it belongs to", create=True, update=True, width=128),
        Ref("instancegroups", on_delete=OnDelete.CLEAR, context=False),
    ] = None
    zone_id: Annotated[str | None, Spec("Zone", create=True, width=128), Ref("zones")] = None
    sched_strategy: Annotated[str, Spec("Free text for the owner", create=True, update=True, width=16)] = ""
    granularity: Annotated[int, Spec("Most servers on one host", create=True, update=True, minimum=1, maximum=1000)] = 1
    force_dispersion: Annotated[bool, Spec("Refuse rather than break this", create=True, update=True)] = True


def _details(tx: Transaction, page: Sequence[Instancegroup]) -> Sequence[JsonObject]:
    rows = tx.of(groupguest.GROUPGUESTS, PLATFORM).totals(
        one_of("group_id", [group.id for group in page]), by=("group_id",)
    )
    numbers = {row["group_id"]: int(row["count"]) for row in rows}
    return [{"guest_count": numbers.get(group.id, 0)} for group in page]


INSTANCEGROUPS = Resource(
    entity=Instancegroup,
    service="compute",
    area="compute",
    singular="instancegroup",
    plural="instancegroups",
    doc="Servers that are kept apart from each other.",
    level=Level.PROJECT,
    columns=("id", "name", "service_type", "parent_id", "zone_id", "granularity", "force_dispersion", "enabled"),
    unique=(("name", "tenant_id"),),
    actions=(
        Action(name="bind-guests", doc="Put servers into the group.", params=GUESTS),
        Action(name="unbind-guests", doc="Take servers out of the group.", params=GUESTS),
    ),
    details=_details,
    counts_as="instancegroup",
)
