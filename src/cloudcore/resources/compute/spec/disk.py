"""The disk entry of server creation, as an object or in its mini-language.

Source: the wire protocol's disk entry; `climc server-create --disk`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs

from cloudcore.model.errors import InvalidInputError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping
from cloudcore.model.reading import read_bool, read_str
from cloudcore.resources.compute.spec.size import is_disk_size, parse_disk_mib
from cloudcore.resources.compute.spec.text import (
    MAX_ENTRIES,
    MAX_TEXT,
    DeviceSpec,
    Fields,
    ReadField,
    SchedtagSpec,
    absolute_path,
    as_object,
    choice,
    device,
    reference,
    schedtags,
    split_outside_brackets,
    whole,
    word,
)

DISK_TYPES = ("sys", "data", "swap", "volume")
FILE_SYSTEMS = ("swap", "ext2", "ext3", "ext4", "xfs", "ntfs", "fat", "hfsplus")
DISK_FORMATS = ("qcow2", "raw", "docker", "iso", "vmdk", "vhd")
DISK_DRIVERS = ("virtio", "ide", "scsi", "sata", "pvscsi")
CACHE_MODES = ("writeback", "writethrough", "none")
MEDIUMS = ("rotate", "ssd", "hybrid")
BACKENDS = (
    "local", "rbd", "nfs", "nas", "gpfs", "lvm", "clvm", "slvm", "nvme", "nvme_pt", "baremetal", "vsan", "sheepdog",
)  # fmt: skip
PREALLOCATIONS = ("off", "metadata", "falloc", "full")

_VMDK_FORMAT = re.compile(r"vmdk[a-z0-9]{0,16}", re.ASCII)


@attrs.frozen(kw_only=True)
class DiskSpec:
    """One disk that a new server shall have; empty texts and None mean "not said".

    index: position among the disks; 0 is the system disk.
    image_id, snapshot_id, backup_id, storage_id, disk_id: an id or a name, still to be looked up in the caller's scope.
    size_mib: None is as large as the image or snapshot.
    existing_path: a file on the host; only a caller with power over hosts may say it.
    fs_features: names of features by file system.
    iops, throughput: 0 is unlimited; throughput in MiB/s.
    """

    index: int
    boot_index: int | None = None
    image_id: str = ""
    image_encrypt_key_id: str = ""
    snapshot_id: str = ""
    backup_id: str = ""
    disk_type: str = ""
    schedtags: tuple[SchedtagSpec, ...] = ()
    size_mib: int | None = None
    fs: str = ""
    fs_features: tuple[tuple[str, tuple[str, ...]], ...] = ()
    auto_reset: bool = False
    auto_delete: bool | None = None
    format: str = ""
    driver: str = ""
    cache: str = ""
    mountpoint: str = ""
    os_arch: str = ""
    backend: str = ""
    medium: str = ""
    image_properties: tuple[tuple[str, str], ...] = ()
    storage_id: str = ""
    disk_id: str = ""
    existing_path: str = ""
    iops: int = 0
    throughput: int = 0
    nvme_device: DeviceSpec | None = None
    preallocation: str = ""


def parse_disk(value: Json, index: int) -> DiskSpec:
    """Read one entry; `index` is its position, which an object may override by its own `index`.

    Raises:
        InvalidInputError: a value is not good or given twice; `field` is `disks.<index>.<name>`.
    """
    entry = f"disks.{index}"
    fields = Fields(entry, _READERS)
    if isinstance(value, str):
        tokens = split_outside_brackets(read_str(value, entry, MAX_TEXT), ",:", entry)
        for token in tokens:
            _take_token(fields, token)
        _join_device(fields)
    else:
        fields.update(as_object(value, entry), _ALIASES)
    values = fields.values
    if "size" in values:
        values["size_mib"] = values.pop("size")
    values.setdefault("index", index)
    spec = DiskSpec(**values)
    _check_sources(spec, entry)
    return spec


def check_boot_order(disks: Sequence[DiskSpec], taken: Sequence[int]) -> None:
    """Refuse two disks at one place in the boot order. taken: places of disks that are there.

    Raises:
        InvalidInputError: names the second one.
    """
    known = [place for place in taken if place >= 0]
    for disk in disks:
        if disk.boot_index is None or disk.boot_index < 0:
            continue
        if disk.boot_index in known:
            where = f"disks.{disk.index}.boot_index"
            raise InvalidInputError(f"{where}: another disk boots at position {disk.boot_index}", field=where)
        known.append(disk.boot_index)


def _take_token(fields: Fields, token: str) -> None:
    key, equals, text = token.partition("=")
    if equals:
        name = _TEXT_KEYS.get(key.strip())
        if name is None:
            raise InvalidInputError(f"{fields.entry}: {key[:40]!a} is not a key of a disk", field=fields.entry)
        fields.set(name, text.strip())
        return
    if is_disk_size(token):
        fields.set("size", token)
    elif token == "autoreset":  # noqa: S105
        fields.set("auto_reset", True)
    elif token.startswith("/"):
        fields.set("mountpoint", token)
    elif _VMDK_FORMAT.fullmatch(token):
        fields.set("format", token)
    else:
        fields.set(_WORDS.get(token, "image_id"), token)


def _join_device(fields: Fields) -> None:
    """The two keys of the text form make one device."""
    parts = {part: fields.values.pop(f"nvme_device_{part}", "") for part in ("id", "model")}
    if any(parts.values()):
        fields.values["nvme_device"] = DeviceSpec(**parts)


def _check_sources(spec: DiskSpec, entry: str) -> None:
    given = [name for name in ("snapshot_id", "backup_id", "disk_id", "existing_path") if getattr(spec, name)]
    if len(given) > 1:
        raise InvalidInputError(f"{entry}.{given[1]}: excludes {given[0]}", field=f"{entry}.{given[1]}")


def _format(value: Json, field: str) -> str:
    name = read_str(value, field, 32)
    return name if _VMDK_FORMAT.fullmatch(name) else choice(*DISK_FORMATS)(name, field)


def _fs_features(value: Json, field: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """`{ext4: {feature: value}}`, of which the features that are not false count, or `ext4.feature+feature` as text."""
    if isinstance(value, str):
        system, dot, names = read_str(value, field, 256).partition(".")
        if not dot:
            raise InvalidInputError(f"{field}: is not <file system>.<feature>+<feature>", field=field)
        value = {system: dict.fromkeys(names.split("+"), True)}
    found: list[tuple[str, tuple[str, ...]]] = []
    for system, features in _few(value, field).items():
        if system not in FILE_SYSTEMS:
            raise InvalidInputError(f"{field}: {system[:40]!a} is not a file system", field=field)
        where = f"{field}.{system}"
        on = [word(name, where) for name, state in _few(features, where).items() if state not in (False, None)]
        found.append((system, tuple(sorted(on))))
    return tuple(sorted(found))


def _properties(value: Json, field: str) -> tuple[tuple[str, str], ...]:
    pairs = [
        (read_str(key, field, 64), read_str(item, f"{field}.{key[:64]}", 255))
        for key, item in _few(value, field).items()
        if item is not None
    ]
    return tuple(sorted(pairs))


def _few(value: Json, field: str) -> JsonMapping:
    data = as_object(value, field)
    if len(data) > MAX_ENTRIES:
        raise OutOfRangeError(f"{field}: more than {MAX_ENTRIES} keys", field=field)
    return data


_READERS: Mapping[str, ReadField] = {
    "index": whole(0, MAX_ENTRIES - 1),
    "boot_index": whole(-1, 127),
    "image_id": reference,
    "image_encrypt_key_id": reference,
    "snapshot_id": reference,
    "backup_id": reference,
    "disk_type": choice(*DISK_TYPES),
    "schedtags": schedtags,
    "size": parse_disk_mib,
    "fs": choice(*FILE_SYSTEMS),
    "fs_features": _fs_features,
    "auto_reset": read_bool,
    "auto_delete": read_bool,
    "format": _format,
    "driver": choice(*DISK_DRIVERS),
    "cache": choice(*CACHE_MODES),
    "mountpoint": absolute_path,
    "os_arch": word,
    "backend": word,
    "medium": choice(*MEDIUMS),
    "image_properties": _properties,
    "storage_id": reference,
    "disk_id": reference,
    "existing_path": absolute_path,
    "iops": whole(0, 10_000_000),
    "throughput": whole(0, 1_000_000),
    "nvme_device": device,
    "nvme_device_id": reference,
    "nvme_device_model": reference,
    "preallocation": choice(*PREALLOCATIONS),
}

_ALIASES: Mapping[str, str] = {
    "image": "image_id", "snapshot": "snapshot_id", "storage": "storage_id", "disk": "disk_id", "type": "disk_type",
    "cache_mode": "cache", "storage_type": "backend", "nvme_device_id": "", "nvme_device_model": "",
}  # fmt: skip

_TEXT_KEYS: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "size", "fs", "fs_features", "format", "driver", "cache", "medium", "disk_type", "mountpoint", "backend",
            "snapshot_id", "backup_id", "disk_id", "storage_id", "image_id", "existing_path", "boot_index", "iops", "throughput",
            "preallocation", "auto_delete",
        )
    },
    **{alias: name for alias, name in _ALIASES.items() if name},
    "nvme-device-id": "nvme_device_id",
    "nvme-device-model": "nvme_device_model",
}  # fmt: skip

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(BACKENDS, "backend"),
    **dict.fromkeys(MEDIUMS, "medium"),
    **dict.fromkeys(CACHE_MODES, "cache"),
    **dict.fromkeys(DISK_DRIVERS, "driver"),
    **dict.fromkeys(DISK_FORMATS, "format"),
    **dict.fromkeys(FILE_SYSTEMS, "fs"),
}
