"""The keys that existing clients read of details are there, but for those that are listed with the reason."""

from __future__ import annotations

from typing import Any

from tests.unit.servers.world import World
from tests.wire.documented_actions import SHOWN

NOTHING = "nothing here has one"
LATER = "its feature does not exist yet"

UNTOLD: dict[str, dict[str, str]] = {
    "cachedimages": {
        "hypervisor": NOTHING,
        **dict.fromkeys(("os_type", "os_distribution", "os_version"), "the image does not say"),
    },
    "hosts": {
        **dict.fromkeys(("server_id", "server", "server_ips", "server_pending_deleted"), "baremetal"),
        **dict.fromkeys(("backup_guests", "guest_pinned_cpus", "reserved_resource_for_gpu"), LATER),
        **dict.fromkeys(("can_prepare", "prepare_fail_reason", "is_prepaid_recycle", "spec"), LATER),
        **dict.fromkeys(("allow_health_check", "auto_migrate_on_host_shutdown"), LATER),
        **dict.fromkeys(("sys_warn", "sys_error", "host_files", "isolated_device_type_count"), LATER),
    },
    "networks": {"routes": LATER, "additional_wires": LATER},
    "servers": {
        **dict.fromkeys(("sub_ips", "vip", "vip_eip", "virtual_ips", "network_secgroups"), LATER),
        **dict.fromkeys(("security_rules", "admin_security_rules"), "they are in the groups"),
        **dict.fromkeys(("isolated_devices", "gpu_model", "gpu_count", "floppy"), "it has none"),
        **dict.fromkeys(("manager", "manager_id", "account", "account_id", "host_eip"), "of clouds"),
        **dict.fromkeys(("scaling_group_id", "scaling_status", "containers", "is_prepaid_recycle"), LATER),
        **dict.fromkeys(("backup_host_name", "backup_host_status", "monitor_url", "os_name"), LATER),
        **dict.fromkeys(("project_metadata", "disks_snapshotpolicy_count", "auto_delete_at"), LATER),
    },
    "disks": {"auto_delete_at": LATER},
    "serverskus": {"regional_availability": "of clouds"},
    "vpcs": {"request_vpc_peer_count": LATER, "accpet_vpc_peer_count": LATER},
}


def furnished() -> World:
    """A cloud with one of each, tagged and tied to each other where they can be."""
    world = World()
    admin, alice = world.admin, world.alice
    wire = admin.list("wires").items[0]["id"]
    pool = {"name": "public", "wire": wire, "server_type": "eip", "guest_ip_prefix": "198.51.100.0/29"}
    admin.create("networks", pool)
    admin.perform("networks", "public", "public", {"scope": "system"})
    alice.create("keypairs", {"name": "key"})
    alice.create("instancegroups", {"name": "apart"})
    days = {"retention_days": 1, "repeat_weekdays": [1], "time_points": [1]}
    alice.create("snapshotpolicies", {"name": "daily", "type": "disk", **days})
    world.server(alice, keypair="key", eip_bw=1, groups=["apart"], __meta__={"user:env": "test"})
    alice.create("snapshots", {"name": "kept", "disk_id": alice.get("servers", "web")["disks_info"][0]["id"]})
    world.settle()
    alice.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.settle()
    for plural in ("hosts", "storages", "networks"):
        admin.create("schedtags", {"name": f"of-{plural}", "resource_type": plural})
        for row in admin.list(plural, {"scope": "system"}).items:
            admin.perform(plural, row["id"], "set-schedtag", {"schedtag": [f"of-{plural}"]})
    return world


def test_what_clients_read_of_details_is_there() -> None:
    world = furnished()
    missing: dict[str, set[str]] = {}
    for plural, words in SHOWN.items():
        rows: Any = world.admin.list(plural, {"scope": "system", "details": True, "limit": 1}).items
        assert rows, plural
        shown = world.admin.get(plural, rows[0]["id"]) if plural != "keypairs" else rows[0]
        absent = set(words.split()) - set(shown)
        if absent != set(UNTOLD.get(plural, ())):
            missing[plural] = absent ^ set(UNTOLD.get(plural, ()))
    assert missing == {}
