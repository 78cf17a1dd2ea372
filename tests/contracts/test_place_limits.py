"""Limits that are narrowed to a zone, met by servers that are made and by servers that move, in memory and in a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.perf.standard_cloud import statements
from tests.simulation.cloud import CALLER, PROJECT, Cloud, server_body, settle
from tests.simulation.invariants import check

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InsufficientResourceError, OutOfQuotaError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.draining import drain
from cloudcore.operations.session import CoreSession
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.counting import counted_now
from cloudcore.quotas.narrowing import write_keys
from cloudcore.quotas.places import PLACED, held_in
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit

MOVES = ("live-migrate", "migrate")


class Town:
    """Four hosts with a storage that all of them reach, two in each of two zones."""

    def __init__(self, *, sql: bool) -> None:
        self.cloud = Cloud(hosts=4, leases=True, sql=sql)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.worker = self.cloud.worker()
        with self.cloud.store.write(Author()) as tx:
            hosts = tx.of(HOSTS, PLATFORM)
            first = tx.of(ZONES, PLATFORM).get(hosts.get("h1").zone_id)
            tx.of(ZONES, PLATFORM).add(evolve(first, id="z-other", name="z-other"))
            for ident in ("h3", "h4"):
                hosts.save(evolve(hosts.get(ident), zone_id="z-other"), action="update")
            tx.commit()
        self.zones = {row.id: row.zone_id for row in self.cloud.rows("hosts")}

    def limit(self, zone: str, project: str = PROJECT.id, **numbers: int) -> None:
        keys = write_keys({"zone_id": zone, "hypervisor": "kvm"})
        with self.cloud.store.write(Author()) as tx:
            tx.of(QUOTALIMITS, PLATFORM).add(
                Quotalimit(id=tx.new_id(), domain_id=PROJECT.domain_id, tenant_id=project, keys=keys, **numbers)
            )
            tx.commit()

    def server(self, name: str, **more: Any) -> str:
        disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
        ident = str(
            self.session.create("servers", server_body(name, disks=disks, **{"auto_start": True, **more}))["id"]
        )
        self.settle()
        return ident

    def settle(self) -> None:
        settle(self.cloud, self.worker)

    def move(self, ident: str, how: str, **body: Any) -> None:
        if how == "migrate" and self.row(ident).power_states == "on":
            self.session.perform("servers", ident, "stop", {"is_force": True})
            self.settle()
        self.session.perform("servers", ident, how, body)

    def row(self, ident: str) -> Any:
        return self.cloud.row("servers", ident)

    def zone(self, ident: str) -> str:
        return str(self.zones[self.row(ident).host_id])

    def disable(self, *hosts: str) -> None:
        for ident in hosts:
            self.session.perform("hosts", ident, "disable")


@pytest.fixture(params=["memory", "sqlite"])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    made = Town(sql=request.param == "sqlite")
    yield made
    check(made.cloud)
    assert made.cloud.defects == []


@pytest.mark.parametrize("project", [PROJECT.id, ""], ids=["project", "domain"])
def test_servers_go_where_the_limits_leave_room(town: Town, project: str) -> None:
    town.limit(town.zones["h1"], project, count=1)
    made = [town.server(f"s{n}", auto_start=False) for n in range(4)]
    assert Counter(map(town.zone, made)) == {town.zones["h1"]: 1, "z-other": 3}
    told = town.session.perform_class("scheduler", "forecast", server_body("f", count=9, auto_start=False))
    assert any("quota" in str(line) for line in told["not_allow_reasons"]), told["not_allow_reasons"]
    room = town.session.perform_class("scheduler", "capacity", server_body("c"))
    assert {zone["zone_id"] for zone in room["zones"] if zone["count"]} == {"z-other"}
    assert ("quota", 2) in [(one["filter_name"], one["removed"]) for one in room["filters"]]


def test_a_batch_shares_what_a_limit_leaves(town: Town) -> None:
    town.limit(town.zones["h1"], cpu=1)
    made = town.session.create_many("servers", server_body("web", auto_start=False), 4)
    assert Counter(town.zone(one["id"]) for one in made) == {town.zones["h1"]: 1, "z-other": 3}
    town.settle()


def test_whoever_finds_no_place_is_told_the_limit_the_hosts_and_what_helps(town: Town) -> None:
    town.limit(town.zones["h1"], memory=0)
    town.limit("z-other", count=1)
    town.server("a", auto_start=False)
    with pytest.raises(OutOfQuotaError, match=r"limit .*, used .*by quota") as refused:
        town.server("b", auto_start=False)
    (exceeded,) = refused.value.data["exceeded"]
    assert exceeded["keys"]["zone_id"] in (town.zones["h1"], "z-other")
    removed = {one["filter_name"]: one["removed"] for one in refused.value.data["filters"]}
    assert removed["quota"] == 4
    assert any("higher limit" in text for text in refused.value.data["relaxations"])
    assert len(town.cloud.rows("servers")) == 1


def test_a_limit_that_no_choice_of_a_host_avoids_is_explained_too(town: Town) -> None:
    with town.cloud.store.write(Author()) as tx:
        limit = Quotalimit(id=tx.new_id(), domain_id=PROJECT.domain_id, tenant_id=PROJECT.id, count=3, memory=2048)
        tx.of(QUOTALIMITS, PLATFORM).add(limit)
        tx.commit()
    town.server("a", auto_start=False)
    with pytest.raises(
        OutOfQuotaError, match=r"count: limit 3, used 1, requested 4; .* it would fit with a higher limit"
    ) as refused:
        town.session.create_many("servers", server_body("b", auto_start=False), 4)
    assert {one["filter_name"]: one["removed"] for one in refused.value.data["filters"]} == {"quota": 0}
    assert set(refused.value.data["relaxations"]) == {"with a higher limit of project", "servers 2 instead of 4"}
    with pytest.raises(OutOfQuotaError) as refused:
        town.session.create("servers", server_body("b", auto_start=False, vmem_size=4096))
    (memory,) = [text for text in refused.value.data["relaxations"] if text.startswith("memory")]
    fits = int(memory.split()[1])
    with pytest.raises(OutOfQuotaError):
        town.session.create("servers", server_body("b", auto_start=False, vmem_size=fits + 1))
    town.session.create("servers", server_body("b", auto_start=False, vmem_size=fits))
    town.settle()


@pytest.mark.parametrize("how", MOVES)
def test_a_server_moves_to_where_the_limits_leave_room(town: Town, how: str) -> None:
    town.limit("z-other", count=0)
    one = town.server("a", prefer_host="h1")
    town.move(one, how)
    town.settle()
    assert town.row(one).host_id == "h2"
    town.disable("h1")
    with pytest.raises(InsufficientResourceError, match=r"2 by quota .*count: request: 1, left: 0"):
        town.move(one, how)
    assert town.row(one).host_id == "h2"


@pytest.mark.parametrize("how", MOVES)
def test_what_is_on_its_way_counts_where_it_goes(town: Town, how: str) -> None:
    town.limit("z-other", count=1, cpu=4)
    one, other = (town.server(name, prefer_host="h1") for name in "ab")
    town.move(other, "migrate", prefer_host_id="h2") if how == "migrate" else None
    town.settle()
    town.disable(*{"h1", "h2"} - {town.row(other).host_id, town.row(one).host_id}, town.row(other).host_id)
    town.move(one, how, prefer_host_id="h3")
    with pytest.raises(InsufficientResourceError, match="by quota"):
        town.move(other, how, prefer_host_id="h4")
    with pytest.raises(OutOfQuotaError, match=r"count .*: limit 1, used 1, requested 1"):
        town.server("c", prefer_host="h4")
    town.settle()
    assert town.zone(one) == "z-other"
    with pytest.raises(InsufficientResourceError, match="by quota"):
        town.move(other, how, prefer_host_id="h4")
    # Within the zone it counts already.
    town.move(one, how, prefer_host_id="h4")
    town.settle()
    assert town.row(one).host_id == "h4"


def test_a_plan_promises_no_more_than_the_moves_get(town: Town) -> None:
    town.limit("z-other", count=1, port=9)
    servers = {name: town.server(name, prefer_host="h1") for name in "ab"}
    town.disable("h2")
    told = town.session.perform_class("scheduler", "without", {"ident": "h1"})
    assert not told["can_be_lost"]
    assert town.zones[told["moved"][0]["host_id"]] == "z-other"
    (stays,) = told["stay"]
    assert stays["relaxations"][0].startswith("with a higher limit of project (hypervisor kvm zone_id z-other)")
    assert "by quota (project (hypervisor kvm zone_id z-other) count: request: 1, left: 0)" in stays["reason"]
    assert town.session.perform_class("scheduler", "emptied", {})["hosts"] == []
    plan = town.session.perform("hosts", "h1", "drain")
    assert [one["id"] for one in plan["stay"]] == [stays["id"]]
    for _ in range(6):
        town.settle()
        drain(town.cloud.platform)
    went = [ident for ident in servers.values() if town.zone(ident) == "z-other"]
    assert went == [one["id"] for one in plan["moved"]]
    assert "left: 0" in town.row(stays["id"]).status_reason


@pytest.mark.parametrize("counter", ["cpu", "memory"])
def test_a_plan_counts_what_each_server_takes_along(town: Town, counter: str) -> None:
    town.limit("z-other", **{counter: 2 if counter == "cpu" else 2048})
    sizes = {"vcpu_count": 1, "vmem_size": 1024}
    small = [town.server(f"s{n}", prefer_host="h1", **sizes) for n in range(2)]
    large = town.server("l", prefer_host="h1", vcpu_count=2, vmem_size=2048)
    town.disable("h2")
    told = town.session.perform_class("scheduler", "without", {"ident": "h1"})
    assert [one["id"] for one in told["moved"]] == [large]
    assert {one["id"] for one in told["stay"]} == set(small)
    assert all(
        f"{counter}: request: {sizes['vcpu_count'] if counter == 'cpu' else 1024}, left: 0" in one["reason"]
        for one in told["stay"]
    )


def test_hosts_are_emptied_only_to_where_limits_leave_room(town: Town) -> None:
    a, b = town.server("a", prefer_host="h1"), town.server("b", prefer_host="h3", vmem_size=1024)
    assert [one["id"] for one in town.session.perform_class("scheduler", "emptied", {})["hosts"]]
    town.limit("z-other", count=1)
    told = town.session.perform_class("scheduler", "emptied", {})["hosts"]
    assert [(one["id"], one["moved"][0]["id"]) for one in told] == [("h3", b)]
    town.limit(town.zones["h1"], count=1)
    assert town.session.perform_class("scheduler", "emptied", {})["hosts"] == []
    assert town.row(a).host_id == "h1"


@pytest.mark.parametrize("town", ["memory"], indirect=True)
def test_of_two_that_move_at_once_one_gets_what_a_limit_leaves(town: Town) -> None:
    town.limit("z-other", count=1)
    both = [town.server(name, prefer_host="h1") for name in "ab"]

    def move(ident: str) -> bool:
        try:
            town.session.perform("servers", ident, "live-migrate", {"prefer_host_id": "h3"})
        except (InsufficientResourceError, OutOfQuotaError):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, both)) == [False, True]
    town.settle()
    assert sorted(map(town.zone, both)) == sorted((town.zones["h1"], "z-other"))


def test_many_narrowings_are_counted_at_once_as_each_by_itself(town: Town) -> None:
    made = [town.server(f"s{n}", prefer_host=host, auto_start=False) for n, host in enumerate(("h1", "h1", "h3"))]
    device = {"name": "d", "host_id": town.row(made[2]).host_id, "dev_type": "USB", "model": "k", "addr": "1:1"}
    town.session.create("isolated_devices", device)
    town.session.perform("servers", made[2], "attach-isolated-device", {"device": "d"})
    town.settle()
    zones, regions = sorted(set(town.zones.values())), [row.cloudregion_id for row in town.cloud.rows("zones")]
    keys: list[dict[str, str]] = [{}, {"hypervisor": "kvm"}, {"hypervisor": "esxi"}, {"provider": "OneCloud"}]
    keys += [{"brand": "other"}, {"region_id": regions[0]}, {"region_id": "nowhere"}]
    keys += [{"zone_id": zone, **more} for zone in zones for more in ({}, {"hypervisor": "kvm"})]
    with town.cloud.store.read() as tx:
        for project in (PROJECT.id, ""):
            found = held_in(tx, PROJECT.domain_id, project, PLACED, keys)
            assert found == [counted_now(tx, PROJECT.domain_id, project, PLACED, one) for one in keys]
            assert found[0]["count"] == found[0]["port"] == 3
            assert found[-3]["isolated_device"] == 1


@pytest.mark.parametrize("town", ["sqlite"], indirect=True)
def test_many_limits_are_looked_at_in_as_many_statements_as_one(town: Town) -> None:
    def asked(name: str) -> int:
        with statements(town.cloud.store.engine) as seen:
            town.session.create("servers", server_body(name, auto_start=False))
        town.settle()
        return len(seen)

    plain = [asked(f"plain-{n}") for n in range(2)][-1]
    town.limit(town.zones["h1"], cpu=100, storage=1 << 30)
    one = [asked(f"one-{n}") for n in range(2)][-1]
    with town.cloud.store.write(Author()) as tx:
        zone = tx.of(ZONES, PLATFORM).get("z-other")
        for n in range(40):
            tx.of(ZONES, PLATFORM).add(evolve(zone, id=f"z-{n}", name=f"z-{n}"))
        tx.commit()
    counts: list[int] = []
    for n in range(40):
        town.limit(f"z-{n}", cpu=100, storage=1 << 30)
        if n in (9, 39):
            counts.append([asked(f"many-{n}-{k}") for k in range(2)][-1])
    assert counts[0] == counts[1] <= one + 5
    assert plain < one
