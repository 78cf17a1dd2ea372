"""Groups of servers that are kept apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Enabled, ProjectOwned, entity
from cloudcore.model.errors import NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, eq, one_of
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import DISSOCIATE_EIP, associate_eip
from cloudcore.resources.compute import groupguest, groupnetwork

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
    held = groupnetwork.addresses_of(tx, [group.id for group in page])
    return [{"guest_count": numbers.get(group.id, 0), "vips": list(held.get(group.id, ()))} for group in page]


def _check_delete(tx: Transaction, _caller: Any, group: Instancegroup) -> None:
    held = tx.of(groupnetwork.GROUPNETWORKS, PLATFORM).count(eq("group_id", group.id))
    if held:
        raise NotEmptyError(
            f"{group.name} has {held} addresses: give them back first", data={"plural": "groupnetworks", "count": held}
        )


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
        Action(
            name="attachnetwork",
            doc="Take an address of a network for what its servers share.",
            params=(
                param("network_id", "Network", refers="networks", alias=("network",), required=True, example="default"),
                param("ip_addr", "Address; absent: any free one", width=64),
                param("reserved", "It is one that is kept", bool),
            ),
        ),
        Action(
            name="detachnetwork",
            doc="Give an address back.",
            params=(param("ip_addr", "Address; absent: all", width=64),),
        ),
        associate_eip("group"),
        DISSOCIATE_EIP,
        Action(
            name="create-eip",
            doc="Take a new public address for it.",
            params=(
                param("bandwidth", "Most bandwidth; 0: no bound", int, maximum=1_000_000, unit=Unit.MBPS),
                param("charge_type", "Paid by traffic or bandwidth", choices=("traffic", "bandwidth")),
                param("bgp_type", "Kind of line", width=64),
                param("ip_addr", "Address of the group that it stands for", width=64),
                param("network_id", "Network of public addresses", refers="networks", alias=("network",)),
            ),
        ),
    ),
    check_delete=_check_delete,
    details=_details,
    counts_as="instancegroup",
)
