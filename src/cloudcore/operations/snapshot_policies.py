"""Snapshot policies at work: a periodic duty of the platform that any number of processes may do at once.

A time point is one hour of one day, in UTC. Each disk or server of a policy remembers the last point that was begun for it,
in the commit that begins the snapshot: whoever comes second finds it done. What could not begin, because a server was busy
or a quota was full, is tried again until the hour is over; a point that nobody was there for is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import attrs

from cloudcore.auth.caller import platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, And, Compare, Contains, Expr, Op, Order, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations import instancesnapshots, snapshots
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import SNAPSHOTS
from cloudcore.resources.storage.snapshotpolicy import (
    SNAPSHOTPOLICIES,
    SNAPSHOTPOLICYDISKS,
    SNAPSHOTPOLICYSERVERS,
    due,
)

TAG = "sys:snapshotpolicy_id"
"""The tag by which an automatic snapshot names its policy."""
AT_ONCE = 100
"""How many old snapshots one round begins to delete."""
OnRefused = Callable[[str, CloudcoreError], None]


@attrs.frozen(kw_only=True)
class _Kind:
    """What is kept in which way: disks by snapshots, servers by instance snapshots. of: the field that names it."""

    joint: Resource[Any]
    field: str
    target: Resource[Any]
    made: Resource[Any]
    of: str
    delete: Callable[..., Any]


_KINDS = (
    _Kind(
        joint=SNAPSHOTPOLICYDISKS,
        field="disk_id",
        target=DISKS,
        made=SNAPSHOTS,
        of="disk_id",
        delete=snapshots.begin_delete,
    ),
    _Kind(
        joint=SNAPSHOTPOLICYSERVERS,
        field="server_id",
        target=SERVERS,
        made=INSTANCE_SNAPSHOTS,
        of="guest_id",
        delete=instancesnapshots.begin_delete,
    ),
)


def keep_by_policy(platform: Platform, on_refused: OnRefused) -> int:
    """Begin the snapshots of this hour that were not begun yet; how many.

    on_refused: called with the id of a disk or server that cannot be snapshot now, and why.
    """
    begun = 0
    for kind in _KINDS:
        for ident, row in reading(platform, partial(_due, kind)):
            begun += _tried(platform, row, on_refused, partial(_keep, platform, kind, ident))
    return begun


def drop_by_policy(platform: Platform, on_refused: OnRefused) -> int:
    """Begin to delete snapshots whose time is over, and automatic ones that their policy does not keep; how many."""
    begun = 0
    for kind in _KINDS:
        for ident in reading(platform, partial(_old, kind)):
            begun += _tried(platform, ident, on_refused, partial(_drop, platform, kind, ident))
    return begun


def _tried(platform: Platform, ident: str, on_refused: OnRefused, work: Callable[[Transaction], bool]) -> bool:
    try:
        return writing(platform, platform_caller("snapshot policy"), work)
    except CloudcoreError as error:
        on_refused(ident, error)
        return False


def _due(kind: _Kind, tx: Transaction) -> Sequence[tuple[str, str]]:
    """(id of the joint row, id of the disk or server) of what this hour asks for and nobody has begun."""
    point = _point(tx.now)
    policies = [p for p in tx.of(SNAPSHOTPOLICIES, PLATFORM).find() if due(p, point.isoweekday(), point.hour)]
    where = one_of("snapshotpolicy_id", [policy.id for policy in policies])
    rows = tx.of(kind.joint, PLATFORM).find(Query(where=where, order=(Order("id"),)))
    return [(row.id, getattr(row, kind.field)) for row in rows if row.last_at != point]


def _keep(platform: Platform, kind: _Kind, ident: str, tx: Transaction) -> bool:
    joint = tx.of(kind.joint, PLATFORM).get(ident)
    point = _point(tx.now)
    if joint is None or joint.last_at == point:
        return False
    policy = tx.of(SNAPSHOTPOLICIES, PLATFORM).get(joint.snapshotpolicy_id)
    target = tx.of(kind.target, PLATFORM).get(getattr(joint, kind.field))
    if policy is None or target is None or target.pending_deleted or target.freezed:
        return False
    tx.of(kind.joint, PLATFORM).save(evolve(joint, last_at=point), action="snapshot")
    days = policy.retention_days
    values: JsonObject = {
        "created_by": "auto",
        "metadata": {TAG: policy.id},
        "expired_at": tx.now + timedelta(days=days) if days > 0 else None,
    }
    body = {"generate_name": f"{policy.name[:60]}-{point:%Y%m%d%H}"}
    caller = platform_caller("snapshot policy")
    if kind.target is DISKS:
        kept = snapshots.keep_disk(platform, tx, caller, target, body, values)
        amounts, made = {"snapshot": 1}, {SNAPSHOTS.plural: [kept.id]}
    else:
        whole, number = instancesnapshots.keep_server(platform, tx, caller, target, body, values)
        amounts, made = {"instance_snapshot": 1, "snapshot": number}, instancesnapshots.kept_by(tx, whole)
    charge(tx, target.domain_id, target.tenant_id, amounts, lambda: made)
    return True


def _old(kind: _Kind, tx: Transaction) -> Sequence[str]:
    over = And((Compare("expired_at", Op.LE, tx.now), _resting(kind)))
    rows = tx.of(kind.made, PLATFORM).find(Query(where=over, order=(Order("expired_at"),), limit=AT_ONCE))
    found = dict.fromkeys(row.id for row in rows)
    counting = {p.id: p for p in tx.of(SNAPSHOTPOLICIES, PLATFORM).find() if p.retention_count > 0}
    where = one_of("snapshotpolicy_id", list(counting))
    for joint in tx.of(kind.joint, PLATFORM).find(Query(where=where, order=(Order("id"),))):
        policy = counting[joint.snapshotpolicy_id]
        of = eq(kind.of, getattr(joint, kind.field))
        mine = both(of, Contains("metadata", TAG, (policy.id,)), eq("created_by", "auto"), _resting(kind))
        kept = tx.of(kind.made, PLATFORM).find(Query(where=mine, order=(Order("created_at", descending=True),)))
        found.update(dict.fromkeys(row.id for row in kept[policy.retention_count :]))
    return list(found)[:AT_ONCE]


def _resting(kind: _Kind) -> Expr:
    """Those that are not frozen and that nothing is being done to."""
    assert kind.made.lifecycle is not None
    sources = kind.made.lifecycle.transition("delete").sources
    return both(eq("freezed", False), one_of("status", [str(status) for status in sources]))


def _drop(platform: Platform, kind: _Kind, ident: str, tx: Transaction) -> bool:
    row = tx.of(kind.made, PLATFORM).get(ident)
    if row is None:
        return False
    kind.delete(platform, tx, platform_caller("snapshot policy"), row)
    return True


def _point(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
