"""The forms in which clients say what disks and cards a server shall have: what is recorded, asked of the scheduler, and made.

Source: the wire protocol's server creation; each form that it lists stands in a table here.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.run import reading
from cloudcore.operations.servers.input import read_wanted
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.network.reservedip import RESERVEDIPS

BODY: dict[str, Any] = {"vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}

DISK_FORMS: tuple[tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    ("64M", {"disk_size": 64}, {}, {"size_mib": 64}),
    ("1G", {"disk_size": 1024}, {}, {}),
    ("64", {"disk_size": 64}, {}, {}),
    ("tiny:-1", {"disk_size": 1, "template_id": "tiny"}, {}, {}),
    ("tiny:autoextend", {"disk_size": 1}, {}, {}),
    ("tiny", {"disk_size": 1}, {}, {}),
    ("image_id=tiny,size=64M,backend=local", {"disk_size": 64, "template_id": "tiny"}, {}, {}),
    ("image=tiny:size=64M", {"template_id": "tiny"}, {}, {"format": "qcow2"}),
    ("swap:64M", {"fs_format": "swap"}, {}, {}),
    ("ext4:64M:/data", {"fs_format": "ext4"}, {"mountpoint": "/data"}, {}),
    ("fs=xfs,mountpoint=/a,64M", {"fs_format": "xfs"}, {"mountpoint": "/a"}, {}),
    ("raw:64M", {"disk_format": "raw"}, {}, {"format": "raw"}),
    ("format=qcow2:64M", {"disk_format": "qcow2"}, {}, {"format": "qcow2"}),
    ("scsi:64M", {}, {"driver": "scsi"}, {"driver": "scsi"}),
    ("driver=sata,64M", {}, {"driver": "sata"}, {"driver": "sata"}),
    ("ide:64M", {}, {"driver": "ide"}, {"driver": "ide"}),
    ("writeback:64M", {}, {"cache_mode": "writeback"}, {"cache": "writeback"}),
    ("cache_mode=writethrough,64M", {}, {"cache_mode": "writethrough"}, {"cache": "writethrough"}),
    ("none:virtio:64M", {}, {"cache_mode": "none", "driver": "virtio"}, {"cache": "none"}),
    ("local:64M", {}, {}, {}),
    ("type=swap,64M", {"disk_type": "swap"}, {}, {}),
    ("disk_type=volume,64M", {"disk_type": "volume"}, {}, {}),
    ("auto_delete=false,64M", {"auto_delete": False}, {}, {}),
    ("boot_index=3,64M", {}, {"boot_index": 3}, {"boot_index": 3}),
    ("iops=100,throughput=20,64M", {"iops": 100, "throughput": 20}, {}, {"iops": 100, "bytes_per_s": 20 << 20}),
    ("preallocation=off,64M", {}, {}, {}),
    ("fs_features=ext4.casefold,fs=ext4,64M", {"fs_format": "ext4"}, {}, {}),
    ({"size": 64}, {"disk_size": 64}, {}, {}),
    ({"size": "64M", "backend": "local", "medium": "", "disk_type": "data"}, {"disk_type": "data"}, {}, {}),
    ({"image_id": "tiny", "size": 64, "driver": "scsi"}, {"template_id": "tiny"}, {"driver": "scsi"}, {}),
    ({"size": 64, "iops": 7, "index": 1, "format": "", "fs": "", "snapshot_id": ""}, {"iops": 7}, {}, {"iops": 7}),
)
"""The form; what its disk, its link and the guest's disk are then."""


def test_each_form_of_a_disk_is_recorded_and_made(world: World) -> None:
    image = world.alice.get("images", "tiny")["id"]
    made = [
        (form, world.alice.create("servers", {**BODY, "name": f"d{n}", "disks": ["tiny:1g", form]})["id"])
        for n, (form, *_) in enumerate(DISK_FORMS)
    ]
    world.settle()
    links = {link.guest_id: link for link in world.rows(GUESTDISKS) if link.index == 1}
    disks = {disk.id: disk for disk in world.rows(DISKS)}
    for (form, ident), (_, disk, link, guest) in zip(made, DISK_FORMS, strict=True):
        found = links[ident]
        wanted = {key: image if value == "tiny" else value for key, value in disk.items()}
        assert {key: getattr(disks[found.disk_id], key) for key in disk} == wanted, form
        assert {key: getattr(found, key) for key in link} == link, form
        held = next(one for one in world.guest(ident).disks if one.index == 1)
        assert {key: getattr(held, key) for key in guest} == guest, form


NET_FORMS: tuple[tuple[Any, dict[str, Any], dict[str, Any]], ...] = (
    ("default", {"index": 0, "is_default": True}, {"driver": "virtio"}),
    ("default:100", {"bw_limit": 100}, {"rx_mbps": 100, "tx_mbps": 100}),
    ("default:1g", {"bw_limit": 1000}, {"rx_mbps": 1000, "tx_mbps": 1000}),
    ("default:rx-bw=10:tx-bw=20m", {"rx_bw_limit": 10, "tx_bw_limit": 20}, {"rx_mbps": 10, "tx_mbps": 20}),
    ("e1000:default", {"driver": "e1000"}, {"driver": "e1000"}),
    ("default:vmxnet3", {"driver": "vmxnet3"}, {}),
    ("default:00a1b2c3d4e5", {"mac_addr": "00:a1:b2:c3:d4:e5"}, {"mac": "00:a1:b2:c3:d4:e5"}),
    ("default:macs=00a1b2c3d4f0,00a1b2c3d4f1", {"mac_addr": "00:a1:b2:c3:d4:f0"}, {}),
    ("random", {}, {}),
    ("default:defaultgw", {"is_default": True}, {}),
    ("default:require_designated_ip", {}, {}),
    ("default:try-teaming", {"team_with": ""}, {}),
    ("default:num-queues=1", {}, {}),
    ("default:billing-type=postpaid:charge-type=traffic", {}, {}),
    ({"network": "default", "exit": False, "index": 0}, {"index": 0}, {}),
    ({"network": "default", "bw_limit": 7, "driver": "e1000"}, {"bw_limit": 7}, {"driver": "e1000", "tx_mbps": 7}),
    ({"network_id": "default", "mac": "00:a1:b2:c3:d4:e6"}, {"mac_addr": "00:a1:b2:c3:d4:e6"}, {}),
    ({"network": "default", "address": "", "vip": False, "wire": "", "net_type": ""}, {}, {}),
    ({}, {}, {}),
)
"""The form; what its card and the guest's card are then."""


def test_each_form_of_a_card_is_recorded_and_made(world: World) -> None:
    made = [
        (form, world.alice.create("servers", {**BODY, "name": f"n{n}", "nets": [form]})["id"])
        for n, (form, *_) in enumerate(NET_FORMS)
    ]
    world.settle()
    cards = {card.guest_id: card for card in world.rows(GUESTNETWORKS)}
    for (form, ident), (_, card, guest) in zip(made, NET_FORMS, strict=True):
        assert {key: getattr(cards[ident], key) for key in card} == card, form
        (held,) = world.guest(ident).nics
        assert {key: getattr(held, key) for key in guest} == guest, form


def test_a_card_gets_the_address_that_is_named_in_any_form(world: World) -> None:
    (first, *_), network = world.server(world.alice, "first", on=False)["ips"].split(","), "default"
    stem = first.rsplit(".", 1)[0]
    forms: tuple[Any, ...] = (
        f"{network}:{stem}.41",
        f"{network}:ips={stem}.42,{stem}.43",
        {"network": network, "address": f"{stem}.44"},
        {"network": network, "addresses": [f"{stem}.45"]},
    )
    made = [
        world.alice.create("servers", {**BODY, "name": f"a{n}", "nets": [form]})["ips"] for n, form in enumerate(forms)
    ]
    assert made == [f"{stem}.{last}" for last in (41, 42, 44, 45)]


def test_the_default_route_goes_by_the_card_that_says_so(world: World) -> None:
    made = world.alice.create("servers", {**BODY, "name": "two", "nets": ["default", "default:defaultgw"]})
    assert [nic["is_default"] for nic in made["nics"]] == [False, True]


REQUESTS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"vmem_size": "2g", "vcpu_count": "3"}, {"memory_mib": 2048, "vcpus": 3}),
    ({"vmem_size": "2048", "ncpu_count": "2"}, {"memory_mib": 2048, "vcpus": 2}),
    ({"disks": ["tiny:1g", "rbd:64M"]}, {"disks.1": {"backend": "rbd", "size_mib": 64}}),
    ({"disks": ["tiny:1g", "nfs:ssd:64M"]}, {"disks.1": {"backend": "nfs", "medium": "ssd"}}),
    ({"disks": ["tiny:1g", "medium=hybrid,64M"]}, {"disks.1": {"medium": "hybrid"}}),
    ({"disks": ["tiny:1g", "storage_type=gpfs,rotate,64M"]}, {"disks.1": {"backend": "gpfs", "medium": "rotate"}}),
    ({"disks": ["tiny:1g", "storage=s1,64M"]}, {"disks.1": {"storage_id": "s1"}}),
    ({"disks": None, "disk.0": "tiny:1g", "disk.1": {"size": 5}}, {"disks.1": {"size_mib": 5, "index": 1}}),
    ({"disks": None, "disk.1": "5M", "disk.0": "tiny:1g"}, {"disks.1": {"size_mib": 5}}),
    ({"nets": None, "net.0": "random_exit"}, {"nets.0": {"exit": True, "network_id": ""}}),
    ({"nets": "private"}, {"nets.0": {"private": True}}),
    ({"nets": []}, {"nets.0": {"exit": False, "private": False}}),
    ({"nets": ["default:10.9.9.9"]}, {"nets.0": {"address": "10.9.9.9"}}),
    ({"resource_type": "dedicated"}, {"resource_type": "dedicated"}),
    ({"prefer_region_id": "default"}, {"prefer_region": "default"}),
    ({"extra_cpu_count": 0, "cpu_sockets": 0}, {"vcpus": 1}),
)


@pytest.fixture(scope="module")
def still() -> World:
    return World()


@pytest.mark.parametrize(("wish", "asked"), REQUESTS, ids=[str(sorted(wish.items()))[:60] for wish, _ in REQUESTS])
def test_what_is_said_is_what_the_scheduler_is_asked(still: World, wish: dict[str, Any], asked: dict[str, Any]) -> None:
    platform, caller = still.cloud.platform, still.alice.caller  # type: ignore[attr-defined]
    body = {**BODY, "name": "web", **wish}
    wanted = reading(platform, lambda tx: read_wanted(platform, tx, caller, body, 1))
    for path, value in asked.items():
        name, _, place = path.partition(".")
        found = getattr(wanted.request, name)
        if not place:
            assert found == value
            continue
        assert {key: attrs.asdict(found[int(place)])[key] for key in value} == value


EMULATION: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {"vga": "std", "vdi": "vnc", "bios": "BIOS", "machine": "pc", "boot_order": "cdn"}),
    ({"vga": "qxl", "vdi": "spice"}, {"vga": "qxl", "vdi": "spice"}),
    ({"vga": "virtio", "machine": "q35", "bios": "uefi"}, {"vga": "virtio", "machine": "q35", "bios": "UEFI"}),
    ({"vga": "cirrus", "boot_order": "dcn"}, {"vga": "cirrus", "boot_order": "dcn"}),
    ({"vga": "vmware", "boot_order": "c"}, {"vga": "vmware", "boot_order": "c"}),
)


def test_the_emulation_that_is_chosen_is_what_the_guest_gets(world: World) -> None:
    for number, (wish, wanted) in enumerate(EMULATION):
        made = world.server(world.alice, f"e{number}", on=False, **wish)
        guest = world.guest(made["id"])
        assert {key: getattr(guest, key) for key in wanted} == wanted
        assert {key: made[key] for key in wish} == {key: wanted[key] for key in wish}


def test_a_machine_of_another_architecture_is_refused_before_anything_is_made(still: World) -> None:
    with pytest.raises(CloudcoreError) as refused:
        still.alice.create("servers", {**BODY, "name": "arm", "machine": "virt"})
    assert refused.value.field == "machine"


NAMES = (
    ({"generate_name": "web"}, 1, ["web"]),
    ({"generate_name": "app-#"}, 2, ["app-1", "app-2"]),
    ({"generate_name": "db-##"}, 2, ["db-01", "db-02"]),
    ({"name": "batch"}, 2, ["batch", "batch-2"]),
)


@pytest.mark.parametrize(("wish", "count", "names"), NAMES)
def test_names_follow_their_pattern(world: World, wish: Any, count: int, names: list[str]) -> None:
    assert sorted(one["name"] for one in world.alice.create_many("servers", {**BODY, **wish}, count)) == names


def test_a_reserved_address_goes_to_who_may_give_it_back(world: World) -> None:
    stem = world.server(world.alice, "first", on=False)["ips"].rsplit(".", 1)[0]
    address = f"{stem}.61"
    world.admin.perform("networks", "default", "reserve-ip", {"ips": [address]})
    for form in (f"default:{address}", f"default:reserved:{address}"):
        with pytest.raises(CloudcoreError):
            world.alice.create("servers", {**BODY, "name": "kept", "nets": [form]})
    with pytest.raises(CloudcoreError) as refused:
        world.admin.create("servers", {**BODY, "name": "kept", "nets": ["default:reserved"]})
    assert refused.value.field == "nets.0.address"
    assert [row.ip_addr for row in world.rows(RESERVEDIPS)] == [address]
    made = world.admin.create("servers", {**BODY, "name": "kept", "nets": [f"default:reserved:{address}"]})
    assert (made["ips"], world.rows(RESERVEDIPS)) == (address, [])
