"""What the task of something else works on is not in trouble: in a real database, at each moment of real operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudcore.cloud import TYPES
from cloudcore.model.query import PLATFORM, Query
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.registry import BY_PLURAL
from cloudcore.tasks.task import TASKS
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_apps.doctor import owner
from cloudcore_apps.doctor.finding import Level
from cloudcore_apps.doctor.records import look_inside
from cloudcore_apps.inprocess import InProcess, simulated_cloud

DELAY_S = 0.02
SLOW = ("image-cache", "volume-create", "snapshot-create", "snapshot-delete")
WEB = {"name": "web", "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g", "1g"], "nets": ["default"]}


@pytest.fixture
def place(tmp_path: Path) -> InProcess:
    uow = SqlUnitOfWork(f"sqlite:///{tmp_path}/cloud.sqlite", TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    uow.metadata.create_all(uow.engine)
    made = simulated_cloud(platform=memory_platform(uow=uow), delays=dict.fromkeys(SLOW, DELAY_S))
    made.admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    made.settle()
    return made


def moving(place: InProcess) -> set[tuple[str, str]]:
    """Type and status of what is between two statuses."""
    found: set[tuple[str, str]] = set()
    with place.cloud.platform.uow.read() as tx:
        for resource in (r for r in TYPES if r.lifecycle is not None):
            rows: Any = tx.of(resource, PLATFORM).find(Query())
            found |= {(resource.singular, str(r.status)) for r in rows if r.status in resource.lifecycle.transitional()}
    return found


def statuses(place: InProcess) -> list[Any]:
    with place.cloud.platform.uow.read() as tx:
        return [(r.plural, row.id, row.status) for r in BY_PLURAL.values() if r.lifecycle is not None
                for row in tx.of(r, PLATFORM).find(Query())]  # fmt: skip


def watched(place: InProcess, begin: Callable[[], Any]) -> set[tuple[str, str]]:
    """Do something step by step; what was seen between two statuses, none of which the doctor found anything about."""
    begin()
    worker, platform, seen = place.worker(), place.cloud.platform, set[tuple[str, str]]()
    open_tasks = {ident: worker.run(ident) for ident in worker.due()}
    while open_tasks:
        seen |= moving(place)
        before = statuses(place)
        found = look_inside(platform.uow, platform.clock.now(), running=True, fix=True)
        assert [f.said for f in found if f.level is not Level.OK] == []
        assert statuses(place) == before
        turned = {ident: worker.turn(task) for ident, task in open_tasks.items() if task is not None}
        open_tasks = {ident: task for ident, task in turned.items() if task is not None}
    return seen


def test_a_server_that_is_made_or_rebuilt_has_its_disks_and_images_in_work(place: InProcess) -> None:
    admin = place.admin
    seen = watched(place, lambda: admin.create("servers", WEB))
    assert {("disk", "allocating"), ("storagecachedimage", "caching")} <= seen

    admin.upload(None, {"name": "other", "disk_format": "raw"}, [bytes(2 << 20)])
    place.settle()
    seen = watched(place, lambda: admin.perform("servers", "web", "rebuild-root", {"image_id": "other"}))
    assert {("disk", "allocating"), ("storagecachedimage", "caching")} <= seen


def test_an_instance_snapshot_has_its_parts_in_work(place: InProcess) -> None:
    admin = place.admin
    admin.create("servers", WEB)
    place.settle()
    seen = watched(place, lambda: admin.perform("servers", "web", "instance-snapshot", {"name": "all"}))
    assert ("snapshot", "creating") in seen
    seen = watched(place, lambda: admin.delete("instance_snapshots", "all"))
    assert ("instance_snapshot", "instance_snapshot_start_delete") in seen


def test_as_many_tasks_as_rows_are_not_each_held_against_each(place: InProcess) -> None:
    names = [f"d{number}" for number in range(40)]
    for name in names:
        place.admin.create("disks", {"name": name, "size": 1024, "host": "sim-1"})
    with place.cloud.platform.uow.read() as tx:
        rows: Any = tx.of(DISKS, PLATFORM).find(Query())
        tasks = owner._by_word(tx.of(TASKS, PLATFORM).find(Query()))

        assert owner.owned(tx, DISKS, rows) == {row.id for row in rows}
    asked = [(row.id, task.obj_id) for row in rows for task in owner._speaking_of(tasks, {row.id})]
    assert asked == [(row.id, row.id) for row in rows]
    assert len(rows) == len(names)
