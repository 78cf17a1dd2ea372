"""The own rule of each filter."""

from __future__ import annotations

import pytest

from cloudcore.model.errors import DuplicateResourceError, InvalidFormatError, OutOfRangeError
from cloudcore.scheduling import (
    DeviceRequest,
    DeviceRow,
    DiskRequest,
    HostRow,
    Inventory,
    Kept,
    NetworkRow,
    NicRequest,
    Request,
    schedule,
)
from cloudcore.scheduling.claims import with_devices
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.pipeline import filter_hosts


def kept(inventory: Inventory, request: Request) -> list[str]:
    """The ids of the hosts that pass all filters."""
    mask = filter_hosts(inventory, request, FILTERS).kept
    return [ident for ident, alive in zip(inventory.hosts.ids, mask, strict=True) if alive]


def refused_by(inventory: Inventory, request: Request) -> dict[str, tuple[str, str]]:
    """Per host name, the filter that removed it and its words."""
    refusal = schedule(inventory, request).refusal
    assert refusal is not None
    return {each.host_name: (one.filter, each.text) for one in refusal.removals for each in one.examples}


def test_names_are_unique_and_those_of_the_wire():
    names = [one.name for one in FILTERS]
    assert len(set(names)) == len(names)
    assert set(names) >= {
        "host_status",
        "host_hypervisor_runtime",
        "host_domain",
        "host_cpu",
        "host_memory",
        "host_storage",
        "host_network",
        "resource_type",
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "unknown"}, "status: unknown"),
        ({"host_status": "offline"}, "host_status: offline"),
        ({"enabled": False}, "host is disabled"),
        ({"zone_enabled": False}, "zone is disabled"),
        ({"provider_ready": False}, "provider is not connected"),
        ({"enabled": False, "host_status": "offline"}, "host_status: offline, host is disabled"),
    ],
)
def test_a_host_must_run_and_answer_and_be_enabled(make, changes, words):
    inventory = make.inventory([make.host("a", **changes)])
    assert refused_by(inventory, Request()) == {"a": ("host_status", words)}


def test_kvm_runs_on_host_type_hypervisor_and_others_on_their_own(make):
    inventory = make.inventory([make.host("a"), make.host("b", host_type="esxi")])
    assert kept(inventory, Request(hypervisor="kvm")) == ["a"]
    assert kept(inventory, Request(hypervisor="esxi")) == ["b"]
    assert refused_by(inventory, Request(hypervisor="pod"))["b"] == (
        "host_hypervisor_runtime",
        "request: pod, host: esxi",
    )


def test_architecture_matches_by_family(make):
    inventory = make.inventory(
        [make.host("a", architecture="aarch64"), make.host("b"), make.host("c", architecture="")]
    )
    assert kept(inventory, Request(arch="arm64")) == ["a"]
    assert kept(inventory, Request(arch="AMD64")) == ["b"]
    assert kept(inventory, Request()) == ["a", "b", "c"]
    assert refused_by(inventory, Request(arch="riscv64"))["c"] == ("host_arch", "request: riscv64, host: unknown")


def test_free_cpus_count_overcommit_reserve_and_claims(make):
    inventory = make.inventory([make.host("a", cpu_count=4, cpu_cmtbound=2.5, cpu_reserved=2, cpu_claimed=3)])
    assert kept(inventory, Request(vcpus=5)) == ["a"]
    assert refused_by(inventory, Request(vcpus=6)) == {"a": ("host_cpu", "request: 6, free: 5")}


def test_one_guest_has_no_more_cpus_than_its_host_allows(make):
    inventory = make.inventory([make.host("a", max_vcpu=4)])
    assert kept(inventory, Request(vcpus=4)) == ["a"]
    assert refused_by(inventory, Request(vcpus=5)) == {"a": ("host_cpu", "request: 5, most for one guest: 4")}


def test_free_memory_counts_overcommit_reserve_and_claims(make):
    inventory = make.inventory([make.host("a", mem_size=1000, mem_cmtbound=1.5, mem_reserved=300, mem_claimed=200)])
    assert kept(inventory, Request(memory_mib=1000)) == ["a"]
    assert refused_by(inventory, Request(memory_mib=1001)) == {
        "a": ("host_memory", "request: 1001 MiB, free: 1000 MiB")
    }


def test_a_prepaid_host_takes_one_server_while_it_is_empty(make):
    hosts = [make.host("a", resource_type="prepaid"), make.host("b", resource_type="prepaid", guests=1), make.host("c")]
    inventory = make.inventory(hosts)
    assert schedule(inventory, Request(resource_type="prepaid", count=2)).fitting == 1
    assert refused_by(inventory, Request(resource_type="prepaid", count=2)) == {
        "b": ("resource_type", "prepaid host already has 1 guests"),
        "c": ("resource_type", "request: prepaid, host: shared"),
    }


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({"domain_id": "mine"}, True),
        ({"domain_id": "other"}, False),
        ({"domain_id": "other", "is_public": True, "public_scope": "system"}, True),
        ({"domain_id": "other", "public_scope": "system"}, False),
        ({"domain_id": "other", "is_public": True, "public_scope": "domain", "shared_domain_ids": ("mine",)}, True),
        ({"domain_id": "other", "is_public": True, "public_scope": "domain", "shared_domain_ids": ("third",)}, False),
        ({"domain_id": "other", "shared_domain_ids": ("mine",)}, False),
        ({"domain_id": "other", "is_public": True, "public_scope": "project", "shared_domain_ids": ("mine",)}, False),
    ],
)
def test_a_host_is_for_its_domain_and_those_it_is_shared_with(make, changes, usable):
    inventory = make.inventory([make.host("a", **changes)])
    assert bool(kept(inventory, Request(domain_id="mine"))) is usable
    assert bool(kept(inventory, Request(domain_id="mine", is_admin=True))) is usable


def test_preferences_restrict(make):
    hosts = [
        make.host("a", zone_id="z1", region_id="r1", manager_id="m1"),
        make.host("b", zone_id="z2", region_id="r1"),
        make.host("c", zone_id="z3", region_id="r2"),
    ]
    inventory = Inventory.build(hosts, host_wires=[("a", "w1"), ("b", "w2")])
    assert kept(inventory, Request(prefer_zone="z1")) == ["a"]
    assert kept(inventory, Request(prefer_zones=["z1", "z3"])) == ["a", "c"]
    assert kept(inventory, Request(prefer_region="r1")) == ["a", "b"]
    assert kept(inventory, Request(prefer_manager="m1")) == ["a"]
    assert kept(inventory, Request(prefer_wire="w2")) == ["b"]
    assert kept(inventory, Request(prefer_host="c")) == ["c"]
    assert kept(inventory, Request(prefer_host="gone")) == []
    assert kept(inventory, Request(prefer_wire="gone")) == []
    words = refused_by(inventory, Request(prefer_host="a", prefer_region="r2"))
    assert words["a"] == ("host_prefer", "not in region r2")
    assert words["b"] == ("host_prefer", "not host a, not in region r2")


def test_free_room_of_a_storage_is_the_least_of_nominal_and_measured(make):
    request = Request(disks=[DiskRequest(size_mib=60)])
    roomy = make.storage("s-a", 100, cmtbound=2.0, reserved=50, claimed=90)
    assert kept(make.inventory([make.host("a")], storages=[roomy]), request) == ["a"]
    measured = make.storage("s-a", 100, cmtbound=2.0, reserved=50, claimed=90, actual_free=59)
    assert refused_by(make.inventory([make.host("a")], storages=[measured]), request) == {
        "a": ("host_storage", "disk 0: request: 60 MiB, free: 59 MiB")
    }


def test_disks_must_fit_together_and_not_only_one_by_one(make):
    storages = [make.storage("s-a", 100), make.storage("t-a", 90)]
    inventory = make.inventory([make.host("a")], storages=storages)
    assert kept(inventory, Request(disks=[DiskRequest(size_mib=n, index=i) for i, n in enumerate((80, 70, 20))])) == [
        "a"
    ]
    assert refused_by(inventory, Request(disks=[DiskRequest(size_mib=60, index=i) for i in range(3)])) == {
        "a": ("host_storage", "request: 60 + 60 + 60 MiB do not fit together, free: 190 MiB in 2 or fewer storages")
    }


def test_packing_finds_what_the_greedy_order_misses(make):
    inventory = make.inventory([make.host("a")], storages=[make.storage("s-a", 60), make.storage("t-a", 70)])
    disks = [DiskRequest(size_mib=n, index=i) for i, n in enumerate((40, 30, 30, 20))]
    decision = schedule(inventory, Request(disks=[*disks, DiskRequest(size_mib=10, index=4)]))
    homes = [disk.storage_ids[0] for disk in decision.placements[0].disks]
    sums = dict.fromkeys(homes, 0)
    for home, size in zip(homes, (40, 30, 30, 20, 10), strict=True):
        sums[home] += size
    assert sums == {"s-a": 60, "t-a": 70}


def test_a_disk_keeps_to_its_backend_medium_and_storage(make):
    storages = [
        make.storage("s-a", 100),
        make.storage("t-a", 100, medium_type="rotate"),
        make.storage("u-a", 100, storage_type="nfs", is_sys_disk_store=False),
        make.storage("v-a", 100, status="offline"),
        make.storage("w-a", 100, enabled=False),
    ]
    inventory = make.inventory([make.host("a")], storages=storages)

    def homes(**changes) -> tuple[str, ...]:
        return (
            schedule(inventory, Request(disks=[DiskRequest(size_mib=1, **changes)])).placements[0].disks[0].storage_ids
        )

    assert homes() == ("s-a", "t-a")
    assert homes(medium="rotate") == ("t-a",)
    assert homes(index=1) == ("s-a", "t-a", "u-a")
    assert homes(index=1, backend="nfs") == ("u-a",)
    assert homes(storage_id="t-a") == ("t-a",)
    assert refused_by(inventory, Request(disks=[DiskRequest(size_mib=1, backend="nfs")])) == {
        "a": ("host_storage", "disk 0: no storage of the host suits (nfs)")
    }
    assert "host_storage" in str(refused_by(inventory, Request(disks=[DiskRequest(size_mib=1, storage_id="v-a")])))


def network(ident: str, ports: int = 10, wire: str = "w1", **changes) -> NetworkRow:
    return NetworkRow(id=ident, wire_id=wire, free_ports=ports, **changes)


def nets(inventory: Inventory, *, request: Request | None = None, **changes) -> tuple[str, ...]:
    """The candidates of one card, or none when the host is refused."""
    caller = request or Request(project_id="p", domain_id="d")
    decision = schedule(
        inventory,
        Request(
            nets=[NicRequest(**changes)],
            project_id=caller.project_id,
            domain_id=caller.domain_id,
            is_admin=caller.is_admin,
            is_domain_admin=caller.is_domain_admin,
            network_types=caller.network_types,
        ),
    )
    return decision.placements[0].nets[0].network_ids if decision.placements else ()


def test_cards_on_one_network_count_their_ports_together(make):
    inventory = make.inventory([make.host("a"), make.host("b")], networks=[network("n1", 3)])
    assert schedule(inventory, Request(count=1, nets=[NicRequest(index=i) for i in range(3)])).refusal is None
    assert refused_by(inventory, Request(nets=[NicRequest(network_id="n1", index=i) for i in range(4)])) == {
        "a": ("host_network", "nic 0 on n1: request: 4, free ports in reach: 3"),
        "b": ("host_network", "nic 0 on n1: request: 4, free ports in reach: 3"),
    }
    mixed = [
        NicRequest(network_id="n1"),
        NicRequest(network_id="n1", index=1),
        NicRequest(index=2),
        NicRequest(index=3),
    ]
    assert refused_by(inventory, Request(nets=mixed))["a"] == (
        "host_network",
        "request: 4 cards do not fit together on the networks in reach",
    )


def test_a_named_card_gets_its_port_before_cards_that_may_go_elsewhere(make):
    inventory = make.inventory([make.host("a")], networks=[network("n1", 1), network("n2", 1)])
    decision = schedule(inventory, Request(nets=[NicRequest(), NicRequest(network_id="n1", index=1)]))
    assert [nic.network_ids[0] for nic in decision.placements[0].nets] == ["n2", "n1"]


def test_a_network_must_be_on_a_wire_of_the_host(make):
    inventory = Inventory.build(
        [make.host("a"), make.host("b")],
        networks=[network("n1", wire="w1"), network("n2", wire="w2")],
        host_wires=[("a", "w1"), ("b", "w2"), ("b", "w1")],
    )
    assert kept(inventory, Request(nets=[NicRequest(network_id="n2")])) == ["b"]
    assert kept(inventory, Request(nets=[NicRequest(wire_id="w1")])) == ["a", "b"]
    assert kept(inventory, Request(nets=[NicRequest(network_id="n2", wire_id="w1")])) == []


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({"project_id": "p", "domain_id": "d"}, True),
        ({"project_id": "q", "domain_id": "d"}, False),
        ({"project_id": "p", "domain_id": "e"}, False),
        ({"project_id": "q", "domain_id": "e", "is_public": True, "public_scope": "system"}, True),
        ({"project_id": "q", "domain_id": "d", "is_public": True, "public_scope": "domain"}, True),
        ({"project_id": "q", "domain_id": "e", "is_public": True, "public_scope": "domain"}, False),
        ({"domain_id": "e", "is_public": True, "public_scope": "domain", "shared_domain_ids": ("d",)}, True),
        ({"domain_id": "d", "is_public": True, "public_scope": "project", "shared_project_ids": ("p",)}, True),
        ({"domain_id": "d", "is_public": True, "public_scope": "project", "shared_project_ids": ("q",)}, False),
        ({"domain_id": "d", "shared_project_ids": ("p",)}, False),
    ],
)
def test_a_network_is_for_its_project_and_those_it_is_shared_with(make, changes, usable):
    hosts = [make.host("a", domain_id="d")]
    inventory = make.inventory(hosts, networks=[network("n1", **changes)])
    assert bool(nets(inventory)) is usable
    assert bool(nets(inventory, network_id="n1")) is usable
    assert nets(inventory, request=Request(project_id="p", domain_id="d", is_admin=True)) == ("n1",)
    whole_domain = usable or changes["domain_id"] == "d"
    assert bool(nets(inventory, request=Request(project_id="p", domain_id="d", is_domain_admin=True))) is whole_domain


def test_without_a_name_only_networks_meant_for_it_are_chosen(make):
    own = {"project_id": "p", "domain_id": "d"}
    inventory = make.inventory(
        [make.host("a", domain_id="d")],
        networks=[
            network("n1", **own),
            network("n2", **own, server_type="baremetal"),
            network("n3", **own, is_auto_alloc=False, name="third"),
            network("n4", **own, is_exit=True),
            network("n5", **own, status="pending"),
            network("n6", **own, ports=0),
        ],
    )
    assert nets(inventory) == ("n1",)
    assert nets(inventory, exit=True) == ("n4",)
    assert nets(inventory, request=Request(project_id="p", domain_id="d", network_types=["baremetal"])) == ("n2",)
    assert [nets(inventory, network_id=f"n{n}") for n in range(2, 7)] == [("n2",), ("n3",), ("n4",), (), ()]
    assert nets(inventory, network_id="third") == ("n3",)


def test_own_networks_come_before_the_domains_and_those_before_shared_ones(make):
    public = {"is_public": True, "public_scope": "system"}
    inventory = make.inventory(
        [make.host("a", domain_id="d")],
        networks=[
            network("n1", 90, domain_id="e", project_id="r", **public),
            network("n2", 10, domain_id="d", project_id="q", **public),
            network("n3", 20, domain_id="d", project_id="q", **public),
            network("n4", 1, domain_id="d", project_id="p"),
        ],
    )
    assert nets(inventory) == ("n4", "n3", "n2", "n1")
    assert nets(inventory, private=True) == ("n4",)


def test_an_address_is_taken_from_the_network_that_holds_it(make):
    own = {"project_id": "p", "domain_id": "d"}
    inventory = make.inventory(
        [make.host("a", domain_id="d")],
        networks=[
            network("n1", **own, guest_ip_start="10.0.0.10", guest_ip_end="10.0.0.20"),
            network("n2", **own, guest_ip_start="10.0.1.10", guest_ip_end="10.0.1.20"),
            network("n3", **own, guest_ip_start="::a00:10a", guest_ip_end="::a00:114"),
            network("n4", **own),
        ],
    )
    assert nets(inventory, address="10.0.1.20") == ("n2",)
    assert nets(inventory, address="10.0.1.21") == ()


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: Request(count=0), OutOfRangeError),
        (lambda: Request(count=10**9), OutOfRangeError),
        (lambda: Request(vcpus=-1), OutOfRangeError),
        (lambda: Request(memory_mib=1.5), OutOfRangeError),
        (lambda: Request(count=True), OutOfRangeError),
        (lambda: DiskRequest(size_mib=0), OutOfRangeError),
        (lambda: DiskRequest(size_mib="1"), OutOfRangeError),
        (lambda: Request(disks=[DiskRequest(size_mib=1)] * 33), OutOfRangeError),
        (lambda: Request(nets=[NicRequest()] * 33), OutOfRangeError),
        (lambda: NicRequest(address="10.0.0.300"), InvalidFormatError),
        (lambda: Request(count=2, nets=[NicRequest(address="10.0.0.3")]), DuplicateResourceError),
        (lambda: Request(nets=[NicRequest(address="::1"), NicRequest(address="0::1")]), DuplicateResourceError),
        (lambda: Inventory.build([HostRow(id="a", cpu_count=-1)]), OutOfRangeError),
        (lambda: Inventory.build([HostRow(id="a", mem_size=1 << 62)]), OutOfRangeError),
        (lambda: Inventory.build([HostRow(id="a", mem_cmtbound=float("nan"))]), OutOfRangeError),
        (lambda: Inventory.build([HostRow(id="a"), HostRow(id="a")]), DuplicateResourceError),
        (
            lambda: Inventory.build([], networks=[network("n", guest_ip_start="x", guest_ip_end="y")]),
            InvalidFormatError,
        ),
    ],
)
def test_bad_values_are_refused_with_the_name_of_the_field(build, error):
    with pytest.raises(error) as caught:
        build()
    assert caught.value.field


def test_what_is_kept_for_servers_with_devices_is_for_no_others(make):
    kept_for = Kept(cpus=4, memory_mib=4096, cpus_held=1, memory_held_mib=1024)
    host = make.host("a", cpu_claimed=2, mem_claimed=2048, kept=kept_for)
    inventory = make.inventory([host])
    inventory = with_devices(inventory, [DeviceRow(id="d", host_id="a", dev_type="GPU-HPC")])
    # Of 8 CPUs 2 are given out, 1 of them to servers with devices: 3 of the 4 are still kept for those.
    assert kept(inventory, Request(vcpus=3, memory_mib=3072)) == ["a"]
    assert refused_by(inventory, Request(vcpus=4)) == {"a": ("host_cpu", "request: 4, free: 3")}
    words = ("host_memory", "request: 3073 MiB, free: 3072 MiB")
    assert refused_by(inventory, Request(memory_mib=3073)) == {"a": words}
    assert kept(inventory, Request(vcpus=6, memory_mib=6144, devices=[DeviceRequest()])) == ["a"]
    assert refused_by(inventory, Request(vcpus=7, devices=[DeviceRequest()])) == {
        "a": ("host_cpu", "request: 7, free: 6")
    }
    full = make.inventory([make.host("a", cpu_claimed=5, kept=Kept(cpus=4, cpus_held=5))])
    assert kept(full, Request(vcpus=3)) == ["a"]
