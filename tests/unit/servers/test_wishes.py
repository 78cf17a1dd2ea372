"""What can be asked of a new server: each input that clients know works, or is refused by its name."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import attrs
import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidInputError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.operations.hosts import register_host
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES

BODY: dict[str, Any] = {"name": "web", "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}

UNSUPPORTED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"isolated_devices": [{"dev_type": "GPU-HPC", "sm_util_limit": 5}]}, "isolated_devices.0.sm_util_limit"),
    ({"isolated_devices": [{"dev_type": "NIC", "network_index": 0}]}, "isolated_devices.0.network_index"),
    ({"baremetal_disk_configs": [{"conf": "raid1"}]}, "baremetal_disk_configs"),
    ({"baremetal": True}, "baremetal"),
    ({"hypervisor": "esxi"}, "hypervisor"),
    ({"provider": "Aliyun"}, "provider"),
    ({"backup": True}, "backup"),
    ({"prefer_backup_host": "h"}, "prefer_backup_host"),
    ({"prefer_manager": "m"}, "prefer_manager"),
    ({"host_path_requirements": [{"path": "/x"}]}, "host_path_requirements"),
    ({"pod": {"containers": []}}, "pod"),
    ({"enable_tpm": True}, "enable_tpm"),
    ({"disable_usb_kbd": True}, "disable_usb_kbd"),
    ({"deploy_telegraf": "true"}, "deploy_telegraf"),
    ({"public_ip_bw": 10}, "public_ip_bw"),
    ({"eip_tx_bw": 10}, "eip_tx_bw"),
    ({"instance_backup_id": "b"}, "instance_backup_id"),
    ({"encrypt_key_new": True}, "encrypt_key_new"),
    ({"kickstart_config": {"os_type": "centos"}}, "kickstart_config"),
    ({"network_tags": [["a"]]}, "network_tags"),
    ({"enable_memclean": True}, "enable_memclean"),
    ({"suggestion": True}, "suggestion"),
    ({"fake_create": True}, "fake_create"),
    ({"disks": ["tiny:1g", {"size": 64, "backup_id": "b"}]}, "disks.1.backup_id"),
    ({"disks": ["tiny:1g", {"size": 64, "existing_path": "/x"}]}, "disks.1.existing_path"),
    ({"disks": ["tiny:1g", {"size": 64, "preallocation": "full"}]}, "disks.1.preallocation"),
    ({"disks": ["tiny:1g", {"size": 64, "auto_reset": True}]}, "disks.1.auto_reset"),
    ({"disks": ["tiny:1g", "64M:nvme-device-model=x"]}, "disks.1.nvme_device"),
    ({"cpu_numa_pin": [{"node_id": 0, "cpu_pin": [0]}]}, "cpu_numa_pin"),
    ({"nets": ["default:vip"]}, "nets.0.vip"),
    ({"nets": ["default:ipv6"]}, "nets.0.require_ipv6"),
    ({"nets": ["default:teaming"]}, "nets.0.require_teaming"),
    ({"nets": ["default:secgroups=default"], "secgroups": ["key-group"]}, "nets.0.secgroups"),
    ({"nets": ["default", "default:secgroups=key-group"]}, "nets.1.secgroups"),
    ({"nets": ["default:e1000:num-queues=4"]}, "nets.0.num_queues"),
    ({"nets": ["default:rx-traffic-limit=4"]}, "nets.0.rx_traffic_limit"),
    ({"nets": [{"network": "default", "port_mappings": [{"protocol": "tcp", "port": 80}]}]}, "nets.0.port_mappings"),
)


@pytest.fixture(scope="module")
def still() -> World:
    """A cloud in which nothing may come to be."""
    world = World()
    world.alice.create("keypairs", {"name": "key"})
    world.alice.create("secgroups", {"name": "key-group"})
    return world


@pytest.mark.parametrize(("wish", "field"), UNSUPPORTED, ids=[field for _, field in UNSUPPORTED])
def test_what_is_not_done_is_refused_by_its_name(still: World, wish: dict[str, Any], field: str) -> None:
    with pytest.raises(NotSupportedError) as refused:
        still.alice.create("servers", {**BODY, **wish})
    assert refused.value.field == field
    assert still.rows(SERVERS) == []


ACCEPTED: tuple[dict[str, Any], ...] = (
    {"vmem_size": "1g", "vcpu_count": "2"},
    {"vmem_size": "256", "ncpu_count": "2", "vcpu_count": None},
    {"name": "", "generate_name": "web"},
    {"disks": None, "disk.0": "tiny:1g", "disk.1": "64M:virtio:writeback"},
    {"disks": "tiny:1g"},
    {"disks": [{"image_id": "tiny", "size": "1g", "backend": "local", "medium": "", "disk_type": "sys", "index": 0}]},
    {"disks": ["image_id=tiny,size=1g,driver=scsi,cache=none"]},
    {"disks": [{"image_id": "tiny", "size": -1}, {"size": 64, "preallocation": "off", "auto_reset": False}]},
    {"nets": None, "net.0": "default"},
    {"nets": []},
    {"nets": [{"network": "default", "exit": False, "bw_limit": 100, "index": 0}]},
    {"nets": ["default:100M:virtio:defaultgw"]},
    {"prefer_region_id": "default"},
    {"prefer_zones": ["zone0"]},
    {"provider": "OneCloud", "billing_type": "postpaid", "resource_type": "shared", "baremetal": False},
    {"backup": False, "enable_tpm": False, "duration": "", "isolated_devices": [], "eip_bw": 0, "public_ip_bw": 0},
    {"hostname": "web-1", "os_type": "Linux", "vga": "std", "vdi": "vnc", "bios": "BIOS", "boot_order": "cd"},
    {"enable_cloud_init": True, "user_data": "#cloud-config\n", "login_account": "cloud", "reset_password": True},
    {"__meta__": {"user:env": "prod"}, "description": "for tests", "disable_delete": False, "unknown": {"x": 1}},
    {"shutdown_behavior": "terminate", "src_mac_check": False},
    {"secgroups": ["default"]},
    {"secgrp_id": "default"},
    {"nets": ["default:secgroups=default"]},
    {"nets": [{"network": "default", "secgroups": ["default"]}, {"network": "default", "secgroups": None}]},
    {"vcpu_count": 0, "cpu_sockets": 0, "extra_cpu_count": 0, "backup": "no", "enable_tpm": "off"},
    {
        **dict.fromkeys(("vcpu_count", "cpu_sockets", "extra_cpu_count", "vdi", "bios", "shutdown_behavior"), ""),
        **dict.fromkeys(("billing_type", "is_daemon", "src_ip_check", "schedtags", "isolated_devices", "__meta__"), ""),
        "disks": [
            {"image_id": "tiny", "auto_reset": "", "schedtags": "", "nvme_device": "", "iops": "", "disk_id": ""}
        ],
        "nets": [{"network": "default", "vip": "", "sriov_device": "", "port_mappings": "", "standby_port_count": ""}],
    },
)


def test_what_is_done_makes_a_server(world: World) -> None:
    idents = [
        world.alice.create("servers", {**BODY, "name": f"web-{place}", **wish})["id"]
        for place, wish in enumerate(ACCEPTED)
    ]
    world.settle()
    for ident, wish in zip(idents, ACCEPTED, strict=True):
        shown = world.alice.get("servers", ident)
        assert shown["status"] == "ready", wish
        assert shown["secgroups"] == [{"id": "default", "name": "Default"}]
        assert shown["src_ip_check"] is wish.get("src_mac_check", True)


@pytest.mark.parametrize(
    ("wish", "error", "field"),
    [
        ({"boot_order": "cc"}, InvalidInputError, "boot_order"),
        ({"instance_type": "ecs.none"}, ResourceNotFoundError, "instance_type"),
        ({"secgroups": ["nobody's"]}, ResourceNotFoundError, None),
        ({"groups": ["nobody's"]}, ResourceNotFoundError, None),
        ({"schedtags": ["nobody's:require"]}, ResourceNotFoundError, "schedtags.0"),
        ({"eip": "nobody's"}, ResourceNotFoundError, None),
        ({"eip_bw": "wide"}, InvalidInputError, "eip_bw"),
        ({"prefer_zones": ["nowhere"]}, ResourceNotFoundError, None),
        ({"nets": [{"network": "default", "wire": "nowhere"}]}, ResourceNotFoundError, None),
        ({"vmem_size": ""}, InvalidInputError, "vmem_size"),
        ({"keypair": "key", "os_type": "Windows"}, InvalidInputError, "keypair"),
    ],
)
def test_what_is_wrong_is_refused_and_makes_nothing(still: World, wish: Any, error: Any, field: Any) -> None:
    before = still.rows(QUOTAUSAGES)
    with pytest.raises(error) as refused:
        still.alice.create("servers", {**BODY, **wish})
    assert refused.value.field == field or field is None
    assert still.rows(SERVERS) == []
    assert still.rows(QUOTAUSAGES) == before


@pytest.mark.parametrize("key", ["instance_type", "sku", "flavor"])
def test_a_named_size_counts_for_more_than_numbers(world: World, key: str) -> None:
    size = world.admin.list("serverskus", {"limit": 1, "order_by": "memory_size_mb", "order": "asc"}).items[0]
    made = world.alice.create("servers", {**BODY, key: size["name"], "vcpu_count": 9})
    assert (made["vcpu_count"], made["vmem_size"]) == (size["cpu_core_count"], size["memory_size_mb"])
    assert made["instance_type"] == size["name"]
    world.admin.perform("serverskus", size["id"], "disable")
    with pytest.raises(ResourceNotFoundError):
        world.alice.create("servers", {**BODY, "name": "other", key: size["name"]})


def test_a_server_has_at_most_five_security_groups(world: World) -> None:
    names = [world.alice.create("secgroups", {"name": f"g{n}"})["name"] for n in range(6)]
    with pytest.raises(OutOfRangeError):
        world.alice.create("servers", {**BODY, "secgroups": names})
    made = world.alice.create("servers", {**BODY, "secgroups": names[1:3]})
    assert [g["name"] for g in made["secgroups"]] == ["g1", "g2"]
    assert made["secgroup"] == "g1"


def more_hosts(world: World, number: int) -> list[str]:
    """Further simulated hosts, which never run anything; ids."""
    found: list[str] = []
    for place in range(number):
        facts = world.host.facts()
        cards = tuple(attrs.evolve(bridge, mac=f"00:22:ff:00:00:0{place}") for bridge in facts.bridges)
        other = attrs.evolve(facts, hostname=f"more-{place}", uuid=str(UUID(int=place + 1)), bridges=cards)
        found.append(register_host(world.cloud.platform, other))
    return found


def test_servers_of_a_group_are_kept_apart(world: World) -> None:
    more_hosts(world, 1)
    world.alice.create("instancegroups", {"name": "apart", "granularity": 1})
    wish = {**BODY, "groups": ["apart"], "dry_run": True}
    made = world.alice.create_many("servers", wish, 2)
    assert len({one["host_id"] for one in made}) == 2
    with pytest.raises(InsufficientResourceError) as refused:
        world.alice.create_many("servers", wish, 3)
    assert "host_group" in str(refused.value)
    there = {"disks": ["tiny:1g"], "groups": ["apart"], "prefer_host": world.host_id, "project": "alices"}
    world.server(world.admin, **there)
    assert len(world.rows(GROUPGUESTS)) == 1
    (other,) = world.alice.create_many("servers", {**wish, "name": "next"}, 1)
    assert other["host_id"] != world.host_id
    world.alice.update("instancegroups", "apart", {"force_dispersion": False})
    soft = world.alice.create_many("servers", {**wish, "name": "soft"}, 3)
    assert len(soft) == 3
    # One is there: as many on each as can be.
    assert sorted(Counter(one["host_id"] for one in soft).values()) == [1, 2]
    with pytest.raises((ResourceNotFoundError, ForbiddenError)):
        world.bob.create("servers", wish)


def test_tags_of_hosts_are_required_excluded_and_preferred(world: World) -> None:
    (other,) = more_hosts(world, 1)
    world.admin.create("schedtags", {"name": "fast", "resource_type": "hosts"})
    world.admin.perform("schedtags", "fast", "set-resource", {"resource_ids": [other]})

    def place(*tags: str) -> str:
        return str(world.alice.create("servers", {**BODY, "schedtags": list(tags), "dry_run": True})["host_id"])

    assert place("fast:require") == place("fast:prefer") == other
    assert place("fast:exclude") == place("fast:avoid:hosts") == world.host_id
    world.admin.create("schedtags", {"name": "none", "resource_type": "hosts"})
    with pytest.raises(InsufficientResourceError) as refused:
        place("none:require")
    assert "host_schedtag" in str(refused.value)
    with pytest.raises(InvalidInputError):
        place("fast")
    world.admin.update("schedtags", "fast", {"default_strategy": "exclude"})
    assert place() == place("fast") == world.host_id
    assert place("fast:prefer") == other
    # Who names the host wants that one, whatever holds by itself, unless he says so.
    there = {**BODY, "prefer_host": other, "project": "alices", "dry_run": True}
    assert world.admin.create("servers", there)["host_id"] == other
    with pytest.raises(InsufficientResourceError, match="has tag fast"):
        world.admin.create("servers", {**there, "schedtags": ["fast:exclude"]})


def test_a_tag_that_is_kept_for_others_is_not_asked_for(world: World) -> None:
    world.admin.create("schedtags", {"name": "mine", "resource_type": "hosts", "default_strategy": "exclude"})
    world.admin.perform("schedtags", "mine", "set-resource", {"resource_ids": [world.host_id]})
    world.admin.perform("schedtags", "mine", "set-scope", {"project": "bobs"})
    with pytest.raises(ForbiddenError):
        world.alice.create("servers", {**BODY, "schedtags": ["mine:avoid"]})
    with pytest.raises(InsufficientResourceError):
        world.bob.create("servers", BODY)
    assert world.alice.create("servers", BODY)["host_id"] == world.host_id


def test_a_server_is_made_with_a_public_address_or_not_at_all(world: World) -> None:
    body = {**BODY, "eip_bw": "10", "eip_charge_type": "bandwidth", "eip_auto_dellocate": True}
    with pytest.raises(CloudcoreError):
        world.alice.create("servers", body)
    assert world.rows(SERVERS) == []
    wire = world.admin.list("wires").items[0]["id"]
    pool = {"name": "public", "wire": wire, "server_type": "eip", "guest_ip_prefix": "198.51.100.0/29"}
    world.admin.create("networks", pool)
    world.admin.perform("networks", "public", "public", {"scope": "system"})
    made = world.alice.create_many("servers", body, 2)
    world.settle()
    eips = {eip.associate_id: eip for eip in world.rows(EIPS)}
    assert {one["id"] for one in made} == set(eips)
    assert {(eip.bandwidth, eip.charge_type, eip.auto_dellocate) for eip in eips.values()} == {(10, "bandwidth", True)}
    assert made[0]["eip"] == eips[made[0]["id"]].ip_addr
    world.alice.create("eips", {"name": "spare", "network": "public"})
    given = world.alice.create("servers", {**BODY, "name": "given", "eip": "spare"})
    assert given["eip"] == world.alice.get("eips", "spare")["ip_addr"]
    with pytest.raises(CloudcoreError):
        world.alice.create("servers", {**BODY, "name": "again", "eip": "spare"})
    with pytest.raises((ResourceNotFoundError, ForbiddenError)):
        world.bob.create("servers", {**BODY, "eip": "spare"})
    for one in made:
        world.alice.update("servers", one["id"], {"disable_delete": False})
        world.alice.delete("servers", one["id"])
    world.settle()
    assert [eip.name for eip in world.rows(EIPS)] == ["spare"]


def test_groups_of_the_first_card_are_the_servers(world: World) -> None:
    for name in ("front", "back"):
        world.alice.create("secgroups", {"name": name})
    server = world.server(world.alice, nets=[{"network": "default", "secgroups": ["front", "back"]}])
    assert server["secgroup"] == "front"
    assert {group["name"] for group in server["secgroups"]} == {"front", "back"}


def test_an_update_passes_over_what_says_nothing(world: World) -> None:
    before = world.server(world.alice, shutdown_behavior="terminate")
    names = ("shutdown_behavior", "vdi", "vga", "bios", "boot_order", "disable_delete", "src_ip_check", "progress_mbps")
    sent = dict.fromkeys(names, "")
    after = world.alice.update("servers", "web", {**sent, "description": "changed"})
    assert {key: after[key] for key in sent} == {key: before[key] for key in sent}
    assert after["description"] == "changed"
    with pytest.raises(InvalidInputError) as refused:
        world.alice.update("servers", "web", {"disable_delete": "perhaps"})
    assert refused.value.field == "disable_delete"
