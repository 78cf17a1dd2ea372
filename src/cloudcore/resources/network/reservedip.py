"""Addresses of networks that nobody gets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from cloudcore.model.entity import Entity, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.query import Compare, Expr, IsNull, Op, either
from cloudcore.model.resource import READ_ONLY, Level, OnDelete, Ref, Resource, Spec, Verb
from cloudcore.ports.unit_of_work import Transaction


class Liveness(StrEnum):
    """What is known of who uses a reserved address."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


@entity
class Reservedip(Entity):
    """One address that is kept, until its time is over."""

    network_id: Annotated[
        str,
        Spec("Network", width=128, index=True),
        Ref("networks", on_delete=OnDelete.CASCADE, show=("wire", "wire_id", "vpc", "vpc_id")),
    ]
    ip_addr: Annotated[str, Spec("Address", width=16, search=True, index=True)]
    ip6_addr: Annotated[str, Spec("IPv6 address", width=64)] = ""
    notes: Annotated[str, Spec("What for", update=True, width=512, search=True)] = ""
    expired_at: Annotated[datetime | None, Spec("Until when; absent: for ever")] = None
    status: Annotated[Liveness, Spec("Whether somebody uses it", update=True, width=12)] = Liveness.UNKNOWN


def unexpired(now: datetime) -> Expr:
    """The reservations that hold now."""
    return either(IsNull("expired_at"), Compare("expired_at", Op.GT, now))


def _details(tx: Transaction, page: Sequence[Reservedip]) -> Sequence[JsonObject]:
    return [{"expired": row.expired_at is not None and row.expired_at <= tx.now} for row in page]


RESERVEDIPS = Resource(
    entity=Reservedip,
    service="compute",
    area="network",
    singular="reservedip",
    plural="reservedips",
    doc="Addresses of networks that nobody gets.",
    level=Level.DOMAIN,
    columns=("network_id", "network", "ip_addr", "notes", "expired_at", "status"),
    unique=(("network_id", "ip_addr"),),
    parent="network_id",
    verbs=READ_ONLY | {Verb.UPDATE},
    details=_details,
)
