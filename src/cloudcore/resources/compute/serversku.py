"""Sizes of servers that have a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Enabled, External, Named, Statused, entity
from cloudcore.model.errors import ConflictError, NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Expr, Query, both, eq, one_of
from cloudcore.model.resource import Action, ActionKind, Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import server
from cloudcore.resources.compute.filters import SKU_FILTERS, SKU_ORDERS

DEFAULTS = (
    (1, (1, 2, 4, 8)),
    (2, (2, 4, 8, 12, 16)),
    (4, (4, 12, 16, 24, 32)),
    (8, (8, 16, 24, 32, 64)),
    (12, (12, 16, 24, 32, 64)),
    (16, (16, 24, 32, 48, 64)),
    (24, (24, 32, 48, 64, 128)),
    (32, (32, 48, 64, 128)),
)
"""vCPUs, and GiB of memory, of the sizes that a deployment starts with. Source: the wire's own 38 sizes."""

FAMILIES = {
    "general_purpose": "g1",
    "compute_optimized": "c1",
    "memory_optimized": "r1",
    "storage_optimized": "i1",
    "hardware_accelerated": "gpu1",
    "high_memory": "hm1",
    "high_storage": "hs1",
}
ON_SALE = ("available", "soldout")
AVAILABLE = "available"
GIB = 1024
MOST = 4096


@entity
class Serversku(Statused, Enabled, External, Named):
    """One size, in a region or in one of its zones."""

    name: Annotated[str, Spec("Name; made up when absent", create=True, width=128, search=True, index=True)] = ""
    cloudregion_id: Annotated[
        str, Spec("Region", create=True, width=128, index=True), Ref("cloudregions", alias=("region", "region_id"))
    ] = "default"
    zone_id: Annotated[str | None, Spec("Zone, or any", create=True, width=64, index=True), Ref("zones")] = None
    instance_type_family: Annotated[str, Spec("Family", create=True, update=True, width=32)] = ""
    instance_type_category: Annotated[str, Spec("Category", create=True, update=True, width=32)] = "general_purpose"
    local_category: Annotated[str, Spec("Category here", create=True, update=True, width=32)] = ""
    prepaid_status: Annotated[str, Spec("For sale by term", create=True, update=True, width=32, choices=ON_SALE)] = (
        AVAILABLE
    )
    postpaid_status: Annotated[str, Spec("For sale by use", create=True, update=True, width=32, choices=ON_SALE)] = (
        AVAILABLE
    )
    cpu_arch: Annotated[str, Spec("Architecture, or any", create=True, update=True, width=16)] = ""
    cpu_core_count: Annotated[int, Spec("Virtual CPUs", create=True, required=True, minimum=1, maximum=256, index=True)]
    memory_size_mb: Annotated[
        int,
        Spec("Memory", create=True, required=True, unit=Unit.MIB, minimum=512, maximum=4 * 1024 * GIB, index=True),
    ]
    cpu_model: Annotated[str, Spec("Model of the CPU", create=True, update=True, width=64)] = ""
    os_name: Annotated[
        str, Spec("Systems it runs", create=True, update=True, width=16, choices=("Any", "Linux", "Windows"))
    ] = "Any"
    sys_disk_resizable: Annotated[bool, Spec("The first disk may grow", create=True, update=True)] = True
    sys_disk_type: Annotated[str, Spec("Kind of the first disk", create=True, update=True, width=128)] = ""
    sys_disk_min_size_gb: Annotated[int, Spec("Least first disk", create=True, update=True, unit=Unit.GIB)] = 0
    sys_disk_max_size_gb: Annotated[int, Spec("Most first disk", create=True, update=True, unit=Unit.GIB)] = 0
    attached_disk_type: Annotated[str, Spec("Kind of disks that come with it", create=True, update=True, width=32)] = ""
    attached_disk_size_gb: Annotated[int, Spec("Size of each of these", create=True, update=True, unit=Unit.GIB)] = 0
    attached_disk_count: Annotated[int, Spec("How many come with it", create=True, update=True)] = 0
    data_disk_types: Annotated[str, Spec("Kinds of further disks", create=True, update=True, width=128)] = ""
    data_disk_max_count: Annotated[int, Spec("Most further disks", create=True, update=True)] = 0
    disk_performance: Annotated[str, Spec("What disks do", create=True, update=True, width=64)] = ""
    nic_type: Annotated[str, Spec("Kind of network card", create=True, update=True, width=32)] = ""
    nic_max_count: Annotated[int, Spec("Most network cards", create=True, update=True)] = 1
    nic_bandwidth: Annotated[str, Spec("What cards do", create=True, update=True, width=64)] = ""
    gpu_attachable: Annotated[bool, Spec("May have a GPU", create=True, update=True)] = True
    gpu_spec: Annotated[str, Spec("GPU that comes with it", create=True, update=True, width=128)] = ""
    gpu_count: Annotated[str, Spec("How many GPUs come with it", create=True, update=True, width=16)] = ""
    gpu_max_count: Annotated[int, Spec("Most GPUs", create=True, update=True)] = 0
    hour_price: Annotated[float, Spec("Price of an hour", create=True, update=True, minimum=0)] = 0.0
    month_price: Annotated[float, Spec("Price of a month", create=True, update=True, minimum=0)] = 0.0
    currency: Annotated[str, Spec("Currency of the prices", create=True, update=True, width=16)] = ""
    provider: Annotated[str, Spec("Whose it is; OneCloud: ours", create=True, width=64, index=True)] = "OneCloud"
    md5: Annotated[str, Spec("Digest of what it was read from", width=32, show=Show.NEVER)] = ""


def name_of(cpus: int, memory_mib: int, category: str = "general_purpose") -> str:
    """The name of a size that was given none, such as `ecs.g1.c2m4`; half a GiB is a fraction."""
    gib = memory_mib / GIB
    return f"ecs.{FAMILIES.get(category, 'g1')}.c{cpus}m{int(gib) if gib.is_integer() else round(gib, 2)}"


def find(tx: Transaction, name: str, zone_id: str = "", *, prepaid: bool = False) -> Serversku | None:
    """The enabled size of that name (or id) that is for sale in the zone, or in every zone of a region.

    zone_id: empty for any zone. prepaid: for sale by term and not by use.
    """
    repository = tx.of(SERVERSKUS, PLATFORM)
    rows = repository.find(Query(where=both(eq("name", name), eq("enabled", True), _for_sale(prepaid=prepaid))))
    by_id = repository.get(name) if not rows else None
    found = [row for row in ([by_id] if by_id is not None else rows) if not zone_id or row.zone_id in (None, zone_id)]
    order = (zone_id, None) if zone_id else (None,)
    return next((row for wanted in order for row in found if row.zone_id == wanted), found[0] if found else None)


def sold_in(tx: Transaction, sku: Serversku, *, prepaid: bool = False) -> tuple[frozenset[str], frozenset[str]]:
    """The zones, and the regions in all zones of which, a size of that name and of that much is for sale."""
    alike = both(
        eq("name", sku.name),
        eq("cpu_core_count", sku.cpu_core_count),
        eq("memory_size_mb", sku.memory_size_mb),
        eq("enabled", True),
        _for_sale(prepaid=prepaid),
    )
    rows = tx.of(SERVERSKUS, PLATFORM).columns(("zone_id", "cloudregion_id"), Query(where=alike))
    zones = frozenset(zone for zone, _ in rows if zone)
    return zones, frozenset(region for zone, region in rows if not zone)


def _for_sale(*, prepaid: bool) -> Expr:
    return eq("prepaid_status" if prepaid else "postpaid_status", AVAILABLE)


_FOR_SALE: Expr = _for_sale(prepaid=False)


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    category = draft.get("instance_type_category") or "general_purpose"
    name = draft.get("name") or name_of(draft["cpu_core_count"], draft["memory_size_mb"], category)
    family = draft.get("instance_type_family") or FAMILIES.get(category, "")
    filled = {**draft, "name": name, "instance_type_family": family, "local_category": category}
    where = both(
        eq("name", name),
        eq("cloudregion_id", draft.get("cloudregion_id", "default")),
        eq("zone_id", draft.get("zone_id")),
    )
    if tx.of(SERVERSKUS, PLATFORM).count(where):
        raise ConflictError(f"there is a size {name} already", field="name")
    return filled


def _check_delete(tx: Transaction, _caller: Any, sku: Serversku) -> None:
    used = tx.of(server.SERVERS, PLATFORM).count(eq("instance_type", sku.name))
    if used:
        raise NotEmptyError(f"{used} servers have this size")


def _details(tx: Transaction, page: Sequence[Serversku]) -> Sequence[JsonObject]:
    used = tx.of(server.SERVERS, PLATFORM).totals(
        one_of("instance_type", [s.name for s in page]), by=("instance_type",)
    )
    numbers = {row["instance_type"]: int(row["count"]) for row in used}
    return [{"cloud_env": "onpremise", "total_guest_count": numbers.get(s.name, 0)} for s in page]


def _instance_specs(tx: Transaction, _caller: Any, _row: None, params: JsonObject) -> JsonObject:
    """CPUs, memories, and which go together, of all sizes that are for sale."""
    where = both(eq("enabled", True), _FOR_SALE)
    for name in ("zone_id", "cloudregion_id", "provider"):
        sent = params.get(name) or params.get(name.removesuffix("_id"))
        if isinstance(sent, str) and sent:
            where = both(where, eq(name, sent))
    rows = tx.of(SERVERSKUS, PLATFORM).columns(("cpu_core_count", "memory_size_mb"), Query(where=where, limit=MOST))
    pairs: defaultdict[str, set[int]] = defaultdict(set)
    for cpus, memory in rows:
        pairs[str(cpus)].add(int(memory))
    return {
        "cpus": sorted({int(cpus) for cpus, _ in rows}),
        "mems_mb": sorted({int(memory) for _, memory in rows}),
        "cpu_mems_mb": {cpus: sorted(pairs[cpus]) for cpus in sorted(pairs, key=int)},
    }


SERVERSKUS = Resource(
    entity=Serversku,
    service="compute",
    area="compute",
    singular="serversku",
    plural="serverskus",
    doc="Sizes of servers by name.",
    level=Level.SYSTEM,
    filters=SKU_FILTERS,
    orders=SKU_ORDERS,
    columns=(
        *("id", "name", "instance_type_family", "instance_type_category", "cpu_core_count", "memory_size_mb"),
        *("os_name", "provider", "postpaid_status", "prepaid_status", "zone_id", "enabled"),
    ),
    indexes=(("cpu_core_count", "memory_size_mb"),),
    actions=(
        Action(
            name="instance-specs",
            doc="CPUs and memories that go together.",
            kind=ActionKind.PROPERTY,
            run=_instance_specs,
            params=(
                param("zone", "Only of this zone", alias=("zone_id",)),
                param("cloudregion", "Only of this region", alias=("cloudregion_id",)),
                param("provider", "Only of this provider"),
            ),
        ),
    ),
    prepare=_prepare,
    check_delete=_check_delete,
    details=_details,
)
