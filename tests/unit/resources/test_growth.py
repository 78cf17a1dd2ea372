"""When it is full: the rate of the last days, in servers like the one that is asked for."""

from __future__ import annotations

import pytest
from tests.unit.resources.test_scheduler_service import FACTS

from cloudcore.model.query import PLATFORM
from cloudcore.operations.host_leases import renew
from cloudcore.operations.hosts import register_host
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock

DAY_S = 86_400


def test_growth_is_measured_in_what_is_scarce_over_the_days_that_are_known() -> None:
    clock = ManualClock()
    cloud, password = memory_cloud(memory_platform(clock=clock))
    platform = cloud.platform

    def a_day(number: int, *, made: int, gone: int) -> None:
        with platform.uow.write(Author()) as tx:
            repository = tx.of(SERVERS, PLATFORM)
            for n in range(made):
                ident = f"s{number}-{n}"
                repository.add(
                    Server(id=ident, name=ident, domain_id="default", tenant_id="t", vmem_size=512, vcpu_count=1)
                )
            for n in range(gone):
                repository.remove(repository.get(f"s{number}-{n}"))
            tx.commit()
        clock.advance(DAY_S)

    def growth(**more: object) -> dict[str, object]:
        admin = cloud.login("sysadmin", password, project="system")
        answer = admin.perform_class("scheduler", "capacity", {"vmem_size": 1024, "vcpu_count": 1, **more})
        return {**answer["growth"], "total": answer["total"], "bounds": answer["bounds"]}

    for number in range(4):
        a_day(number, made=3, gone=1)
    host = register_host(platform, FACTS)
    assert renew(platform, host, fences=True)
    assert growth()["reason"] == "there are 4 days of history, and 5 are needed"
    for number in range(4, 10):
        a_day(number, made=3, gone=1)
    assert renew(platform, host, fences=True)
    told = growth()
    assert told["bounds"] == [{"filter_name": "host_memory", "hosts": 1}]
    assert (told["known"], told["measured_in"], told["days"]) == (True, "vmem_size", 10)
    # Two servers of 512 MiB more each day are one of 1024 MiB.
    assert (told["per_day"], told["per_day_low"], told["per_day_high"]) == (1.0, 1.0, 1.0)
    assert told["full_in_days"] == told["full_in_days_soonest"] == pytest.approx(told["total"])
    assert growth(days=6)["days"] == 6
    a_day(10, made=0, gone=0)
    a_day(11, made=20, gone=0)
    assert renew(platform, host, fences=True)
    told = growth()
    assert told["per_day_low"] < told["per_day"] < told["per_day_high"]
    assert told["full_in_days_soonest"] < told["full_in_days"]
