"""What details of a server say of what is tied to it: its public address, devices and snapshot policies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction

UNTIED: JsonObject = {"is_gpu": False, "snapshotpolicy_count": 0}
"""Of a server that nothing is tied to."""

_DEVICE = ("id", "guest_id", "dev_type", "model", "addr", "vendor_device_id", "host_id")
_GPU = "GPU"


def ties_of(tx: Transaction, ids: Sequence[str]) -> Mapping[str, JsonObject]:
    """By server, the keys of those that have any; three queries."""
    found: defaultdict[str, JsonObject] = defaultdict(lambda: dict(UNTIED))
    types = _types()
    where = both(eq("associate_type", "server"), one_of("associate_id", ids))
    for guest, address, mode in tx.of(types["eips"], PLATFORM).columns(
        ("associate_id", "ip_addr", "mode"), Query(where=where)
    ):
        found[guest].update(eip=address, eip_mode=mode)
    for held in tx.of(types["devices"], PLATFORM).columns(_DEVICE, Query(where=one_of("guest_id", ids))):
        _add_device(found[held[1]], dict(zip(_DEVICE, held, strict=True)))
    for row in tx.of(types["policies"], PLATFORM).totals(one_of("server_id", ids), by=("server_id",)):
        found[row["server_id"]]["snapshotpolicy_count"] = int(row["count"])
    return found


def _add_device(keys: JsonObject, device: JsonObject) -> None:
    keys.setdefault("isolated_devices", []).append(device)
    if str(device["dev_type"]).startswith(_GPU):
        keys.update(is_gpu=True, gpu_model=device["model"], gpu_count=int(keys.get("gpu_count", 0)) + 1)


def _types() -> Mapping[str, Resource[Any]]:
    """Types that themselves refer to servers."""
    from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
    from cloudcore.resources.network.eip import EIPS
    from cloudcore.resources.storage.snapshotpolicy import SNAPSHOTPOLICYSERVERS

    return MappingProxyType({"eips": EIPS, "devices": ISOLATED_DEVICES, "policies": SNAPSHOTPOLICYSERVERS})
