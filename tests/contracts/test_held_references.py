"""What is named by something new is held by the unit that makes it: whoever deletes it in the same moment waits, or is refused.

`test_references` tries what becomes of each reference when its target is deleted afterwards. Here all that names another row is
made, and of each row that a commit adds or changes it is looked at whether the unit holds what it names: nobody may decide that
silently. No table has foreign keys.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.history import Fact
from cloudcore.model.resource import refs_of
from cloudcore.operations.identity.directory import LocalDirectory
from cloudcore.operations.session import CoreSession

LEDGERS = {"hosts": "hostclaims", "storages": "storageclaims", "projects": "quotausages", "domains": "quotausages"}
"""What is held in the place of a row: who deletes it holds that too."""

FLOW = "a flow makes it, whose server or disk holds the storage"
PART = "of a disk of the server, which the unit holds, or of a disk whose status it has changed"
REGION = "the region in which the disk, server or project is anyway, and which is not deleted while it has zones"
NOT_HELD: dict[str, str] = {
    "storagecachedimages.storagecache_id → storagecaches": FLOW,
    "storagecachedimages.cachedimage_id → cachedimages": FLOW,
    "cachedimages.domain_id → domains": FLOW,
    "cachedimages.tenant_id → projects": FLOW,
    "snapshots.disk_id → disks": PART,
    "snapshots.storage_id → storages": PART,
    "snapshots.cloudregion_id → cloudregions": REGION,
    "instance_snapshots.cloudregion_id → cloudregions": REGION,
    "snapshotpolicies.cloudregion_id → cloudregions": REGION,
    "secgroups.cloudregion_id → cloudregions": REGION,
    "secgroups.vpc_id → vpcs": "the VPC that there is from the beginning, where none is named",
}
"""References whose target the unit does not hold, with the reason. Only ever take some out."""


class Watched:
    """A cloud of which is noted what each commit names, and whether it holds that."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self.loose: Counter[str] = Counter()
        self.cloud = Cloud(hosts=2, pause=self._look)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self._worker = self.cloud.worker()
        self.held.clear()
        self.loose.clear()

    def do(self, ask: Any, *args: Any) -> Any:
        """Ask for something and drive it to its end."""
        answer = ask(*args)
        self.cloud.settle(self._worker)
        assert self.cloud.defects == []
        return answer

    def _look(self, where: str) -> None:
        if where != "commit" or not hasattr(self, "cloud"):
            return
        store: Any = self.cloud.store
        for unit in {id(unit): unit for unit in store.locks.values()}.values():
            locks = [key for key, holder in store.locks.items() if holder is unit]
            locks += [key for key, holders in store.shares.items() if unit in holders]
            self._note(unit, {key[:2] for key in locks if len(key) == 2})

    def _note(self, unit: Any, locks: set[tuple[str, str]]) -> None:
        changes = [change for change in unit.changes if not isinstance(change, Fact) and change[2] is not None]
        made = {(resource.plural, new.id) for resource, old, new, _ in changes if old is None}
        ledgers = {part for plural, ident in locks if plural == "quotausages" for part in ident.split("/") if part}
        for resource, old, new, _ in changes:
            for field in refs_of(resource.entity):
                assert field.ref is not None
                target, ident = field.ref.target, getattr(new, field.name)
                if not ident or (target, ident) in made or (old is not None and getattr(old, field.name) == ident):
                    continue
                ledger = LEDGERS.get(target, "")
                is_held = (target, ident) in locks or (ledger, ident) in locks
                is_held = is_held or (ledger == "quotausages" and ident in ledgers)
                (self.held if is_held else self.loose)[f"{resource.plural}.{field.name} → {target}"] += 1


@pytest.fixture(scope="module")
def watched() -> Watched:
    """A world in which whatever is named by hand has been named once."""
    world = Watched()
    session, do = world.session, world.do
    for plural in ("secgroups", "keypairs", "instancegroups"):
        do(session.create, plural, {"name": plural})
    named = {"secgroups": ["secgroups"], "keypair": "keypairs", "groups": ["instancegroups"], "auto_start": False}
    do(session.create, "servers", server_body("a", **named))
    do(session.create, "servers", server_body("b", auto_start=False))
    do(session.perform, "servers", "b", "set-secgroup", {"secgroup_ids": ["secgroups"]})
    do(session.perform, "servers", "b", "deploy", {"keypair": "keypairs"})
    do(session.perform, "servers", "b", "attachnetwork", {"nets": ["n1"]})
    do(session.perform, "instancegroups", "instancegroups", "bind-guests", {"guests": ["b"]})
    do(session.perform, "instancegroups", "instancegroups", "attachnetwork", {"network_id": "n1"})
    do(session.create, "disks", {"name": "d", "size": 1024, "host": "h1"})
    do(session.create, "snapshots", {"name": "s", "disk": "d"})
    do(session.perform, "servers", "a", "instance-snapshot", {"name": "whole"})
    policy = {"name": "daily", "repeat_weekdays": [1], "time_points": [0], "retention_days": 7}
    do(session.create, "snapshotpolicies", policy)
    do(session.perform, "snapshotpolicies", "daily", "bind-disks", {"disks": ["d"]})
    do(session.create, "schedtags", {"name": "tag", "resource_type": "hosts"})
    do(session.perform, "hosts", "h1", "set-schedtag", {"schedtag": ["tag"]})
    do(
        session.create,
        "secgrouprules",
        {"secgroup_id": "secgroups", "direction": "in", "action": "allow", "protocol": "any", "priority": 1},
    )
    do(session.create, "roles", {"name": "role"})
    place = do(session.create, "projects", {"name": "place"})["id"]
    user = do(session.create, "users", {"name": "user", "default_project_id": "place"})["id"]
    # The simulation's directory knows no other people than its own two.
    platform = attrs.evolve(world.cloud.platform, directory=LocalDirectory(world.cloud.store))
    own = CoreSession(platform, attrs.evolve(CALLER, user_id=user, project_id=place))
    do(own.create, "credentials", {"type": "aksk", "project_id": place})
    do(own.create, "application_credentials", {"name": "of an application"})
    do(
        session.create,
        "policies",
        {"name": "may", "scope": "project", "blob": {"policy": {"compute": {"*": {"get": "allow"}}}}},
    )
    do(session.perform, "roles", "role", "add-policy", {"policy_id": "may"})
    do(session.upload, None, {"name": "i2", "disk_format": "raw"}, [bytes(1024)])
    do(session.perform, "images", "i2", "convert", {"format": "qcow2"})
    return world


def test_what_something_new_names_is_held_or_written_down(watched: Watched) -> None:
    found = set(watched.loose)

    assert found - set(NOT_HELD) == set(), "hold it (`staying.steady`), or say why it need not be held"
    assert set(NOT_HELD) - found == set(), "it is held now, or made no more: take it out of the list"


@pytest.mark.parametrize(
    "reference",
    [
        *("guestnetworks.network_id → networks", "groupnetworks.network_id → networks"),
        *("guestsecgroups.secgroup_id → secgroups", "servers.keypair_id → keypairs"),
        *("groupguests.group_id → instancegroups", "groupnetworks.group_id → instancegroups"),
        *("snapshotpolicydisks.snapshotpolicy_id → snapshotpolicies", "snapshotpolicydisks.disk_id → disks"),
        *("schedtaghosts.schedtag_id → schedtags", "schedtaghosts.host_id → hosts"),
        *("rolepolicies.role_id → roles", "rolepolicies.policy_id → policies"),
        *("users.default_project_id → projects", "credentials.project_id → projects"),
        *("credentials.owner_id → users", "application_credentials.project_id → projects"),
        *("secgrouprules.secgroup_id → secgroups", "subimages.image_id → images"),
        *("servers.host_id → hosts", "disks.storage_id → storages", "servers.tenant_id → projects"),
    ],
)
def test_what_is_named_by_hand_is_held(watched: Watched, reference: str) -> None:
    assert watched.held[reference]
    assert not watched.loose[reference]
