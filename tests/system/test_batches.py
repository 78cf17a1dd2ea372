"""Eight processes that ask for batches at once: each is made whole or not at all, and as many as the limit has room for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from tests.perf.batchers import ROOT, batched
from tests.perf.deciders import opened

from cloudcore.model.query import PLATFORM, eq
from cloudcore.operations.hosts import register_host
from cloudcore.quotas.family import COUNTERS
from cloudcore.quotas.ledger import usage_of
from cloudcore.quotas.recount import counted
from cloudcore.resources.compute.server import SERVERS
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.migrations import migrate

PROCESSES, NUMBER = 8, 5
LIMITS = (NUMBER - 1, 2 * NUMBER - 1, NUMBER, 3 * NUMBER + 2, NUMBER - 1)
"""Of each project: none, one, one, three and none of the batches fit."""
MIB = 1 << 20


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    return str(request.getfixturevalue(f"fresh_{request.param}_url"))


def _populated(uow: SqlUnitOfWork) -> list[str]:
    """A cloud with room for everything, and the ids of its projects, each with its limit."""
    migrate(uow.engine)
    cloud, password = memory_cloud(memory_platform(uow=uow))
    for number in range(3):
        host = SimulatedHost(SystemClock(), deployment=cloud.platform.settings.deployment)
        facts = attrs.evolve(host.facts(), uuid=f"uuid-{number}", hostname=f"host-{number}", cpu_count=256)
        register_host(cloud.platform, facts)
    admin = cloud.login("sysadmin", password, project="system")
    admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(MIB)])
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
    defects: list[Exception] = []
    worker = cloud.worker(RoutedEffects({"image": images}), "test", lambda _task, error: defects.append(error))
    while due := worker.due():
        worker.run_all(due)
    assert defects == []
    admin.perform("images", "tiny", "public", {"scope": "system"})
    projects: list[str] = []
    for place, limit in enumerate(LIMITS):
        projects.append(admin.create("projects", {"name": f"p{place}"})["id"])
        admin.perform("quotas", "projects", projects[-1], {"count": limit})
    return projects


@pytest.mark.system
@pytest.mark.parametrize("url", ["sqlite", "postgres", "mariadb"], indirect=True)
def test_batches_are_made_whole_or_not_at_all(url: str) -> None:
    uow = opened(url)
    projects = _populated(uow)
    told = batched(url, PROCESSES, NUMBER, projects)
    with uow.read() as tx:
        for ident, limit in zip(projects, LIMITS, strict=True):
            answers = sorted(one[ident] for one in told)
            made = limit // NUMBER
            assert answers == ["made"] * made + ["refused"] * (PROCESSES - made), (ident, answers)
            assert tx.of(SERVERS, PLATFORM).count(eq("tenant_id", ident)) == made * NUMBER
            used = usage_of(tx, "default", ident)
            assert (used["count"], used["cpu"], used["storage"]) == (made * NUMBER, made * NUMBER, made * NUMBER * 1024)
        real = counted(tx)
        for ident in ("", *projects):
            held, there = usage_of(tx, "default", ident), real.get(("default", ident), {})
            assert {key: held[key] for key in COUNTERS} == {key: there.get(key, 0) for key in COUNTERS}, ident
    uow.close()


@pytest.mark.system
def test_what_asks_for_batches_ends_with_whoever_started_it() -> None:
    program = (
        "from tests.perf.batchers import end_with_whoever_started_it as end; import time; end();"
        "print('goes on', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            assert process.stdout.readline() == "goes on\n"
            assert process.poll() is None
            process.stdin.close()
            assert process.wait(timeout=20) == 1
        finally:
            process.kill()
