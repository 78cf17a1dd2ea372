"""Bringing an image to a storage before a server needs it."""

from __future__ import annotations

import pytest

from cloudcore.model.errors import InvalidStatusError, ResourceNotFoundError
from cloudcore.operations.hosts import host_offline, register_host
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.router import SimulatedHosts


def world() -> tuple[CoreSession, Worker, SimulatedHost, str]:
    cloud, password = memory_cloud()
    host = SimulatedHost(SystemClock(), deployment=cloud.platform.settings.deployment)
    host_id = register_host(cloud.platform, host.facts())
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
    effects = RoutedEffects({"host": SimulatedHosts({host_id: host}), "image": images})
    worker = cloud.worker(effects, "test", lambda _task, error: pytest.fail(str(error)))
    session = cloud.login("sysadmin", password, project="system")
    session.upload(None, {"name": "tiny", "disk_format": "raw", "protected": False}, [bytes(1 << 20)])
    drive(worker)
    return session, worker, host, host_id


def drive(worker: Worker) -> None:
    for task in worker.due():
        worker.run(task)


def test_an_image_is_fetched_once() -> None:
    session, worker, host, _ = world()
    cache = session.list("storagecaches").items[0]["id"]

    for _ in range(2):
        session.perform("storagecaches", cache, "cache-image", {"image": "tiny"})
        drive(worker)

    notes = session.list("storagecachedimages").items
    assert [note["status"] for note in notes] == ["active"]
    assert len(host.machine.images) == 1
    assert session.list("tasks", {"scope": "system", "flow": "image-cache"}).total == 1


def test_an_image_that_is_not_there_is_not_found() -> None:
    session, _, _, _ = world()
    cache = session.list("storagecaches").items[0]["id"]

    with pytest.raises(ResourceNotFoundError):
        session.perform("storagecaches", cache, "cache-image", {"image": "nope"})

    assert session.list("storagecachedimages").items == []


def test_a_storage_that_no_host_reaches_takes_no_image() -> None:
    session, worker, _, host_id = world()
    cache = session.list("storagecaches").items[0]["id"]
    host_offline(worker_platform(session), host_id)

    with pytest.raises(InvalidStatusError, match="no host"):
        session.perform("storagecaches", cache, "cache-image", {"image": "tiny"})

    drive(worker)
    assert session.list("storagecachedimages").items == []


def worker_platform(session: CoreSession):
    return session._platform


def test_a_host_fetches_an_image_to_its_storages() -> None:
    session, worker, host, host_id = world()
    for _ in range(2):
        session.perform("hosts", host_id, "cache-image", {"image": "tiny"})
        drive(worker)
    assert len(host.machine.images) == 1
    assert session.list("tasks", {"scope": "system", "flow": "image-cache"}).total == 1
    with pytest.raises(ResourceNotFoundError):
        session.perform("hosts", host_id, "cache-image", {"image": "nope"})
    storage = session.list("storages").items[0]["id"]
    session.perform("storages", storage, "disable", {})
    with pytest.raises(InvalidStatusError, match="has a cache"):
        session.perform("hosts", host_id, "cache-image", {"image": "tiny"})


def test_a_host_gives_up_an_image_of_which_it_makes_nothing() -> None:
    session, worker, host, host_id = world()
    with pytest.raises(ResourceNotFoundError):
        session.perform("hosts", host_id, "uncache-image", {"image": "tiny"})
    session.perform("hosts", host_id, "cache-image", {"image": "tiny"})
    drive(worker)
    session.perform("hosts", host_id, "uncache-image", {"image": "tiny"})
    drive(worker)
    assert len(host.machine.images) == 0
    assert session.list("storagecachedimages").items == []
    with pytest.raises(ResourceNotFoundError, match="holds image"):
        session.perform("hosts", host_id, "uncache-image", {"image": "tiny"})
