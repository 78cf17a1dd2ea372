"""Objects in trouble: who holds them, since when, what happens next, and what can be put right without a question.

What is put right is only what the database alone decides: a status that nobody works on, a task that nobody would wake,
counts that are sums of rows. Nothing on a host is touched, and a status that this release does not know stays as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, IsNull, Not, Query, both, either, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.types import TYPES
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import COUNTERS
from cloudcore.quotas.recount import counted, recount
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.nodeclaim import NODECLAIMS, nodeclaim_id
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.server.pins import amounts_of
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.resources.quota.quotausage import QUOTAUSAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS
from cloudcore.tasks.aside import end_aside, is_abandoned, set_aside, strange_states, strangeness
from cloudcore.tasks.flows import FLOWS
from cloudcore.tasks.task import ENDED, OPEN, TASKS, Task, TaskState, summary
from cloudcore_apps.doctor.owner import owned

LONGEST_SLEEP = timedelta(minutes=10)
"""No task waits for longer than this: neither a lease nor a pause between two tries is so long."""
MOST = 1000
_STATES = frozenset(map(str, TaskState))
_MIB = ("memory", "storage", "memory_mib", "size_mib")

Sums = Callable[[Transaction], Mapping[str, Mapping[str, int]]]
Repair = Callable[[Transaction], str]
"""Puts one thing right in a unit that writes, and says how; an empty text when there was nothing to do any more."""


@attrs.frozen
class Trouble:
    """check: the kind. said: one sentence. repair: None where a person has to decide."""

    check: str
    said: str
    repair: Repair | None


def unreadable(tx: Transaction) -> Iterator[Trouble]:
    """Tasks that nobody can go on with: those that are set aside, and those that a worker would set aside."""
    for task in tx.of(TASKS, PLATFORM).find(Query(where=eq("state", TaskState.SET_ASIDE.value), limit=MOST)):
        yield Trouble("journals", summary(task), _forgotten(task.id))
    where = either(one_of("state", OPEN), both(strange_states(), Not(IsNull("exclusive"))))
    for task in tx.of(TASKS, PLATFORM).find(Query(where=where, limit=MOST)):
        if (reason := _why_strange(task, tx.now)) is not None:
            said = f"{summary(task).removesuffix('.')}, and nobody can go on with it: {reason}."
            yield Trouble("journals", said, _forgotten(task.id))


def _why_strange(task: Task, now: datetime) -> str | None:
    if str(task.state) not in _STATES:
        return f"this release knows no state {task.state}" if is_abandoned(task, now) else None
    strange = strangeness(FLOWS, task)
    if strange is None or not (strange.is_damaged or is_abandoned(task, now)):
        return None
    return strange.reason


def _forgotten(ident: str) -> Repair:
    def repair(tx: Transaction) -> str:
        task = tx.of(TASKS, PLATFORM).get(ident)
        if task is None:
            return ""
        if task.state is not TaskState.SET_ASIDE:
            reason = _why_strange(task, tx.now)
            if reason is None or task.state in ENDED:
                return ""
            task = set_aside(tx, TYPES, task, reason)
        end_aside(tx, task, TaskState.FAILED)
        return "It has ended as failed, and holds nothing; its object can be deleted, synchronised or tried again."

    return repair


def stranded(tx: Transaction) -> Iterator[Trouble]:
    """Resources between two statuses that no task works on."""
    for resource in TYPES:
        moving = resource.lifecycle.transitional() if resource.lifecycle is not None else {}
        rows = (
            tx.of(resource, PLATFORM).find(Query(where=one_of("status", sorted(moving)), limit=MOST)) if moving else ()
        )
        busy = owned(tx, resource, rows)
        for row in rows:
            if row.id not in busy:
                transition = moving[row.status]
                uploading = resource is IMAGES and row.status == ImageStatus.SAVING
                yield Trouble(
                    "statuses",
                    f"{resource.singular} {row.name or row.id} ({row.status}) is held by nobody since "
                    f"{_at(row.updated_at)}, though {transition.flow} should work on it"
                    + ("; if no upload is going on, the next start gives it up." if uploading else "; it stays so."),
                    None if uploading else _settled(resource, row.id, str(row.status), str(transition.failed)),
                )


def _settled(resource: Resource[Any], ident: str, status: str, failed: str) -> Repair:
    def repair(tx: Transaction) -> str:
        row: Any = tx.of(resource, PLATFORM).get(ident)
        if row is None or row.status != status or owned(tx, resource, [row]):
            return ""
        reason = f"it was {status} and no task worked on it"
        tx.of(resource, PLATFORM).save(evolve(row, status=failed, status_reason=reason), action="repair")
        return f"It is {failed} now, from where it can be started, synchronised or deleted."

    return repair


def asleep(tx: Transaction, now: datetime) -> Iterator[Trouble]:
    """Open tasks that no worker would wake: their lease has ended, or they have none, and their time is far away."""
    for task in tx.of(TASKS, PLATFORM).find(Query(where=one_of("state", OPEN), limit=MOST)):
        if sleeps(task, now):
            ended = f" (its lease ended at {_at(task.lease_until)})" if task.lease_owner else ""
            yield Trouble(
                "leases",
                f"{summary(task).removesuffix('.')}{ended}, but nobody looks at it before {_at(task.wake_at)}.",
                _woken(task.id),
            )


def sleeps(task: Task, now: datetime) -> bool:
    """Whether nobody would look at the task for longer than is ever meant."""
    expired = task.lease_until is not None and task.lease_until < now - timedelta(minutes=1)
    return task.wake_at > now + LONGEST_SLEEP or (expired and task.wake_at > now)


def _woken(ident: str) -> Repair:
    def repair(tx: Transaction) -> str:
        task = tx.of(TASKS, PLATFORM).get(ident)
        if task is None or not task.is_open or not sleeps(task, tx.now):
            return ""
        due = {"wake_at": tx.now, "lease_owner": "", "lease_until": None}
        tx.of(TASKS, PLATFORM).touch([(ident, due)])
        return "Its lease is ended: the next worker takes it up at once."

    return repair


def miscounted(tx: Transaction) -> Iterator[Trouble]:
    """Claims of hosts and storages, and quotas, that are not the sums of what is there; none is judged while a task is
    under way, as what it takes may show in the rows when it ends.
    """
    if not _is_quiet(tx):
        return
    for resource, sums in _LEDGERS:
        real = sums(tx)
        for claim in tx.of(resource, PLATFORM).find():
            wanted = real.get(claim.id, Counter[str]())
            if wrong := _wrong(claim, _fields(resource), wanted):
                what = resource.singular.removesuffix("claim")
                yield Trouble("claims", f"{what} {claim.id} has {wrong}.", _claimed(resource, claim.id, sums))
    owners = counted(tx)
    for usage in tx.of(QUOTAUSAGES, PLATFORM).find():
        domain, _, project = usage.id.partition("/")
        if wrong := _wrong(usage, COUNTERS, owners.get((domain, project), Counter[str]())):
            name = f"project {project}" if project else f"domain {domain}"
            yield Trouble("quotas", f"The usage of {name} has {wrong}.", _recounted(domain, project))


def _is_quiet(tx: Transaction) -> bool:
    return not tx.of(TASKS, PLATFORM).count(one_of("state", OPEN))


def _wrong(row: Any, fields: Any, real: Mapping[str, int]) -> str:
    differing = [name for name in fields if getattr(row, name) != real.get(name, 0)]
    return ", ".join(f"{getattr(row, n)} of {n.removesuffix('_mib')}{' (MiB)' * (n in _MIB)} charged where {real.get(n, 0)} is held"
                     for n in differing)  # fmt: skip


def _fields(resource: Resource[Any]) -> tuple[str, ...]:
    return _FIELDS[resource.plural]


def _of_hosts(tx: Transaction) -> Mapping[str, Mapping[str, int]]:
    rows = tx.of(SERVERS, PLATFORM).totals(
        eq("pending_deleted", False), sums=("vcpu_count", "extra_cpu_count", "vmem_size"), by=("host_id",)
    )
    return {
        row["host_id"]: {
            "vcpus": row["vcpu_count"] + row["extra_cpu_count"],
            "memory_mib": row["vmem_size"],
            "guests": row["count"],
        }
        for row in rows
        if row["host_id"]
    }


def _of_nodes(tx: Transaction) -> Mapping[str, Mapping[str, int]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    there = Query(where=eq("pending_deleted", False))
    for host_id, pins in tx.of(SERVERS, PLATFORM).columns(("host_id", "cpu_numa_pin"), there):
        for node, (vcpus, memory) in amounts_of(pins).items() if host_id else ():
            found[nodeclaim_id(host_id, node)].update(vcpus=vcpus, memory_mib=memory)
    return found


def _of_storages(tx: Transaction) -> Mapping[str, Mapping[str, int]]:
    found: Counter[str] = Counter()
    for row in tx.of(DISKS, PLATFORM).totals(sums=("disk_size",), by=("storage_id", "status")):
        if row["storage_id"] and row["status"] != DiskStatus.ALLOC_FAILED:
            found[row["storage_id"]] += row["disk_size"]
    return {ident: {"size_mib": size} for ident, size in found.items()}


_LEDGERS: tuple[tuple[Resource[Any], Sums], ...] = (
    (HOSTCLAIMS, _of_hosts),
    (NODECLAIMS, _of_nodes),
    (STORAGECLAIMS, _of_storages),
)
_FIELDS = {
    HOSTCLAIMS.plural: ("vcpus", "memory_mib", "guests"),
    NODECLAIMS.plural: ("vcpus", "memory_mib"),
    STORAGECLAIMS.plural: ("size_mib",),
}


def _claimed(resource: Resource[Any], ident: str, sums: Sums) -> Repair:
    def repair(tx: Transaction) -> str:
        claim: Any = tx.of(resource, PLATFORM).get(ident)
        if claim is None or not _is_quiet(tx):
            return ""
        real = sums(tx).get(ident, {})
        deltas = {n: real.get(n, 0) - getattr(claim, n) for n in _fields(resource)}
        deltas = {name: delta for name, delta in deltas.items() if delta}
        if not deltas:
            return ""
        generation = {"update_version": 1} if resource is HOSTCLAIMS else {}
        tx.of(resource, PLATFORM).adjust(ident, {**deltas, **generation})
        return "It was counted anew."

    return repair


def _recounted(domain: str, project: str) -> Repair:
    def repair(tx: Transaction) -> str:
        if not _is_quiet(tx):
            return ""
        return "It was counted anew." if recount(tx, domain, project) else ""

    return repair


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "an unknown time"
