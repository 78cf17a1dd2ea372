"""What real rows tell the scheduler of hosts, storages, networks, sizes and tags, where servers are made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.test_wishes import BODY, more_hosts
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    InsufficientResourceError,
    InvalidInputError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES, Sharedresource
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES, Storage


def place(world: World, **wish: Any) -> str:
    """The host that alice's server would go to."""
    return str(world.alice.create("servers", {**BODY, **wish, "dry_run": True})["host_id"])


def refusal(world: World, **wish: Any) -> str:
    """Why it would go nowhere."""
    with pytest.raises(InsufficientResourceError) as refused:
        place(world, **wish)
    return str(refused.value)


def tag(world: World, name: str, kind: str, *marked: str, **more: Any) -> None:
    world.admin.create("schedtags", {"name": name, "resource_type": kind, **more})
    world.admin.perform("schedtags", name, "set-resource", {"resource_ids": list(marked)})


def storage_of(world: World, host: str) -> str:
    return next(str(row.storage_id) for row in world.rows(HOSTSTORAGES) if row.host_id == host)


def second_storage(world: World) -> str:
    """Another storage of the first host, as large as the first one."""
    first = next(row for row in world.rows(STORAGES) if row.id == storage_of(world, world.host_id))
    more = {"zone_id": first.zone_id, "domain_id": first.domain_id, "storagecache_id": first.storagecache_id}
    world.insert(STORAGES, Storage(id="s2", name="s2", capacity=first.capacity, storage_type="local", **more))
    link = next(row for row in world.rows(HOSTSTORAGES) if row.storage_id == first.id)
    world.insert(
        HOSTSTORAGES, type(link)(id="l2", host_id=world.host_id, storage_id="s2", mount_point=link.mount_point)
    )
    return "s2"


def test_a_disk_goes_where_its_tags_want_it(world: World) -> None:
    (other,) = more_hosts(world, 1)
    fast = storage_of(world, other)
    tag(world, "fast", "storages", fast)
    disk = {"image_id": "tiny", "size": 1024}
    assert place(world, disks=[{**disk, "schedtags": ["fast:require"]}]) == other
    assert place(world, disks=[{**disk, "schedtags": [{"id": "fast", "strategy": "exclude"}]}]) == world.host_id
    assert place(world, schedtags=["fast:require:storages"]) == other
    tag(world, "none", "storages")
    told = refusal(world, disks=[disk, {"size": 64, "schedtags": ["none:require"]}])
    assert "2 by disk_schedtag (disk 1: no storage of the host will do: without tag none)" in told
    assert "without tags of storages" in told
    with pytest.raises(InvalidInputError) as wrong:
        place(world, disks=[{**disk, "schedtags": ["fast:require:hosts"]}])
    assert wrong.value.field == "disks.0.schedtags.0.resource_type"
    world.admin.update("schedtags", "fast", {"default_strategy": "exclude"})
    assert place(world) == world.host_id
    assert place(world, disks=[{**disk, "schedtags": ["fast:require"]}]) == other


def test_a_disk_names_its_storage_by_name_or_id(world: World) -> None:
    disk = {"image_id": "tiny", "size": 1024}
    second = second_storage(world)
    world.admin.update("storages", second, {"name": "slow"})
    for number, named in enumerate(("slow", second)):
        disks = [{**disk, "storage_id": named}]
        made = world.server(world.admin, f"on-{number}", disks=disks, on=False, nets=[{"exit": False}])
        assert [one["storage_id"] for one in made["disks_info"]] == [second]
    with pytest.raises(ResourceNotFoundError) as caught:
        world.admin.create("servers", {**BODY, "name": "off", "disks": [{**disk, "storage_id": "nowhere"}]})
    assert caught.value.field == "disks.0.storage_id"
    # Who may not look at storages has their ids from his own disks, and no names.
    assert world.server(world.alice, "own", disks=[{**disk, "storage_id": second}], on=False)["status"] == "ready"


def test_among_storages_of_a_host_the_preferred_one_is_taken_and_the_avoided_one_last(world: World) -> None:
    first, second = storage_of(world, world.host_id), second_storage(world)
    tag(world, "liked", "storages", second)

    def chosen(*tags: str) -> list[str]:
        disks = [{"image_id": "tiny", "size": 1024, "schedtags": list(tags)}, {"size": 64}]
        made = world.server(
            world.alice, f"web-{len(world.rows(STORAGES))}-{'-'.join(tags)[-6:]}", disks=disks, on=False
        )
        return [disk["storage_id"] for disk in made["disks_info"]][:1]

    assert chosen("liked:prefer") == [second]
    assert chosen("liked:avoid") == [first]


def test_a_card_goes_into_a_network_that_has_its_tags(world: World) -> None:
    wire = world.admin.list("wires").items[0]["id"]
    world.admin.create("networks", {"name": "quiet", "wire": wire, "guest_ip_prefix": "10.77.0.0/24"})
    world.admin.perform("networks", "quiet", "public", {"scope": "system"})
    quiet = world.admin.get("networks", "quiet")["id"]
    tag(world, "calm", "networks", quiet)

    made = world.alice.create("servers", {**BODY, "name": "a", "nets": [{"schedtags": ["calm:require"]}]})
    assert made["nics"][0]["network_id"] == quiet
    made = world.alice.create("servers", {**BODY, "name": "b", "nets": [{"schedtags": ["calm:exclude"]}]})
    assert made["nics"][0]["network_id"] != quiet
    made = world.alice.create("servers", {**BODY, "name": "c", "nets": [{"schedtags": ["calm:prefer"]}]})
    assert made["nics"][0]["network_id"] == quiet
    tag(world, "none", "networks")
    told = refusal(world, nets=[{"schedtags": ["none:require"]}])
    assert "network_schedtag (nic 0: no network in reach will do: without tag none)" in told


@pytest.mark.parametrize("kind", ["zones", "cloudregions"])
def test_a_tag_of_a_place_holds_for_the_hosts_in_it(world: World, kind: str) -> None:
    here = {"zones": "zone0", "cloudregions": "default"}[kind]
    tag(world, "near", kind, here)
    assert place(world, schedtags=[f"near:require:{kind}"]) == world.host_id
    assert "has tag near" in refusal(world, schedtags=[f"near:exclude:{kind}"])
    tag(world, "far", kind)
    assert "without tag far" in refusal(world, schedtags=[f"far:require:{kind}"])


def test_a_policy_asks_for_a_tag_where_its_condition_holds(world: World) -> None:
    (other,) = more_hosts(world, 1)
    tag(world, "large", "hosts", other)
    policy = {"name": "big", "schedtag": "large", "strategy": "require", "condition": "server.vcpu_count > 1"}
    world.admin.create("schedpolicies", policy)
    world.admin.create(
        "schedpolicies",
        {"name": "small", "schedtag": "large", "strategy": "exclude", "condition": "server.vcpu_count == 1"},
    )
    assert (place(world, vcpu_count=2), place(world)) == (other, world.host_id)
    world.admin.update("schedpolicies", "small", {"enabled": False})
    tag(world, "fast", "storages", storage_of(world, other))
    world.admin.create(
        "schedpolicies",
        {"name": "bytes", "schedtag": "fast", "strategy": "require", "condition": "disk.size_mib >= 2048"},
    )
    assert place(world, disks=["tiny:2g"]) == other
    world.admin.perform("schedtags", "large", "set-scope", {"project": "bobs"})
    assert place(world, vcpu_count=2)


def test_a_dynamic_tag_marks_what_its_condition_holds_for(world: World) -> None:
    (other,) = more_hosts(world, 1)
    world.admin.update("hosts", other, {"rack": "r7"})
    tag(world, "racked", "hosts")
    assert "without tag racked" in refusal(world, schedtags=["racked:require"])
    world.admin.create(
        "dynamicschedtags",
        {"name": "r7", "schedtag": "racked", "condition": 'host.rack == "r7" && server.vmem_size < 1024'},
    )
    assert place(world, schedtags=["racked:require"]) == other
    assert "without tag racked" in refusal(world, schedtags=["racked:require"], vmem_size=1024)
    # Which fields there are may be asked, too.
    world.admin.update(
        "dynamicschedtags", "r7", {"condition": 'host.contains("cpu_count") && host.rack.startswith("r")'}
    )
    assert place(world, schedtags=["racked:require"]) == other
    world.admin.update("dynamicschedtags", "r7", {"condition": 'host.contains("cpus") && host.rack.startswith("r")'})
    assert "without tag racked" in refusal(world, schedtags=["racked:require"])
    world.admin.update("dynamicschedtags", "r7", {"condition": "host.cpu_count > 0", "enabled": False})
    assert "without tag racked" in refusal(world, schedtags=["racked:require"])


def test_a_size_is_given_only_where_it_is_for_sale_and_for_how_it_is_paid(world: World) -> None:
    region = world.admin.list("cloudregions").items[0]["id"]
    world.admin.create("zones", {"name": "zone1", "cloudregion": region})
    size = {"cpu_core_count": 1, "memory_size_mb": 512}
    world.admin.create("serverskus", {"name": "far", "zone": "zone1", **size})
    assert "1 by instance_type (the size is not for sale in zone" in refusal(world, instance_type="far")
    world.admin.create("serverskus", {"name": "near", "zone": "zone0", **size})
    world.admin.create("serverskus", {"name": "all", **size})
    assert place(world, instance_type="near") == place(world, instance_type="all") == world.host_id
    for status, paid in (("postpaid_status", {}), ("prepaid_status", {"billing_type": "prepaid", "duration": "1M"})):
        assert place(world, instance_type="near", **paid) == world.host_id
        world.admin.update("serverskus", "near", {status: "soldout"})
        with pytest.raises(CloudcoreError, match="no size near for sale"):
            place(world, instance_type="near", **paid)


def test_hosts_and_networks_that_are_shared_with_single_domains_and_projects_are_used(world: World) -> None:
    world.change(HOSTS, world.host_id, domain_id="other", public_scope="domain")
    assert "1 by host_domain" in refusal(world)
    shown = {"resource_type": "hosts", "resource_id": world.host_id, "target_type": "domain", "target_id": "default"}
    world.insert(SHAREDRESOURCES, Sharedresource(id="x", **shown))
    world.change(HOSTS, world.host_id, rack="x")
    assert place(world) == world.host_id
    network = world.rows(NETWORKS)[0]
    world.change(NETWORKS, network.id, is_public=True, public_scope="project", tenant_id="nobody")
    with pytest.raises(CloudcoreError):
        place(world, nets=[{"exit": False}])
    project = world.admin.get("projects", "alices")["id"]
    shown = {"resource_type": "networks", "resource_id": network.id, "target_type": "project", "target_id": project}
    world.insert(SHAREDRESOURCES, Sharedresource(id="y", **shown))
    assert place(world, nets=[{"exit": False}]) == world.host_id


def owned(world: World, name: str, project: str, host: str, *, status: str = "ready") -> None:
    """A small server of a project on a host, as if it had been made, for most hosts make nothing."""
    body = {**BODY, "name": name, "prefer_host": host, "project": project}
    world.change(SERVERS, world.admin.create("servers", body)["id"], status=status)


@pytest.mark.parametrize("pooled", [True, False])
def test_servers_of_a_project_are_kept_apart_though_another_host_has_less_to_do(world: World, pooled: bool) -> None:
    (other,) = more_hosts(world, 1)
    owned(world, "mine", "alices", world.host_id)
    for n in range(3):
        owned(world, f"theirs-{n}", "bobs", other)
    if not pooled:
        world.cloud.platform.columns.forget()
    assert place(world) == other
    assert str(world.bob.create("servers", {**BODY, "dry_run": True})["host_id"]) == world.host_id
    shown = world.admin.perform_class("scheduler", "test", {**BODY, "project": "alices"})
    assert [row["id"] for row in shown["data"]] == [other, world.host_id]


def test_a_host_that_makes_many_servers_is_left_alone(world: World) -> None:
    (other,) = more_hosts(world, 1)
    for n in range(3):
        owned(world, f"done-{n}", "bobs", other)
    for n in range(2):
        owned(world, f"new-{n}", "bobs", world.host_id)
    assert place(world) == world.host_id
    for row in world.rows(SERVERS):
        world.change(SERVERS, row.id, status="deploying" if row.name.startswith("new") else "running")
    world.cloud.platform.columns.forget()
    assert place(world) == other


def test_no_disk_goes_where_measuring_found_no_room(world: World) -> None:
    (other,) = more_hosts(world, 1)
    full = storage_of(world, world.host_id)
    size = next(row.capacity for row in world.rows(STORAGES) if row.id == full)
    world.admin.update("storages", full, {"actual_capacity_used": size - 100})
    world.cloud.platform.columns.forget()
    assert {place(world, name=f"w{n}") for n in range(3)} == {other}
    world.admin.update("storages", storage_of(world, other), {"actual_capacity_used": size - 50})
    world.cloud.platform.columns.forget()
    assert "2 by host_storage (disk 0: request: 1024 MiB, free at most: 100 MiB)" in refusal(world)


def test_cpus_of_a_host_are_not_asked_for_by_hand(world: World) -> None:
    with pytest.raises(NotSupportedError) as refused:
        world.alice.create("servers", {**BODY, "cpu_numa_pin": [{"node_id": 0, "cpu_pin": [0]}]})
    assert refused.value.field == "cpu_numa_pin"
