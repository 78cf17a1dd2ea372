"""The domain XML of a guest. Built as a tree, so that no text of a description can become markup."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, NotSupportedError, OutOfRangeError
from cloudcore.model.guest import GuestDescription, GuestDevice, GuestDisk, GuestMedium, GuestNic
from cloudcore_adapters.libvirt import marks, nodes
from cloudcore_adapters.libvirt.arguments import Storages, checked_id
from cloudcore_adapters.libvirt.connection import domain_uuid

BUSES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "ide": "hd"}
DISK_FORMATS = ("qcow2", "raw")
CACHES = ("none", "writeback", "writethrough", "directsync", "unsafe")
NIC_MODELS = ("virtio", "e1000", "e1000e", "rtl8139", "vmxnet3")
MACHINES = ("pc", "q35")
VIDEO_MODELS = {"std": "vga", "cirrus": "cirrus", "qxl": "qxl", "virtio": "virtio", "vmware": "vmvga"}
SCREENS = ("vnc", "spice")
MOST_MBPS = 1_000_000
MOST_QUEUES = 256
_KB_OF_MBIT = 125
CPU_MODES = {"kvm": "host-passthrough", "qemu": "maximum"}
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)
_ADDRESSES = {
    "pci": re.compile(
        r"(?:(?P<domain>[0-9a-fA-F]{4}):)?(?P<bus>[0-9a-fA-F]{2}):(?P<slot>[0-9a-fA-F]{2})\.(?P<function>[0-7])"
    ),
    "usb": re.compile(r"(?P<bus>[0-9]{1,3}):(?P<device>[0-9]{1,3})"),
    "mdev": re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
}
_NETWORK = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
MAX_DISKS, MAX_NICS, MAX_IDE = 24, 16, 4
DRIVE = "ua-cd"
"""What the CD drive that media are changed in is called; the seed is in another one."""
GROWTH_CPUS = 16
"""A guest that runs can get this many processors, or four times as many as it started with."""
LEAST_FOR_MODULES_MIB = 1024
"""Smaller guests get no room for memory modules: their kernels would set aside up to 64 MiB for it at each start."""
MOST_MEMORY_MIB = 512 * 1024
"""Within the 40 address bits that every processor model has."""
_SPARE_PORTS = 8
_BOOT_DEVICES = {"c": "hd", "d": "cdrom", "n": "network"}


@attrs.frozen(kw_only=True)
class Place:
    """Where and how a host runs its guests.

    virt_type: libvirt's domain type: `kvm`, `qemu`, or `test` for libvirt's own simulation.
    folder: the guest's own folder on the host.
    seeded: whether the folder has a seed.
    cpus, memory_mib: of the host; so far can a guest grow while it runs. 0: guests stay as they were started.
    """

    virt_type: str
    storages: Storages
    folder: Path
    seeded: bool
    cpus: int = 0
    memory_mib: int = 0


def validate(desc: GuestDescription) -> None:
    """Check every value of a description that reaches the host.

    Raises:
        InvalidInputError: naming the field.
        NotSupportedError: a machine that this adapter does not make.
    """
    if desc.arch != "x86_64":
        raise NotSupportedError(f"guests of architecture {str(desc.arch)[:40]} are not supported", field="desc.arch")
    _among(desc.machine, MACHINES, "desc.machine")
    _among(desc.bios, ("BIOS", "UEFI"), "desc.bios")
    _among(desc.vga, tuple(VIDEO_MODELS), "desc.vga")
    _among(desc.vdi, SCREENS, "desc.vdi")
    if not isinstance(desc.boot_order, str) or not desc.boot_order or not set(desc.boot_order) <= set("cdn"):
        raise InvalidInputError("desc.boot_order must be made of c, d and n", field="desc.boot_order")
    _within(desc.vcpus, 1, 1024, "desc.vcpus")
    _within(desc.memory_mib, 8, 16 << 20, "desc.memory_mib")
    if not isinstance(desc.name, str) or len(desc.name) > 1024:
        raise InvalidInputError("desc.name must be text of at most 1024 characters", field="desc.name")
    if len(desc.disks) > MAX_DISKS or len(desc.nics) > MAX_NICS:
        raise OutOfRangeError(f"a guest has at most {MAX_DISKS} disks and {MAX_NICS} network cards", field="desc")
    for disk in desc.disks:
        _among(disk.driver, tuple(BUSES), "desc.disks.driver")
        _among(disk.format, DISK_FORMATS, "desc.disks.format")
        _among(disk.cache, CACHES, "desc.disks.cache")
        _within(disk.index, 0, 255, "desc.disks.index")
        _within(disk.boot_index, -1, 255, "desc.disks.boot_index")
        _within(disk.iops, 0, 1 << 30, "desc.disks.iops")
        _within(disk.bytes_per_s, 0, 1 << 50, "desc.disks.bytes_per_s")
    for nic in desc.nics:
        _check_nic(nic)
    for device in desc.devices:
        _check_device(device)
    if desc.medium is not None:
        _within(desc.medium.boot_index, -1, 255, "desc.medium.boot_index")
    nodes.check_pins(desc)


def domain_xml(desc: GuestDescription, place: Place) -> str:
    """The XML of a description that `validate` has passed."""
    domain = ET.Element("domain", type=place.virt_type)
    _text(domain, "name", domain_name(desc.guest_id))
    _text(domain, "uuid", domain_uuid(desc.guest_id))
    if title := "".join(c for c in desc.name if c.isprintable() and ord(c) <= 0xFFFF)[:200].strip():
        _text(domain, "title", title)
    domain.append(marks.element(desc.mark))
    most_cpus, most_memory = _room(desc, place)
    if most_memory:
        _text(domain, "maxMemory", str(most_memory)).attrib.update(unit="MiB", slots="16")
    _text(domain, "memory", str(desc.memory_mib)).set("unit", "MiB")
    _text(domain, "vcpu", str(most_cpus)).set("current", str(desc.vcpus))
    if desc.pins:
        nodes.tune(domain, desc.pins, parted=place.virt_type in CPU_MODES)
    _machine(domain, desc, place, most_cpus if most_memory else 0)
    devices = ET.SubElement(domain, "devices")
    if desc.machine == "q35" and place.virt_type != "test":
        ET.SubElement(devices, "controller", type="pci", index="0", model="pcie-root")  # else a port gets its number
        for _ in range(_SPARE_PORTS):  # each takes one device that is plugged in later
            ET.SubElement(devices, "controller", type="pci", model="pcie-root-port")
    _disks(devices, desc, place)
    for nic in sorted(desc.nics, key=lambda n: n.index):
        _boot(_nic(devices, nic), nic, _boot_order(desc))
    for device in desc.devices:
        devices.append(_passed(device))
    _consoles(devices, desc, place)
    return ET.tostring(domain, encoding="unicode")


def domain_name(guest_id: str) -> str:
    """The name of a guest's domain; unique, for libvirt wants it so, and safe as a file's name."""
    return f"cloudcore-{guest_id}"


def _room(desc: GuestDescription, place: Place) -> tuple[int, int]:
    """How many processors and how much memory (MiB, 0: what it has) the guest can grow to while it runs; one on nodes does not."""
    if desc.pins:
        return desc.vcpus, 0
    cpus = max(desc.vcpus, min(place.cpus, max(GROWTH_CPUS, 4 * desc.vcpus)))
    memory = min(place.memory_mib, MOST_MEMORY_MIB)
    modules = place.virt_type != "test" and LEAST_FOR_MODULES_MIB <= desc.memory_mib < memory
    return cpus, memory if modules else 0


def _machine(domain: ET.Element, desc: GuestDescription, place: Place, cell_cpus: int) -> None:
    """cell_cpus: processors of the one NUMA cell, which memory modules plug into; 0: no cell."""
    system = ET.SubElement(domain, "os")
    if desc.bios == "UEFI":
        system.set("firmware", "efi")
    kind = _text(system, "type", "hvm")
    if place.virt_type != "test":
        kind.set("arch", desc.arch)
        kind.set("machine", desc.machine)
    if not _boot_order(desc):
        for letter in desc.boot_order:
            ET.SubElement(system, "boot", dev=_BOOT_DEVICES[letter])
    features = ET.SubElement(domain, "features")
    ET.SubElement(features, "acpi")
    ET.SubElement(features, "apic")
    if mode := CPU_MODES.get(place.virt_type):
        cpu = ET.SubElement(domain, "cpu", mode=mode)
        if len(desc.pins) > 1:
            nodes.cells(cpu, desc.pins)
        elif cell_cpus:
            cell = ET.SubElement(ET.SubElement(cpu, "numa"), "cell", id="0", cpus=f"0-{cell_cpus - 1}")
            cell.attrib.update(memory=str(desc.memory_mib), unit="MiB")
    ET.SubElement(domain, "clock", offset="utc")
    for event, reaction in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _text(domain, f"on_{event}", reaction)


def _disks(devices: ET.Element, desc: GuestDescription, place: Place) -> None:
    used: dict[str, int] = {}
    boots = _boot_order(desc)
    for disk in sorted(desc.disks, key=lambda d: d.index):
        path = place.storages.named(disk.storage_path, "desc.disks.storage_path").volume(disk.volume_id, disk.format)
        element = _disk(devices, "disk", path, disk.format, _target(disk, used))
        driver = element.find("driver")
        assert driver is not None
        driver.set("cache", disk.cache)
        driver.set("discard", "unmap")
        if disk.iops or disk.bytes_per_s:
            tune = ET.SubElement(element, "iotune")
            for tag, most in (("total_bytes_sec", disk.bytes_per_s), ("total_iops_sec", disk.iops)):
                if most:
                    _text(tune, tag, str(most))
        _boot(element, disk, boots)
    if any(disk.driver == "scsi" for disk in desc.disks):
        ET.SubElement(devices, "controller", type="scsi", model="virtio-scsi")
    if place.seeded:
        bus = "ide" if desc.machine == "pc" else "sata"
        seed = GuestDisk(volume_id="seed", storage_path="", index=0, size_mib=0, driver=bus)
        element = _disk(devices, "cdrom", place.folder / "seed.iso", "raw", _target(seed, used))
        ET.SubElement(element, "readonly")
    _drive(devices, desc, place, used)


def _drive(devices: ET.Element, desc: GuestDescription, place: Place, used: dict[str, int]) -> None:
    """The CD drive, with what is in it; an empty one is left out where its bus has no place any more."""
    bus = "ide" if desc.machine == "pc" else "sata"
    if desc.medium is None and used.get(BUSES[bus], 0) >= (MAX_IDE if bus == "ide" else MAX_DISKS):
        return
    element = ET.SubElement(devices, "disk", type="file", device="cdrom")
    ET.SubElement(element, "driver", name="qemu", type="raw")
    if desc.medium is not None:
        ET.SubElement(element, "source", file=str(medium_path(desc.medium, place.storages)))
    seat = GuestDisk(volume_id="medium", storage_path="", index=0, size_mib=0, driver=bus)
    dev, _ = _target(seat, used)
    ET.SubElement(element, "target", dev=dev, bus=bus)
    ET.SubElement(element, "readonly")
    ET.SubElement(element, "alias", name=DRIVE)
    _boot(element, desc.medium, _boot_order(desc))


def medium_path(medium: GuestMedium, storages: Storages) -> Path:
    """The file of an image for a CD drive."""
    images = storages.named(medium.storage_path, "desc.medium.storage_path").images
    return images / checked_id(medium.image_id, "desc.medium.image_id") / "image.iso"


def _boot(element: ET.Element, device: object, order: Sequence[object]) -> None:
    if device is not None and device in order:
        ET.SubElement(element, "boot", order=str(order.index(device) + 1))


def _boot_order(desc: GuestDescription) -> list[GuestDisk | GuestMedium | GuestNic]:
    """What to boot from, the first first; empty where letters alone say it: nothing has a position, and no CD is in."""
    with_medium: list[GuestDisk | GuestMedium] = [*desc.disks, *([desc.medium] if desc.medium is not None else [])]
    named = sorted((one for one in with_medium if one.boot_index >= 0), key=lambda one: one.boot_index)
    if not named and desc.medium is None:
        return []
    disks = sorted(desc.disks, key=lambda disk: disk.index)
    nics = sorted(desc.nics, key=lambda nic: nic.index)
    kinds: dict[str, Sequence[GuestDisk | GuestMedium | GuestNic]] = {
        "c": disks,
        "d": [desc.medium] if desc.medium is not None else [],
        "n": nics,
    }
    letters = desc.boot_order if "c" in desc.boot_order or named else f"{desc.boot_order}c"
    return [*named, *(one for letter in letters for one in kinds[letter] if one not in named)]


def _target(disk: GuestDisk, used: dict[str, int]) -> tuple[str, str]:
    """The next free device name of the bus's kind, and the bus."""
    prefix = BUSES[disk.driver]
    number = used.get(prefix, 0)
    if number >= (MAX_IDE if disk.driver == "ide" else MAX_DISKS + 2):
        raise OutOfRangeError(f"too many disks on the {disk.driver} bus", field="desc.disks")
    used[prefix] = number + 1
    return f"{prefix}{chr(ord('a') + number)}", disk.driver


def _disk(devices: ET.Element, device: str, path: Path, disk_format: str, target: tuple[str, str]) -> ET.Element:
    element = ET.SubElement(devices, "disk", type="file", device=device)
    ET.SubElement(element, "driver", name="qemu", type=disk_format)  # explicit: QEMU must never guess a format
    ET.SubElement(element, "source", file=str(path))
    ET.SubElement(element, "target", dev=target[0], bus=target[1])
    return element


def _nic(devices: ET.Element, nic: GuestNic) -> ET.Element:
    if nic.device:
        return _function(devices, nic)
    element = ET.SubElement(devices, "interface", type="network")
    ET.SubElement(element, "mac", address=nic.mac.lower())
    ET.SubElement(element, "source", network=nic.bridge)
    ET.SubElement(element, "model", type=nic.driver)
    if nic.queues > 1 and nic.driver == "virtio":
        ET.SubElement(element, "driver", queues=str(nic.queues))
    if nic.rx_mbps or nic.tx_mbps:
        bounds = ET.SubElement(element, "bandwidth")
        for tag, most in (("inbound", nic.rx_mbps), ("outbound", nic.tx_mbps)):
            if most:
                ET.SubElement(bounds, tag, average=str(most * _KB_OF_MBIT))
    return element


def _function(devices: ET.Element, nic: GuestNic) -> ET.Element:
    """A card that is a virtual function of one of the host's: its address and VLAN are set before the guest has it."""
    element = ET.SubElement(devices, "interface", type="hostdev", managed="yes")
    ET.SubElement(element, "mac", address=nic.mac.lower())
    place = ET.SubElement(ET.SubElement(element, "source"), "address", type="pci")
    place.attrib.update(_pci(nic.device))
    if nic.vlan:
        ET.SubElement(ET.SubElement(element, "vlan"), "tag", id=str(nic.vlan))
    return element


def _pci(address: str) -> dict[str, str]:
    match = _ADDRESSES["pci"].fullmatch(address)
    assert match is not None
    found = match.groupdict(default="0000")
    return {name: f"0x{found[name]}" for name in ("domain", "bus", "slot", "function")}


def _consoles(devices: ET.Element, desc: GuestDescription, place: Place) -> None:
    serial = ET.SubElement(devices, "serial", type="pty")
    if place.virt_type != "test":
        # virtlogd writes it and keeps it below the limits of its own configuration
        ET.SubElement(serial, "log", file=str(place.folder / "console.log"), append="on")
    ET.SubElement(serial, "target", port="0")
    console = ET.SubElement(devices, "console", type="pty")
    ET.SubElement(console, "target", type="serial", port="0")
    if place.virt_type == "test":
        return
    channel = ET.SubElement(devices, "channel", type="unix")
    ET.SubElement(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    graphics = ET.SubElement(devices, "graphics", type=desc.vdi)
    ET.SubElement(graphics, "listen", type="socket")  # a unix socket of libvirt's: no port, no password
    video = ET.SubElement(devices, "video")
    ET.SubElement(video, "model", type=VIDEO_MODELS[desc.vga])
    ET.SubElement(devices, "memballoon", model="virtio")
    rng = ET.SubElement(devices, "rng", model="virtio")
    _text(rng, "backend", "/dev/urandom").set("model", "random")


def _passed(device: GuestDevice) -> ET.Element:
    element = ET.Element("hostdev", mode="subsystem", type=device.kind)
    place = ET.SubElement(ET.SubElement(element, "source"), "address")
    match = _ADDRESSES[device.kind].fullmatch(device.address)
    assert match is not None
    if device.kind == "mdev":
        element.set("model", "vfio-pci")
        place.set("uuid", device.address)
        return element
    element.set("managed", "yes")
    if device.kind == "usb":
        place.attrib.update(bus=str(int(match["bus"])), device=str(int(match["device"])))
        return element
    place.attrib.update(_pci(device.address))
    return element


def _check_device(device: GuestDevice) -> None:
    _among(device.kind, tuple(_ADDRESSES), "desc.devices.kind")
    if not isinstance(device.address, str) or not _ADDRESSES[device.kind].fullmatch(device.address):
        raise InvalidFormatError("desc.devices.address is no address of its kind", field="desc.devices.address")


def _check_nic(nic: GuestNic) -> None:
    _among(nic.driver, NIC_MODELS, "desc.nics.driver")
    _within(nic.index, 0, 255, "desc.nics.index")
    _within(nic.queues, 1, MOST_QUEUES, "desc.nics.queues")
    _within(nic.rx_mbps, 0, MOST_MBPS, "desc.nics.rx_mbps")
    _within(nic.tx_mbps, 0, MOST_MBPS, "desc.nics.tx_mbps")
    _within(nic.vlan, 0, 4094, "desc.nics.vlan")
    if not isinstance(nic.device, str) or (nic.device and not _ADDRESSES["pci"].fullmatch(nic.device)):
        raise InvalidFormatError("desc.nics.device is no PCI address", field="desc.nics.device")
    if not isinstance(nic.mac, str) or not _MAC.fullmatch(nic.mac) or int(nic.mac[:2], 16) & 1:
        raise InvalidFormatError("desc.nics.mac must be a unicast MAC address", field="desc.nics.mac")
    if not isinstance(nic.bridge, str) or not _NETWORK.fullmatch(nic.bridge):
        raise InvalidFormatError("desc.nics.bridge must be the name of a network", field="desc.nics.bridge")
    try:
        ipaddress.IPv4Address(nic.ip)
    except ValueError as e:
        raise InvalidFormatError("desc.nics.ip must be an IPv4 address", field="desc.nics.ip") from e


def _among(value: object, choices: tuple[str, ...], field: str) -> None:
    if value not in choices:
        raise InvalidInputError(f"{field} must be one of {', '.join(choices)}", field=field)


def _within(value: object, low: int, high: int, field: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise OutOfRangeError(f"{field} must be an integer between {low} and {high}", field=field)


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element
