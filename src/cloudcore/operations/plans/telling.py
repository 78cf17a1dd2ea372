"""What a plan says to whom it is for: what he may see of what would be written, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.columns import parts_of
from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Order, Query, both, eq
from cloudcore.model.resource import Resource, field_map, fields_of
from cloudcore.model.wire import page_to_wire
from cloudcore.operations.access import widest, with_shared
from cloudcore.operations.plans.call import Call, Kind
from cloudcore.operations.plans.watch import BY_STORAGE, Row, Write
from cloudcore.operations.platform import Platform
from cloudcore.operations.veil import hosts_shown
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import WIRE_NAMES
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.tasks.flow import Step
from cloudcore.tasks.task import TASKS, Task, TaskState

RUNS = 20
"""So many earlier runs of a flow tell how long it takes."""
_PLACES: tuple[Resource[Any], ...] = (HOSTS, STORAGES)


def tell(platform: Platform, tx: Transaction, caller: Caller, call: Call, writes: Sequence[Write]) -> JsonObject:
    """What a plan says: `permission`, `changes`, `quota`, `places`, `tasks` and `estimated_s`. In the unit, before it is taken back.

    estimated_s: how long the longest of the tasks usually takes, in seconds; absent while none has ever run.
    """
    seen = [write for write in folded(writes) if _may_see(platform, tx, caller, write.resource, write.ident, write.row)]
    tasks = [_task(platform, tx, write.row) for write in seen if write.resource is TASKS and write.kind == "create"]
    times = [task["estimated_s"] for task in tasks if "estimated_s" in task]
    return {
        "permission": _permission(platform, caller, call),
        "changes": [_change(write) for write in seen if write.resource is not TASKS and write.kind != "adjust"],
        "quota": list(_quota(platform, tx, caller, writes)),
        "places": list(_places(platform, tx, caller, seen)),
        "tasks": tasks,
        **({"estimated_s": max(times)} if times else {}),
    }


def folded(writes: Iterable[Write]) -> list[Write]:
    """One line for each row, however often it is written; none for a row that comes and goes. Additions stay as they are."""
    found: dict[Row, Write] = {}
    for write in writes:
        key = write.resource.plural, write.ident if write.kind != "adjust" else f"{write.ident}+{len(found)}"
        known = found.get(key)
        if known is None:
            found[key] = write
        elif write.kind != "delete":
            # What it was before all that; of a new row there is no before.
            before = {} if known.kind == "create" else {**write.before, **known.before}
            found[key] = attrs.evolve(known, row=write.row, before=before, after={**known.after, **write.after})
        elif known.kind == "create":
            del found[key]
        else:
            found[key] = write
    return list(found.values())


def _may_see(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], ident: str, row: Any = None
) -> bool:
    """Whether the caller may read a row; of one that is gone, whether it is his."""
    if resource.service == "internal":
        return False
    granted = widest(platform, caller, resource, "get")
    if granted is None:
        return False
    where = with_shared(platform, caller, resource, granted.where)
    if tx.of(resource, where).get(ident) is not None:
        return True
    gone = row is not None and tx.of(resource, PLATFORM).get(ident) is None
    return gone and (caller.is_platform or _owns(caller, row))


def _owns(caller: Caller, row: Any) -> bool:
    own = (("tenant_id", caller.project_id), ("owner_id", caller.user_id))
    return any(value and getattr(row, name, None) == value for name, value in own)


def _change(write: Write) -> JsonObject:
    """One row: what it is, and the fields that are seen on the wire."""
    told: JsonObject = {"action": write.kind, "resource": write.resource.singular, "id": write.ident}
    if name := getattr(write.row, "name", ""):
        told["name"] = name
    if write.kind == "create":
        told["values"] = _wire(write.resource, write.row, _own(write))
    if write.kind == "update":
        before, after = (_wire(write.resource, write.row, values) for values in (write.before, write.after))
        told["before"] = before
        told["after"] = after
    return told


def _own(write: Write) -> JsonObject:
    """The values of a new row that are not those that every new one has."""
    fields = field_map(write.resource.entity)
    return {
        name: value
        for name, value in write.after.items()
        if name not in BY_STORAGE and not (fields[name].has_default and value in (fields[name].default, [], {}))
    }


def _wire(resource: Resource[Any], row: Any, values: Mapping[str, Any]) -> JsonObject:
    names = tuple(f.name for f in fields_of(resource.entity))
    page = parts_of(resource.entity, [evolve(row, **values)], names)
    return page_to_wire(resource, page, only=frozenset(values)).rows()[0]


def _quota(platform: Platform, tx: Transaction, caller: Caller, writes: Iterable[Write]) -> Iterator[JsonObject]:
    """What the ledgers of owners whom the caller may see would change by."""
    totals: dict[str, dict[str, int]] = {}
    for write in writes:
        if write.resource is QUOTAUSAGES:
            total = totals.setdefault(write.ident, {})
            for key, delta in write.deltas.items():
                total[key] = total.get(key, 0) + delta
    for ident, total in totals.items():
        domain, _, project = ident.partition("/")
        resource, owner = (PROJECTS, project) if project else (DOMAINS, domain)
        changes = {WIRE_NAMES.get(key, key): delta for key, delta in total.items() if delta and key != "update_version"}
        if changes and (owner == caller.project_id or _may_see(platform, tx, caller, resource, owner)):
            yield {"domain_id": domain, **({"project_id": project} if project else {}), "changes": changes}


def _places(platform: Platform, tx: Transaction, caller: Caller, writes: Iterable[Write]) -> Iterator[JsonObject]:
    """Hosts and storages that were chosen; only who may list hosts learns them."""
    shown = hosts_shown(platform, tx, caller)
    if shown is not None and not shown:
        return
    for write in writes:
        for target in _PLACES:
            fields = [
                f for f in fields_of(write.resource.entity) if f.ref is not None and f.ref.target == target.plural
            ]
            for ident in (write.after.get(field.name) for field in fields):
                row = tx.of(target, PLATFORM).get(ident) if ident else None
                if row is not None and _may_see(platform, tx, caller, target, row.id):
                    told = {f"{target.singular}_id": row.id, target.singular: row.name}
                    name = getattr(write.row, "name", "")
                    yield {"resource": write.resource.singular, "id": write.ident, "name": name, **told}


def _task(platform: Platform, tx: Transaction, task: Task) -> JsonObject:
    """A long operation that would begin, with its steps."""
    flow = platform.flows[task.flow]
    told: JsonObject = {
        "flow": task.flow,
        "resource": task.obj_type,
        "id": task.obj_id,
        "name": task.obj_name,
        "steps": [_step(step) for step in flow.steps],
        "deadline_s": flow.deadline_s,
    }
    if flow.no_return:
        told["no_return"] = flow.no_return
    usual = _usual(tx, task.flow)
    return {**told, **({"estimated_s": usual} if usual is not None else {})}


def _step(step: Step) -> JsonObject:
    told: JsonObject = {"name": step.name, "can_undo": step.can_undo, "deadline_s": step.deadline_s}
    return {**told, "attempts": step.attempts, **({"conditional": True} if step.is_conditional else {})}


def _usual(tx: Transaction, flow: str) -> float | None:
    """How long the latest runs of a flow that came to their end took, in seconds: the one in the middle."""
    where = both(eq("flow", flow), eq("state", TaskState.COMPLETE.value))
    query = Query(where=where, order=(Order("created_at", descending=True),), limit=RUNS)
    rows = tx.of(TASKS, PLATFORM).columns(("created_at", "ended_at"), query)
    times = sorted((ended - began).total_seconds() for began, ended in rows if began is not None and ended is not None)
    return round(times[len(times) // 2], 3) if times else None


def _permission(platform: Platform, caller: Caller, call: Call) -> JsonObject:
    """Which rule of which policy allows the call."""
    resource = platform.resource(call.plural)
    if caller.is_platform or resource is None:
        return {"allowed": True}
    asked = ("perform", call.action) if call.verb in (Kind.PERFORM, Kind.PERFORM_CLASS) else (call.verb.value,)
    granted = widest(platform, caller, resource, *asked)
    if granted is None:
        return {"allowed": True}
    words = (resource.service, resource.plural, *asked)
    decision = platform.policies.policy_set(caller).allowed(granted.scope, words[0], words[1], words[2], *words[3:])
    told: JsonObject = {"allowed": True, "permission": " ".join(words), "scope": granted.scope.value}
    if decision.allowed:
        told.update(policy=decision.policy, rule=str(decision.rule))
    return told
