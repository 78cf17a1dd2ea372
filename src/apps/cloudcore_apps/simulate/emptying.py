"""What an operator does in the end, in quiet weather: delete all that tenants have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.resource import Resource, Verb
from cloudcore.operations.session import CoreSession
from cloudcore_apps.simulate.asking import FIXED
from cloudcore_apps.simulate.cloud import CALLER
from cloudcore_apps.simulate.leaving import deletion, see_off
from cloudcore_apps.simulate.tenancy import keep_all

if TYPE_CHECKING:
    from cloudcore_apps.simulate.life import Life

ROUNDS = 6


def delete_all(life: Life) -> None:
    """Delete all that tenants have; what can't be deleted is complained of."""
    cloud, left = life.cloud, list[str]()
    for _ in range(ROUNDS):
        left = [refusal for resource, row in belongings(life) if (refusal := _deleted(life, resource, row))]
        cloud.settle(cloud.worker("last"), each=(lambda: keep_all(life)) if cloud.leases else None)
        for agent in cloud.machines.values():
            agent.machine.trash.clear()  # as it is in time; until then it keeps the images of its volumes
        if not belongings(life):
            if cloud.tenants > 1:
                see_off(life)
            return
    left += [f"{r.singular} {row.id} ({getattr(row, 'status', '')})" for r, row in belongings(life)]
    life.watch.complain("tenant", f"can't be deleted: {left}")


def belongings(life: Life) -> list[tuple[Resource[Any], Any]]:
    """Everything of tenants but what the world began with; what goes with something else comes last."""
    types = [r for r in life.cloud.platform.resources if issubclass(r.entity, ProjectOwned) and Verb.DELETE in r.verbs]
    first = {plural: place for place, plural in enumerate(("servers", "instance_snapshots", "snapshots", "disks"))}
    types.sort(key=lambda r: first.get(r.plural, len(first)))
    return [(r, row) for r in types for row in life.cloud.rows(r.plural) if row.id not in FIXED]


def _deleted(life: Life, resource: Resource[Any], row: Any) -> str:
    """Begin to delete something; why not, when it is refused."""
    cloud = life.cloud
    session = CoreSession(cloud.platform, CALLER)
    try:
        for step in deletion(cloud, resource, row):
            step(session)
    except CloudcoreError as error:
        return f"{resource.singular} {row.id}: {error}"
    return ""
