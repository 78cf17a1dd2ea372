"""Hosts that die: their leases, what they stop themselves, and their servers elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check

from cloudcore.model.errors import CloudcoreError, InvalidStatusError, UnreachableError
from cloudcore.model.lease import GRACE_S, RENEW_S, TERM_S
from cloudcore.operations.evacuation import evacuate
from cloudcore.operations.host_leases import HostWatch, renew
from cloudcore.operations.session import CoreSession
from cloudcore_apps.doctor.hosts import down
from cloudcore_apps.power import follow_power

DOWN_S = int(TERM_S + GRACE_S + 3 * RENEW_S)


class Town:
    """Hosts with leases, of which those in `dead` do not renew theirs."""

    def __init__(self, hosts: int = 2) -> None:
        self.cloud = Cloud(hosts=hosts, leases=True)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.worker = self.cloud.worker()
        self.watch = HostWatch(self.cloud.platform)
        self.dead: set[str] = set()
        self.down: list[str] = []
        self.policy(word="disable")

    def server(self, name: str = "web", *, on: bool = True, shared: bool = True, host: str = "h1") -> str:
        storage = "s-shared" if shared else f"s-{host}"
        disks = [{"image_id": "i1", "size": 1024, "storage_id": storage}]
        body = server_body(name, disks=disks, auto_start=on, prefer_host=host)
        ident = str(self.session.create("servers", body)["id"])
        self.cloud.settle(seconds=60)
        assert self.get(ident).host_id == host
        return ident

    def get(self, ident: str) -> Any:
        return self.cloud.row("servers", ident)

    def policy(self, host: str = "h1", word: str = "enable") -> None:
        self.session.perform("hosts", host, "auto-migrate-on-host-down", {"auto_migrate_on_host_down": word})

    def live(self, seconds: int) -> None:
        for _ in range(seconds):
            self.cloud.clock.advance(1)
            for machine in self.cloud.machines.values():
                machine.tick()
            if int(self.cloud.clock.elapsed_s) % int(RENEW_S) == 0:
                self.renew()
            self.cloud.turn(self.worker)

    def renew(self) -> None:
        for ident in sorted(self.cloud.machines.keys() - self.dead):
            self.cloud.keep_lease(ident)
        self.down += self.watch.look(self.cloud.clock.elapsed_s)
        evacuate(self.cloud.platform)

    def cut(self, host: str = "h1") -> None:
        self.dead.add(host)
        self.cloud.hosts.partition(host)

    def heal(self, host: str = "h1") -> None:
        self.dead.discard(host)
        self.cloud.hosts.heal(host)

    def running_on(self, ident: str) -> list[str]:
        return [h for h, machine in self.cloud.machines.items() if machine.machine.power_state(ident) == "on"]


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_host_that_renews_is_never_down(town: Town) -> None:
    town.live(200)
    assert town.down == []
    assert [row.host_status for row in town.cloud.rows("hosts")] == ["online", "online"]


def test_servers_move_by_policy_and_never_run_twice(town: Town) -> None:
    town.policy()
    ident = town.server()
    town.cut()
    for _ in range(DOWN_S + 20):
        town.live(1)
        assert len(town.running_on(ident)) <= 1
    server = town.get(ident)
    assert (town.down, server.host_id, server.status, town.running_on(ident)) == (["h1"], "h2", "running", ["h2"])
    assert server.status_reason == "moved from host h1, which was down"
    town.heal()
    town.live(30)
    assert town.cloud.machines["h1"].machine.domains == {}
    assert town.cloud.row("hosts", "h1").host_status == "online"
    check(town.cloud)


def test_a_server_whose_disk_is_on_its_host_stays_and_says_why(town: Town) -> None:
    town.policy()
    ident = town.server(shared=False)
    town.cut()
    town.live(DOWN_S)
    server = town.get(ident)
    assert (server.host_id, server.status, server.power_states) == ("h1", "unknown", "on")
    assert "is on a storage of its host alone: the server is there again when host h1 is" in server.status_reason
    town.heal()
    town.live(int(RENEW_S))
    follow(town, "h1")
    assert town.get(ident).status == "running"
    check(town.cloud)


def test_without_a_policy_nothing_moves_until_somebody_says_so(town: Town) -> None:
    ident = town.server()
    with pytest.raises(InvalidStatusError, match="it has its lease"):
        town.session.perform("servers", ident, "migrate", {"rescue_mode": True})
    town.cut()
    town.live(DOWN_S)
    assert (town.get(ident).host_id, town.get(ident).status) == ("h1", "unknown")
    answer = town.session.perform("hosts", "h1", "evacuate", {})
    assert answer["moved"] == [{"id": ident, "name": "web", "host_id": "h2"}]
    town.live(10)
    assert (town.get(ident).status, town.running_on(ident)) == ("running", ["h2"])


def test_a_server_that_is_on_does_not_move_off_a_host_that_lives(town: Town) -> None:
    ident = town.server()
    with pytest.raises(InvalidStatusError, match="is on: it moves while it is off"):
        town.session.perform("servers", ident, "migrate", {})


def test_a_host_that_cannot_fence_itself_needs_somebodys_word(town: Town) -> None:
    ident = town.server()
    town.cut()
    assert renew(town.cloud.platform, "h1", fences=False)
    town.live(DOWN_S)
    with pytest.raises(InvalidStatusError, match="may still run its guests"):
        town.session.perform("servers", ident, "migrate", {"rescue_mode": True})
    stay = town.session.perform("hosts", "h1", "evacuate", {})["stay"]
    assert [line["id"] for line in stay] == [ident]
    assert town.session.perform("hosts", "h1", "evacuate", {"fenced": True})["moved"]


def test_nobody_can_vouch_for_a_host_that_runs(town: Town) -> None:
    with pytest.raises(InvalidStatusError, match="has its lease"):
        town.session.perform("hosts", "h1", "evacuate", {"fenced": True})


def test_a_jump_of_the_databases_clock_kills_no_host(town: Town) -> None:
    town.live(20)
    town.cloud.clock.jump(3600)
    town.live(20)
    assert town.down == []


def test_a_watch_that_has_just_begun_waits_for_the_whole_time(town: Town) -> None:
    town.cut()
    town.live(DOWN_S - 20)
    fresh = HostWatch(town.cloud.platform)
    assert fresh.look(town.cloud.clock.elapsed_s) == []
    town.live(20)
    assert fresh.look(town.cloud.clock.elapsed_s) == []


def test_a_fenced_host_takes_nothing_and_forgets_what_it_was_asked_for(town: Town) -> None:
    ident = town.server(on=False)
    town.cloud.machines["h1"].slow(1)
    town.cut()
    town.live(DOWN_S)
    machine = town.cloud.machines["h1"]
    with pytest.raises(UnreachableError, match="no lease"):
        machine.outcome("key")
    assert town.get(ident).status == "unknown"


def test_a_task_on_a_dead_host_ends_at_once_and_its_server_moves(town: Town) -> None:
    town.policy()
    ident = town.server(on=True)
    town.cut()
    town.live(DOWN_S - 35)
    town.session.perform("servers", ident, "restart", {"is_force": True})
    town.live(60)
    server = town.get(ident)
    assert (server.host_id, server.status, town.running_on(ident)) == ("h2", "running", ["h2"])


def test_a_move_that_finds_no_room_says_so_and_changes_nothing() -> None:
    town = Town(hosts=1)
    town.policy()
    ident = town.server()
    town.cut()
    town.live(DOWN_S)
    assert town.get(ident).status_reason.startswith("not moved: ")
    town.heal()
    town.live(int(RENEW_S))
    follow(town, "h1")
    check(town.cloud)


def test_bad_policies_name_their_field(town: Town) -> None:
    with pytest.raises(CloudcoreError) as caught:
        town.session.perform("hosts", "h1", "auto-migrate-on-host-down", {"auto_migrate_on_host_down": "perhaps"})
    assert caught.value.field == "auto_migrate_on_host_down"
    assert town.session.get("hosts", "h1")["auto_migrate_on_host_down"] is False
    town.policy()
    assert town.session.get("hosts", "h1")["auto_migrate_on_host_down"] is True


def test_the_doctor_says_what_happens_next(town: Town) -> None:
    town.server(shared=False)
    town.cut()
    town.live(DOWN_S)
    with town.cloud.platform.uow.read() as tx:
        (trouble,) = down(tx)
    assert trouble.said.startswith("host h1 has not renewed its lease since 2030-01-01 00:0")
    assert "1 servers are on it, of which 1 were on: they stay there until it is back" in trouble.said
    assert trouble.repair is None


def follow(town: Town, host: str) -> None:
    """Ask a host for the states of its guests."""
    follow_power(town.cloud.platform, host, town.cloud.machines[host].inventory)
