"""Endpoints of services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Named, entity
from cloudcore.model.filter import among
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, Via, one_of
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.service import SERVICES


@entity
class Endpoint(Named):
    """Where a service answers, in one region, for one kind of client."""

    name: Annotated[str, Spec("Name", create=True, update=True, width=128, search=True)] = ""
    service_id: Annotated[
        str,
        Spec("Service", create=True, required=True, update=True, width=64),
        Ref("services", on_delete=OnDelete.CASCADE),
    ]
    region_id: Annotated[str, Spec("Region", create=True, required=True, update=True, width=255), Ref("regions")]
    interface: Annotated[
        str,
        Spec(
            "For whom",
            create=True,
            required=True,
            update=True,
            width=8,
            choices=("public", "internal", "admin", "slave", "console"),
        ),
    ]
    url: Annotated[str, Spec("Address", create=True, required=True, update=True, width=512)]
    enabled: Annotated[bool, Spec("Shown in the catalogue", create=True, update=True)] = True


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    if not draft.get("name"):
        service = tx.of(SERVICES, PLATFORM).get(draft["service_id"])
        draft["name"] = f"{service.type if service else 'service'}-{draft['interface']}"
    return draft


def _details(tx: Transaction, page: Sequence[Endpoint]) -> Sequence[dict[str, Any]]:
    services = {
        s.id: s for s in tx.of(SERVICES, PLATFORM).find(Query(where=one_of("id", [e.service_id for e in page])))
    }
    found = [services.get(e.service_id) for e in page]
    return [{"service_name": s.name, "service_type": s.type} if s is not None else {} for s in found]


ENDPOINTS = Resource(
    entity=Endpoint,
    service="identity",
    area="identity",
    singular="endpoint",
    plural="endpoints",
    doc="Where services answer.",
    level=Level.SYSTEM,
    columns=("id", "region_id", "service_name", "service_type", "interface", "url", "enabled"),
    filters=(
        among("service_type", "Type of the service", "type", Via("services", "service_id", "id")),
        among("service_name", "Name of the service", "name", Via("services", "service_id", "id")),
    ),
    unique=(("service_id", "region_id", "interface"),),
    prepare=_prepare,
    details=_details,
)
