"""What users do with the original's Go SDK, its Terraform provider and its climc, request by request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import DISK, PASSWORD, World
from tests.wire.go_client import GoError, GoSession

ALL = {"details": "true", "show_emulated": "true", "scope": "system", "cloud_env": "onpremise"}
"""What the SDK's mirror of another cloud asks every list for."""
MIRRORED = (
    "cloudregions zones vpcs wires networks storages storagecaches hosts servers disks eips secgroups secgrouprules "
    "cachedimages snapshots serverskus isolated_devices guestnetworks guestdisks"
)
FORMS: tuple[dict[str, Any], ...] = (
    {"disk.0": "tiny"},
    {"disk.0": "{tiny}", "disk.1": "1g:ext4:/data", "net.0": "net0"},
    {"disks": [{"image_id": "{tiny}", "size": 10240, "index": 0, "disk_type": "sys", "backend": "local"}]},
    {
        "disks": [{"image_id": "tiny"}, {"size": 1024, "index": 1, "fs": "xfs"}],
        "nets": [{"network": "net0", "index": 0}],
    },
    {"disk.0": "tiny", "vcpu_count": None, "ncpu_count": 2, "vmem_size": "1024"},
    {"disk.0": "tiny", "name": None, "generate_name": "made"},
    {"disk.0": "tiny", "tenant": "system", "prefer_zone": "zone0", "secgrp_id": "default", "hypervisor": "kvm"},
    {"disk.0": "tiny", "password": "Correct-horse-1", "user_data": "#!/bin/sh\n", "metadata": {"a": "b"}},
    {"disk.0": "tiny", "bios": "UEFI", "vdi": "vnc", "vga": "std", "machine": "q35", "boot_order": "cdn"},
)


def login_body(**scope: Any) -> dict[str, Any]:
    """A login as the SDK marshals it: parts that are empty come along as empty objects."""
    user = {"name": "sysadmin", "password": PASSWORD, "domain": {"name": "Default"}}
    identity = {"methods": ["password"], "password": {"user": user}, "token": {}}
    return {"auth": {"identity": identity, "scope": scope, "context": {"source": "cli"}}}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def go(world: World) -> GoSession:
    project = {"name": "system", "domain": {"name": "Default"}}
    return GoSession.login(world.client, login_body(project=project, domain={}), "publicURL")


def test_the_same_is_found_by_each_interface(world: World) -> None:
    for kind in ("internalURL", "publicURL", "internal", "public"):
        session = GoSession.login(world.client, login_body(project={"name": "system"}), kind)
        assert session.get("compute", "zones", "zone0", "zone")["name"] == "zone0"
        assert session.get("identity", "users", "bob", "user")["name"] == "bob"
        assert session.image("tiny")["status"] == "active"


@pytest.mark.parametrize("plural", MIRRORED.split())
def test_a_mirror_reads_every_page(go: GoSession, plural: str) -> None:
    params = {"filter": "hypervisor.in('kvm', 'baremetal')"} if plural == "servers" else {}
    for row in go.every("compute", plural, limit="1", **ALL, **params):
        assert row.get("id") or plural in ("guestnetworks", "guestdisks")


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_terraform_makes_reads_changes_and_deletes_a_server(world: World, go: GoSession, form: dict[str, Any]) -> None:
    asked = {"name": "tf", "vcpu_count": 1, "vmem_size": "512M", "disable_delete": False, "auto_start": True, **form}
    body = {key: _with_id(value, world) for key, value in asked.items() if value is not None}
    ident = go.create("compute", "servers", "server", body)["id"]
    assert go.get("compute", "servers", ident, "server")["status"]
    world.place.settle()
    shown = go.get("compute", "servers", ident, "server")
    assert shown["status"] == "running"
    assert {"name", "vmem_size", "vcpu_count", "hypervisor", "disks", "ips"} <= set(shown)
    assert (shown["vmem_size"] in (512, 1024), shown["vcpu_count"] in (1, 2)) == (True, True)
    assert go.update("compute", "servers", ident, "server", {"description": "x"})["description"] == "x"
    go.delete("compute", "servers", ident, "server", {"override_pending_delete": True})
    world.place.settle()
    with pytest.raises(GoError) as gone:
        go.get("compute", "servers", ident, "server")
    assert gone.value.code == 404


def test_terraform_waits_for_a_server_and_lists_all(world: World) -> None:
    """Its session: the end point as the provider's option has it, no region, credentials of the domain."""
    go = GoSession.login(world.client, login_body(project={"name": "system", "domain": {}}), "internal")
    go.region = ""
    asked = {"name": "tfw", "ncpu_count": 1, "vmem_size": "256M", "disk.0": "tiny", "disk.1": "1g"}
    made = go.create("compute", "servers", "server", {**asked, "disable_delete": False, "auto_start": True})
    while (status := polled(go, made["id"])) != "running":
        assert isinstance(status, str)
        assert not status.endswith("fail")
        world.place.settle()
    shown = go.get("compute", "servers", made["id"], "server")
    for name, kind in (
        ("name", str),
        ("vmem_size", int),
        ("vcpu_count", int),
        ("hypervisor", str),
        ("description", str),
    ):
        assert isinstance(shown.get(name, kind()), kind), name
    rows = list(go.every("compute", "servers", limit="100"))
    assert made["id"] in [row["id"] for row in rows]
    go.delete("compute", "servers", made["id"], "server", {"override_pending_delete": True})
    world.place.settle()
    with pytest.raises(GoError) as gone:
        polled(go, made["id"])
    assert (gone.value.code, gone.value.kind) == (404, "NotFoundError")
    with pytest.raises(GoError) as again:
        go.delete("compute", "servers", made["id"], "server", {"override_pending_delete": True})
    assert again.value.code == 404


def polled(go: GoSession, ident: str) -> Any:
    return go.get("compute", "servers", ident, "server")["status"]


def _with_id(value: Any, world: World) -> Any:
    """The form with the image's id in it."""
    if isinstance(value, str):
        return value.replace("{tiny}", world.words["tiny"])
    if isinstance(value, list):
        return [_with_id(one, world) for one in value]
    return {key: _with_id(one, world) for key, one in value.items()} if isinstance(value, dict) else value


def test_a_server_lives(world: World, go: GoSession) -> None:
    disks = [{"image_id": "tiny", "index": 0}, {"size": 1024, "index": 1}]
    form = {"vcpu_count": 1, "vmem_size": 256, "disks": disks, "disable_delete": False}
    several = go.create("compute", "servers", "server", {"name": "go", "nets": [{"network": "net0"}], **form}, count=2)
    assert [row["name"] for row in several] == ["go", "go-2"]
    world.place.settle()
    ident = several[0]["id"]
    for action, body, status in (
        ("start", None, "running"),
        ("restart", {"is_force": True}, "running"),
        ("suspend", None, "suspend"),
        ("resume", None, "running"),
        ("stop", {"is_force": True, "timeout_secs": 0}, "ready"),
        ("syncstatus", {}, "ready"),
    ):
        assert go.perform("compute", f"servers/{ident}/{action}", "server", body)["id"] == ident
        world.place.settle()
        assert go.ask("GET", "compute", f"servers/{ident}/status").json()["server"]["status"] == status
    rows = sorted(go.ask("GET", "compute", f"servers/{ident}/disks").json()["guestdisks"], key=lambda row: row["index"])
    assert [row["index"] for row in rows] == [0, 1]
    one = go.ask("GET", "compute", f"servers/{ident}/disks/{rows[1]['disk_id']}").json()["guestdisk"]
    assert (one["guest_id"], one["disk_id"]) == (ident, rows[1]["disk_id"])
    go.perform("compute", f"servers/{ident}/detachdisk", "server", {"disk_id": one["disk_id"], "keep_disk": True})
    world.place.settle()
    go.perform("compute", f"servers/{ident}/attachdisk", "server", {"disk_id": one["disk_id"]})
    world.place.settle()
    shown = go.get("compute", "servers", "go", "server")
    assert [disk["index"] for disk in shown["disks_info"]] == [0, 1]
    go.perform("compute", f"servers/{ident}/change-config", "server", {"vmem_size": "512M", "vcpu_count": 2})
    world.place.settle()
    shown = go.get("compute", "servers", ident, "server")
    assert (shown["vmem_size"], shown["vcpu_count"]) == (512, 2)
    go.perform("compute", f"servers/{ident}/set-secgroup", "server", {"secgroup_ids": ["default"]})
    assert [group["id"] for group in go.get("compute", "servers", ident, "server")["secgroups"]] == ["default"]
    for row in several:
        go.delete("compute", "servers", row["id"], "server", {"override_pending_delete": True})
    world.place.settle()


def test_an_image_goes_up_changes_and_goes(world: World, go: GoSession) -> None:
    described = [(b"X-Image-Meta-Name", "gö x".encode()), (b"X-Image-Meta-Disk_format", b"raw")]
    sent = [*described, (b"X-Auth-Token", go.token.encode()), (b"Content-Type", b"application/octet-stream")]
    made = world.client.post(go.url("image", "images"), content=DISK, headers=sent).json()["image"]
    world.place.settle()
    head = go.image(made["id"])
    assert (head["id"], head["status"], head["size"]) == (made["id"], "active", str(len(DISK)))
    assert go.image(head["name"])["id"] == made["id"]
    changed = {"X-Image-Meta-Property-Os_type": "Linux", "X-Image-Meta-Protected": "false"}
    answer = go.ask("PUT", "image", f"images/{made['id']}", **changed)
    assert answer.json()["image"]["properties"]["os_type"] == "Linux"
    assert go.image(made["id"])["properties"]["os_type"] == "Linux"
    listed = go.ask("GET", "image", "images/detail?limit=20").json()["images"]
    assert made["id"] in [row["id"] for row in listed]
    assert go.ask("DELETE", "image", f"images/{made['id']}", {"image": {"override_pending_delete": True}}).is_success
    world.place.settle()
    with pytest.raises(GoError) as gone:
        go.image(made["id"])
    assert gone.value.code == 404


def test_networks_are_made_in_their_places(go: GoSession) -> None:
    wire = go.create("compute", "vpcs/default/wires", "wire", {"name": "gow", "bandwidth": 1000, "zone": "zone0"})
    ends = {"guest_ip_start": "10.99.0.2", "guest_ip_end": "10.99.0.9", "guest_ip_mask": 24, "vlan_id": 1}
    network = go.create("compute", f"wires/{wire['id']}/networks", "network", {"name": "gon", **ends})
    assert (network["guest_ip_mask"], network["wire_id"]) == (24, wire["id"])
    assert go.perform("compute", f"networks/{network['id']}/public", "network", {"scope": "system"})["is_public"]
    go.delete("compute", "networks", "gon", "network")
    go.delete("compute", "wires", wire["id"], "wire")
