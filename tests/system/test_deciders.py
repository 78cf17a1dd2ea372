"""Eight processes that decide at once, on one PostgreSQL: nothing is given out twice or lost, and who is refused is refused rightly."""

from __future__ import annotations

import json
import select
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.contracts.postgres import server
from tests.perf.deciders import CPUS, DISK, MEMORY, Held, Told, deciding, opened, populate, told

from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.quota.quotalimit import QUOTALIMITS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES, usage_id
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS
from cloudcore_adapters.sql import SqlUnitOfWork

PROCESSES = 8


@pytest.mark.parametrize(
    ("hosts", "limit", "requests"),
    [
        pytest.param(12, 9, 60, marks=pytest.mark.system),
        pytest.param(60, 60, 10_000, marks=[pytest.mark.slow, pytest.mark.timeout(7200)]),
    ],
)
def test_nothing_is_given_out_twice_or_lost(tmp_path: Path, hosts: int, limit: int, requests: int) -> None:
    with server() as url:
        uow = opened(url)
        populate(uow, hosts, limit)
        with deciding(url, PROCESSES, requests, releasing=0.4) as started:
            while any(one.poll() is None and not _spoke(one) for one in started):
                assert _overrun(uow) == []
                time.sleep(0.3)
            found = [told(one) for one in started]
        assert _overrun(uow) == []
        assert [wrong for one in found for wrong in one.wrong] == []
        _check_ledgers(uow, [held for one in found for held in one.held])
        uow.close()
    _check_mixed(tmp_path, found, requests)


def _spoke(process: subprocess.Popen[str]) -> bool:
    """Whether it has begun to tell: it is at its end then."""
    return bool(select.select([process.stdout], [], [], 0)[0])


def _overrun(uow: SqlUnitOfWork) -> list[str]:
    """What is given out beyond its limit."""
    with uow.read() as tx:
        over = [c.id for c in tx.of(HOSTCLAIMS, PLATFORM).find() if c.vcpus > CPUS or c.memory_mib > MEMORY]
        over += [c.id for c in tx.of(STORAGECLAIMS, PLATFORM).find() if c.size_mib > DISK]
        usages = {u.id: u.count for u in tx.of(QUOTAUSAGES, PLATFORM).find()}
        limits = tx.of(QUOTALIMITS, PLATFORM).find()
    return over + [one.id for one in limits if usages.get(usage_id(one.domain_id, one.tenant_id), 0) > one.count]


def _check_ledgers(uow: SqlUnitOfWork, held: Iterable[Held]) -> None:
    """Compare the ledgers with what the processes hold."""
    hosts: Counter[tuple[str, str]] = Counter()
    storages: Counter[str] = Counter()
    usages: Counter[tuple[str, str]] = Counter()
    for one in held:
        hosts.update({(one.host, "vcpus"): one.vcpus, (one.host, "memory"): one.memory, (one.host, "guests"): 1})
        for storage, size in one.disks:
            storages[storage] += size
        for project in ("", one.project):
            usages.update({(usage_id(one.domain, project), name): number for name, number in one.amounts.items()})
    with uow.read() as tx:
        for claim in tx.of(HOSTCLAIMS, PLATFORM).find():
            have = (claim.vcpus, claim.memory_mib, claim.guests)
            assert have == tuple(hosts[claim.id, name] for name in ("vcpus", "memory", "guests"))
        for claim in tx.of(STORAGECLAIMS, PLATFORM).find():
            assert claim.size_mib == storages[claim.id]
        for usage in tx.of(QUOTAUSAGES, PLATFORM).find():
            for name in ("count", "cpu", "memory", "storage"):
                assert getattr(usage, name) == usages[usage.id, name]


def _check_mixed(folder: Path, found: Iterable[Told], requests: int) -> None:
    """The run met what it is about, and says how often."""
    met: Counter[str] = Counter()
    for one in found:
        met.update(one.met)
    done = met["placed"] + met["released"] + met["refused"] + met["over quota"]
    assert done == PROCESSES * requests
    assert met["over quota"]
    figures = {**met, "conflict_rate": round(met["conflicts"] / met["tries"], 4)}
    (folder / "deciders.json").write_text(json.dumps(figures, indent=2))
    print("deciders:", json.dumps(figures))
