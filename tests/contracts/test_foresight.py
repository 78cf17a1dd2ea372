"""Where hosts pack, servers are laid beside those that leave when they do, by what was seen of servers before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloudcore.model.query import PLATFORM
from cloudcore.operations.foresight import LEARNED, TOLD, bring_times, learned, leaving_now, with_foresight, with_stays
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform, Settings
from cloudcore.operations.pools import bring_up_to_date
from cloudcore.operations.watermark import mark
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.infrastructure.host import HOSTS, Host
from cloudcore.resources.infrastructure.zone import ZONES, Zone, ZoneStatus
from cloudcore.scheduling import HORIZON, Request, schedule
from cloudcore_adapters.memory.cloud import memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_apps.inprocess import simulated_cloud

KIND = "hypervisor"
ONLINE: dict[str, Any] = {
    "status": "running",
    "host_status": "online",
    "host_type": KIND,
    "cpu_count": 8,
    "zone_id": "zone",
}
OPEN: dict[str, Any] = {"is_public": True, "public_scope": "system", "domain_id": "default", "mem_size": 16_384}
SIZE = {"vcpu_count": 2, "vmem_size": 1024}


class Cloud:
    """Two hosts, and projects whose servers come and go by a clock that is moved."""

    def __init__(self, placement: str) -> None:
        self.clock = ManualClock()
        self.platform: Platform = memory_platform(
            clock=self.clock, settings=Settings(deployment="times", placement=placement)
        )
        with self.platform.uow.write(Author()) as tx:
            tx.of(ZONES, PLATFORM).add(Zone(id="zone", name="zone", cloudregion_id="r", status=ZoneStatus.ENABLE.value))
            for ident in "ab":
                tx.of(HOSTS, PLATFORM).add(Host(id=ident, name=ident, uuid=ident, **ONLINE, **OPEN))
            tx.commit()

    def live(self, ident: str, project: str, host: str = "a", hours: float | None = None, **more: Any) -> None:
        """A server is made, and deleted after so many hours."""
        with self.platform.uow.write(Author()) as tx:
            tx.of(SERVERS, PLATFORM).add(
                Server(
                    id=ident,
                    name=ident,
                    tenant_id=project,
                    domain_id="default",
                    host_id=host,
                    hypervisor="kvm",
                    **SIZE,
                    **more,
                )
            )
            tx.commit()
        if hours is not None:
            self.clock.advance(hours * 3600)
            with self.platform.uow.write(Author()) as tx:
                tx.of(SERVERS, PLATFORM).remove(tx.of(SERVERS, PLATFORM).get(ident))
                tx.commit()

    def read(self) -> Transaction:
        return self.platform.uow.read()


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud("pack")
    for number in range(20):
        made.live(f"brief-{number}", "brief", hours=0.5)
        made.live(f"long-{number}", "long", hours=60)
    return made


def request(project: str) -> Request:
    return Request(vcpus=2, memory_mib=1024, project_id=project, domain_id="default")


def test_deleted_servers_teach_by_project_and_it_is_read_anew_after_a_while(cloud):
    with cloud.read() as tx:
        known = learned(cloud.platform, tx)
        assert known.hours(("brief", "2x1024")) < 3
        assert 30 < known.hours(("long", "2x1024")) < 200
        assert learned(cloud.platform, tx) is known
    cloud.clock.advance(LEARNED.total_seconds())
    with cloud.read() as tx:
        assert learned(cloud.platform, tx) is not known


def test_an_end_that_was_said_holds_for_requests_and_for_servers_that_are_there(cloud):
    end = cloud.clock.now() + timedelta(hours=4)
    cloud.live("told", "long", release_at=end)
    cloud.live("renewed", "long", host="b", expired_at=end, auto_renew=True)
    with cloud.read() as tx:
        found = with_stays(cloud.platform, tx, request("long"), {"release_at": end}).stays
        a, b = leaving_now(cloud.platform, tx, {"a": 0, "b": 1})
    after = HORIZON.index(4.0)
    assert found[after:] == (0.0,) * (len(HORIZON) - after)
    assert found[after - 1] > 0.5
    assert a[after:].tolist() == [1.0] * (len(HORIZON) - after)
    assert b[after] < 0.5


def test_a_server_that_stays_goes_to_the_host_that_is_used_as_long(cloud):
    cloud.live("x", "brief", host="a")
    cloud.live("y", "long", host="b")
    with cloud.read() as tx:
        bare = inventory_of(tx, cloud.platform.settings, host_type=KIND, networks=None)
        inventory, wanted = with_foresight(cloud.platform, tx, bare, request("long"), {})
    assert schedule(inventory, wanted).placements[0].host_id == "b"


def test_the_pool_is_told_once_in_a_while(cloud):
    cloud.live("y", "long", host="b")

    def told() -> list[float]:
        seen = mark(cloud.platform)
        with cloud.read() as tx:
            bring_up_to_date(cloud.platform, tx, KIND, seen)
            assert bring_times(cloud.platform, tx, request("long"), {}).stays
        kept = cloud.platform.columns.get(KIND)
        return [] if kept is None else kept.pool.present.hosts.leaving[0].tolist()

    assert told() == [1.0] * len(HORIZON)
    cloud.live("x", "long", host="a")
    assert told() == [1.0] * len(HORIZON)
    cloud.clock.advance(TOLD.total_seconds())
    assert told()[0] < 0.2


def test_nothing_is_read_where_no_host_packs():
    cloud = Cloud("spread")
    seen, asked = mark(cloud.platform), request("p")
    with cloud.read() as tx:
        bring_up_to_date(cloud.platform, tx, KIND, seen)
        assert bring_times(cloud.platform, tx, asked, {}) is asked
        bare = inventory_of(tx, cloud.platform.settings, host_type=KIND, networks=None)
        assert with_foresight(cloud.platform, tx, bare, asked, {}) == (bare, asked)
    assert cloud.platform.columns.lifetimes is None


def test_a_server_that_is_made_is_told_how_that_counted():
    place = simulated_cloud(2, platform=memory_platform(settings=Settings(deployment="told", placement="pack")))
    place.admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(510) + b"\x55\xaa" + bytes(1024)])
    place.settle()
    asked = {**SIZE, "disks": [{"size": 1024, "image_id": "tiny"}]}
    server = place.admin.create("servers", {"name": "web", **asked})
    explained = place.admin.perform_class("scheduler", "explain", {"ident": server["id"]})["explanation"]
    assert explained["replay"]["same"]
    assert {"pack", "lasting"} <= set(explained["candidates"][0]["weighers"])
    place.settle()
    again = place.admin.create("servers", {"name": "next", **asked})
    explained = place.admin.perform_class("scheduler", "explain", {"ident": again["id"]})["explanation"]
    assert explained["replay"]["same"]
    assert explained["candidates"][0]["host_id"] == place.admin.get("servers", "web")["host_id"]
