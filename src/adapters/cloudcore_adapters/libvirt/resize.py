"""Volumes that grow: as files where no guest runs on them, through QEMU where one does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

from cloudcore.model.effects import Mark
from cloudcore.model.errors import BackendError, ConflictError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments, marks
from cloudcore_adapters.libvirt.arguments import Storages
from cloudcore_adapters.libvirt.connection import Domain, translated
from cloudcore_adapters.libvirt.power import CRASHED, OFF, power_state
from cloudcore_adapters.libvirt.processes import run
from cloudcore_adapters.libvirt.qcow2 import read_header
from cloudcore_adapters.libvirt.volumes import FORMATS, MAX_SIZE_MIB

_MIB = 1 << 20
_TIMEOUT_S = 120


def resize(storages: Storages, deployment: str, find: Callable[[str], Domain | None], args: JsonMapping) -> JsonObject:
    """Perform `volume-resize`; a volume that is as large already is left as it is. The format is told, never probed.

    find: the domain of a guest of ours.
    """
    volume_id = arguments.ident(args, "volume_id")
    storage = storages.named(arguments.text(args, "storage_path"))
    disk_format = arguments.one_of(args, "format", FORMATS)
    size_mib = arguments.number(args, "size_mib", 1, MAX_SIZE_MIB)
    guest_id = arguments.ident(args, "guest_id") if args.get("guest_id") is not None else None
    folder, path = storage.volumes / volume_id, storage.volume(volume_id, disk_format)
    mark, facts = _ours(folder, deployment)
    if facts.get("format") != disk_format:
        raise ConflictError("the volume is there in another format", field="format")
    grown = _present(path, disk_format)
    if grown < size_mib:
        domain = find(guest_id) if guest_id else None
        if domain is not None and power_state(domain) not in (OFF, CRASHED):
            _through_qemu(domain, path, size_mib)
        else:
            run(["qemu-img", "resize", "-q", "-f", disk_format, str(path), f"{size_mib}M"], timeout_s=_TIMEOUT_S)
        grown = size_mib
    try:
        kept = {key: value for key, value in facts.items() if key not in ("version", "deployment", "resource", "fence")}
        marks.write(folder, mark, **{**kept, "size_mib": grown})
    except OSError as e:
        raise BackendError("the volume cannot be written", internal=str(e)) from e
    return {"size_mib": grown}


def _ours(folder: Path, deployment: str) -> tuple[Mark, dict[str, object]]:
    if not folder.exists():
        raise ResourceNotFoundError(f"volume {folder.name} is not on this storage", field="volume_id")
    read = marks.read(folder)
    if read is None or read[0].deployment != deployment or read[0].resource != folder.name:
        raise ConflictError("what is in the volume's place is not of this deployment", field="volume_id")
    return read


def _present(path: Path, disk_format: str) -> int:
    """What it has now, in whole MiB: QEMU writes it to the file at once."""
    try:
        size = read_header(path).virtual_size if disk_format == "qcow2" else path.stat().st_size
    except OSError as e:
        raise BackendError("the volume cannot be read", internal=str(e)) from e
    return size // _MIB


def _through_qemu(domain: Domain, path: Path, size_mib: int) -> None:
    import libvirt

    with translated("enlarging the disk"):
        tree = ET.fromstring(domain.XMLDesc())  # noqa: S314 - libvirt wrote it
        domain.blockResize(_target(tree, path), size_mib * _MIB, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)


def _target(tree: ET.Element, path: Path) -> str:
    for disk in tree.iterfind("devices/disk"):
        source, target = disk.find("source"), disk.find("target")
        if source is not None and target is not None and source.get("file") == str(path):
            return target.get("dev", "")
    raise ConflictError("the guest runs without this disk", field="guest_id")
