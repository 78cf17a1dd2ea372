"""What owners really hold, counted from the rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.query import EVERYTHING, PLATFORM, Compare, Expr, IsNull, Not, Op, both, eq
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import COUNTERS
from cloudcore.quotas.ledger import correct, hold, usage_of
from cloudcore.quotas.narrowing import owned
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS, InstanceSnapshotStatus
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.registry import ALL

Owner = tuple[str, str]
"""Domain and project; an empty project for the domain as a whole."""


def recount(tx: Transaction, domain_id: str, project_id: str) -> Mapping[str, int]:
    """Count what an owner holds and make its ledger say so; the corrections, empty when it did.

    Nobody charges the owner meanwhile. No task of the owner may be under way: what it takes is charged when it begins,
    and may show in the rows only when it ends.
    """
    held = hold(tx, domain_id, project_id)
    real = counted(tx, domain_id, project_id).get((domain_id, project_id), Counter[str]())
    deltas = {key: real[key] - held[key] for key in COUNTERS if real[key] != held[key]}
    correct(tx, domain_id, project_id, deltas)
    return deltas


def open_counters(tx: Transaction) -> None:
    """Count what was made before it was counted at all: by an older release, or when the deployment was seeded."""
    for (domain_id, project_id), real in sorted(counted(tx).items()):
        stored = usage_of(tx, domain_id, project_id)
        if any(not stored[key] and real[key] for key in COUNTERS):
            held = hold(tx, domain_id, project_id)
            correct(tx, domain_id, project_id, {key: real[key] for key in COUNTERS if not held[key]})


def counted(tx: Transaction, domain_id: str = "", project_id: str = "") -> Mapping[Owner, Counter[str]]:
    """What the rows of a project, a domain or everybody count for, by owner; projects and domains each."""
    where = owned(domain_id, project_id) if domain_id else EVERYTHING
    found: dict[Owner, Counter[str]] = {}

    def add(resource: Resource[Any], counters: Mapping[str, str], condition: Expr) -> None:
        by = ("domain_id", "tenant_id") if issubclass(resource.entity, ProjectOwned) else ("domain_id",)
        sums = tuple(field for field in counters.values() if field != "count")
        for row in tx.of(resource, PLATFORM).totals(both(where, condition), sums=sums, by=by):
            amounts = {counter: int(row[field] or 0) for counter, field in counters.items()}
            for project in dict.fromkeys(("", str(row.get("tenant_id") or ""))):
                found.setdefault((str(row["domain_id"]), project), Counter()).update(amounts)

    servers = {"count": "count", "cpu": "vcpu_count", "memory": "vmem_size"}
    kept = eq("pending_deleted", False)
    add(SERVERS, servers, both(Not(IsNull("host_id")), kept))
    add(DISKS, {"storage": "disk_size"}, both(_is_not(DiskStatus.ALLOC_FAILED), kept))
    add(SNAPSHOTS, {"snapshot": "count"}, _is_not(SnapshotStatus.CREATE_FAILED))
    add(INSTANCE_SNAPSHOTS, {"instance_snapshot": "count"}, _is_not(InstanceSnapshotStatus.CREATE_FAILED))
    add(IMAGES, {"image": "count"}, eq("quota_held", True))
    for resource in ALL:
        if resource.counts_as and (not project_id or issubclass(resource.entity, ProjectOwned)):
            add(resource, {resource.counts_as: "count"}, EVERYTHING)
    return found


def _is_not(status: str) -> Expr:
    return Compare("status", Op.NE, str(status))
