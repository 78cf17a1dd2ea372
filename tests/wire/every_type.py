"""A world in which every type that is served has three rows, for rules that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.wire.exchange import World

from cloudcore.auth.caller import platform_caller
from cloudcore.cloud import TYPES
from cloudcore.model.entity import ProjectOwned
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Field, Resource, Verb, field_map, fields_of
from cloudcore.operations.run import writing

PREFIX = {"identity": "/v3", "compute": "/compute", "image": "/image/v1"}
SERVED = tuple(r for r in TYPES if r.service in PREFIX and Verb.LIST in r.verbs and Verb.GET in r.verbs)
ROWS = 3
PLACEHOLDERS = {int: 1, float: 1.0, bool: False, datetime: datetime(2026, 1, 2, tzinfo=UTC), dict: {}, list: []}
ALWAYS = ("name", "status", "ip_addr", "mac_addr", "access_mac", "state", "guest_ip_start", "guest_ip_end")
ADDRESSES = {"ip_addr": "10.99.0.{}", "guest_ip_start": "10.99.{}.2", "guest_ip_end": "10.99.{}.9"}


class Place(World):
    """The same world with rows that were put there."""

    def __init__(self) -> None:
        super().__init__()
        self.admin = self.ask("admin", "GET", "/v3/users/sysadmin").json()["user"]["id"]
        self.project = self.ask("admin", "GET", "/v3/projects/system").json()["project"]["id"]
        platform = self.place.cloud.platform

        def plant(tx: Any) -> None:
            for resource in SERVED:
                for number in range(1, ROWS + 1):
                    tx.of(resource, PLATFORM).add(self._row(resource, number))

        writing(platform, platform_caller("test"), plant)

    def _row(self, resource: Resource[Any], number: int) -> Any:
        values = {
            field.name: self._value(resource, field, number)
            for field in fields_of(resource.entity)
            if not field.has_default or field.name in ALWAYS or (field.ref is not None and field.ref.context)
        }
        return resource.entity(**{**values, "id": ident(resource, number)})

    def _value(self, resource: Resource[Any], field: Field, number: int) -> Any:
        if field.name == "domain_id":
            return "default"
        if field.name in ("tenant_id", "project_id"):
            return self.project
        if field.name in ("owner_id", "actor_id"):
            return self.admin
        if field.ref is not None:
            return f"row-{field.ref.target}-{number}"
        if field.name == "status" and resource.lifecycle is not None:
            return str(resource.lifecycle.stable[0])
        if field.name == "state":
            return "complete"
        if field.enum is not None:
            return next(iter(field.enum))
        if field.spec.choices:
            return field.spec.choices[0]
        if field.name in ADDRESSES:
            return ADDRESSES[field.name].format(number)
        if field.kind is str:
            return f"row-{number}" if field.name == "name" else f"{field.name[:4]}-{number}"
        return PLACEHOLDERS[field.kind]

    def get(self, path: str, who: str = "admin") -> Any:
        return self.ask(who, "GET", path)


def ident(resource: Resource[Any], number: int) -> str:
    return f"row-{resource.plural}-{number}"


def url(resource: Resource[Any], *more: str) -> str:
    return "/".join((PREFIX[resource.service], resource.plural, *more))


def named() -> Iterator[Resource[Any]]:
    """Those whose rows have a name."""
    return (resource for resource in SERVED if "name" in field_map(resource.entity))


def owned_by_projects() -> Iterator[Resource[Any]]:
    """Those that a project owns."""
    return (resource for resource in SERVED if issubclass(resource.entity, ProjectOwned))
