"""The scheduler's interface over simulated hosts: the same answers as the library's, and a reason for every refusal."""

from __future__ import annotations

import attrs
import pytest
from starlette.testclient import TestClient

from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.servers.input import read_wanted
from cloudcore.scheduling import schedule
from cloudcore.scheduling.weighers import WEIGHERS
from cloudcore_adapters.memory.cloud import PASSWORD
from cloudcore_adapters.rest.app import build_app
from cloudcore_apps.inprocess import simulated_cloud

SENT = {
    **dict.fromkeys(("backup", "best_effort", "details", "live_migrate", "record_to_history", "suggestion"), False),
    "extra_cpu_count": 0,
    "host_mem_page_size": 0,
    "groups": None,
    "__meta__": None,
    "host_id": "",
    "cdrom": "",
    "count": 2,
    "disks": [
        {"auto_reset": False, "index": 0, "iops": 0, "size": 10240, "throughput": 0, "image_id": "", "schedtags": []}
    ],
    "hypervisor": "kvm",
    "nets": [{"bw_limit": 0, "exit": False, "index": 0, "network": "default", "private": False, "vip": False}],
    "vcpu_count": 1,
    "vmem_size": 1024,
}
"""As clients in Go send it: with everything that was not asked for."""


class Place:
    """Three hosts and whoever asks about them."""

    def __init__(self) -> None:
        self.place = simulated_cloud(3)
        self.admin = self.place.admin
        self.client = TestClient(build_app(self.place.cloud))
        core = self.place.cloud.platform_session("test")
        core.create("projects", {"name": "p1", "domain_id": "default"})
        core.create("users", {"name": "ann", "password": "Secret-word-12345", "domain_id": "default"})
        core.perform("users", "ann", "join", {"projects": ["p1"], "roles": ["project_owner"]})
        self.tokens = {
            "admin": self._login("sysadmin", PASSWORD, "system"),
            "ann": self._login("ann", "Secret-word-12345", "p1"),
        }
        self.hosts = {host["name"]: host["id"] for host in self.admin.list("hosts").items}

    def _login(self, name: str, password: str, project: str) -> str:
        user = {"domain": {"name": "Default"}, "name": name, "password": password}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
        auth["scope"] = {"project": {"name": project, "domain": {"name": "Default"}}}
        return self.client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]

    def ask(self, word: str, body=None, *, who: str = "admin", status: int = 200):
        path = "/scheduler/scheduler" + (f"/{word}" if word else "")
        headers = {"X-Auth-Token": self.tokens[who]} if who else {}
        answer = self.client.post(path, json=body if body is not None else SENT, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def place():
    """One for all: nothing that is asked here changes it."""
    return Place()


def test_candidates_are_one_for_each_server_with_storages_and_networks(place):
    found = place.ask("", SENT | {"session_id": "s-1"})["candidates"]
    assert len(found) == 2
    assert {one["session_id"] for one in found} == {"s-1"}
    assert {one["host_id"] for one in found} <= set(place.hosts.values())
    assert all(place.hosts[one["name"]] == one["host_id"] for one in found)
    assert all(one["disks"][0]["index"] == 0 and one["disks"][0]["storage_ids"] for one in found)
    assert all(one["nets"][0]["network_ids"] for one in found)


def test_answers_are_those_of_the_library(place):
    body = SENT | {"count": 5, "session_id": "same"}
    for word in ("schedule", "test", "forecast"):
        over_http = place.ask("" if word == "schedule" else word, body)
        assert over_http == place.admin.perform_class("scheduler", word, body)
    platform = place.place.cloud.platform
    with platform.uow.read() as tx:
        wanted = read_wanted(platform, tx, place.admin.caller, body, 5, placing=True)
        request = attrs.evolve(wanted.request, seed="same")
        decision = schedule(inventory_of(tx, platform.settings, host_type="hypervisor", networks=None), request)
    assert [one["host_id"] for one in place.ask("", body)["candidates"]] == [p.host_id for p in decision.placements]
    assert len(decision.placements) == 5


def test_forecast_says_that_it_fits(place):
    told = place.ask("forecast")
    assert (told["can_create"], told["req_count"], told["allow_count"]) == (True, 2, 2)
    assert len(told["candidates"]) == 2
    assert told["not_allow_reasons"] == told["filtered_candidates"] == []


def test_forecast_says_why_it_does_not_fit(place):
    told = place.ask("forecast", SENT | {"vmem_size": "900g"})
    assert (told["can_create"], told["allow_count"], told["candidates"]) == (False, 0, [])
    assert told["not_allow_reasons"][0].startswith("3 host filter by host_memory: request: 921600 MiB")
    assert {one["filter_name"] for one in told["filtered_candidates"]} == {"host_memory"}
    assert {one["id"] for one in told["filtered_candidates"]} == set(place.hosts.values())
    assert all("request: 921600 MiB" in one["reasons"][0] for one in told["filtered_candidates"])


@pytest.mark.parametrize("word", ["forecast", "test"])
def test_questions_say_what_would_help(place, word):
    told = place.ask(word, SENT | {"vmem_size": "900g"})
    assert [(one["filter_name"], one["removed"], one["alone"]) for one in told["filters"]] == [("host_memory", 3, 3)]
    assert {one["id"] for one in told["filters"][0]["examples"]} == set(place.hosts.values())
    (memory,) = [text for text in told["relaxations"] if text.startswith("memory")]
    assert place.ask("forecast", SENT | {"vmem_size": int(memory.split()[1])})["can_create"]
    assert not place.ask("forecast", SENT | {"vmem_size": int(memory.split()[1]) + 1})["can_create"]
    hidden = place.ask(word, SENT | {"vmem_size": "900g"}, who="ann")
    assert hidden["relaxations"]
    assert not [name for name in place.hosts if name in str(hidden)]


def test_refusal_is_an_error_that_says_what_would_help(place):
    told = place.ask("", SENT | {"vmem_size": "900g"}, status=400)
    assert told["code"] == 400
    assert "3 by host_memory" in told["details"]
    assert "it would fit with memory" in told["details"]
    assert told["data"]["filters"][0]["removed"] == 3


def test_as_many_as_fit_are_placed_where_that_is_enough(place):
    body = SENT | {"count": 5, "vmem_size": "100g", "best_effort": True}
    fitting = place.ask("forecast", body)["allow_count"]
    assert fitting >= 5
    body = SENT | {"count": 20, "vmem_size": "100g"}
    place.ask("", body, status=400)
    found = place.ask("", body | {"best_effort": True})["candidates"]
    assert len(found) == 20
    placed = [one for one in found if "host_id" in one]
    assert {one["error"] for one in found if "host_id" not in one} == {"Out of resource"}
    told = place.ask("forecast", body | {"best_effort": True})
    assert (told["can_create"], told["allow_count"]) == (False, len(placed))
    assert told["not_allow_reasons"]


def test_none_that_fits_is_as_many_as_fit(place):
    body = SENT | {"count": 3, "vmem_size": "3000g"}
    assert place.ask("", body, status=400)["class"] == "InsufficientResourceError"
    found = place.ask("", body | {"best_effort": True})["candidates"]
    assert [one.get("error") for one in found] == ["Out of resource"] * 3
    assert not any("host_id" in one for one in found)


def test_suggestions_are_ranked_with_what_they_have(place):
    told = place.ask("test")
    assert [one["count"] for one in told["data"]] == [1, 1, 0]
    assert (told["total"], told["limit"], told["offset"]) == (3, 50, 0)
    first = told["data"][0]
    assert first["capacity"] >= 1
    assert first["disks"][0]["storages"][0].keys() == {"id", "name", "free_capacity"}
    assert first["data"]["score"] == first["score"]
    assert (first["capacity_details"], first["score_details"]) == (None, "")
    assert len(place.ask("test", SENT | {"suggestion_limit": 1})["data"]) == 1
    assert len(place.ask("test", SENT | {"suggestion_limit": 1, "suggestion_all": True})["data"]) == 3
    refused = place.ask("test", SENT | {"vmem_size": "900g"})
    assert refused["data"] == []
    assert "host_memory" in refused["not_allow_reasons"][0]


def test_suggestions_say_which_filter_bounds_them_and_what_their_score_is_made_of(place):
    for row in place.ask("test", SENT | {"details": True})["data"]:
        assert row["capacity"] == min(row["capacity_details"].values())
        assert {"host_cpu", "host_memory"} <= row["capacity_details"].keys()
        shares = dict(part.split(": ") for part in row["score_details"].split(", "))
        assert shares.keys() == {one.name for one in WEIGHERS if not one.packs}
        assert sum(map(float, shares.values())) == pytest.approx(row["score"], abs=1e-4)


def test_bodies_may_be_wrapped_dotted_or_without_disks(place):
    assert len(place.ask("", {"scheduler": SENT})["candidates"]) == 2
    dotted = {"vmem_size": "1g", "disk.0": "10g", "net.0": "default", "count": "2"}
    assert len(place.ask("", dotted)["candidates"]) == 2
    assert place.ask("", {"vmem_size": 512})["candidates"][0]["disks"] == []


def test_present_host_is_left_and_named_as_the_reason(place):
    there = place.hosts["sim-1"]
    found = place.ask("", SENT | {"count": 4, "host_id": "sim-1"})["candidates"]
    assert there not in {one["host_id"] for one in found}
    told = place.ask("forecast", SENT | {"host_id": there, "prefer_host": there})
    assert told["can_create"] is False
    reasons = {one["id"]: one["filter_name"] for one in told["filtered_candidates"]}
    assert reasons[there] == "host_migrate"


def test_preferred_places_are_kept_to(place):
    found = place.ask("", SENT | {"prefer_host": "sim-2"})["candidates"]
    assert {one["name"] for one in found} == {"sim-2"}
    zone = place.admin.list("zones").items[0]["id"]
    assert len(place.ask("", SENT | {"prefer_zones": ["zone0", zone]})["candidates"]) == 2
    assert place.ask("", SENT | {"prefer_zones": ["nowhere"]}, status=404)["class"] == "ResourceNotFoundError"


def test_filters_can_be_left_out_and_unknown_ones_are_named(place):
    body = SENT | {"host_id": "sim-1", "prefer_host": "sim-1"}
    place.ask("", body, status=400)
    assert place.ask("", body | {"ignore_filters": ["host_migrate"]})["candidates"][0]["name"] == "sim-1"
    told = place.ask("", body | {"ignore_filters": ["host_luck"]}, status=400)
    assert told["data"]["field"] == "ignore_filters"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"count": 0}, None),
        ({"count": 5001}, "count"),
        ({"count": "many"}, "count"),
        ({"vmem_size": None}, "vmem_size"),
        ({"vmem_size": "big"}, "vmem_size"),
        ({"suggestion_limit": -1}, "suggestion_limit"),
        ({"best_effort": "perhaps"}, "best_effort"),
    ],
    ids=str,
)
def test_wrong_questions_name_what_is_wrong(place, change, field):
    if field is None:
        place.ask("test", SENT | change)
        return
    assert place.ask("test", SENT | change, status=400)["data"]["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prefer_region": "nowhere"}, "prefer_region"),
        ({"prefer_zone": "nowhere"}, "prefer_zone"),
        ({"prefer_zones": ["zone0", "nowhere"]}, "prefer_zones.1"),
        ({"prefer_host": "nowhere"}, "prefer_host"),
        ({"prefer_wire": "nowhere"}, "prefer_wire"),
        ({"groups": ["nobody"]}, "groups.0"),
    ],
    ids=str,
)
def test_what_is_not_there_is_named_as_it_was_asked_for(place, change, field):
    told = place.ask("forecast", SENT | change, status=404)
    assert told["data"]["field"] == field
    assert "nowhere" in told["details"] or "nobody" in told["details"]


def test_a_region_is_preferred_by_name_or_id(place):
    for named in ("default", "Default"):
        assert len(place.ask("", SENT | {"prefer_region": named}, who="ann")["candidates"]) == 2
    assert place.ask("forecast", SENT | {"resource_type": "weird"}, status=400)["data"]["field"] == "resource_type"


@pytest.mark.parametrize(
    "change",
    [
        {"change_config": True},
        {"has_isolated_device": True},
        {"backup": True},
        {"group_releations": [{"group_id": "g", "strategy": "require", "scope": 1}]},
    ],
    ids=str,
)
def test_what_is_not_offered_says_so(place, change):
    told = place.ask("forecast", SENT | change, status=406)
    assert told["class"] == "NotSupportedError"
    assert next(iter(change)) in told["details"]


def test_hosts_are_listed_as_the_wire_spells_it(place):
    told = place.ask("candidate-list", {"limit": 2})
    assert (told["total"], told["limit"], told["offset"]) == (3, 2, 0)
    assert [one["name"] for one in told["data"]] == ["sim-1", "sim-2"]
    assert told["data"][0].keys() == {
        *("id", "name", "cpu", "mem", "storage", "status", "host_status", "enable_status", "host_type", "pending_usage")
    }
    for part in ("cpu", "mem", "storage"):
        assert told["data"][0][part].keys() == {"free", "reserverd", "total"}
    assert [one["name"] for one in place.ask("candidate-list", {"offset": 2})["data"]] == ["sim-3"]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"type": "host"}, 3),
        ({"type": "baremetal"}, 0),
        ({"zone": "zone0"}, 3),
        ({"region": "default"}, 3),
        ({"available": True}, 3),
    ],
    ids=str,
)
def test_list_of_hosts_is_narrowed(place, wanted, count):
    assert place.ask("candidate-list", wanted)["total"] == count


def test_list_of_hosts_refuses_what_it_does_not_know(place):
    assert place.ask("candidate-list", {"type": "toaster"}, status=400)["data"]["field"] == "type"
    place.ask("candidate-list", {"zone": "nowhere"}, status=404)
    place.ask("candidate-list", {}, who="ann", status=403)


def test_one_host_is_shown_with_its_storages(place):
    by_name = place.ask("candidate-detail/sim-1", {})["candidate"]
    assert by_name["id"] == place.hosts["sim-1"]
    assert by_name["storages"][0]["free_capacity"] == by_name["storage"]["free"]
    assert by_name["cpu"]["free"] == by_name["cpu"]["total"]
    assert place.ask(f"candidate-detail/{by_name['id']}", {})["candidate"]["name"] == "sim-1"
    place.ask("candidate-detail/none", {}, status=404)
    place.ask("candidate-detail", {}, status=400)


def test_claims_of_servers_are_gone_from_what_is_free():
    place = simulated_cloud(1)
    before = place.admin.perform_class("scheduler", "candidate-list", {})["data"][0]
    with place.cloud.platform.uow.write(_author()) as tx:
        from cloudcore.quotas.claims import claim_host

        assert claim_host(tx, before["id"], vcpus=3, memory_mib=2048, cpu_limit=99, memory_limit=99_999)
        tx.commit()
    after = place.admin.perform_class("scheduler", "candidate-list", {})["data"][0]
    assert before["cpu"]["free"] - after["cpu"]["free"] == 3
    assert before["mem"]["free"] - after["mem"]["free"] == 2048
    assert after["cpu"]["total"] == before["cpu"]["total"]


def _author():
    from cloudcore.ports.unit_of_work import Author

    return Author()


def test_decisions_are_remembered_where_that_is_asked_for(place):
    place.ask("", SENT | {"session_id": "kept", "record_to_history": True, "name": "web"})
    place.ask("test", SENT | {"session_id": "looked", "record_to_history": True})
    place.ask("", SENT | {"session_id": "failed", "record_to_history": True, "vmem_size": "900g"}, status=400)
    place.ask("", SENT | {"session_id": "unkept"})
    place.place.settle()
    rows = {one["session_id"]: one for one in place.ask("history-list", {})["history"]}
    assert rows.keys() == {"kept", "failed"}
    assert (rows["kept"]["status"], rows["kept"]["count"], rows["kept"]["guests"]) == ("ok", 2, "web")
    assert rows["failed"]["status"] == "fail"
    assert "looked" in {one["session_id"] for one in place.ask("history-list", {"all": True})["history"]}
    assert [one["session_id"] for one in place.ask("history-list", {"is_suggestion": True})["history"]] == ["looked"]
    told = place.ask("history-detail/failed", {})["history"]
    assert "host_memory" in told["output"]["not_allow_reasons"][0]
    place.ask("history-detail/unkept", {}, status=404)
    assert place.ask("history-list", {}, who="ann")["history"] == []
    place.ask("history-detail/kept", {}, who="ann", status=404)


def test_what_is_kept_between_decisions_is_dropped_on_demand(place):
    assert place.ask("clean-cache", {}) == {"scheduler": {}}
    assert place.ask("clean-cache/sim-1?session=x&sync_clean=true", {}) == {"scheduler": {}}
    assert place.ask("cleanup", {"res_type": "host"}) == {"scheduler": {}}
    assert place.ask("sync-sku", {"wait": True}) == {"scheduler": {}}
    assert place.ask("completed/s-1", {})["scheduler"] == {"session_id": "s-1"}
    place.ask("clean-cache/none", {}, status=404)
    place.ask("clean-cache", {}, who="ann", status=403)


def test_unknown_words_and_unknown_callers_are_refused(place):
    refused = place.ask("guess", {}, status=400)
    assert (refused["class"], refused["data"]) == ("InputParameterError", {"field": "action"})
    place.ask("", SENT, who="", status=401)
    assert place.client.get("/scheduler/ping").text == "pong"
    assert place.client.get("/scheduler/version").status_code == 200


def test_servers_of_different_shapes_are_placed_together(place):
    slim, wide = (
        SENT | {"count": 3, "name": "slim"},
        SENT | {"count": 1, "name": "wide", "vcpu_count": 4, "vmem_size": 8192},
    )
    told = place.ask("batch", {"servers": [slim, wide, SENT | {"name": "huge", "count": 1, "vmem_size": "900g"}]})
    assert [one["index"] for one in told["candidates"]] == [0, 0, 0, 1, 2]
    assert [one["server"] for one in told["candidates"]] == ["slim"] * 3 + ["wide", "huge"]
    placed, refused = told["candidates"][:4], told["candidates"][4]
    assert len({one["host_id"] for one in placed}) == told["opened"] == told["opened_singly"] == 1
    assert all(place.hosts[one["name"]] == one["host_id"] and one["disks"] and one["nets"] for one in placed)
    assert "3 by host_memory" in refused["reason"]
    (memory,) = refused["relaxations"]
    assert [(one["filter_name"], one["removed"], one["alone"]) for one in refused["filters"]] == [("host_memory", 3, 3)]
    less = SENT | {"name": "huge", "count": 1, "vmem_size": int(memory.split()[1])}
    for more, fits in ((0, 5), (1, 4)):
        again = place.ask("batch", {"servers": [slim, wide, less | {"vmem_size": less["vmem_size"] + more}]})
        assert again["allow_count"] == fits
    assert (told["req_count"], told["allow_count"]) == (5, 4)
    assert 0 <= told["stranded"]["cpu"] <= 1
    hidden = place.ask("batch", {"servers": [slim]}, who="ann")["candidates"]
    assert {one["host_id"] for one in hidden} == {""}


@pytest.mark.parametrize(
    ("servers", "field"),
    [
        (None, "servers"),
        ([], "servers"),
        ("web", "servers"),
        ([SENT, "web"], "servers"),
        ([SENT] * 501, "servers"),
        ([SENT | {"count": 1500}] * 2, "servers"),
        ([SENT, SENT | {"count": 0.5}], "servers.1.count"),
        ([SENT, SENT | {"nets": [{"network": "nowhere"}]}], "servers.1.nets.0.network"),
        ([SENT, SENT | {"vmem_size": "much"}], "servers.1.vmem_size"),
    ],
)
def test_a_batch_says_which_of_its_servers_is_wrong(place, servers, field):
    with pytest.raises(CloudcoreError) as caught:
        place.admin.perform_class("scheduler", "batch", {"servers": servers})
    assert caught.value.field == field
