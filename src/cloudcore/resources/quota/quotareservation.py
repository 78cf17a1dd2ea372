"""Quota reservations: room under the limits that is kept for what shall be made soon."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import ProjectOwned, entity
from cloudcore.model.errors import MissingParameterError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction

RESERVABLE: Mapping[str, tuple[str, str, Unit | None]] = {
    "count": ("count", "Servers", None),
    "cpu": ("cpu", "Virtual CPUs", None),
    "memory": ("memory", "Memory", Unit.MIB),
    "storage": ("storage", "Disks", Unit.MIB),
    "group": ("instancegroup", "Groups of servers", None),
    "eip": ("eip", "Public addresses", None),
    "snapshot": ("snapshot", "Snapshots of disks", None),
    "instance_snapshot": ("instance_snapshot", "Snapshots of servers", None),
    "secgroup": ("secgroup", "Security groups", None),
    "image": ("image", "Images", None),
}
"""What room may be kept for, as clients call it: the field of the ledger, what it is, and its unit."""
HOLDS_S = 600
LONGEST_S = 86_400
MOST = (1 << 53) - 1


@entity
class Quotareservation(ProjectOwned):
    """Room that is kept for a project until a moment; what is made with it takes its share.

    amounts: what is left of it: field of the ledger → number.
    """

    amounts: Annotated[JsonObject, Spec("What is left of it")] = attrs.field(factory=dict[str, Any])
    expires_at: Annotated[datetime, Spec("Until when it holds", index=True)]


def held(row: Quotareservation) -> Mapping[str, int]:
    """What a reservation is charged for."""
    return {str(field): int(number) for field, number in row.amounts.items()}


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    amounts = {field: draft[name] for name, (field, _, _) in RESERVABLE.items() if draft.get(name)}
    if not amounts:
        raise MissingParameterError(f"nothing to reserve: send one of {', '.join(RESERVABLE)}", field="count")
    seconds = draft.get("duration_s") or HOLDS_S
    return {**draft, "amounts": amounts, "expires_at": tx.now + timedelta(seconds=seconds)}


QUOTARESERVATIONS = Resource(
    entity=Quotareservation,
    service="compute",
    area="quota",
    singular="quota_reservation",
    plural="quota_reservations",
    doc="Room under the limits of a project, kept for what shall be made soon; it goes by itself when its time is over.",
    level=Level.PROJECT,
    columns=("id", "name", "amounts", "expires_at"),
    prepare=_prepare,
    holds=held,
    extra_params=(
        *(param(name, doc, int, minimum=0, maximum=MOST, unit=unit) for name, (_, doc, unit) in RESERVABLE.items()),
        param("duration_s", f"How long it holds; {HOLDS_S}", int, minimum=1, maximum=LONGEST_S, unit=Unit.SECOND),
    ),
    example={"name": "tonight", "cpu": 4, "memory": 8192},
)
