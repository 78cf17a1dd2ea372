"""Disks of guests that go on with another volume: QEMU copies to it what is there and what is written meanwhile, and then the
guest uses it, without a pause that anybody would notice. Of a guest that is off the file is copied.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs

from cloudcore.model.errors import BackendError, ConflictError, DeadlineError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.connection import Domain, LibvirtConnection, translated
from cloudcore_adapters.libvirt.power import OFF, ON, PAUSED, power_state
from cloudcore_adapters.libvirt.processes import run
from cloudcore_adapters.libvirt.qcow2 import image_of
from cloudcore_adapters.libvirt.volumes import FORMATS, Volumes

_COPY_S = 7000
_POLL_S = 0.2


@attrs.frozen
class Mirror:
    """Performs `guest-move-disk` on one host.

    find: the domain of a guest of ours.
    """

    connection: LibvirtConnection
    storages: Storages
    volumes: Volumes
    find: Callable[[str], Domain | None]

    def move(self, args: JsonMapping, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `guest-move-disk`; a guest that uses the volume there already is left as it is.

        Raises:
            ResourceNotFoundError: the volume, or the guest, is not there.
            ConflictError: the guest has no such disk, or is suspended.
        """
        target = self.volumes.file_of(args)
        if not target.exists():
            raise ResourceNotFoundError("the volume is not on this storage", field="storage_path")
        volume_id = arguments.ident(args, "volume_id")
        disk_format = arguments.one_of(args, "format", FORMATS)
        places = {str(storage.volume(volume_id, disk_format)) for storage in self.storages.all()}
        domain = self.find(arguments.ident(args, "guest_id"))
        if domain is None:
            raise ResourceNotFoundError("this host has no such guest", field="guest_id")
        state = power_state(domain)
        if state in (ON, PAUSED):
            _Live(domain, places, target, disk_format).move(progress, cancelled)
        elif state == OFF:
            self._move_file(domain, places, target, disk_format, cancelled)
        else:
            raise ConflictError(f"the guest is {state}: its disks stay where they are", field="guest_id")
        return {}

    def _move_file(
        self, domain: Domain, places: set[str], target: Path, disk_format: str, cancelled: Callable[[], bool]
    ) -> None:
        import libvirt

        with translated("reading the guest"):
            flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
            tree = ET.fromstring(domain.XMLDesc(flags))  # noqa: S314 - libvirt wrote it
        source = _disk_at(tree, places).find("source")
        assert source is not None
        path = Path(source.get("file", ""))
        if path == target:
            return
        files = [image_of(path, disk_format), str(target)]
        run(["qemu-img", "convert", "-q", "-n", "-O", disk_format, *files], timeout_s=_COPY_S, cancelled=cancelled)
        source.set("file", str(target))
        connection = self.connection.get()
        with translated("defining the guest"):
            connection.defineXML(ET.tostring(tree, encoding="unicode"))


@attrs.frozen
class _Live:
    """One disk of a guest that runs."""

    domain: Domain
    places: set[str]
    target: Path
    disk_format: str

    def move(self, progress: Callable[[float], None], cancelled: Callable[[], bool]) -> None:
        """Until the guest uses the target. A mirror that an earlier performance began goes on."""
        import libvirt

        deadline, began = time.monotonic() + _COPY_S, False
        while True:
            disk = self._disk()
            device, mirror = _text_of(disk, "target", "dev"), disk.find("mirror")
            there = _text_of(disk, "source", "file") == str(self.target)
            if mirror is None and there:
                return
            if mirror is not None and (there or _text_of(mirror, "source", "file") != str(self.target)):
                self._abort(device, 0)
            elif mirror is None and began:
                raise BackendError("copying the disk broke off")
            elif mirror is None:
                began = True
                self._begin(device)
            elif mirror.get("ready") == "yes":
                self._abort(device, libvirt.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT)
            if cancelled() or time.monotonic() > deadline:
                self._abort(device, 0)
                raise DeadlineError("copying the disk was cancelled" if cancelled() else "copying took too long")
            self._tell(device, progress)
            time.sleep(_POLL_S)

    def _disk(self) -> ET.Element:
        with translated("reading the guest"):
            return _disk_at(ET.fromstring(self.domain.XMLDesc()), self.places)  # noqa: S314 - libvirt wrote it

    def _begin(self, device: str) -> None:
        import libvirt

        wanted = ET.Element("disk", type="file")
        ET.SubElement(wanted, "driver", name="qemu", type=self.disk_format)
        ET.SubElement(wanted, "source", file=str(self.target))
        flags = libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB
        with translated("copying the disk"):
            self.domain.blockCopy(device, ET.tostring(wanted, encoding="unicode"), None, flags)

    def _abort(self, device: str, flags: int) -> None:
        import libvirt

        try:
            self.domain.blockJobAbort(device, flags)
        except libvirt.libvirtError as e:
            # It has just ended by itself: what came of it is seen in the next look.
            if e.get_error_code() not in {libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_BLOCK_COPY_ACTIVE}:
                raise BackendError("ending the copy of the disk failed", internal=str(e)) from e

    def _tell(self, device: str, progress: Callable[[float], None]) -> None:
        with translated("asking how far the copy is"):
            job = self.domain.blockJobInfo(device, 0)
        if job and job.get("end"):
            progress(min(99.0, 100.0 * job["cur"] / job["end"]))


def _disk_at(tree: ET.Element, places: set[str]) -> ET.Element:
    for disk in tree.iterfind("devices/disk"):
        if _text_of(disk, "source", "file") in places:
            return disk
    raise ConflictError("the guest has no such disk", field="volume_id")


def _text_of(element: ET.Element, tag: str, name: str) -> str:
    part = element.find(tag)
    return part.get(name, "") if part is not None else ""
