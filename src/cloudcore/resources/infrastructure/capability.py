"""What servers can be made of in a place: hypervisors, storage, networks, limits, as forms and clients read it."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, PLATFORM, Expr, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.drivers import ALL, Driver
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.wire import WIRES
from cloudcore.resources.storage.storage import STORAGES, amounts

BRAND = "OneCloud"
GIB = 1024
_OURS = ("compute_engine", "network_manage", "security_group", "snapshot_policy")
_OTHERS = (
    *("rds_engine", "redis_engine", "loadbalancer_engine", "cloud_id", "saml_auth", "nat", "nas", "waf", "cdn"),
    *("public_ip", "object_storage", "modelarts_pools", "mongodb", "kafka", "dns", "container", "vpc_peer"),
)


def capability_of(tx: Transaction, plural: str, ident: str, *, amounts_too: bool) -> JsonObject:
    """Of one of the zones or cloudregions, or with an empty plural of the whole deployment.

    amounts_too: how full its storages are is told as well. Sizes in MiB, but for those in GiB (`…_gb`).
    """
    here: Expr = EVERYTHING
    if plural == "zones":
        here = eq("zone_id", ident)
    elif plural:
        zones = tx.of(ZONES, PLATFORM).columns(("id",), Query(where=eq("cloudregion_id", ident)))
        here = one_of("zone_id", [zone for (zone,) in zones])
    return _capability(tx, here, amounts_too=amounts_too)


def _capability(tx: Transaction, here: Expr, *, amounts_too: bool) -> JsonObject:
    hosts = tx.of(HOSTS, PLATFORM).totals(both(here, eq("enabled", True)), by=("host_type", "cpu_architecture"))
    kinds = {row["host_type"] for row in hosts}
    drivers = [driver for driver in ALL if driver.host_type in kinds]
    names = list(dict.fromkeys(driver.hypervisor for driver in drivers))
    brands = [BRAND] if names else []
    found: JsonObject = {
        "hypervisors": names,
        "hypervisor_info": {BRAND: names} if names else {},
        "brands": brands,
        "enabled_brands": brands,
        "disabled_brands": [],
        "read_only_brands": [],
        "read_only_disabled_brands": [],
        "resource_types": ["shared"] if names else [],
        "host_cpu_archs": sorted({row["cpu_architecture"] for row in hosts if row["cpu_architecture"]}),
        "available_host_count": sum(int(row["count"]) for row in hosts),
        "instance_capabilities": [_instance(driver) for driver in drivers],
        "sched_policy_support": True,
        "specs": {},
        "dbinstance": {},
        **_limits(drivers),
        **_storage(tx, here, names, told=amounts_too),
        **_networks(tx, here),
        **_devices(tx, here),
    }
    for area in (*_OURS, *_OTHERS):
        found[f"{area}_brands"] = brands if area in _OURS else []
        for word in ("disabled", "read_only", "read_only_disabled"):
            found[f"{word}_{area}_brands"] = []
    return {**found, "usable": bool(names and found["auto_alloc_network_count"])}


def _limits(drivers: Sequence[Driver]) -> JsonObject:
    return {
        "min_nic_count": 0,
        "max_nic_count": max((driver.max_nics for driver in drivers), default=0),
        "min_data_disk_count": 0,
        "max_data_disk_count": max((driver.max_disks - 1 for driver in drivers), default=0),
    }


def _instance(driver: Driver) -> JsonObject:
    def sizes(least_mib: int) -> list[JsonObject]:
        return [
            {
                "storage_type": kind,
                "min_size_gb": max(1, -(-least_mib // GIB)),
                "max_size_gb": driver.max_disk_mib // GIB,
                "step_size_gb": 1,
                "resizable": True,
            }
            for kind in driver.backends
        ]

    return {
        "hypervisor": driver.hypervisor,
        "provider": driver.provider,
        "default_account": {
            "linux": {"default_account": "root", "changeable": True},
            "windows": {"default_account": "Administrator", "changeable": False},
        },
        "storages": {"sys_disk": sizes(driver.min_root_mib), "data_disk": sizes(1)},
    }


def _storage(tx: Transaction, here: Expr, names: Sequence[str], *, told: bool) -> JsonObject:
    """Kinds of storage, and how full they are."""
    rows = tx.of(STORAGES, PLATFORM).find(Query(where=both(here, eq("enabled", True))))
    kinds: dict[str, JsonObject] = {}
    for row, amount in zip(rows, amounts(tx, rows), strict=True):
        into = kinds.setdefault(f"{row.storage_type}/{row.medium_type}", {"storages": []} if told else {})
        if told:
            into["storages"].append({"id": row.id, "name": row.name})
            for key, number in (("capacity", row.capacity), ("reserved", row.reserved), *_numbers(amount)):
                into[key] = into.get(key, 0) + number
    words = sorted(kinds)
    by_name = dict.fromkeys(names, words)
    amounts_of = dict.fromkeys(names, kinds)
    return {
        "storage_types": sorted({word.partition("/")[0] for word in words}),
        "data_storage_types": {BRAND: amounts_of} if names else {},
        "storage_types2": by_name,
        "data_storage_types2": by_name,
        "storage_types3": amounts_of,
        "data_storage_types3": amounts_of,
    }


def _numbers(amount: JsonMapping) -> Sequence[tuple[str, int]]:
    return [(key, amount[key]) for key in ("virtual_capacity", "used_capacity", "waste_capacity", "free_capacity")]


def _networks(tx: Transaction, here: Expr) -> JsonObject:
    wires = [ident for (ident,) in tx.of(WIRES, PLATFORM).columns(("id",), Query(where=here))]
    rows = tx.of(NETWORKS, PLATFORM).totals(one_of("wire_id", wires), by=("is_auto_alloc",))
    automatic = sum(int(row["count"]) for row in rows if row["is_auto_alloc"])
    return {"auto_alloc_network_count": automatic, "public_network_count": 0}


def _devices(tx: Transaction, here: Expr) -> JsonObject:
    hosts = [ident for (ident,) in tx.of(HOSTS, PLATFORM).columns(("id",), Query(where=here))]
    rows = tx.of(ISOLATED_DEVICES, PLATFORM).totals(one_of("host_id", hosts), by=("dev_type", "model"))
    models = sorted({row["model"] for row in rows if row["model"]})
    return {"gpu_models": models, "gpu_model_types": [{"dev_type": r["dev_type"], "model": r["model"]} for r in rows]}
