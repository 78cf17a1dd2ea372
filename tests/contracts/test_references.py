"""What names another row names one that is there: of every reference is known what happens when its target is deleted.

A reference is declared (`Ref`), which says so itself, or it is written down here: who guards it, or why it may name
something that is gone. Each is tried, by deleting the target as its owner does, and the lists must say what came about.
"""

from __future__ import annotations

import pytest
from tests.contracts.references import CASCADE, CLEAR, DANGLE, REFUSE, TYPES, Reference, World, declared, nameless

from cloudcore.model.resource import field_map

OTHERWISE: dict[str, tuple[str, str]] = {
    "reservedips.network_id → networks": (REFUSE, "whoever reserved an address would lose it unasked"),
    "storagecachedimages.cachedimage_id → cachedimages": (REFUSE, "the bytes are there, and are removed first"),
    "snapshotpolicydisks.snapshotpolicy_id → snapshotpolicies": (REFUSE, "disks would be kept no more, unasked"),
    "snapshotpolicyservers.snapshotpolicy_id → snapshotpolicies": (REFUSE, "servers would be kept no more, unasked"),
    "schedtaghosts.schedtag_id → schedtags": (REFUSE, "servers that want the tag would fit nowhere"),
    "instancesnapshotjoints.snapshot_id → snapshots": (REFUSE, "a part of a snapshot goes with the whole"),
    "instance_snapshots.guest_id → servers": (CASCADE, "the flow removes them from the host, then the server"),
    "images.guest_image_id → guestimages": (CASCADE, "the images of a guest image are its parts"),
}
"""Declared references where more is done than a plain rule says: what happens, and why."""

BY_HAND: list[tuple[Reference, str]] = [
    (Reference("assignments", "target_id", "projects"), CASCADE),
    (Reference("assignments", "target_id", "domains"), CASCADE),
    (Reference("regions", "parent_region_id", "regions"), REFUSE),
    (Reference("sharedresources", "target_id", "projects", {"target_type": "project"}), CASCADE),
    (Reference("sharedresources", "target_id", "domains", {"target_type": "domain"}), CASCADE),
    (
        Reference("sharedresources", "resource_id", "networks", {"resource_type": "networks"}, {"is_public": True}),
        CASCADE,
    ),
    (Reference("eips", "associate_id", "servers", {"associate_type": "server"}), CLEAR),
    (Reference("guestnetworks", "eip_id", "eips", {}, {"associate_id": "a-server"}), REFUSE),
    (Reference("groupnetworks", "eip_id", "eips", {}, {"associate_id": "a-group"}), REFUSE),
    (
        Reference(
            "servers", "secgrp_id", "secgroups",
            beside={"guestsecgroups": {"guest_id": "<holder>", "secgroup_id": "<target>"}},
        ),
        REFUSE,
    ),
    (
        Reference(
            "servers", "cdrom_image_id", "cachedimages",
            beside={"storagecachedimages": {"cachedimage_id": "<target>"}},
        ),
        REFUSE,
    ),
    (Reference("servers", "cdrom_storage_id", "storages"), REFUSE),
    (Reference("isolated_devices", "wire_id", "wires"), REFUSE),
    (Reference("quotalimits", "domain_id", "domains"), CASCADE),
    (Reference("quotalimits", "tenant_id", "projects"), CASCADE),
    (Reference("quota_alerts", "domain_id", "domains"), CASCADE),
    (Reference("quota_alerts", "tenant_id", "projects"), CASCADE),
]  # fmt: skip
"""References that no `Ref` declares, since they name rows of several types, or nothing but a hook knows the rule."""

ORIGIN = "where it came from, which may be gone"
ASKED = "who asked, and for whom; forgotten after its term"
MAY_DANGLE: dict[Reference, str] = {
    Reference("application_credentials", "role_ids", "roles"): "who logs in with it must have all its roles",
    Reference("servers", "cdrom_image_id", "images"): "the storages' copy is used, which `cachedimages` tells of",
    Reference("disks", "template_id", "images"): ORIGIN,
    Reference("disks", "snapshot_id", "snapshots"): ORIGIN,
    Reference("instance_snapshots", "keypair_id", "keypairs"): "used only if it is there",
    Reference("instance_snapshots", "image_id", "images"): ORIGIN,
    Reference("plans", "owner_id", "users"): ASKED,
    Reference("plans", "project_id", "projects"): ASKED,
    Reference("plans", "scope_domain_id", "domains"): ASKED,
    Reference("schedulerdecisions", "user_id", "users"): ASKED,
    Reference("schedulerdecisions", "owner_domain_id", "domains"): ASKED,
    Reference("schedulerdecisions", "owner_tenant_id", "projects"): ASKED,
    Reference("tasknotices", "domain_id", "domains"): ASKED,
    Reference("tasknotices", "tenant_id", "projects"): ASKED,
}
"""References that nobody guards, with the reason. Only ever take some out."""

NEVER_SET = frozenset(
    ("servers.backup_host_id", "servers.flavor_id", "servers.admin_secgrp_id", "servers.encrypt_key_id",
     "disks.backup_storage_id", "disks.backup_id", "disks.encrypt_key_id", "images.encrypt_key_id",
     "snapshots.backing_disk_id", "snapshots.disk_backup_id", "snapshots.encrypt_key_id", "snapshots.manager_id",
     "instance_snapshots.memory_file_host_id", "instance_snapshots.encrypt_key_id", "instance_snapshots.manager_id")
)  # fmt: skip
"""Of the wire, for what there is not: they are empty in every row, and only ever taken out."""

NO_ROW = frozenset(("external_id", "real_external_id", "request_id", "session_id", "mdev_id", "vendor_device_id"))
"""Names of fields whose values are ids of something that is no row."""
REMEMBERING = frozenset(("history", "revocations", "tasks", "tasknotices.obj_id"))
"""Types that tell of what was, and a field that may name a row of any type."""


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("plural", sorted({r.target for r in [*declared(), *(r for r, _ in BY_HAND), *MAY_DANGLE]}))
def test_what_nobody_names_can_be_deleted(world: World, plural: str) -> None:
    assert world.delete(plural, world.make(plural)), world.refusal


@pytest.mark.parametrize("reference", declared(), ids=str)
def test_a_declared_reference_does_what_it_says(world: World, reference: Reference) -> None:
    ref = field_map(TYPES[reference.holder].entity)[reference.field].ref
    assert ref is not None
    wanted, _ = OTHERWISE.get(str(reference), (ref.on_delete.value, ""))

    assert world.outcome(reference) == wanted, world.refusal


@pytest.mark.parametrize(("reference", "wanted"), BY_HAND, ids=[str(reference) for reference, _ in BY_HAND])
def test_a_reference_that_is_not_declared_is_guarded(world: World, reference: Reference, wanted: str) -> None:
    assert world.outcome(reference) == wanted, world.refusal


@pytest.mark.parametrize("reference", MAY_DANGLE, ids=str)
def test_a_reference_that_nobody_guards_is_written_down_with_its_reason(world: World, reference: Reference) -> None:
    assert world.outcome(reference) == DANGLE, f"{reference} is guarded now: take it out of the list"


def test_every_field_that_holds_an_id_is_declared_or_written_down() -> None:
    known = {f"{r.holder}.{r.field}" for r in [*(r for r, _ in BY_HAND), *MAY_DANGLE]} | NEVER_SET
    left_out = NO_ROW | REMEMBERING
    found = {name for name in nameless() if left_out.isdisjoint({name, *name.split(".")})}

    assert found - known == set(), "a new field that names rows: declare it (`Ref`), or say who guards it"
    assert known - found == set(), "there is no such field any more, or it is declared: take it out of the list"
    assert set(OTHERWISE) <= {str(reference) for reference in declared()}


def test_nobody_sends_what_is_never_set(world: World) -> None:
    for name in NEVER_SET:
        plural, _, field = name.partition(".")
        spec = field_map(TYPES[plural].entity)[field].spec
        assert (spec.create, spec.update) == (False, False), name
        assert not any(getattr(row, field) for row in world.cloud.rows(plural)), name
