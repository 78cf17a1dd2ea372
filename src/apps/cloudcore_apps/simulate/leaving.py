"""A tenant that leaves: what it has is deleted, then its project, its people and its domain; nothing may be left of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from cloudcore.model.entity import DomainOwned, ProjectOwned, UserOwned
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Resource, Verb
from cloudcore.operations.session import CoreSession
from cloudcore_apps.simulate.people import ALL_OF_SECOND, NEIGHBOUR, SECOND

if TYPE_CHECKING:
    from cloudcore_apps.simulate.cloud import Cloud
    from cloudcore_apps.simulate.life import Life

LONGEST_STAY_S = 120.0
EVERY_S = 8.0
ROUNDS = 25
"""So often it is tried while others may have something of the tenant's in use."""
REMEMBERED = frozenset(("history", "tasks", "revocations", "idempotencies", "schedulerdecisions"))
"""What says what was, and not what is."""
FIRST = {"servers": 0, "instance_snapshots": 1, "snapshots": 2, "disks": 3, "projects": 8, "users": 9}


def leave(life: Life) -> None:
    """Be an operator who removes the second tenant while others go on."""
    stage = life.stage
    try:
        stage.sleep(stage.random.random() * LONGEST_STAY_S)
        stage.note("the second tenant leaves: nobody asks for anything in its name any more")
        life.is_leaving = True
        while life.under_way:
            stage.sleep(1.0)
        for _ in range(ROUNDS):
            for resource, row in holdings(life.cloud):
                _ask(life, resource, row)
            if is_gone(life.cloud):
                stage.note("the second tenant is gone")
                return
            stage.sleep(EVERY_S)
        stage.note("the second tenant is left for the end")
    finally:
        life.busy -= 1


def see_off(life: Life) -> None:
    """Remove what is left of the tenant, in quiet weather; what can't be removed is complained of."""
    cloud = life.cloud
    session, refused = CoreSession(cloud.platform, NEIGHBOUR), list[str]()
    for _ in range(3):
        refused = []
        for resource, row in holdings(cloud):
            try:
                for step in deletion(cloud, resource, row):
                    step(session)
            except CloudcoreError as error:
                refused.append(f"{resource.singular} {row.id}: {error}")
        cloud.settle(cloud.worker("last"))
    left = [f"{resource.singular} {row.id}" for resource, row in holdings(cloud)]
    if left:
        life.watch.complain("tenant", f"the second tenant can't be removed: {left} {refused}")


def holdings(cloud: Cloud) -> list[tuple[Resource[Any], Any]]:
    """What the tenant has, and then the tenant; what goes with something else comes later."""
    found: list[tuple[int, Resource[Any], Any]] = []
    for resource in cloud.platform.resources:
        is_owned = issubclass(resource.entity, ProjectOwned | DomainOwned | UserOwned)
        if Verb.DELETE in resource.verbs and (is_owned or resource.is_domain):
            place = 10 if resource.is_domain else FIRST.get(resource.plural, 5)
            found += [(place, resource, row) for row in cloud.rows(resource.plural) if _is_theirs(row)]
    return [(resource, row) for _, resource, row in sorted(found, key=lambda one: one[0])]


def is_gone(cloud: Cloud) -> bool:
    """Whether nothing of the tenant is there."""
    return not holdings(cloud)


def check_gone(cloud: Cloud) -> None:
    """Nothing that is there names a tenant that has gone."""
    if cloud.tenants > 1 and not ALL_OF_SECOND & {row.id for plural in _TENANT for row in cloud.rows(plural)}:
        left = [
            f"{plural} {row.id} has {name} {value}"
            for plural in cloud.store.rows
            if plural not in REMEMBERED
            for row in cloud.rows(plural)
            for name, value in vars(row).items()
            if not ALL_OF_SECOND.isdisjoint(_words(value))
        ]
        assert left == []


_TENANT = ("projects", "users", "domains")


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.split("/")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)


def _is_theirs(row: Any) -> bool:
    owners = (getattr(row, name, "") for name in ("tenant_id", "domain_id", "owner_id", "id"))
    return any(owner in ALL_OF_SECOND for owner in owners)


def _ask(life: Life, resource: Resource[Any], row: Any) -> None:
    what = f"{resource.singular} {row.id[:8]}"
    life.stage.note(f"operator asks: delete {what}")
    try:
        for step in deletion(life.cloud, resource, row):
            life.request("operator", step)
    except CloudcoreError as error:
        life.stage.note(f"operator is refused {what}: {error.code} {error}")
    else:
        life.asked[f"leaving {resource.plural}", ""] += 1


def deletion(cloud: Cloud, resource: Resource[Any], row: Any) -> Iterator[Callable[[CoreSession], Any]]:
    """What is to be asked for to delete something, whatever protects it; nothing, when it has gone with something else."""
    plural, ident = resource.plural, row.id
    if cloud.row(plural, ident) is None:
        return
    if getattr(row, "disable_delete", False):
        yield lambda session: session.update(plural, ident, {"disable_delete": False})
    if plural in ("domains", "hosts") and row.enabled:
        yield lambda session: session.perform(plural, ident, "disable", {})
    for note in cloud.rows("storagecachedimages") if plural == "cachedimages" else ():
        if note.cachedimage_id == ident:
            yield partial(_uncache, note.storagecache_id, ident)
    if plural == "instancegroups" and any(held.group_id == ident for held in cloud.rows("groupnetworks")):
        yield lambda session: session.perform(plural, ident, "detachnetwork", {})
    options: JsonObject = {"override_pending_delete": True, "delete_snapshots": True}
    yield lambda session: session.delete(plural, ident, options)


def _uncache(cache: str, image: str, session: CoreSession) -> Any:
    return session.perform("storagecaches", cache, "uncache-image", {"image": image})


__all__ = ["SECOND", "check_gone", "deletion", "holdings", "is_gone", "leave", "see_off"]
