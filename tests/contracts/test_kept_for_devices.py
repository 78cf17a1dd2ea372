"""What a host's devices keep of it, in memory and in a database: servers without devices don't get it, those with devices do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check

from cloudcore.model.errors import CloudcoreError, InsufficientResourceError, NotSupportedError, OutOfRangeError
from cloudcore.operations.session import CoreSession

MEMORY = 4096
"""Of the host, in MiB."""


class Town:
    """A host with a GPU that keeps three quarters of it."""

    def __init__(self, *, sql: bool) -> None:
        self.cloud = Cloud(hosts=1, memory_mib=MEMORY, sql=sql)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.worker = self.cloud.worker()
        gpu = {"name": "gpu", "host_id": "h1", "dev_type": "GPU-HPC", "model": "T4", "addr": "0000:01:00.0"}
        self.session.create("isolated_devices", {**gpu, "reserved_memory": 3072})

    def server(self, name: str, memory: int, **more: Any) -> str:
        made = self.session.create("servers", server_body(name, vmem_size=memory, **more))
        self.cloud.settle(seconds=60)
        return str(made["id"])

    def with_gpu(self, name: str, memory: int) -> str:
        return self.server(name, memory, isolated_devices=[{"dev_type": "GPU-HPC"}])

    def grow(self, ident: str, memory: int) -> int:
        self.session.perform("servers", ident, "change-config", {"vmem_size": memory})
        self.cloud.settle(seconds=60)
        return int(self.cloud.row("servers", ident).vmem_size)


@pytest.fixture(params=["memory", "sqlite"])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    made = Town(sql=request.param == "sqlite")
    yield made
    check(made.cloud)


def test_servers_without_devices_leave_what_is_kept(town: Town) -> None:
    with pytest.raises(InsufficientResourceError, match=r"host_memory \(request: 1536 MiB, free: 1024 MiB"):
        town.server("a", 1536)
    town.server("a", 512)
    gpu = town.with_gpu("g", 2048)
    # 1024 MiB are still kept.
    with pytest.raises(InsufficientResourceError, match="free: 512 MiB"):
        town.server("b", 1024)
    town.server("b", 512)
    assert town.cloud.row("hostclaims", "h1").memory_mib == 3072
    town.session.perform("servers", gpu, "detach-isolated-device", {"device": "gpu"})
    town.cloud.settle(seconds=60)
    with pytest.raises(InsufficientResourceError, match="free: 0 MiB"):
        town.server("c", 256)


def test_growing_is_asked_the_same(town: Town) -> None:
    plain, gpu = town.server("a", 512), town.with_gpu("g", 1024)
    with pytest.raises(InsufficientResourceError, match="host_memory"):
        town.grow(plain, 1536)
    assert town.grow(plain, 1024) == 1024
    assert town.grow(gpu, 3072) == 3072
    with pytest.raises(CloudcoreError):
        town.grow(gpu, 3328)


def test_what_is_kept_is_changed_with_the_device(town: Town) -> None:
    with pytest.raises(OutOfRangeError) as refused:
        town.session.update("isolated_devices", "gpu", {"reserved_memory": -1})
    assert refused.value.field == "reserved_memory"
    with pytest.raises(NotSupportedError) as unsupported:
        town.session.update("isolated_devices", "gpu", {"reserved_storage": 1024})
    assert unsupported.value.field == "reserved_storage"
    town.session.update("isolated_devices", "gpu", {"reserved_storage": 0})
    town.server("a", 1024)
    with pytest.raises(InsufficientResourceError):
        town.server("b", 1024)
    town.session.update("isolated_devices", "gpu", {"reserved_memory": 2048})
    town.server("b", 1024)
    town.session.update("isolated_devices", "gpu", {"reserved_memory": 0, "reserved_cpu": 2})
    with pytest.raises(InsufficientResourceError, match="host_cpu"):
        town.server("c", 256, vcpu_count=2)
    town.session.update("isolated_devices", "gpu", {"reserved_cpu": 0})
    town.server("c", 256, vcpu_count=2)
    with pytest.raises(InsufficientResourceError):
        town.with_gpu("g", 2048)
