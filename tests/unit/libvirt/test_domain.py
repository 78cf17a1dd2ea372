"""The XML of guests and networks: complete, and closed to whatever a description says."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.effects import Mark
from cloudcore.model.errors import CloudcoreError, InvalidInputError, NotSupportedError, OutOfRangeError
from cloudcore.model.guest import GuestDescription, GuestDevice, GuestDisk, GuestMedium, GuestNic
from cloudcore_adapters.libvirt import marks
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.domain import Place, domain_xml, validate
from cloudcore_adapters.libvirt.networks import network_xml

STORAGE = Path("/srv/storage")
DISK = GuestDisk(volume_id="v1", storage_path=str(STORAGE), index=0, size_mib=1024)
NIC = GuestNic(index=0, mac="52:54:00:AA:BB:01", ip="10.0.0.5", prefix=24, gateway=None, bridge="net0")
GUEST = GuestDescription(
    guest_id="g1", name="web", hostname="web", vcpus=2, memory_mib=512, disks=(DISK,), nics=(NIC,),
    mark=Mark(deployment="d", resource="g1", fence=3),
)  # fmt: skip
PLACE = Place(virt_type="qemu", storages=Storages((STORAGE,)), folder=Path("/srv/data/guests/g1"), seeded=True)


def tree(desc: GuestDescription, **place: Any) -> ET.Element:
    validate(desc)
    return ET.fromstring(domain_xml(desc, attrs.evolve(PLACE, **place)))


def test_a_domain_carries_our_mark_and_its_size() -> None:
    domain = tree(GUEST)
    assert marks.in_xml(domain) == GUEST.mark
    assert domain.findtext("name") == "cloudcore-g1"
    assert (domain.findtext("vcpu"), domain.findtext("memory")) == ("2", "512")
    assert domain.find("os/type") is not None


@pytest.mark.parametrize(
    ("vcpus", "cpus", "most"), [(2, 0, "2"), (2, 1, "2"), (2, 8, "8"), (2, 64, "16"), (8, 64, "32"), (48, 64, "64")]
)
def test_a_guest_can_grow_to_processors_of_its_host(vcpus: int, cpus: int, most: str) -> None:
    vcpu = tree(attrs.evolve(GUEST, vcpus=vcpus), cpus=cpus).find("vcpu")
    assert vcpu is not None
    assert (vcpu.get("current"), vcpu.text) == (str(vcpus), most)


@pytest.mark.parametrize(
    ("memory", "of_host", "room"),
    [(512, 8192, None), (1024, 8192, "8192"), (1024, 1024, None), (2048, 1 << 20, str(512 * 1024)), (1024, 0, None)],
)
def test_only_a_guest_of_a_gibibyte_has_room_for_modules(memory: int, of_host: int, room: str | None) -> None:
    domain = tree(attrs.evolve(GUEST, memory_mib=memory), cpus=4, memory_mib=of_host)
    cell = domain.find("cpu/numa/cell")
    assert domain.findtext("maxMemory") == room
    assert (None if cell is None else (cell.get("memory"), cell.get("cpus"))) == (
        None if room is None else (str(memory), "0-3")
    )


def test_disks_with_a_boot_position_come_first_in_the_order_of_boot() -> None:
    disks = [attrs.evolve(DISK, volume_id=f"v{i}", index=i, boot_index=b) for i, b in ((0, -1), (1, 5), (2, 0))]
    domain = tree(attrs.evolve(GUEST, disks=tuple(disks)))
    orders = {s.get("file", "").split("/")[-2]: boot.get("order") for d in domain.iterfind("devices/disk")
              if (s := d.find("source")) is not None and (boot := d.find("boot")) is not None}  # fmt: skip
    assert orders == {"v2": "1", "v1": "2", "v0": "3"}
    assert domain.find("os/boot") is None
    assert tree(GUEST).find("os/boot") is not None


def test_letters_order_the_kinds_of_devices_to_boot_from() -> None:
    assert [boot.get("dev") for boot in tree(GUEST).iterfind("os/boot")] == ["hd"]
    domain = tree(attrs.evolve(GUEST, boot_order="dnc"))
    assert [boot.get("dev") for boot in domain.iterfind("os/boot")] == ["cdrom", "network", "hd"]


def test_disks_and_cards_are_bounded() -> None:
    disk, card = attrs.evolve(DISK, iops=100, bytes_per_s=1 << 20), attrs.evolve(NIC, rx_mbps=8)
    domain = tree(attrs.evolve(GUEST, disks=(disk,), nics=(card,)))
    assert domain.findtext("devices/disk/iotune/total_iops_sec") == "100"
    assert domain.findtext("devices/disk/iotune/total_bytes_sec") == str(1 << 20)
    bounds = [(bound.tag, bound.get("average")) for bound in domain.iterfind("devices/interface/bandwidth/*")]
    assert bounds == [("inbound", "1000")]  # kilobytes a second
    assert tree(GUEST).find("devices/disk/iotune") is None


@pytest.mark.parametrize(
    ("kind", "address", "place"),
    [
        ("pci", "3b:00.1", {"domain": "0x0000", "bus": "0x3b", "slot": "0x00", "function": "0x1"}),
        ("pci", "0001:3b:1f.0", {"domain": "0x0001", "bus": "0x3b", "slot": "0x1f", "function": "0x0"}),
        ("usb", "001:012", {"bus": "1", "device": "12"}),
        ("mdev", "c2177883-f1bb-47f0-914d-32a22e3a8804", {"uuid": "c2177883-f1bb-47f0-914d-32a22e3a8804"}),
    ],
)
def test_devices_of_the_host_are_passed_on(kind: str, address: str, place: dict[str, str]) -> None:
    domain = tree(attrs.evolve(GUEST, devices=(GuestDevice(device_id="d", kind=kind, address=address),)))
    found = domain.find("devices/hostdev")
    assert found is not None
    assert found.get("type") == kind
    (where,) = found.iterfind("source/address")
    assert dict(where.attrib) == place


@pytest.mark.parametrize(("kind", "address"), [("pci", ""), ("pci", "3b:00.1'/>"), ("usb", "3b:00.1"), ("tpm", "1:2")])
def test_a_device_that_has_no_place_is_refused(kind: str, address: str) -> None:
    with pytest.raises(InvalidInputError):
        validate(attrs.evolve(GUEST, devices=(GuestDevice(device_id="d", kind=kind, address=address),)))


def media(domain: ET.Element) -> list[tuple[str | None, str | None]]:
    """What is in each CD drive, and its place in the order of boot."""
    found = []
    for drive in domain.iterfind("devices/disk[@device='cdrom']"):
        source, order = drive.find("source"), drive.find("boot")
        file = source.get("file", "").rpartition("/")[2] if source is not None else None
        found.append((file, order.get("order") if order is not None else None))
    return found


def test_a_guest_has_a_drive_beside_that_of_its_seed() -> None:
    assert media(tree(GUEST)) == [("seed.iso", None), (None, None)]
    assert media(tree(attrs.evolve(GUEST, machine="q35"), seeded=False)) == [(None, None)]


@pytest.mark.parametrize(
    ("letters", "place", "orders"),
    [
        ("cdn", -1, ["1", "2", "3"]),
        ("dcn", -1, ["2", "1", "3"]),
        ("d", -1, ["2", "1", None]),
        ("cn", 0, ["2", "1", "3"]),
    ],
)
def test_a_cd_stands_in_the_order_of_boot(letters: str, place: int, orders: list[str | None]) -> None:
    medium = GuestMedium(image_id="i1", storage_path=str(STORAGE), boot_index=place)
    domain = tree(attrs.evolve(GUEST, boot_order=letters, medium=medium))
    assert domain.find("os/boot") is None
    disk, card = domain.find("devices/disk/boot"), domain.find("devices/interface/boot")
    assert disk is not None
    assert media(domain) == [("seed.iso", None), ("image.iso", orders[1])]
    assert [disk.get("order"), card.get("order") if card is not None else None] == [orders[0], orders[2]]


def test_four_disks_on_the_old_bus_leave_no_drive() -> None:
    disks = tuple(attrs.evolve(DISK, volume_id=f"v{n}", index=n, driver="ide") for n in range(4))
    assert media(tree(attrs.evolve(GUEST, disks=disks), seeded=False)) == []
    medium = GuestMedium(image_id="i1", storage_path=str(STORAGE))
    with pytest.raises(OutOfRangeError):
        tree(attrs.evolve(GUEST, disks=disks, medium=medium), seeded=False)
    with pytest.raises(CloudcoreError):
        tree(attrs.evolve(GUEST, medium=attrs.evolve(medium, image_id="../x")))


@pytest.mark.parametrize(("vga", "model"), [("std", "vga"), ("vmware", "vmvga"), ("qxl", "qxl")])
def test_card_and_screen_are_those_of_the_description(vga: str, model: str) -> None:
    domain = tree(attrs.evolve(GUEST, vga=vga, vdi="spice"))
    video, graphics = domain.find("devices/video/model"), domain.find("devices/graphics")
    assert (video is not None and video.get("type"), graphics is not None and graphics.get("type")) == (model, "spice")


@pytest.mark.parametrize(("machine", "ports"), [("pc", 0), ("q35", 8)])
def test_a_machine_whose_slots_are_ports_has_some_to_spare(machine: str, ports: int) -> None:
    domain = tree(attrs.evolve(GUEST, machine=machine))
    assert len(domain.findall("devices/controller[@model='pcie-root-port']")) == ports


def test_every_disk_says_its_format_so_that_none_is_guessed() -> None:
    drivers = [disk.find("driver") for disk in tree(GUEST).iterfind("devices/disk")]
    assert [driver.get("type") for driver in drivers if driver is not None] == ["qcow2", "raw", "raw"]


def test_disks_come_in_the_order_of_their_index_with_a_name_each() -> None:
    disks = [
        attrs.evolve(DISK, volume_id=f"v{index}", index=index, driver=driver, format="raw")
        for index, driver in ((3, "scsi"), (1, "virtio"), (2, "sata"), (0, "virtio"))
    ]
    domain = tree(attrs.evolve(GUEST, disks=tuple(disks), machine="q35"))
    found = [(d.find("source"), d.find("target")) for d in domain.iterfind("devices/disk")]
    named = [
        (s.get("file", "").split("/")[-2], t.get("dev"), t.get("bus"))
        for s, t in found
        if s is not None and t is not None
    ]
    assert named == [
        ("v0", "vda", "virtio"),
        ("v1", "vdb", "virtio"),
        ("v2", "sda", "sata"),
        ("v3", "sdb", "scsi"),
        ("g1", "sdc", "sata"),
    ]


@pytest.mark.parametrize(("virt_type", "mode"), [("kvm", "host-passthrough"), ("qemu", "maximum")])
def test_the_processor_follows_the_virtualisation(virt_type: str, mode: str) -> None:
    cpu = tree(GUEST, virt_type=virt_type).find("cpu")
    assert cpu is not None
    assert cpu.get("mode") == mode


def test_the_screen_listens_on_no_port() -> None:
    graphics = tree(GUEST).find("devices/graphics")
    assert graphics is not None
    assert graphics.get("port") is None
    assert [listen.get("type") for listen in graphics] == ["socket"]


def test_a_guest_for_uefi_asks_for_its_firmware() -> None:
    system = tree(attrs.evolve(GUEST, bios="UEFI", machine="q35")).find("os")
    assert system is not None
    assert system.get("firmware") == "efi"


@given(st.text(max_size=1024))
def test_no_name_becomes_markup(name: str) -> None:
    domain = tree(attrs.evolve(GUEST, name=name))
    assert [child.tag for child in domain if child.tag != "title"] == [
        child.tag for child in tree(attrs.evolve(GUEST, name="")) if child.tag != "title"
    ]
    assert "\n" not in (domain.findtext("title") or "")


@pytest.mark.parametrize(
    "change",
    [
        {"arch": "aarch64"}, {"machine": "pc'/><evil"}, {"bios": "coreboot"}, {"vcpus": 0}, {"vcpus": 1025},
        {"vcpus": "2"}, {"vcpus": True}, {"memory_mib": 7}, {"memory_mib": 1 << 30}, {"name": None},
        {"name": "n" * 1025}, {"vga": "voodoo"}, {"vdi": "rdp"}, {"boot_order": "x"}, {"disks": (DISK,) * 25}, {"nics": (NIC,) * 17},
    ],
)  # fmt: skip
def test_a_guest_that_cannot_be_is_refused_with_the_field(change: dict[str, Any]) -> None:
    with pytest.raises(CloudcoreError) as raised:
        validate(attrs.evolve(GUEST, **change))
    assert isinstance(raised.value, InvalidInputError | NotSupportedError)
    assert raised.value.field is not None
    assert raised.value.field.startswith("desc")


@pytest.mark.parametrize(
    "change", [{"driver": "floppy"}, {"format": "vmdk"}, {"cache": "none' io='native"}, {"index": -1}, {"index": None}]
)
def test_a_disk_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        validate(attrs.evolve(GUEST, disks=(attrs.evolve(DISK, **change),)))


@pytest.mark.parametrize(
    "change",
    [
        {"mac": "01:00:5e:00:00:01"}, {"mac": "52:54:00"}, {"mac": None}, {"ip": "10.0.0.256"}, {"ip": "::1"},
        {"bridge": "a b"}, {"bridge": "../x"[:1] + "/"}, {"driver": "ne2k"}, {"index": "0"},
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        validate(attrs.evolve(GUEST, nics=(attrs.evolve(NIC, **change),)))


def test_more_ide_disks_than_the_bus_has_places_are_refused() -> None:
    disks = tuple(attrs.evolve(DISK, driver="ide", index=index) for index in range(4))
    with pytest.raises(OutOfRangeError):
        tree(attrs.evolve(GUEST, disks=disks))


@pytest.mark.parametrize("change", [{"storage_path": "/etc"}, {"volume_id": "../../etc"}])
def test_a_disk_outside_the_storages_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        tree(attrs.evolve(GUEST, disks=(attrs.evolve(DISK, **change),)))


def test_a_network_leads_nowhere_unless_asked() -> None:
    alone = ET.fromstring(network_xml("n", "10.9.0.0/24", "10.9.0.1", nat=False, deployment="d"))
    out = ET.fromstring(network_xml("n", "10.9.0.0/24", "10.9.0.1", nat=True, deployment="d"))
    assert alone.find("forward") is None
    assert out.find("forward") is not None
    assert [dns.get("enable") for dns in alone.iterfind("dns")] == ["no"]
    assert marks.in_xml(alone) == Mark(deployment="d", resource="n", fence=0)


@pytest.mark.parametrize(
    ("name", "cidr", "gateway"),
    [
        ("<n>", "10.9.0.0/24", "10.9.0.1"), ("", "10.9.0.0/24", "10.9.0.1"), ("-n", "10.9.0.0/24", "10.9.0.1"),
        ("n", "10.9.0.1/24", "10.9.0.1"), ("n", "10.9.0.0/31", "10.9.0.1"), ("n", "0.0.0.0/0", "10.9.0.1"),
        ("n", "10.9.0.0/24", "10.8.0.1"), ("n", "10.9.0.0/24", "10.9.0.0"), ("n", "10.9.0.0/24", "10.9.0.255"),
        ("n", "fd00::/64", "fd00::1"), ("n", None, None),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_is_refused(name: Any, cidr: Any, gateway: Any) -> None:
    with pytest.raises(InvalidInputError):
        network_xml(name, cidr, gateway, nat=False, deployment="d")


def test_a_card_that_is_a_function_of_the_host_is_passed_on_with_its_address_and_vlan() -> None:
    card = attrs.evolve(NIC, device="0000:3b:02.5", vlan=42)
    interface = tree(attrs.evolve(GUEST, nics=(card,), boot_order="n")).find("devices/interface")
    assert interface is not None
    assert (interface.get("type"), interface.get("managed")) == ("hostdev", "yes")
    assert interface.find("mac").attrib == {"address": NIC.mac.lower()}
    place = {"type": "pci", "domain": "0x0000", "bus": "0x3b", "slot": "0x02", "function": "0x5"}
    assert interface.find("source/address").attrib == place
    assert interface.find("vlan/tag").attrib == {"id": "42"}
    assert interface.find("model") is None
    plain = tree(attrs.evolve(GUEST, nics=(attrs.evolve(card, device="3b:02.5", vlan=0),))).find("devices/interface")
    assert plain is not None
    assert plain.find("vlan") is None


@pytest.mark.parametrize("changes", [{"device": "1:1"}, {"device": "0000:3b:02.9"}, {"vlan": 4095}, {"vlan": -1}])
def test_a_function_has_a_pci_address_and_a_vlan_in_range(changes: Any) -> None:
    with pytest.raises(CloudcoreError, match=r"desc\.nics"):
        validate(attrs.evolve(GUEST, nics=(attrs.evolve(NIC, **{"device": "3b:02.5", **changes}),)))
