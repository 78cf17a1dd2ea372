"""Arguments for operations, by the names of parameters and fields: whatever is registered can be asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.model.json import JsonObject
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Action, Field, Resource, fields_of
from cloudcore_apps.simulate.cloud import IMAGE_URL, Cloud

FEW_ADDRESSES = "10.99.1."
ADDRESSES = 30
"""So many has the network in which servers are, so that many want the same."""


@attrs.frozen(kw_only=True)
class Draw:
    """What a maker may look at: the world, the one source of chance, a fresh name, and the row that is acted on, if any."""

    cloud: Cloud
    random: random.Random
    name: str
    row: Any = None

    def one(self, plural: str) -> str:
        """The id of some row of a type; of none, when there is none."""
        rows = self.cloud.rows(plural)
        if plural == "tasks":
            rows = self.cloud.open_tasks() or rows
        return str(rows[self.random.randrange(len(rows))].id) if rows else "nothing"

    def some(self, plural: str) -> list[str]:
        """One or two of them."""
        return [self.one(plural) for _ in range(self.random.randint(1, 2))]

    def of(self, *values: Any) -> Any:
        """One of these."""
        return values[self.random.randrange(len(values))]

    def disk(self) -> str:
        """A disk, as likely as not one of the server that is acted on."""
        if self.row is not None and self.random.random() < 0.6:
            links = [link for link in self.cloud.rows("guestdisks") if link.guest_id == self.row.id]
            if links:
                return str(links[self.random.randrange(len(links))].disk_id)
        return self.one("disks")


Maker = Callable[[Draw], Any]


def _row(plural: str) -> Maker:
    return lambda draw: draw.one(plural)


def _rows(plural: str) -> Maker:
    return lambda draw: draw.some(plural)


def _of(*values: Any) -> Maker:
    return lambda draw: draw.of(*values)


def _name(draw: Draw) -> str:
    return draw.name


_FLAG = _of(True, False)
_ADDRESS: Maker = lambda draw: f"{FEW_ADDRESSES}{draw.random.randint(1, ADDRESSES)}"  # noqa: E731 - one of a table of makers
_DISKS: Maker = lambda draw: [{"size": draw.of(64, 512)}, {"image_id": "i1", "size": 32}][: draw.random.randint(1, 2)]  # noqa: E731
_NO_ROLES = _of([])

PARAMETERS: Mapping[str, Maker] = MappingProxyType(
    {
        "__reason__": _of("", "it failed"),
        "__status__": _of("OK", "error"),
        "action": _of("allow", "deny"),
        "bandwidth": _of(0, 10, 100),
        "bgp_type": _of(""),
        "boot_index": _of(-1, 1),
        "cache": _of("none", "writeback"),
        "charge_type": _of("traffic"),
        "cidr": _of("10.0.0.0/8", "0.0.0.0/0"),
        "cmtbound": _of(1, 2.0),
        "count": _of(1, 2),
        "cpu_cmtbound": _of(1),
        "mem_cmtbound": _of(1),
        "description": _of("", "changed"),
        "direction": _of("in", "out"),
        "disk_id": Draw.disk,
        "disks": _DISKS,
        "domain": _of("d1", "d2"),
        "project_domain": _of("d1", "d2"),
        "driver": _of("virtio", "scsi"),
        "duration": _of("1h", ""),
        "eip_id": _row("eips"),
        "extra": _of([]),
        "format": _of("qcow2", "qcow2", "qcow2", "raw", "vmdk"),
        "generate_name": _name,
        "group_ids": _rows("instancegroups"),
        "group_roles": _NO_ROLES,
        "groups": _rows("groups"),
        "guests": _rows("servers"),
        "id": _row("servers"),
        "image": _row("images"),
        "image_id": _row("images"),
        "index": _of(0, 0, 1),
        "instance_id": _row("servers"),
        "instance_snapshot": _row("instance_snapshots"),
        "instance_snapshot_id": _row("instance_snapshots"),
        "instance_type": _of(""),
        "ip": _ADDRESS,
        "ip_addr": _ADDRESS,
        "ips": lambda draw: [f"{FEW_ADDRESSES}{draw.random.randint(1, ADDRESSES)}"],
        "keypair": _row("keypairs"),
        "login_account": _of("admin"),
        "login_ip": _of(""),
        "mac": _of(""),
        "name": _name,
        "network": _of(""),
        "net_desc": lambda draw: draw.of({"network": "n1"}, f"n1:{_ADDRESS(draw)}"),
        "net_id": _of("n1"),
        "network_id": lambda _draw: "n1",
        "nets": lambda draw: draw.of(["n1"], [f"n1:{_ADDRESS(draw)}"], [{"network": "n1"}, {"network": "n1"}]),
        "notes": _of("", "kept"),
        "object_id": _row("hosts"),
        "original_password": _of("Right-horse-42"),
        "password": _of("Right-horse-42"),
        "policies": _NO_ROLES,
        "policy_id": _row("policies"),
        "ports": _of("80", ""),
        "prefer_host_id": _row("hosts"),
        "priority": _of(1, 50),
        "project": _of("p1", "p2"),
        "project_id": _of(""),
        "project_roles": _NO_ROLES,
        "projects": _rows("projects"),
        "protocol": _of("tcp", "any"),
        "request": _of("compute servers list"),
        "resource": _of("servers"),
        "resource_ids": _rows("hosts"),
        "resource_type": _of("hosts"),
        "resources": lambda draw: [{"id": draw.one("servers"), "type": "server"}],
        "role_id": _row("roles"),
        "roles": _rows("roles"),
        "rule": _of(""),
        "rules": _of(["in:allow tcp 22"]),
        "rx_bw_limit": _of(0, 10),
        "schedtag": _rows("schedtags"),
        "scope": _of("project"),
        "secgroup_id": _row("secgroups"),
        "secgroup_ids": _rows("secgroups"),
        "service": _of("compute"),
        "size": _of(64, 1500, 3000, 5000),
        "snapshot_id": _row("snapshots"),
        "snapshotpolicy_ids": _rows("snapshotpolicies"),
        "status": _of("unknown"),
        "timeout_secs": _of(1, 30),
        "tx_bw_limit": _of(0, 10),
        "type": _of("totp"),
        "user": _row("users"),
        "user_data": _of("", "#cloud-config\n"),
        "user_id": _row("users"),
        "user_ids": _rows("users"),
        "user_roles": _NO_ROLES,
        "username": _of("root"),
        "users": _rows("users"),
        "fenced": _of(False),
        "auto_migrate_on_host_down": _of("enable", "disable"),
        "auto_migrate_on_host_shutdown": _of("disable"),
        "valid_since": _of(""),
        "valid_until": _of(""),
        "vcpu_count": _of(1, 2),
        "virtual_object_id": _row("servers"),
        "virtual_resource_type": _of("servers"),
        "vmem_size": _of(256, 512, 768),
        "with_memory": _of(False),
        "zone": _of("z1"),
        **dict.fromkeys(
            (
                "all_disks",
                "auto_delete",
                "auto_dellocate",
                "auto_start",
                "delete_keypair",
                "force_stop",
                "is_force",
                "is_hard",
                "is_public",
                "is_standard",
                "keep_disk",
                "reserve",
                "rescue_mode",
                "reset_password",
                "src_ip_check",
                "src_mac_check",
            ),
            _FLAG,
        ),
    }
)
"""By the name of an action's parameter."""

ALWAYS = frozenset(
    [
        "disk_id",
        "disks",
        "size",
        "nets",
        "net_desc",
        "index",
        "image",
        "image_id",
        "instance_snapshot",
        "snapshot_id",
        "password",
        "format",
        "name",
        "guests",
        "resources",
        "secgroup_id",
        "policy_id",
        "role_id",
        "user_id",
        "user_ids",
        "ip",
        "ips",
        "eip_id",
        "group_ids",
        "secgroup_ids",
        "instance_id",
        "snapshotpolicy_ids",
        "resource_ids",
        "object_id",
        "project",
        "rules",
        "resource_type",
    ]
)
"""Parameters that are always sent; others as likely as not."""


def _server(draw: Draw) -> JsonObject:
    both: list[JsonObject] = [{"image_id": "i1", "size": 1024}, {"size": 2048}]
    disks = both[: draw.random.randint(1, 2)]
    if draw.random.random() < 0.1:
        disks.append({"snapshot_id": draw.one("snapshots")})
    return {
        "vmem_size": draw.of(256, 512, 1024),
        "vcpu_count": draw.of(1, 1, 2),
        "disks": disks,
        "nets": [{"network": "n1"}],
        "auto_start": draw.of(True, False),
        "disable_delete": False,
    }


def _network(draw: Draw) -> JsonObject:
    part = draw.random.randint(1, 250)
    start, end = f"10.7.{part}.2", f"10.7.{part}.99"
    return {"wire_id": "w1", "guest_ip_start": start, "guest_ip_end": end, "guest_ip_mask": 24}


BODIES: Mapping[str, Callable[[Draw], JsonObject]] = MappingProxyType(
    {
        "servers": _server,
        "disks": lambda draw: {"size": draw.of(64, 512, 2048), "disable_delete": False, **_perhaps_image(draw)},
        "images": lambda _draw: {"disk_format": "raw", "protected": False, "copy_from": IMAGE_URL},
        "regions": lambda draw: {"id": draw.name},
        "snapshots": lambda draw: {"disk_id": draw.disk()},
        "networks": _network,
        "eips": lambda draw: {"network_id": draw.one("networks"), "bandwidth": 10},
        "policies": lambda _draw: {"scope": "project", "blob": {"policy": {"compute": {"*": {"get": "allow"}}}}},
        "credentials": lambda _draw: {"type": "totp"},
        "endpoints": lambda draw: {
            "service_id": draw.one("services"),
            "region_id": draw.one("regions"),
            "interface": "public",
            "url": "http://127.0.0.1:1",
        },
        "schedtags": lambda _draw: {"resource_type": "hosts"},
        "schedpolicies": lambda draw: {
            "schedtag_id": draw.one("schedtags"),
            "condition": "server.vmem_size > 1",
            "strategy": "avoid",
        },
        "dynamicschedtags": lambda draw: {
            "schedtag_id": draw.one("schedtags"),
            "condition": "host.sys_load > 1",
        },
        "snapshotpolicies": lambda _draw: {"repeat_weekdays": [1, 2, 3], "time_points": [0, 3], "retention_days": 7},
        "isolated_devices": lambda draw: {
            "host_id": draw.one("hosts"),
            "dev_type": "GPU-HPC",
            "model": "a",
            "addr": f"00:0{draw.random.randint(1, 9)}.0",
        },
        "secgrouprules": lambda draw: {
            "secgroup_id": draw.one("secgroups"),
            "direction": "in",
            "action": "allow",
            "protocol": "any",
            "priority": 1,
        },
        "serverskus": lambda draw: {"cpu_core_count": draw.of(1, 2, 4), "memory_size_mb": draw.of(1024, 2048)},
    }
)
"""What makes one of a type, besides its name; types that are not here are made from what they require."""


def _perhaps_image(draw: Draw) -> JsonObject:
    return {"image_id": "i1"} if draw.random.random() < 0.3 else {}


def body(draw: Draw, resource: Resource[Any], known: Collection[str] | None = None) -> JsonObject:
    """What makes one of a type. known: the only fields that are drawn of those that nobody foresaw; None for all."""
    own = BODIES.get(resource.plural)
    names = [f.name for f in fields_of(resource.entity)]
    named = {"name": draw.name} if "name" in names else {}
    if own is not None:
        return {**named, **own(draw)}
    wanted = [f for f in making(resource) if known is None or f.name in known]
    return {**named, **{field.name: value(draw, field) for field in wanted}}


def making(resource: Resource[Any]) -> Sequence[Field]:
    """The fields that are sent to make one of a type which has no body of its own."""
    fields = fields_of(resource.entity)
    return [f for f in fields if f.spec.create and (f.spec.required or f.ref is not None)]


def value(draw: Draw, field: Field) -> Any:
    """Something that a field may hold."""
    if field.ref is not None:
        return draw.one(field.ref.target)
    if field.enum is not None:
        return draw.of(*[str(member) for member in field.enum])
    if field.spec.choices:
        return draw.of(*field.spec.choices)
    plain: Mapping[type, Any] = {bool: draw.of(True, False), float: 1.5, str: "text", list: [], dict: {}}
    return plain.get(field.kind, max(field.spec.minimum or 1, 1))


def arguments(draw: Draw, action: Action, known: Collection[str] | None = None) -> JsonObject:
    """What an action is asked with. known: the only parameters that are drawn; None for all."""
    params = [p for p in action.params if known is None or p.name in known]
    sent = [p for p in params if p.name in ALWAYS or p.spec.required or draw.random.random() < 0.5]
    return {p.name: PARAMETERS[p.name](draw) if p.name in PARAMETERS else parameter(draw, p) for p in sent}


def parameter(draw: Draw, field: Field) -> Any:
    """What a parameter that nobody has made anything for takes, by its declaration."""
    if field.kind is datetime:
        return format_time(draw.cloud.clock.now() + timedelta(seconds=draw.random.randint(1, 300)))
    return value(draw, field) if field.spec.example is None else field.spec.example
