"""What if: how many more fit, whether a host can be lost, a queue of days to come, and all of it as a file."""

from __future__ import annotations

import json

import attrs
import pytest
from click.testing import CliRunner
from tests.wire.test_decisions import BODY, DISK
from tests.wire.test_scheduler import Place

from cloudcore.operations.servers.input import read_wanted
from cloudcore.scheduling import schedule
from cloudcore.scheduling.capacity import days_until_full, rate_of
from cloudcore.scheduling.snapshot import read_snapshot
from cloudcore_adapters.memory.cloud import PASSWORD
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime
from cloudcore_apps.scheduling import scheduler

WANTED = {"vcpu_count": 1, "vmem_size": 1024, "disks": [{"size": 1024}]}


@pytest.fixture(scope="module")
def place():
    made = Place()
    made.admin.upload(None, {"name": "tiny", "disk_format": "raw", "is_public": True}, [DISK])
    made.place.settle()
    made.ann = made.place.cloud.login("ann", "Secret-word-12345", project="p1")
    made.web = made.ann.create("servers", {**BODY, "name": "web"})["id"]
    made.place.settle()
    made.web_host = made.admin.get("servers", made.web)["host_id"]
    return made


def test_capacity_is_what_is_placed_until_nothing_fits(place):
    told = place.ask("capacity", WANTED)
    assert told["total"] == sum(one["count"] for one in told["candidates"]) == sum(z["count"] for z in told["zones"])
    assert told["total"] > 0
    assert not told["at_least"]
    assert sum(one["hosts"] for one in told["bounds"]) == len(told["candidates"])
    forecast = place.ask("forecast", {**WANTED, "count": min(told["total"] + 1, 5000)})
    assert forecast["allow_count"] == told["total"]
    assert not forecast["can_create"]
    assert place.ask("capacity", {**WANTED, "most": 2})["at_least"]
    none = place.ask("capacity", {**WANTED, "vmem_size": "900g"})
    assert none["total"] == 0
    assert [(one["filter_name"], one["removed"]) for one in none["filters"]] == [("host_memory", 3)]
    place.ask("capacity", {**WANTED, "most": 0.5}, status=400)
    place.ask("capacity", {**WANTED, "days": 91}, status=400)


def test_too_little_history_says_nothing_of_a_rate(place):
    growth = place.ask("capacity", WANTED)["growth"]
    assert not growth["known"]
    assert "days of history" in growth["reason"]


def test_a_tenant_sees_numbers_and_no_names(place):
    told = place.ask("capacity", WANTED, who="ann")
    assert told["total"] == place.ask("capacity", WANTED)["total"]
    assert "growth" not in told
    assert not [word for name, ident in place.hosts.items() for word in (name, ident) if word in json.dumps(told)]
    told = place.ask("queue", {"requests": [{**WANTED, "at": "2030-01-01"}]}, who="ann")
    assert (told["requests"][0]["placed"], told["requests"][0]["hosts"]) == (1, {})
    for word in ("snapshot", f"without/{place.web_host}"):
        place.ask(word, {}, who="ann", status=403)


def test_a_host_with_disks_of_its_own_can_not_be_lost(place):
    told = place.ask(f"without/{place.web_host}", {})
    assert not told["can_be_lost"]
    (stay,) = told["stay"]
    assert stay["id"] == place.web
    assert "on a storage of its host alone" in stay["reason"]
    other = next(ident for ident in place.hosts.values() if ident != place.web_host)
    assert place.ask(f"without/{other}", {})["can_be_lost"]
    place.ask("without/none", {}, status=404)


def test_a_queue_says_which_are_refused_and_when(place):
    total = place.ask("capacity", WANTED)["total"]
    found = place.ask(
        "queue",
        {
            "requests": [
                {**WANTED, "at": "2030-02-01", "name": "late", "count": 1},
                {**WANTED, "at": "2030-01-01", "until": "2030-03-01", "name": "all", "count": total},
                {**WANTED, "at": "2030-03-01", "name": "after"},
            ]
        },
    )["requests"]
    assert [(one["name"], one["placed"]) for one in found] == [("all", total), ("late", 0), ("after", 1)]
    assert found[1]["reason"]
    wrong = place.ask("queue", {"requests": [{**WANTED, "at": "soon"}]}, status=400)
    assert "requests[0]" in wrong["details"]
    place.ask("queue", {"requests": []}, status=400)


def test_a_filter_can_be_left_out_of_what_if(place):
    big = {**WANTED, "vmem_size": "900g"}
    assert place.ask("capacity", {**big, "ignore_filters": ["host_memory"]})["total"] > 0
    wish = {**big, "at": "2030-01-01", "ignore_filters": ["host_memory"]}
    assert place.ask("queue", {"requests": [wish]})["requests"][0]["placed"] == 1
    told = place.ask("queue", {"requests": [{**wish, "ignore_filters": ["host_luck"]}]}, status=400)
    assert told["data"]["field"] == "requests[0].ignore_filters"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"ignore_filters": ["host_luck"]}, 400, "ignore_filters"),
        ({"host_id": "sim-1"}, 406, "host_id"),
        ({"live_migrate": True}, 406, "live_migrate"),
        ({"nets": [{"network": "default", "address": "10.99.0.20"}]}, 400, "nets"),
    ],
    ids=str,
)
def test_capacity_is_not_counted_of_what_is_no_new_server(place, change, status, field):
    assert place.ask("capacity", {**WANTED, **change}, status=status)["data"]["field"] == field


def test_a_queue_is_bounded_as_a_whole(place):
    wish = {**WANTED, "at": "2030-01-01", "count": 10_000}
    told = place.ask("queue", {"requests": [wish] * 11}, status=400)
    assert told["data"]["field"] == "requests"


def test_the_snapshot_decides_as_the_cloud_does(place):
    told = place.ask("snapshot", {})
    known = read_snapshot(told)
    assert {host.name for host in known.hosts} == set(place.hosts)
    (server,) = known.servers
    assert (server.id, server.host_id, server.is_on) == (place.web, place.web_host, False)
    assert "storage of its host" in server.stuck
    chosen = place.ask("", {**WANTED, "session_id": "same"})["candidates"][0]["host_id"]
    with place.place.cloud.platform.uow.read() as tx:
        wanted = read_wanted(place.place.cloud.platform, tx, place.admin.caller, WANTED, 1, placing=True).request
    decision = schedule(known.build(), attrs.evolve(wanted, seed="same"))
    assert decision.placements[0].host_id == chosen


def test_the_commands_answer(place, capsys, tmp_path):
    runtime = Runtime({}, place.place.cloud.login("sysadmin", PASSWORD, project="system"))

    def climc(*argv):
        code = run([*argv], runtime)
        return code, capsys.readouterr().out

    code, out = climc("capacity", "--ncpu", "1", "--mem", "1g", "--disk", "1g")
    assert code == 0
    assert "total" in out
    assert "host_" in out
    code, out = climc("scheduler-without", place.web_host)
    assert (code, "storage of its host alone" in out) == (0, True)
    code, out = climc("scheduler-emptied", "--most", "9")
    assert code == 0
    (tmp_path / "q.json").write_text(json.dumps([{**WANTED, "at": "2030-01-01", "name": "spring"}]))
    code, out = climc("scheduler-queue", f"@{tmp_path / 'q.json'}")
    assert (code, "spring" in out) == (0, True)
    code, out = climc("scheduler-snapshot")
    assert code == 0
    assert json.loads(out)["format"] == "cloudcore-inventory"
    file = tmp_path / "snapshot.json"
    assert CliRunner().invoke(scheduler, ["snapshot", "-o", str(file)], obj=runtime.session).exit_code == 0
    told = json.loads(CliRunner().invoke(scheduler, ["simulate", str(file), "--without", place.web_host]).stdout)
    assert [one["id"] for one in told["without"]["stay"]] == [place.web]


def test_a_rate_is_told_with_its_uncertainty():
    assert rate_of([1.0] * 4) is None
    steady = rate_of([2.0] * 10)
    assert (steady.per_day, steady.low, steady.high) == (2.0, 2.0, 2.0)
    rough = rate_of([0.0, 4.0] * 5)
    assert rough.per_day == 2.0
    assert rough.low < 1.0 < 3.0 < rough.high
    assert days_until_full(10, 2.0) == 5.0
    assert days_until_full(10, 0.0) is None
    assert days_until_full(10, -1.0) is None


def test_hosts_that_can_be_emptied_are_listed_for_who_may_have_it_done(place):
    told = place.ask("emptied", {"most": 5})
    assert told == {"hosts": [], "moves": 0}, "the only server has a disk that is on its host alone"
    place.ask("emptied", {"most": 5001}, status=400)
    place.ask("emptied", {}, who="ann", status=403)
