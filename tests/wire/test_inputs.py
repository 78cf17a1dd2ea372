"""What existing clients send with each action is read, or refused by its name; none of it is passed over."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import World

from cloudcore.cloud import TYPES
from cloudcore.model.resource import Resource
from cloudcore.operations.later import PARAMETERS
from cloudcore.resources.actions import LADDER

BY_PLURAL: dict[str, Resource[Any]] = {r.plural: r for r in TYPES}

SENT = {
    # Facts of the wire.
    "servers": """
        start: qemu_version auto_prepaid
        stop: is_force timeout_secs stop_charging
        restart: is_force timeout_secs
        reset: is_hard instance_snapshot
        deploy: keypair delete_keypair password reset_password login_account deploy_configs auto_start restart
        set-password: username password reset_password auto_start
        rebuild-root: image_id all_disks auto_start keypair password reset_password login_account
        change-config: instance_type sku flavor vcpu_count vmem_size disks auto_start force_stop
        createdisk: disks
        attachdisk: disk_id boot_index
        detachdisk: disk_id keep_disk
        resize-disk: disk_id size
        change-disk-storage: disk_id target_storage_id keep_origin_disk
        attachnetwork: nets net_desc disable_sync_config
        detachnetwork: net_id ip_addr ip6_addr mac reserve
        change-ipaddr: ip_addr net_desc reserve restart_network
        change-bandwidth: bandwidth tx_bw_limit rx_bw_limit mac ip_addr index
        add-secgroup: secgroup_ids
        revoke-secgroup: secgroup_ids
        set-secgroup: secgroup_ids
        assign-secgroup: secgroup_id
        associate-eip: eip_id ip_addr
        dissociate-eip: auto_delete
        create-eip: bandwidth charge_type bgp_type auto_dellocate
        migrate: prefer_host_id auto_start rescue_mode
        live-migrate: prefer_host_id skip_cpu_check skip_kernel_check enable_tls max_bandwidth_mb quickly_finish
        save-image: name generate_name notes is_public format auto_start restart os_type os_arch
        save-guest-image: name generate_name notes auto_start
        instance-snapshot: name generate_name with_memory
        instance-snapshot-reset: instance_snapshot auto_start with_memory
        snapshot-and-clone: name count instance_snapshot_id auto_start prefer_host_id
        insertiso: image_id cdrom_ordinal boot_index
        ejectiso: cdrom_ordinal
        status: status reason
        user-data: user_data
        set-boot-index: disks cdroms
        io-throttle: bps iops
        set-network-num-queues: mac_addr num_queues
        modify-src-check: src_ip_check src_mac_check
        qga-set-password: username password
        renew: duration
        set-auto-renew: auto_renew
        postpaid-expire: duration expire_time
        bind-groups: group_ids
        unbind-groups: group_ids
        bind-snapshotpolicy: snapshotpolicy_ids
        set-snapshotpolicy: snapshotpolicy_ids
        change-owner: project tenant project_domain""",
    "disks": """
        resize: size
        disk-reset: snapshot_id auto_start
        save: name format notes os_arch""",
    "networks": """
        reserve-ip: ips notes duration status
        release-reserved-ip: ip
        split: split_ip name
        merge: target
        switch-wire: wire_id""",
    "eips": """
        associate: instance_id instance_type ip_addr
        dissociate: auto_delete
        change-bandwidth: bandwidth""",
    "secgroups": """
        add-rule: direction protocol ports action priority cidr description
        import-rules: rules""",
    "hosts": "cache-image: image format is_force",
    "storages": """
        cache-image: image format is_force
        uncache-image: image is_force""",
    "storagecaches": """
        cache-image: image is_force
        uncache-image: image is_force""",
    "instancegroups": """
        bind-guests: guests
        unbind-guests: guests""",
    "snapshotpolicies": """
        bind-disks: disk_id
        unbind-disks: disk_id""",
    "schedtags": """
        set-resource: resource_ids
        set-scope: project_domain project""",
}
ASKED = tuple(
    (plural, action.strip(), name)
    for plural, lines in SENT.items()
    for action, _, names in (line.partition(":") for line in lines.strip().splitlines())
    for name in names.split()
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize(("plural", "action", "name"), ASKED)
def test_what_is_sent_with_an_action_is_known(plural: str, action: str, name: str) -> None:
    declared = {one.name: one for one in BY_PLURAL[plural].actions}.get(action) or LADDER[action]
    read = {word for one in declared.params for word in (one.name, *one.spec.alias)}
    assert name in read | PARAMETERS.get((plural, action), frozenset()), sorted(read)


@pytest.mark.parametrize(
    ("plural", "action", "name"), [(*key, name) for key in sorted(PARAMETERS) for name in sorted(PARAMETERS[key])]
)
def test_what_is_not_done_is_refused_by_its_name_once_it_is_said(
    world: World, plural: str, action: str, name: str
) -> None:
    rows = world.ask("admin", "GET", f"/compute/{plural}").json()[plural]
    path = f"/compute/{plural}/{rows[0]['id']}/{action}"

    said = world.ask("admin", "POST", path, json={name: "true"})

    assert (said.status_code, said.json()["class"], said.json()["data"]) == (406, "NotSupportedError", {"field": name})
    assert world.ask("admin", "GET", f"/compute/{plural}/{rows[0]['id']}").json()[plural[:-1]] == rows[0]
    unsaid = world.ask("bob", "POST", path, json={name: "true"})
    assert unsaid.status_code in (403, 404)


def test_what_go_sends_for_nothing_is_nothing(world: World) -> None:
    body = {"ip6_addr": "", "net_id": "no-such-network"}
    answer = world.ask("admin", "POST", "/compute/servers/vm2/detachnetwork", json=body)
    assert (answer.status_code, answer.json()["data"]) == (400, {"field": "net_id"})
    stopped = world.ask("admin", "POST", "/compute/servers/vm3/stop", json={"is_force": True, "stop_charging": False})
    assert stopped.status_code == 200
    world.place.settle()
    started = world.ask("admin", "POST", "/compute/servers/vm3/start", json={"qemu_version": "", "auto_prepaid": "no"})
    assert started.status_code == 200
    world.place.settle()


def test_a_card_is_named_by_the_name_of_its_network(world: World) -> None:
    assert _done(world, "vm2/attachnetwork", {"nets": ["hostnet"]}) == ["net0", "hostnet"]
    assert _done(world, "vm2/detachnetwork", {"net_id": "hostnet"}) == ["net0"]
    assert _done(world, "vm2/attachnetwork", {"nets": ["hostnet"]}) == ["net0", "hostnet"]
    assert _done(world, "vm2/detachnetwork", {"net_id": world.words["hostnet"]}) == ["net0"]


def test_a_stopped_server_that_shall_be_restarted_by_a_deploy_is_started(world: World) -> None:
    _done(world, "vm2/deploy", {"auto_start": False, "restart": True})
    vm2 = world.ask("admin", "GET", "/compute/servers/vm2").json()["server"]
    assert (vm2["status"], vm2["power_states"]) == ("running", "on")
    _done(world, "vm2/stop", {"is_force": True})


def test_areas_tell_what_can_only_be_read_there_too(world: World) -> None:
    found = world.ask("admin", "GET", "/compute/capabilities").json()
    for word in ("disabled_", "read_only_", "read_only_disabled_"):
        for area in ("", "compute_engine_", "dns_", "snapshot_policy_"):
            assert found[f"{word}{area}brands"] == []


def test_what_is_frozen_refuses_as_clients_know_it(world: World) -> None:
    assert world.ask("admin", "POST", "/compute/servers/vm2/freeze").status_code == 200
    for method, path in (("PUT", "vm2"), ("POST", "vm2/start"), ("DELETE", "vm2"), ("POST", "vm2/freeze")):
        answer = world.ask("admin", method, f"/compute/servers/{path}", json={"server": {"description": "x"}})
        assert (answer.status_code, answer.json()["class"]) == (400, "BadRequestError"), (method, path, answer.text)
    assert world.ask("admin", "POST", "/compute/servers/vm2/unfreeze").status_code == 200


def test_what_is_shown_to_nobody_named_is_shown_to_everybody(world: World) -> None:
    shown = world.ask("admin", "POST", "/compute/networks/net0/public").json()["network"]
    assert (shown["is_public"], shown["public_scope"]) == (True, "system")
    hidden = world.ask("admin", "POST", "/compute/networks/net0/private").json()["network"]
    assert (hidden["is_public"], hidden["public_scope"]) == (False, "none")


def _done(world: World, path: str, body: dict[str, Any]) -> list[str]:
    """Do that to a server; the networks of its cards."""
    answer = world.ask("admin", "POST", f"/compute/servers/{path}", json={"server": body})
    assert answer.status_code == 200, answer.text
    world.place.settle()
    server = world.ask("admin", "GET", f"/compute/servers/{path.partition('/')[0]}").json()["server"]
    return [nic["network"] for nic in server["nics"]]


def test_a_disk_is_made_where_it_is_asked_for(world: World) -> None:
    for said in (
        {"prefer_region_id": "default"},
        {"prefer_region": "Default"},
        {"prefer_zones": ["zone0"]},
        {"prefer_wire": "wire0"},
        {"prefer_zone": "zone0", "prefer_host": "sim-1"},
    ):
        answer = world.ask(
            "admin", "POST", "/compute/disks", json={"disk": {"generate_name": "d", "size": 1024, **said}}
        )
        assert answer.status_code == 200, (said, answer.text)
        world.place.settle()


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"prefer_region_id": "none"}, 404, "prefer_region_id"),
        ({"prefer_zone_id": "none"}, 404, "prefer_zone_id"),
        ({"prefer_zones": ["zone0", "none"]}, 404, "prefer_zones.1"),
        ({"prefer_wire_id": "none"}, 404, "prefer_wire_id"),
        ({"prefer_host_id": "none"}, 404, "prefer_host_id"),
        ({"storage_id": "none"}, 404, "storage_id"),
        ({"schedtags": [{"id": "t1", "strategy": "require"}]}, 406, "schedtags"),
        ({"existing_path": "/x"}, 406, "existing_path"),
        ({"preallocation": "full"}, 406, "preallocation"),
        ({"auto_reset": True}, 406, "auto_reset"),
        ({"encrypt_key_id": "x"}, 406, "encrypt_key_id"),
    ],
)
def test_what_cannot_be_had_of_a_disk_is_named(world: World, said: dict[str, Any], status: int, field: str) -> None:
    before = world.ask("admin", "GET", "/compute/disks").json().get("total", 0)
    answer = world.ask("admin", "POST", "/compute/disks", json={"disk": {"name": "never", "size": 1024, **said}})
    assert (answer.status_code, answer.json()["data"]["field"]) == (status, field), answer.text
    assert world.ask("admin", "GET", "/compute/disks").json().get("total", 0) == before


def test_ipv6_of_a_network_is_refused_however_it_is_said(world: World) -> None:
    sent = {"name": "n6", "wire": "wire0", "guest_ip_prefix": "10.66.0.0/24", "guest_ip6_prefix": "fd00::/64"}
    answer = world.ask("admin", "POST", "/compute/networks", json={"network": sent})
    assert (answer.status_code, answer.json()["data"]) == (406, {"field": "guest_ip6_prefix"})


def test_sizes_of_a_region_are_sizes_of_its_zones(world: World) -> None:
    for name in ("elsewhere", "zone0"):
        world.ask("admin", "POST", "/compute/zones", json={"zone": {"name": name}})
    sent = {"name": "only.there", "cpu_core_count": 3, "memory_size_mb": 3072, "zone_id": "elsewhere"}
    assert world.ask("admin", "POST", "/compute/serverskus", json={"serversku": sent}).status_code == 200

    def names(query: str) -> set[str]:
        found = world.ask("admin", "GET", f"/compute/serverskus?{query}")
        assert found.status_code == 200, found.text
        return {row["name"] for row in found.json()["serverskus"]}

    everywhere = names("limit=2048") - {"only.there"}
    assert "ecs.g1.c1m1" in everywhere
    assert names("zone=zone0") == names("zone_id=zone0") == everywhere
    assert names("zone=elsewhere") == everywhere | {"only.there"}
    assert names("zone=nowhere") == set()
