"""Makes a guest that is on what its domain's XML says: devices, processors and memory.

What cannot change while it runs waits for its next start, which takes on the whole description anyway.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from xml.etree import ElementTree as ET

from cloudcore.model.errors import DeadlineError, NotSupportedError, OutOfRangeError
from cloudcore_adapters.libvirt.connection import Domain, translate
from cloudcore_adapters.libvirt.domain import DRIVE

UNPLUG_S = 25.0
DIMM_MIB = 128
_AGAIN_S = 5.0
_POLL_S = 0.1
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def reconcile(domain: Domain, wanted: ET.Element, *, cancelled: Callable[[], bool]) -> list[str]:
    """Plug, unplug and enlarge until the running guest is as wanted; what waits for its next start: vcpus, memory, cdrom, queues.

    A memory module is plugged in whole multiples of 128 MiB, which Linux needs.

    Raises:
        DeadlineError: the guest did not let go of a device within `UNPLUG_S`.
        NotSupportedError: this hypervisor or this bus cannot plug.
    """
    _unplug_gone(domain, wanted, cancelled)
    _plug_controllers(domain, wanted)
    for key, disk in _disks(wanted).items():
        if key not in _disks(_live(domain)):
            _attach(domain, _at_free_place(disk, _live(domain)), "plugging a disk in")
    for key, card in _cards(wanted).items():
        present = _cards(_live(domain)).get(key)
        if present is None:
            _attach(domain, card, "plugging a network card in")
        elif _network(present) != _network(card):
            _move(domain, present, _network(card))
    for key, device in _passed(wanted).items():
        if key not in _passed(_live(domain)):
            _attach(domain, device, "plugging a device in")
    pending = _medium(domain, wanted)
    _bound_disks(domain, wanted)
    _bound_cards(domain, wanted)
    return [*pending, *_processors(domain, wanted), *_memory(domain, wanted), *_queues(domain, wanted)]


def _unplug_gone(domain: Domain, wanted: ET.Element, cancelled: Callable[[], bool]) -> None:
    live = _live(domain)
    for devices, what in ((_cards, "network card {}"), (_disks, "a disk"), (_passed, "a device")):
        for key in devices(live):
            if key not in devices(wanted):
                _unplug(domain, devices, key, what.format(key), cancelled)


def _live(domain: Domain) -> ET.Element:
    with _changing("reading the guest"):
        return ET.fromstring(domain.XMLDesc())  # noqa: S314 - libvirt wrote it


def _disks(tree: ET.Element) -> dict[str, ET.Element]:
    """The disks that are files, by path; not the seed."""
    found = {}
    for disk in tree.iterfind("devices/disk[@device='disk']"):
        source = disk.find("source")
        if source is not None and source.get("file"):
            found[source.get("file", "")] = disk
    return found


def _passed(tree: ET.Element) -> dict[str, ET.Element]:
    """The devices of the host, by kind and address."""
    found = {}
    for device in tree.iterfind("devices/hostdev"):
        address = device.find("source/address")
        if address is not None:
            found[f"{device.get('type')} {sorted(address.attrib.items())}"] = device
    return found


def _cards(tree: ET.Element) -> dict[str, ET.Element]:
    """The network cards by their hardware address."""
    found = {}
    for card in tree.iterfind("devices/interface"):
        mac = card.find("mac")
        if mac is not None:
            found[mac.get("address", "").lower()] = card
    return found


def _network(card: ET.Element) -> str:
    source = card.find("source")
    return source.get("network", "") if source is not None else ""


def _plug_controllers(domain: Domain, wanted: ET.Element) -> None:
    for controller in wanted.iterfind("devices/controller[@type='scsi']"):
        if _live(domain).find("devices/controller[@type='scsi']") is None:
            _attach(domain, controller, "plugging a controller in")


def _at_free_place(disk: ET.Element, live: ET.Element) -> ET.Element:
    """The disk with a device name that the running guest does not use."""
    placed = ET.fromstring(ET.tostring(disk))  # noqa: S314 - our own
    target = placed.find("target")
    assert target is not None
    taken = {t.get("dev") for t in live.iterfind("devices/disk/target")}
    prefix = target.get("dev", "")[:2]
    free = next((prefix + letter for letter in _LETTERS if prefix + letter not in taken), None)
    if free is None:
        raise OutOfRangeError(f"too many disks on the {target.get('bus')} bus", field="desc.disks")
    target.set("dev", free)
    return placed


def _attach(domain: Domain, device: ET.Element, doing: str) -> None:
    import libvirt

    for order in device.findall("boot"):  # it waits for the next start
        device.remove(order)
    with _changing(doing):
        domain.attachDeviceFlags(ET.tostring(device, encoding="unicode"), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def _move(domain: Domain, card: ET.Element, network: str) -> None:
    """Plug the cable of a card into another network."""
    import libvirt

    source = card.find("source")
    assert source is not None
    for name in list(source.attrib):
        del source.attrib[name]
    source.set("network", network)
    with _changing("moving a network card"):
        domain.updateDeviceFlags(ET.tostring(card, encoding="unicode"), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def _medium(domain: Domain, wanted: ET.Element) -> list[str]:
    """Have in the CD drive what is wanted; a guest that was started without one gets it at its next start.

    A guest that has locked the tray is not asked: its owner wants it open.
    """
    import libvirt

    drive, seat = _drive(_live(domain)), _drive(wanted)
    if drive is None or seat is None:
        return ["cdrom"] if seat is not None and seat.find("source") is not None else []
    source = seat.find("source")
    path = source.get("file", "") if source is not None else ""
    present = drive.find("source")
    if path == (present.get("file", "") if present is not None else ""):
        return []
    changed = ET.Element("disk", type="file", device="cdrom")
    for tag in ("driver", "target", "readonly", "alias"):
        if (part := drive.find(tag)) is not None:
            changed.append(part)
    if path:
        ET.SubElement(changed, "source", file=path)
    flags = libvirt.VIR_DOMAIN_DEVICE_MODIFY_LIVE | libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE
    with _changing("changing the CD"):
        domain.updateDeviceFlags(ET.tostring(changed, encoding="unicode"), flags)
    return []


def _drive(tree: ET.Element) -> ET.Element | None:
    drives = tree.iterfind("devices/disk[@device='cdrom']")
    return next((one for one in drives if (name := one.find("alias")) is not None and name.get("name") == DRIVE), None)


def _bound_disks(domain: Domain, wanted: ET.Element) -> None:
    """Give disks that are there the bounds that are wanted; 0 is none."""
    import libvirt

    present = _disks(_live(domain))
    for key, disk in _disks(wanted).items():
        target = present[key].find("target")
        if target is None or _tuning(present[key]) == _tuning(disk):
            continue
        with _changing("bounding a disk"):
            domain.setBlockIoTune(target.get("dev", ""), _tuning(disk), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def _tuning(disk: ET.Element) -> dict[str, int]:
    return {tag: int(disk.findtext(f"iotune/{tag}") or 0) for tag in ("total_bytes_sec", "total_iops_sec")}


def _bound_cards(domain: Domain, wanted: ET.Element) -> None:
    import libvirt

    present = _cards(_live(domain))
    for key, card in _cards(wanted).items():
        if _bandwidth(present[key]) == _bandwidth(card):
            continue
        with _changing("bounding a network card"):
            domain.setInterfaceParameters(key, _bandwidth(card), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def _bandwidth(card: ET.Element) -> dict[str, int]:
    found = {}
    for tag in ("inbound", "outbound"):
        bound = card.find(f"bandwidth/{tag}")
        found[f"{tag}.average"] = int(bound.get("average", "0")) if bound is not None else 0
    return found


def _queues(domain: Domain, wanted: ET.Element) -> Iterator[str]:
    """A card has the queues that it was plugged in with."""
    present = _cards(_live(domain))
    if any(_queues_of(present[key]) != _queues_of(card) for key, card in _cards(wanted).items() if key in present):
        yield "queues"


def _queues_of(card: ET.Element) -> int:
    driver = card.find("driver")
    return int(driver.get("queues", "1")) if driver is not None else 1


def _unplug(
    domain: Domain,
    devices: Callable[[ET.Element], dict[str, ET.Element]],
    key: str,
    what: str,
    cancelled: Callable[[], bool],
) -> None:
    """Ask the guest to let go of a device, again every few seconds, and wait until it has."""
    began = time.monotonic()
    asked = began - _AGAIN_S
    while (present := devices(_live(domain)).get(key)) is not None:
        now = time.monotonic()
        if cancelled() or now - began > UNPLUG_S:
            raise DeadlineError(
                f"the guest did not let go of {what} within {UNPLUG_S:g} s: "
                "its system must be up and support unplugging, or the server be stopped"
            )
        if now - asked >= _AGAIN_S:
            asked = now
            _detach(domain, present)
        time.sleep(_POLL_S)


def _detach(domain: Domain, device: ET.Element) -> None:
    import libvirt

    try:
        domain.detachDeviceFlags(ET.tostring(device, encoding="unicode"), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    except libvirt.libvirtError as e:
        gone = e.get_error_code() == libvirt.VIR_ERR_DEVICE_MISSING
        # QEMU refuses to ask twice while the guest has not answered.
        if not gone and "process of unplug" not in str(e):
            raise _translated(e, "unplugging a device") from e


def _processors(domain: Domain, wanted: ET.Element) -> Iterator[str]:
    import libvirt

    live, vcpu = _live(domain).find("vcpu"), wanted.find("vcpu")
    if live is None or vcpu is None:
        return
    present, most = int(live.get("current") or live.text or 1), int(live.text or 1)
    target = int(vcpu.get("current") or vcpu.text or 1)
    if target > present and target <= most:
        try:
            domain.setVcpusFlags(target, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        except libvirt.libvirtError as e:
            if e.get_error_code() not in _cannot():
                raise _translated(e, "adding processors") from e
        else:
            return
    if target != present:
        yield "vcpus"


def _memory(domain: Domain, wanted: ET.Element) -> Iterator[str]:
    tree = _live(domain)
    present, target = _mib(tree), _mib(wanted)
    more = target - present
    if more > 0 and more % DIMM_MIB == 0 and tree.find("maxMemory") is not None:
        module = ET.Element("memory", model="dimm")
        place = ET.SubElement(module, "target")
        size = ET.SubElement(place, "size", unit="MiB")
        size.text = str(more)
        ET.SubElement(place, "node").text = "0"
        _attach(domain, module, "plugging memory in")
    elif more:
        yield "memory"


def _mib(tree: ET.Element) -> int:
    memory = tree.find("memory")
    assert memory is not None
    return int(memory.text or 0) if memory.get("unit") == "MiB" else int(memory.text or 0) // 1024


@contextmanager
def _changing(doing: str) -> Iterator[None]:
    import libvirt

    try:
        yield
    except libvirt.libvirtError as e:
        raise _translated(e, doing) from e


def _cannot() -> frozenset[int]:
    """What libvirt says where a running guest cannot be changed like this."""
    import libvirt

    return frozenset(
        {
            libvirt.VIR_ERR_NO_SUPPORT,
            libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
            libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
        }
    )


def _translated(error: Exception, doing: str) -> Exception:
    import libvirt

    assert isinstance(error, libvirt.libvirtError)
    if error.get_error_code() in _cannot():
        return NotSupportedError(f"{doing}: a running guest of this hypervisor cannot do it", internal=str(error))
    return translate(error, doing)
