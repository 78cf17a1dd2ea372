"""Servers that change their size."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.test_disks import held
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    InsufficientResourceError,
    InvalidFormatError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
    OutOfQuotaError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit
from cloudcore.resources.quota.quotausage import QUOTAUSAGES


def ledgers(world: World) -> tuple[Any, Any]:
    return [(c.vcpus, c.memory_mib, c.guests) for c in world.rows(HOSTCLAIMS)], held(world)


def agrees(world: World) -> None:
    """Ledgers are the sums of what is there."""
    servers, disks = world.admin.list("servers", {"scope": "system"}).items, world.rows(DISKS)
    cpus, memory = sum(s["vcpu_count"] for s in servers), sum(s["vmem_size"] for s in servers)
    assert [(c.vcpus, c.memory_mib, c.guests) for c in world.rows(HOSTCLAIMS)] == [(cpus, memory, len(servers))]
    usage = [q for q in world.rows(QUOTAUSAGES) if q.id.endswith("/")]
    assert sum(q.cpu for q in usage) == cpus
    assert sum(q.memory for q in usage) == memory
    assert sum(q.storage for q in usage) == sum(d.disk_size for d in disks)


def size(world: World, server: Any) -> tuple[int, int]:
    guest = world.guest(server["id"])
    return guest.vcpus, guest.memory_mib


def test_a_stopped_server_grows_and_shrinks(world: World) -> None:
    server = world.server(world.alice, on=False)
    for cpus, memory in ((3, 1024), (1, 128)):
        begun = world.alice.perform("servers", "web", "change-config", {"vcpu_count": cpus, "vmem_size": f"{memory}M"})
        assert begun["status"] == "change_flavor"
        world.settle()
        after = world.alice.get("servers", "web")
        assert (after["status"], after["vcpu_count"], after["vmem_size"]) == ("ready", cpus, memory)
        assert size(world, server) == (cpus, memory)
        agrees(world)


def test_a_stopped_server_is_started_where_that_is_asked_for(world: World) -> None:
    world.server(world.alice, on=False)
    after = world.act(world.alice, "web", "change-config", vcpu_count=2, auto_start=True)
    assert (after["status"], after["power_states"], after["vcpu_count"]) == ("running", "on", 2)


def test_a_running_server_grows_while_it_runs(world: World) -> None:
    server = world.server(world.alice)
    after = world.act(world.alice, "web", "change-config", vcpu_count=2, vmem_size=512)
    assert (after["status"], after.get("status_reason")) == ("running", None)
    assert size(world, server) == (2, 512)
    agrees(world)


@pytest.mark.parametrize(("start", "status"), [(True, "running"), (False, "ready")])
def test_a_running_server_shrinks_when_it_may_be_stopped(world: World, start: bool, status: str) -> None:
    server = world.server(world.alice, vcpu_count=2)
    with pytest.raises(InvalidStatusError, match="force_stop"):
        world.act(world.alice, "web", "change-config", vcpu_count=1)
    after = world.act(world.alice, "web", "change-config", vcpu_count=1, force_stop=True, auto_start=start)
    assert (after["status"], size(world, server)) == (status, (1, 256))
    agrees(world)


@pytest.mark.parametrize("on", [True, False], ids=["running", "stopped"])
def test_disks_grow_and_further_ones_are_made(world: World, on: bool) -> None:
    server = world.server(world.alice, on=on, disks=["tiny:1g", "512"])
    after = world.act(world.alice, "web", "change-config", disks=["2g", {}, {"size": 64}])
    assert [(d["index"], d["size"]) for d in after["disks_info"]] == [(0, 2048), (1, 512), (2, 64)]
    assert after["status"] == server["status"]
    assert len(world.guest(server["id"]).disks) == 3
    second = after["disks_info"][1]["id"]
    after = world.act(world.alice, "web", "change-config", disks=[{"disk_id": second, "size": 640}])
    assert [d["size"] for d in after["disks_info"]] == [2048, 640, 64]
    agrees(world)


def test_a_size_has_a_name(world: World) -> None:
    world.server(world.alice, on=False)
    world.admin.create("serverskus", {"name": "two", "cpu_core_count": 2, "memory_size_mb": 512})
    after = world.act(world.alice, "web", "change-config", sku="two")
    assert (after["instance_type"], after["vcpu_count"], after["vmem_size"]) == ("two", 2, 512)
    with pytest.raises(InvalidInputError) as refused:
        world.act(world.alice, "web", "change-config", instance_type="two", vcpu_count=3)
    assert refused.value.field == "instance_type"
    assert "instance_type" not in world.act(world.alice, "web", "change-config", vcpu_count=3)


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({}, MissingParameterError, "vcpu_count"),
        ({"vcpu_count": 0, "vmem_size": "0", "cpu_sockets": 0}, MissingParameterError, "vcpu_count"),
        ({"vcpu_count": 1000}, OutOfRangeError, "vcpu_count"),
        ({"vmem_size": "little"}, InvalidFormatError, "vmem_size"),
        ({"vmem_size": 1}, OutOfRangeError, "vmem_size"),
        ({"instance_type": "nothing"}, ResourceNotFoundError, "instance_type"),
        ({"vcpu_count": 2, "cpu_sockets": 2}, NotSupportedError, "cpu_sockets"),
        ({"vcpu_count": 2, "reset_traffic_limits": ["x"]}, NotSupportedError, "reset_traffic_limits"),
        ({"disks": ["1m"]}, OutOfRangeError, "disks.0.size"),
        ({"disks": [{}, {}]}, MissingParameterError, "disks.1.size"),
        ({"disks": [{"disk_id": "other", "size": 8}]}, InvalidInputError, "disks.0.disk_id"),
        ({"disks": ["2g", {"index": 0, "size": "3g"}]}, InvalidInputError, "disks.1"),
        ({"vcpu_count": 2, "disks": ["60000g"]}, InsufficientResourceError, "disks.0.size"),
        ({"vcpu_count": 2, "auto_start": "perhaps"}, InvalidInputError, "auto_start"),
    ],
)
def test_a_change_that_is_wrong_changes_nothing(world: World, body: Any, error: Any, field: str | None) -> None:
    server = world.server(world.alice)
    before = ledgers(world)
    with pytest.raises(error) as refused:
        world.act(world.alice, "web", "change-config", **body)
    assert refused.value.field == field
    assert (ledgers(world), world.alice.get("servers", "web")["status"]) == (before, "running")
    assert size(world, server) == (1, 256)


def test_what_the_host_does_not_have_is_explained(world: World) -> None:
    world.server(world.alice)
    before = ledgers(world)
    with pytest.raises(InsufficientResourceError, match=r"host_memory.*free") as refused:
        world.act(world.alice, "web", "change-config", vmem_size="900g")
    assert ledgers(world) == before
    assert "server web does not get 1 CPUs and 921600 MiB on its host" in str(refused.value)
    (memory,) = refused.value.data["relaxations"]
    assert memory.endswith(" MiB instead of 921600 MiB")
    world.act(world.alice, "web", "change-config", vmem_size=int(memory.split()[1]))


def test_what_the_quota_does_not_allow_is_refused(world: World) -> None:
    world.server(world.alice, on=False)
    project = world.alice.caller.project_id  # type: ignore[attr-defined]
    world.insert(QUOTALIMITS, Quotalimit(id="limit", domain_id="default", tenant_id=project, cpu=2, memory=-1))
    before = ledgers(world)
    with pytest.raises(OutOfQuotaError):
        world.act(world.alice, "web", "change-config", vcpu_count=3)
    assert ledgers(world) == before
    assert world.act(world.alice, "web", "change-config", vcpu_count=2)["vcpu_count"] == 2


def test_a_failed_change_takes_everything_back(world: World) -> None:
    server = world.server(world.alice)
    before = ledgers(world)
    lost = dict(world.host.machine.volumes)
    world.host.machine.volumes.clear()
    failed = world.act(world.alice, "web", "change-config", vcpu_count=2, vmem_size=512, disks=["2g", "64"])
    assert (failed["status"], failed["vcpu_count"], failed["vmem_size"]) == ("change_flavor_fail", 1, 256)
    assert "is not on this storage" in failed["status_reason"]
    assert (size(world, server), len(failed["disks_info"]), ledgers(world)) == ((1, 256), 1, before)
    world.host.machine.volumes.update(lost)
    assert world.act(world.alice, "web", "change-config", vmem_size=512)["status"] == "running"
    agrees(world)


def test_the_size_of_others_servers_stays(world: World) -> None:
    server = world.server(world.alice)
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("servers", server["id"], "change-config", {"vcpu_count": 2})
