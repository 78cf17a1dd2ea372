"""Guests as libvirt domains: each with a folder of its own, a seed, reservations and our mark."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.errors import BackendError, ConflictError, DeadlineError, ResourceNotFoundError
from cloudcore.model.guest import GuestDescription
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments, devices, marks, seed
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.connection import Domain, LibvirtConnection, translated
from cloudcore_adapters.libvirt.domain import Place, domain_xml, medium_path, validate
from cloudcore_adapters.libvirt.networks import Networks, Reservation
from cloudcore_adapters.libvirt.power import CRASHED, MISSING, OFF, ON, PAUSED, SAVED, power_state
from cloudcore_adapters.libvirt.shaping import can_bound_cards

MAX_STOP_S = 3600
_POLL_S = 0.1
_BUTTON_AGAIN_S = 10.0


class Guests:
    """The guests of one host. Of effects about one guest at most one is performed at a time: the runner sees to it."""

    def __init__(
        self,
        connection: LibvirtConnection,
        networks: Networks,
        storages: Storages,
        folder: Path,
        *,
        deployment: str,
        virt_type: Callable[[], str],
        settle_s: float,
    ) -> None:
        """folder: holds a folder for each guest. settle_s: how long a started guest is watched for a failure."""
        self._connection = connection
        self._networks = networks
        self._storages = storages
        self._folder = folder
        self._deployment = deployment
        self._virt_type = virt_type
        self._settle_s = settle_s

    def create(self, args: JsonMapping) -> JsonObject:
        """Perform `guest-create`."""
        desc = arguments.description(args, self._deployment)
        return {"power_state": power_state(self._define(desc))}

    def start(self, args: JsonMapping, cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `guest-start`; a guest that is off takes on the description, one that crashed begins anew, one that was
        saved goes on where it was.
        """
        desc = arguments.description(args, self._deployment)
        domain = self.find(desc.guest_id)
        state = OFF if domain is None else power_state(domain)
        if domain is not None and state == ON:
            return {"power_state": ON}
        if domain is not None and state == PAUSED:
            with translated("resuming the guest"):
                domain.resume()
            return {"power_state": self._settled(domain, cancelled)}
        if domain is not None and state == CRASHED:
            _destroy(domain)
        domain = self._define(desc)
        with translated("starting the guest"):
            domain.create()
        return {"power_state": self._settled(domain, cancelled)}

    def sync(self, args: JsonMapping, cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `guest-sync`: the domain anew for a guest that is off, devices and sizes for one that is on."""
        desc = arguments.description(args, self._deployment)
        domain = self._define(desc)
        state = power_state(domain)
        if state in (OFF, CRASHED):
            return {"power_state": state, "pending": _unbounded(desc)}
        xml = self._xml(desc)
        pending = devices.reconcile(domain, ET.fromstring(xml), cancelled=cancelled)  # noqa: S314 - our own
        with translated("defining the guest"):
            self._connection.get().defineXML(xml)
        return {"power_state": power_state(domain), "pending": [*pending, *_unbounded(desc)]}

    def stop(self, args: JsonMapping, cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `guest-stop`: press the power button, again every 10 s, and pull the plug after the time if `force`."""
        guest_id = arguments.ident(args, "guest_id")
        timeout_s = arguments.number(args, "timeout_s", 0, MAX_STOP_S)
        force = arguments.required(args, "force") is True
        domain = self.find(guest_id)
        if domain is None or (state := power_state(domain)) == OFF:
            return {"power_state": OFF}
        if state == SAVED:
            _forget_memory(domain, force=force)
            return {"power_state": OFF}
        if state == ON and timeout_s and self._shut_down(domain, timeout_s, cancelled):
            return {"power_state": OFF}
        if not force:
            raise DeadlineError(f"the guest did not stop within {timeout_s} s")
        _destroy(domain)
        return {"power_state": OFF}

    def reset(self, args: JsonMapping) -> JsonObject:
        """Perform `guest-reset`."""
        domain = self.find(arguments.ident(args, "guest_id"))
        state = MISSING if domain is None else power_state(domain)
        if domain is None or state != ON:
            raise ConflictError(f"the guest is {state}: only one that is on can be reset")
        with translated("resetting the guest"):
            domain.reset()
        return {"power_state": ON}

    def suspend(self, args: JsonMapping) -> JsonObject:
        """Perform `guest-suspend`: libvirt keeps the memory in a file of its own until the guest is resumed or deleted."""
        import libvirt

        domain = self.find(arguments.ident(args, "guest_id"))
        if domain is not None and power_state(domain) in (ON, PAUSED):
            with translated("saving the guest's memory"):
                domain.managedSave(libvirt.VIR_DOMAIN_SAVE_RUNNING)
        return {"power_state": MISSING if domain is None else power_state(domain)}

    def resume(self, args: JsonMapping, cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `guest-resume`."""
        domain = self.find(arguments.ident(args, "guest_id"))
        state = MISSING if domain is None else power_state(domain)
        if domain is None or state not in (SAVED, PAUSED):
            return {"power_state": state}
        with translated("resuming the guest"):
            domain.create() if state == SAVED else domain.resume()
        return {"power_state": self._settled(domain, cancelled)}

    def delete(self, args: JsonMapping) -> JsonObject:
        """Perform `guest-delete`: the domain with its snapshots' records, NVRAM and saved memory, reservations, folder."""
        guest_id = arguments.ident(args, "guest_id")
        desc = arguments.description(args, self._deployment) if args.get("desc") is not None else None
        domain = self.find(guest_id)
        folder = self._folder / guest_id
        kept = self._reservations(folder)
        if domain is not None:
            _destroy(domain)
            _undefine(domain)
        for reservation in sorted({*kept, *(_wanted(desc) if desc else ())}, key=lambda r: (r.network, r.mac)):
            self._networks.release(reservation)
        if folder.exists():
            shutil.rmtree(folder)
        return {}

    def find(self, guest_id: str) -> Domain | None:
        """The guest's domain, or None.

        Raises:
            ConflictError: there is a domain in its place that does not carry our mark for this guest.
        """
        domain = self._connection.domain(guest_id)
        if domain is None:
            return None
        with translated("reading the guest"):
            mark = marks.in_xml(ET.fromstring(domain.XMLDesc()))  # noqa: S314 - libvirt wrote it
        if mark is None or mark.deployment != self._deployment or mark.resource != guest_id:
            raise ConflictError("a domain that is not of this deployment is in the guest's place", field="guest_id")
        return domain

    def _define(self, desc: GuestDescription) -> Domain:
        """Make the folder, reservations, seed and domain what the description says."""
        validate(desc)
        seed.validate(desc.seed)
        domain = self.find(desc.guest_id)
        self._prepare(desc)
        if domain is not None and power_state(domain) != OFF:
            return domain
        xml = self._xml(desc)
        connection = self._connection.get()
        with translated("defining the guest"):
            return connection.defineXML(xml)

    def _xml(self, desc: GuestDescription) -> str:
        folder = self._folder / desc.guest_id
        with translated("reading the host's facts"):
            _, memory_mib, cpus, *_ = self._connection.get().getInfo()
        place = Place(
            virt_type=self._virt_type(),
            storages=self._storages,
            folder=folder,
            seeded=(folder / "seed.iso").exists(),
            cpus=int(cpus),
            memory_mib=int(memory_mib),
        )
        known = _writable_caches(desc, self._storages)
        if _unbounded(desc):
            known = attrs.evolve(known, nics=tuple(attrs.evolve(nic, rx_mbps=0, tx_mbps=0) for nic in known.nics))
        return domain_xml(known, place)

    def _prepare(self, desc: GuestDescription) -> Path:
        """The guest's folder and what lies in it; its mark is written before anything is reserved."""
        folder = self._folder / desc.guest_id
        before = self._reservations(folder)
        wanted = _wanted(desc)
        try:
            folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            cards = [attrs.asdict(r) for r in sorted({*before, *wanted}, key=lambda r: (r.network, r.mac, r.ip))]
            marks.write(folder, desc.mark, kind="guest", reservations=cards)
            if desc.seed:
                seed.write(desc.seed, folder / "seed.iso")
            else:
                (folder / "seed.iso").unlink(missing_ok=True)
            for gone in before:
                if gone not in wanted:
                    self._networks.release(gone)
            for reservation in wanted:
                self._networks.reserve(reservation)
            marks.write(folder, desc.mark, kind="guest", reservations=[attrs.asdict(r) for r in wanted])
        except OSError as e:
            raise BackendError("the guest's folder cannot be written", internal=str(e)) from e
        return folder

    def _reservations(self, folder: Path) -> list[Reservation]:
        """What the folder records.

        Raises:
            ConflictError: the folder is not ours.
        """
        if not (folder / marks.FILE).exists():
            return []
        read = marks.read(folder)
        if read is None or read[0].deployment != self._deployment or read[0].resource != folder.name:
            raise ConflictError("what is in the place of the guest's folder is not of this deployment")
        return [Reservation(**found) for found in read[1].get("reservations", [])]

    def _settled(self, domain: Domain, cancelled: Callable[[], bool]) -> str:
        """`on`, when the guest still runs after a moment.

        QEMU that meets an internal error pauses the guest; to libvirt that is a successful start.
        """
        deadline = time.monotonic() + self._settle_s
        while (state := power_state(domain)) == ON and time.monotonic() < deadline and not cancelled():
            time.sleep(_POLL_S)
        if state == ON:
            return ON
        _destroy(domain)
        raise BackendError("the guest stopped with an internal error right after its start", internal=f"state {state}")

    def _shut_down(self, domain: Domain, timeout_s: float, cancelled: Callable[[], bool]) -> bool:
        began = pressed = time.monotonic()
        _press(domain)
        while power_state(domain) != OFF:
            now = time.monotonic()
            if cancelled():
                raise DeadlineError("cancelled while the guest was stopping")
            if now - began > timeout_s:
                return False
            if now - pressed > _BUTTON_AGAIN_S:
                pressed = now
                _press(domain)
            time.sleep(_POLL_S)
        return True


def _press(domain: Domain) -> None:
    import libvirt

    try:
        domain.shutdown()
    except libvirt.libvirtError as e:
        if e.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:  # it went off by itself
            raise BackendError("the guest cannot be asked to stop", internal=str(e)) from e


def _destroy(domain: Domain) -> None:
    import libvirt

    try:
        domain.destroy()
    except libvirt.libvirtError as e:
        if e.get_error_code() not in {libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN}:
            raise BackendError("the guest cannot be switched off", internal=str(e)) from e


def _forget_memory(domain: Domain, *, force: bool) -> None:
    if not force:
        raise ConflictError("the guest is suspended; only by force is its memory given up")
    with translated("giving up the guest's memory"):
        domain.managedSaveRemove()


def _undefine(domain: Domain) -> None:
    import libvirt

    flags = libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    more = libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
    try:
        try:
            domain.undefineFlags(flags | more)
        except libvirt.libvirtError as e:
            if e.get_error_code() != libvirt.VIR_ERR_INVALID_ARG:
                raise
            domain.undefineFlags(flags)  # a driver that knows neither checkpoints nor NVRAM
    except libvirt.libvirtError as e:
        if e.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
            raise BackendError("the guest cannot be removed", internal=str(e)) from e


def _unbounded(desc: GuestDescription) -> list[str]:
    """What of the description this host's kernel cannot do; a guest goes without it rather than not at all."""
    bounded = any(nic.rx_mbps or nic.tx_mbps for nic in desc.nics)
    return ["bandwidth"] if bounded and not can_bound_cards() else []


def _wanted(desc: GuestDescription) -> list[Reservation]:
    return [Reservation(nic.bridge, nic.mac.lower(), nic.ip) for nic in desc.nics]


def _writable_caches(desc: GuestDescription, storages: Storages) -> GuestDescription:
    """The description, with cache `none` replaced by `writeback` on file systems that cannot bypass their cache.

    Raises:
        ResourceNotFoundError: a disk, or the image of the CD, is not there.
    """
    disks: list[Any] = []
    for disk in desc.disks:
        path = storages.named(disk.storage_path, "desc.disks.storage_path").volume(disk.volume_id, disk.format)
        if not path.exists():
            raise ResourceNotFoundError(f"volume {disk.volume_id} is not on this storage", field="desc.disks")
        direct = disk.cache in {"none", "directsync"} and not _bypasses_cache(path)
        disks.append(attrs.evolve(disk, cache="writeback") if direct else disk)
    if desc.medium is not None and not medium_path(desc.medium, storages).exists():
        raise ResourceNotFoundError("the image of the CD is not cached on this storage", field="desc.medium")
    return attrs.evolve(desc, disks=tuple(disks))


def _bypasses_cache(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_DIRECT))
    except OSError:
        return False
    return True
