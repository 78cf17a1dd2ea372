"""Every field that names another row, and a world in which what it names can be deleted."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
from tests.simulation.cloud import CALLER, RESOURCES, Cloud, server_body

from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Field, Resource, field_map, fields_of
from cloudcore.operations.session import CoreSession
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.counted import count_in

TYPES = {resource.plural: resource for resource in RESOURCES}
PLACEHOLDERS: dict[type, Any] = {
    int: 1, float: 1.0, bool: False, dict: {}, list: [], datetime: datetime(2030, 1, 1, tzinfo=UTC)
}  # fmt: skip
UNLOCKED: dict[str, dict[str, Any]] = {
    "domains": {"enabled": False},
    "hosts": {"enabled": False},
    "guestimages": {"protected": False},
    "networks": {"guest_ip_start": "10.77.0.2", "guest_ip_end": "10.77.0.9"},
}
"""What a row needs to be well made, and to be deleted at all."""
REFUSE, CASCADE, CLEAR, DANGLE = "refuse", "cascade", "clear", "dangle"


@attrs.frozen
class Reference:
    """A field of a type that holds the id of a row of another.

    values: of the row that holds it, beside that. of_target: of the row that it names. beside: of a row of another type,
        by its plural, that always goes with it; `<holder>` and `<target>` stand for their ids.
    """

    holder: str
    field: str
    target: str
    values: Mapping[str, Any] = attrs.field(factory=dict, eq=False)
    of_target: Mapping[str, Any] = attrs.field(factory=dict, eq=False)
    beside: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict, eq=False)

    def __str__(self) -> str:
        return f"{self.holder}.{self.field} → {self.target}"


def declared() -> list[Reference]:
    """Those that are declared."""
    return [
        Reference(r.plural, field.name, field.ref.target)
        for r in RESOURCES
        for field in fields_of(r.entity)
        if field.ref is not None
    ]


def nameless() -> set[str]:
    """Fields that look as if they held an id and are not declared as references."""
    return {
        f"{r.plural}.{field.name}"
        for r in RESOURCES
        for field in fields_of(r.entity)
        if field.ref is None and field.kind in (str, list) and field.name.endswith(("_id", "_ids"))
    }


class World:
    """A cloud with one host, in which rows are made that name each other."""

    def __init__(self) -> None:
        self.cloud = Cloud(hosts=1, cpus=4096, memory_mib=1 << 24, addresses=250)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.worker = self.cloud.worker()
        self.refusal = ""
        self._numbers = itertools.count(1)
        self._real = {"hosts": "h1", "zones": "z1", "cloudregions": "default", "vpcs": "default", "wires": "w1",
                      "networks": "n1", "storagecaches": "c-h1", "images": "i1"}  # fmt: skip
        self._makers = {
            "servers": self._server,
            "disks": lambda: self.session.create("disks", self._named(size=1024, host="h1"))["id"],
            "snapshots": lambda: self.session.create("snapshots", self._named(disk=self.make("disks")))["id"],
            "instance_snapshots": self._instance_snapshot,
            "images": lambda: self.session.upload(None, self._named(disk_format="raw", protected=False), [bytes(1024)])[
                "id"
            ],
        }

    def outcome(self, reference: Reference) -> str:
        """What becomes of a row when what it names is deleted: refuse, cascade, clear or dangle."""
        target = self.make(reference.target, **reference.of_target)
        holder = self._holder(reference, target)
        for plural, values in reference.beside.items():
            ids = {"<holder>": holder, "<target>": target}
            self._planted(TYPES[plural], {name: ids.get(value, value) for name, value in values.items()})
        if not self.delete(reference.target, target):
            return REFUSE
        row = self.cloud.row(reference.holder, holder)
        if row is None:
            return CASCADE
        value = getattr(row, reference.field)
        return DANGLE if target in (value if isinstance(value, list) else [value]) else CLEAR

    def delete(self, plural: str, ident: str) -> bool:
        """Ask for it as its owner does; whether it is gone when all is done."""
        try:
            self.session.delete(plural, ident)
        except CloudcoreError as error:
            self.refusal = str(error)
        self.cloud.settle(self.worker)
        assert self.cloud.defects == [], (plural, self.cloud.defects)
        return self.cloud.row(plural, ident) is None

    def make(self, plural: str, **values: Any) -> str:
        """A row that nobody names yet."""
        if plural not in self._makers or values:
            return self._planted(TYPES[plural], values)
        ident: str = self._makers[plural]()
        self.cloud.settle(self.worker)
        return ident

    def _holder(self, reference: Reference, target: str) -> str:
        """A row that names the target: one that came with it, or another."""
        for row in self.cloud.rows(reference.holder):
            if getattr(row, reference.field) == target:
                return str(row.id)
        resource = TYPES[reference.holder]
        value: Any = [target] if field_map(resource.entity)[reference.field].kind is list else target
        if reference.holder not in self._makers or reference.target in self._real:
            return self._planted(resource, {**reference.values, reference.field: value})
        ident = self.make(reference.holder)
        with self.cloud.store.write(Author()) as tx:
            row = tx.of(resource, PLATFORM).get(ident)
            tx.of(resource, PLATFORM).save(evolve(row, **{reference.field: value}))
            tx.commit()
        return ident

    def _planted(self, resource: Resource[Any], values: dict[str, Any]) -> str:
        wanted = (f for f in fields_of(resource.entity) if not f.has_default or f.name in ("name", "status"))
        values = {**UNLOCKED.get(resource.plural, {}), **values, "id": f"row-{next(self._numbers)}"}
        filled = {f.name: self._value(resource, f) for f in wanted if f.name not in values}
        with self.cloud.store.write(Author()) as tx:
            row = tx.of(resource, PLATFORM).add(resource.entity(**filled, **values))
            count_in(tx, resource, row)
            tx.commit()
        return str(row.id)

    def _value(self, resource: Resource[Any], field: Field) -> Any:
        if field.name == "domain_id":
            return CALLER.project_domain_id
        if field.name in ("tenant_id", "project_id"):
            return CALLER.project_id
        if field.ref is not None:
            return self._real.get(field.ref.target) or self._planted(TYPES[field.ref.target], {})
        if field.name == "status" and resource.lifecycle is not None:
            return str(resource.lifecycle.stable[0])
        if field.enum is not None:
            return next(iter(field.enum))
        if field.spec.choices:
            return field.spec.choices[0]
        return PLACEHOLDERS.get(field.kind, f"{field.name}-{next(self._numbers)}")

    def _named(self, **values: Any) -> dict[str, Any]:
        return {"name": f"n{next(self._numbers)}", **values}

    def _server(self) -> str:
        return str(self.session.create("servers", server_body(f"n{next(self._numbers)}"))["id"])

    def _instance_snapshot(self) -> str:
        server = self.make("servers")
        self.session.perform("servers", server, "instance-snapshot", self._named())
        return next(str(row.id) for row in self.cloud.rows("instance_snapshots") if row.guest_id == server)
