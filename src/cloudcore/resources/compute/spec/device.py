"""The entry of a device that a new server has for itself, as an object or in its mini-language.

Source: the wire protocol's isolated devices; `climc server-create --isolated-device`.
"""

from __future__ import annotations

import re
from typing import Any

import attrs

from cloudcore.model.errors import InvalidInputError, NotSupportedError
from cloudcore.model.json import Json
from cloudcore.model.reading import read_int, read_str, said
from cloudcore.resources.compute.spec.text import as_object, reference, split_outside_brackets, whole

DEVICE_TYPES = (
    *(
        "GPU-HPC",
        "GPU-VGA",
        "GPU",
        "GPU-VFIO",
        "NVIDIA-GPU",
        "NVIDIA-GPU-SHARE",
        "NVIDIA-MPS",
        "LEGACY-VGPU",
        "SRIOV-VGPU",
    ),
    *("NIC", "NVME-PT", "USB", "ASCEND-NPU", "CPH_AMD_GPU", "VASTAITECH_GPU", "NETINT_CA_ASIC", "NETINT_CA_QUADRA"),
)
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)
_LATER = ("memory_request", "sm_util_limit")
_OF_OTHERS = ("network_index", "disk_index")


@attrs.frozen(kw_only=True)
class DeviceWish:
    """One device: this one, or any free one of its kind. Empty texts leave it open; memory in MiB.

    id: an id or a name, still to be looked up. vendor: a name or a PCI id.
    """

    id: str = ""
    dev_type: str = ""
    model: str = ""
    vendor: str = ""
    device_path: str = ""
    memory_mib: int = 0


def parse_device(value: Json, index: int) -> DeviceWish:
    """Read one entry.

    Raises:
        InvalidInputError: a value is not good or given twice, or nothing is said; `field` is `isolated_devices.<index>`.
        NotSupportedError: a share of a device, or one that is a card or a disk of the server.
    """
    entry = f"isolated_devices.{index}"
    wish = _of_text(value, entry) if isinstance(value, str) else _of_object(value, entry)
    if wish == DeviceWish():
        raise InvalidInputError(f"{entry}: says nothing of the device", field=entry)
    return wish


def _of_text(value: str, entry: str) -> DeviceWish:
    found: dict[str, Any] = {}
    for token in split_outside_brackets(read_str(value, entry, 1024), ":", entry):
        name, text = _named(token)
        if name in found:
            raise InvalidInputError(f"{entry}.{name}: is given twice", field=f"{entry}.{name}")
        found[name] = reference(text, f"{entry}.{name}")
    return DeviceWish(**found)


def _named(token: str) -> tuple[str, str]:
    key, equals, text = token.partition("=")
    if equals and key.strip() in ("device_path", "vendor"):
        return key.strip(), text.strip()
    if _ID.fullmatch(token):
        return "id", token
    return ("dev_type", token) if token.upper() in DEVICE_TYPES else ("model", token)


def _of_object(value: Json, entry: str) -> DeviceWish:
    data = as_object(value, entry)
    for name in _LATER:
        if data.get(name) not in (None, "", 0, "0"):
            raise NotSupportedError(f"{entry}.{name}: a device goes to one server whole", field=f"{entry}.{name}")
    for name in _OF_OTHERS:
        if data.get(name) not in (None, "") and read_int(data[name], f"{entry}.{name}", -1, 255) >= 0:
            raise NotSupportedError(f"{entry}.{name} is not supported", field=f"{entry}.{name}")
    names = ("id", "dev_type", "model", "vendor", "device_path")
    texts = {name: reference(said(data, name), f"{entry}.{name}") for name in names}
    return DeviceWish(
        **texts, memory_mib=whole(0, 1 << 30)(said(data, "memory_mib", otherwise=0), f"{entry}.memory_mib")
    )
