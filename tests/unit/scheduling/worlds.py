"""Random inventories and requests."""

from __future__ import annotations

from itertools import product

import attrs
from hypothesis import strategies as st

from cloudcore.scheduling import (
    Allowance,
    DeviceRequest,
    DeviceRow,
    DiskRequest,
    Drive,
    HostRow,
    Inventory,
    Kept,
    Live,
    Mark,
    NetworkRow,
    NicRequest,
    NodeRow,
    RaidConfig,
    Request,
    Room,
    StorageRow,
)
from cloudcore.scheduling.horizon import HORIZON

few = st.integers(0, 12)
STRATEGIES = ("exclude", "prefer", "prefer", "avoid")
HAVING = {"storages": frozenset({"s0", "s2", "s3"}), "networks": frozenset({"n0", "n2"})}
backends = st.sampled_from(("local", "nfs"))


drives = st.lists(
    st.builds(
        Drive,
        size_mib=st.integers(3, 12),
        type=st.sampled_from(("ssd", "rotate")),
        adapter=st.sampled_from((0, 0, 1)),
        driver=st.sampled_from(("Linux", "Linux", "Mpt2SAS")),
    ),
    max_size=6,
)
raids = st.lists(
    st.builds(
        RaidConfig, conf=st.sampled_from(("none", "raid0", "raid1", "raid5")), count=st.sampled_from((0, 0, 2, 3))
    ),
    max_size=2,
)
nodes = st.one_of(
    st.just(()),
    st.lists(st.tuples(few, st.sampled_from((0, 1024, 2048)), st.integers(0, 2)), max_size=4).map(
        lambda each: tuple(
            NodeRow(id=n, cpus=cpus, memory_mib=memory + cpus, cpus_claimed=claimed)
            for n, (cpus, memory, claimed) in enumerate(each)
        )
    ),
)


kept = st.one_of(
    *(st.just(None) for _ in range(3)),
    st.builds(
        Kept,
        cpus=st.integers(0, 6),
        memory_mib=st.integers(0, 6),
        cpus_held=st.integers(0, 2),
        memory_held_mib=st.integers(0, 2),
    ),
)


times = st.sampled_from(
    ((), (), tuple(n / 20 for n in range(len(HORIZON))), (0.5,) * len(HORIZON), (1.0,) * len(HORIZON))
)


@attrs.frozen
class World:
    """The rows of an inventory, so that a test can change them and build again."""

    hosts: tuple[HostRow, ...]
    storages: tuple[StorageRow, ...]
    networks: tuple[NetworkRow, ...]
    host_storages: tuple[tuple[str, str], ...]
    host_wires: tuple[tuple[str, str], ...]
    devices: tuple[DeviceRow, ...] = ()

    def build(self) -> Inventory:
        return Inventory.build(
            self.hosts, self.storages, self.networks, self.host_storages, self.host_wires, self.devices
        )


@st.composite
def worlds(draw) -> World:
    host_ids = [f"h{n}" for n in range(draw(st.integers(0, 6)))]
    storage_ids = [f"s{n}" for n in range(draw(st.integers(0, 6)))]
    network_ids = [f"n{n}" for n in range(draw(st.integers(0, 4)))]
    wires = ("w0", "w1")
    hosts = tuple(
        HostRow(
            id=ident,
            domain_id=draw(st.sampled_from(("", "", "d1"))),
            is_public=draw(st.booleans()),
            public_scope=draw(st.sampled_from(("system", "domain"))),
            shared_domain_ids=draw(st.sampled_from(((), ("",)))),
            zone_id=draw(st.sampled_from(("z1", "z2"))),
            region_id=draw(st.sampled_from(("r1", "r2"))),
            enabled=draw(st.integers(0, 6)) > 0,
            host_status=draw(st.sampled_from(("online", "online", "online", "offline"))),
            host_type=draw(st.sampled_from(("hypervisor", "hypervisor", "hypervisor", "baremetal"))),
            cpu_desc=draw(st.sampled_from(("Xeon", "Xeon", "EPYC"))),
            kernel=draw(st.sampled_from(("6.1", "6.1", "5.10"))),
            page_size_kb=draw(st.sampled_from((4, 4, 64))),
            classes=draw(st.sampled_from(({}, {}, {}, {"tier": "gold"}))),
            architecture=draw(st.sampled_from(("x86_64", "amd64", "aarch64"))),
            resource_type=draw(st.sampled_from(("shared", "shared", "prepaid"))),
            cpu_count=draw(few),
            cpu_cmtbound=draw(st.sampled_from((1.0, 1.5, 2.0))),
            packs=draw(st.integers(0, 2)) == 0,
            leaving=draw(times),
            cpu_claimed=draw(st.integers(0, 4)),
            mem_size=draw(st.one_of(few, few, st.just(4096))),
            mem_cmtbound=1.0,
            mem_reserved=draw(st.integers(0, 2)),
            kept=draw(kept),
            max_vcpu=draw(st.sampled_from((0, 2))),
            guests=draw(st.integers(0, 1)),
            project_guests=draw(st.sampled_from(({}, {"": 2}))),
            nodes=draw(nodes),
            drives=draw(drives),
            plugs=draw(st.sampled_from(({}, {"w0": 1}, {"w0": 4, "w1": 2}))),
            firmware=draw(st.sampled_from(("", "UEFI", "BIOS"))),
            starts_from_cd=draw(st.booleans()),
        )
        for ident in host_ids
    )
    storages = tuple(
        StorageRow(
            id=ident,
            storage_type=draw(backends),
            capacity=draw(few),
            claimed=draw(st.integers(0, 3)),
            is_sys_disk_store=draw(st.integers(0, 4)) > 0,
        )
        for ident in storage_ids
    )
    networks = tuple(
        NetworkRow(
            id=ident,
            wire_id=draw(st.sampled_from(wires)),
            free_ports=draw(st.integers(0, 4)),
            is_exit=draw(st.integers(0, 4)) == 0,
            has_ipv6=draw(st.booleans()),
            project_id=draw(st.sampled_from(("", "", "other"))),
            is_public=draw(st.booleans()),
            public_scope="system",
        )
        for ident in network_ids
    )
    pairs = st.lists(st.sampled_from(tuple(product(host_ids, storage_ids)) or (("", ""),)), max_size=16)
    plugs = st.lists(st.sampled_from(tuple(product(host_ids, wires)) or (("", ""),)), max_size=8)
    devices = tuple(
        DeviceRow(
            id=f"d{n}",
            host_id=draw(st.sampled_from(host_ids)),
            dev_type=draw(st.sampled_from(("GPU-HPC", "GPU-HPC", "NIC", "USB"))),
            model=draw(st.sampled_from(("T4", "A100"))),
            vendor="10de",
            wire_id=draw(st.sampled_from(("", *wires))),
            memory_mib=draw(st.sampled_from((16, 40))),
            free=draw(st.integers(0, 4)) > 0,
        )
        for n in range(draw(st.integers(0, 8)) if host_ids else 0)
    )
    return World(hosts, storages, networks, tuple(draw(pairs)), tuple(draw(plugs)), devices)


allowances = st.lists(
    st.builds(
        Allowance,
        name=st.sampled_from(("project", "domain")),
        region=st.sampled_from(("", "", "r1")),
        zone=st.sampled_from(("", "z1", "z2")),
        free=st.dictionaries(
            st.sampled_from(("count", "cpu", "memory", "storage", "port")), st.integers(0, 9), max_size=2
        ),
    ),
    max_size=2,
).map(tuple)


@st.composite
def requests(draw) -> Request:
    sizes = draw(st.lists(st.integers(1, 6), max_size=4))
    nics = draw(st.lists(st.sampled_from(("", "", "n0", "n1")), max_size=3))
    cards = draw(st.lists(st.sampled_from((("", 0), ("T4", 0), ("", 20))), max_size=2)) if draw(st.booleans()) else []
    in_zones, in_regions = (st.sampled_from((frozenset(), frozenset(), frozenset({one}))) for one in ("z1", "r1"))
    tags = st.one_of(
        st.just(()),
        st.lists(st.sampled_from((*STRATEGIES, "require")), max_size=2).map(
            lambda each: tuple(Mark(name=f"t{n}", strategy=one, **HAVING) for n, one in enumerate(each))
        ),
    )
    some = st.frozensets(st.sampled_from(("h0", "h1", "h2", "h3")))
    return Request(
        count=draw(st.integers(1, 6)),
        vcpus=draw(st.integers(0, 3)),
        memory_mib=draw(st.sampled_from((0, 1, 2, 3, 4, 2048))),
        raid=draw(raids),
        firmware=draw(st.sampled_from(("", "UEFI"))),
        from_cd=draw(st.booleans()),
        stays=draw(times)[::-1],
        numa_nodes=draw(st.sampled_from((0, 0, 0, 1, 2))),
        prefer_numa_nodes=draw(st.sampled_from(((), (), (1,)))),
        disks=[
            DiskRequest(size_mib=size, backend=draw(st.sampled_from(("", "local"))), index=n, marks=draw(tags))
            for n, size in enumerate(sizes)
        ],
        nets=[
            NicRequest(
                network_id=network,
                exit=draw(st.integers(0, 5)) == 0,
                teaming=draw(st.integers(0, 3)) == 0,
                ipv6=draw(st.integers(0, 5)) == 0,
                device=draw(st.sampled_from((*(None,) * 5, DeviceRequest(dev_type="NIC")))),
                index=n,
                marks=draw(tags),
            )
            for n, network in enumerate(nics)
        ],
        devices=[
            DeviceRequest(dev_type="GPU-HPC", model=model, memory_mib=least, index=n)
            for n, (model, least) in enumerate(cards)
        ],
        marks=tuple(
            Mark(name=f"m{n}", strategy=strategy, hosts=draw(some), zones=draw(in_zones), regions=draw(in_regions))
            for n, strategy in enumerate(draw(st.lists(st.sampled_from(STRATEGIES), max_size=2)))
        ),
        rooms=(Room(name="g", most=2, present={"h0": draw(st.integers(0, 3)), "h1": 1}),)
        if draw(st.booleans())
        else (),
        apart=(Room(name="r", most=1, present={"h0": draw(st.integers(0, 2))}),) if draw(st.booleans()) else (),
        allowances=draw(st.one_of(st.just(()), st.just(()), allowances)),
        hypervisor=draw(st.sampled_from(("kvm", "kvm", "kvm", "baremetal"))),
        live=draw(st.sampled_from((None, None, Live(cpu_desc="Xeon"), Live(kernel="6.1", page_size_kb=4)))),
        image_zones=draw(st.sampled_from((None, None, ("z1",), ()))),
        size_regions=draw(st.sampled_from(((), ("r1",)))),
        size_zones=draw(st.sampled_from((None, None, ("z1", "z2"), ("z2",)))),
        classes=draw(st.sampled_from(({}, {}, {}, {"tier": "gold"}))),
        source_classes=draw(st.sampled_from((None, None, {}, {"tier": "gold"}))),
        present_host=draw(st.sampled_from(("", "", "", "h2"))),
        arch=draw(st.sampled_from(("", "", "x86_64"))),
        resource_type=draw(st.sampled_from(("shared", "shared", "shared", "prepaid"))),
        prefer_zone=draw(st.sampled_from(("", "", "z1"))),
        prefer_wire=draw(st.sampled_from(("", "", "w1"))),
        prefer_host=draw(st.sampled_from(("", "", "", "h1"))),
        seed=draw(st.sampled_from(("a", "b"))),
        best_effort=draw(st.booleans()),
    )
