"""When disks and servers are snapshot, and how long that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, External, ProjectOwned, Statused, entity
from cloudcore.model.errors import InvalidInputError, MissingParameterError, NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.reading import read_int
from cloudcore.model.resource import READ_ONLY, Action, Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import OWN_STATUS
from cloudcore.resources.compute import instancesnapshot, snapshot
from cloudcore.resources.storage.filters import POLICY_FILTERS, POLICY_ORDERS

MAX_DAYS = 65_535


class PolicyStatus(StrEnum):
    """Statuses of a snapshot policy."""

    READY = "ready"
    UNKNOWN = "unknown"


@entity
class Snapshotpolicy(Statused, External, ProjectOwned):
    """A timetable: at these hours of these days of the week (1 is Monday), in UTC."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = PolicyStatus.READY.value
    cloudregion_id: Annotated[
        str, Spec("Region", create=True, width=128, index=True), Ref("cloudregions", alias=("region", "region_id"))
    ] = "default"
    retention_days: Annotated[
        int, Spec("Days to keep; -1: for ever", create=True, update=True, minimum=-1, maximum=MAX_DAYS)
    ] = -1
    retention_count: Annotated[int, Spec("Most snapshots to keep; 0: any", create=True, update=True, maximum=4096)] = 0
    type: Annotated[str, Spec("What it snapshots", create=True, width=16, choices=("disk", "server"), index=True)] = (
        "disk"
    )
    repeat_weekdays: Annotated[list[Any], Spec("Days of the week, 1 to 7", create=True, update=True)] = attrs.field(
        factory=list[Any]
    )
    time_points: Annotated[list[Any], Spec("Hours of the day, 0 to 23", create=True, update=True)] = attrs.field(
        factory=list[Any]
    )


@entity
class Snapshotpolicydisk(Entity):
    """One disk of one policy."""

    snapshotpolicy_id: Annotated[
        str, Spec("Policy", width=128, index=True), Ref("snapshotpolicies", on_delete=OnDelete.CASCADE)
    ]
    disk_id: Annotated[str, Spec("Disk", width=128, index=True), Ref("disks", on_delete=OnDelete.CASCADE)]
    last_at: Annotated[datetime | None, Spec("The last time point that was begun")] = None


@entity
class Snapshotpolicyserver(Entity):
    """One server of one policy."""

    snapshotpolicy_id: Annotated[
        str, Spec("Policy", width=128, index=True), Ref("snapshotpolicies", on_delete=OnDelete.CASCADE)
    ]
    server_id: Annotated[str, Spec("Server", width=128, index=True), Ref("servers", on_delete=OnDelete.CASCADE)]
    last_at: Annotated[datetime | None, Spec("The last time point that was begun")] = None


def due(policy: Snapshotpolicy, weekday: int, hour: int) -> bool:
    """Whether a policy asks for snapshots at this hour. weekday: 1 (Monday) to 7, hour: 0 to 23, both UTC."""
    return weekday in policy.repeat_weekdays and hour in policy.time_points


def _read(sent: Any, name: str, low: int, high: int) -> list[int]:
    """Numbers of a timetable: each once, in order."""
    found = sorted({read_int(item, name, low, high) for item in sent})
    if not found:
        raise MissingParameterError(f"{name} is missing", field=name)
    return found


def _timetable(values: JsonObject) -> JsonObject:
    read = dict(values)
    for name, low, high in (("repeat_weekdays", 1, 7), ("time_points", 0, 23)):
        if name in values:
            read[name] = _read(values[name], name, low, high)
    if read.get("retention_days") == 0:
        raise InvalidInputError("retention_days must be -1 or at least 1", field="retention_days")
    return read


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    return _timetable({"repeat_weekdays": [], "time_points": [], **draft})


def _check_update(_tx: Transaction, _caller: Any, _policy: Snapshotpolicy, changes: JsonObject) -> JsonObject:
    return _timetable(changes)


def _check_delete(tx: Transaction, _caller: Any, policy: Snapshotpolicy) -> None:
    used = sum(tx.of(joint, PLATFORM).count(eq("snapshotpolicy_id", policy.id)) for joint in JOINTS)
    if used:
        raise NotEmptyError(f"the policy is bound to {used} disks or servers")


def _details(tx: Transaction, page: Sequence[Snapshotpolicy]) -> Sequence[JsonObject]:
    idents = [policy.id for policy in page]
    disks, servers = (_numbers(tx, joint, idents) for joint in JOINTS)
    made = _snapshots(tx, idents)
    return [
        {
            "binding_disk_count": disks.get(policy.id, 0),
            "binding_resource_count": disks.get(policy.id, 0) + servers.get(policy.id, 0),
            "snapshot_count": made[policy.id],
        }
        for policy in page
    ]


def _snapshots(tx: Transaction, idents: Sequence[str]) -> Mapping[str, int]:
    """How many snapshots there are of the disks and servers of each policy, whoever made them."""
    found = dict.fromkeys(idents, 0)
    for joint, (kind, by) in zip(JOINTS, _MADE, strict=True):
        sides = joint.joint
        assert sides is not None
        of = sides.right
        bound = tx.of(joint, PLATFORM).columns(
            ("snapshotpolicy_id", of), Query(where=one_of("snapshotpolicy_id", idents))
        )
        targets = list(dict.fromkeys(target for _, target in bound))
        rows = tx.of(kind, PLATFORM).totals(one_of(by, targets), by=(by,)) if targets else ()
        numbers = {row[by]: int(row["count"]) for row in rows}
        for policy_id, target in bound:
            found[policy_id] += numbers.get(target, 0)
    return found


def _numbers(tx: Transaction, joint: Resource[Any], idents: Sequence[str]) -> Mapping[str, int]:
    rows = tx.of(joint, PLATFORM).totals(one_of("snapshotpolicy_id", idents), by=("snapshotpolicy_id",))
    return {row["snapshotpolicy_id"]: int(row["count"]) for row in rows}


_DISKS = (param("disks", "Disks", list, of=str, refers="disks", alias=("disk_id", "disk_ids"), required=True),)
_RESOURCES = (
    param(
        "resources", "Objects of type and id", list, of=dict, required=True, example=[{"type": "disk", "id": "disk-1"}]
    ),
)

SNAPSHOTPOLICIES = Resource(
    entity=Snapshotpolicy,
    service="compute",
    area="storage",
    singular="snapshotpolicy",
    plural="snapshotpolicies",
    doc="Timetables of snapshots.",
    example={"name": "nightly", "repeat_weekdays": [1, 2, 3, 4, 5], "time_points": [3], "retention_days": 7},
    level=Level.PROJECT,
    filters=POLICY_FILTERS,
    orders=POLICY_ORDERS,
    worked_out=MappingProxyType({"snapshot_count": "snapshot_count"}),
    columns=("id", "name", "type", "retention_days", "retention_count", "repeat_weekdays", "time_points", "status"),
    unique=(("name", "tenant_id"),),
    lifecycle=Lifecycle(states=PolicyStatus, initial=PolicyStatus.READY, stable=tuple(PolicyStatus), transitions=()),
    actions=(
        OWN_STATUS,
        Action(name="bind-disks", doc="Let the policy hold for disks.", params=_DISKS),
        Action(name="unbind-disks", doc="Take disks out of the policy.", params=_DISKS),
        Action(name="bind-resources", doc="Let the policy hold for disks or servers.", params=_RESOURCES),
        Action(name="unbind-resources", doc="Take disks or servers out of the policy.", params=_RESOURCES),
    ),
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
    details=_details,
)

SNAPSHOTPOLICYDISKS = Resource(
    entity=Snapshotpolicydisk,
    service="compute",
    area="storage",
    singular="snapshotpolicydisk",
    plural="snapshotpolicydisks",
    doc="Disks of snapshot policies.",
    level=Level.PROJECT,
    columns=("snapshotpolicy_id", "disk_id"),
    unique=(("snapshotpolicy_id", "disk_id"),),
    joint=Joint(left="snapshotpolicy_id", right="disk_id", left_path="snapshotpolicies", right_path="disks"),
    verbs=READ_ONLY,
)

SNAPSHOTPOLICYSERVERS = Resource(
    entity=Snapshotpolicyserver,
    service="compute",
    area="storage",
    singular="snapshotpolicyserver",
    plural="snapshotpolicyservers",
    doc="Servers of snapshot policies.",
    level=Level.PROJECT,
    columns=("snapshotpolicy_id", "server_id"),
    unique=(("snapshotpolicy_id", "server_id"),),
    joint=Joint(left="snapshotpolicy_id", right="server_id", left_path="snapshotpolicies", right_path="servers"),
    verbs=READ_ONLY,
)

JOINTS: tuple[Resource[Any], ...] = (SNAPSHOTPOLICYDISKS, SNAPSHOTPOLICYSERVERS)
_MADE: tuple[tuple[Resource[Any], str], ...] = (
    (snapshot.SNAPSHOTS, "disk_id"),
    (instancesnapshot.INSTANCE_SNAPSHOTS, "guest_id"),
)
"""In the same order, what is made, and its field that names what of."""
