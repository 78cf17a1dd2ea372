"""Decisions that were made for servers, told again: to their owners, without the names of hosts that they may not know."""

from __future__ import annotations

import json

import pytest
from tests.wire.test_scheduler import Place

from cloudcore.model.errors import InsufficientResourceError
from cloudcore_adapters.memory.cloud import PASSWORD
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

BODY = {
    "vcpu_count": 1,
    "vmem_size": 512,
    "disks": [{"size": 1024, "image_id": "tiny"}],
    "nets": [{"network": "default"}],
}
DISK = bytes(510) + b"\x55\xaa" + bytes(range(256)) * 4094


@pytest.fixture(scope="module")
def place():
    made = Place()
    made.admin.upload(None, {"name": "tiny", "disk_format": "raw", "is_public": True}, [DISK])
    made.place.settle()
    made.ann = made.place.cloud.login("ann", "Secret-word-12345", project="p1")
    made.ann.create("servers", {**BODY, "name": "web"})
    with pytest.raises(InsufficientResourceError):
        made.ann.create("servers", {**BODY, "name": "huge", "vmem_size": "900g"})
    made.place.settle()
    return made


def told(place, ident, who="admin", **rest):
    return place.ask(f"explain/{ident}", {}, who=who, **rest)["explanation"]


def test_a_placement_is_explained_by_the_server_it_made(place):
    server = place.ann.get("servers", "web")
    for ident in ("web", server["id"]):
        found = told(place, ident)
        assert (found["status"], found["guests"], found["count"]) == ("ok", "web", 1)
        assert found["servers"] == [
            {"id": server["id"], "host_id": place.admin.get("servers", server["id"])["host_id"]}
        ]
        chosen, *others = found["candidates"]
        assert chosen["host_id"] == found["servers"][0]["host_id"]
        assert chosen["count"] == 1
        assert chosen["score"] >= max(one["score"] for one in others)
        assert sum(chosen["weighers"].values()) == pytest.approx(chosen["score"], abs=1e-3)
        assert found["replay"]["same"]
        assert found["now"]["can_create"]
        assert found["request"]["vmem_size"] == 512


def test_a_refusal_is_kept_with_its_reasons_and_what_would_help(place):
    (row,) = place.ask("history-list", {"failed": True})["history"]
    assert (row["guests"], row["status"], row["user"]) == ("huge", "fail", "ann")
    found = told(place, row["id"])
    (memory,) = [one for one in found["filters"] if one["filter_name"] == "host_memory"]
    assert memory["removed"] == 3
    assert memory["examples"]
    assert any("memory" in one for one in found["relaxations"])
    assert {one["filter_name"] for one in found["candidates"]} == {"host_memory"}
    assert found["replay"] == {"same": True, "kept_hosts": 2, "whole": False}
    assert not found["now"]["can_create"]
    assert "host_memory" in found["now"]["summary"]
    detail = place.ask(f"history-detail/{row['id']}", {})["history"]
    assert "3 host filter by host_memory" in detail["output"]["not_allow_reasons"][0]


def test_its_owner_reads_it_without_the_names_of_hosts(place):
    (row,) = place.ask("history-list", {"failed": True}, who="ann")["history"]
    for ident in (row["id"], "web"):
        found = told(place, ident, who="ann")
        assert found["candidates"]
        assert all(one["name"] == "" == one["host_id"] for one in found["candidates"])
        text = json.dumps(found)
        assert not [ident for name, ident in place.hosts.items() if name in text or ident in text]


def test_nobody_else_finds_it(place):
    core = place.place.cloud.platform_session("test")
    core.create("projects", {"name": "p2", "domain_id": "default"})
    core.create("users", {"name": "eve", "password": "Secret-word-12345", "domain_id": "default"})
    core.perform("users", "eve", "join", {"projects": ["p2"], "roles": ["project_owner"]})
    place.tokens["eve"] = place._login("eve", "Secret-word-12345", "p2")
    (row,) = place.ask("history-list", {"failed": True})["history"]
    server = place.ann.get("servers", "web")["id"]
    assert place.ask("history-list", {}, who="eve")["history"] == []
    for ident in (row["id"], row["session_id"], "web", server):
        place.ask(f"explain/{ident}", {}, who="eve", status=404)
    place.ask(f"history-detail/{row['id']}", {}, who="eve", status=404)
    place.ask("explain/web", {}, who="", status=401)


def test_the_command_tells_the_story(place, capsys):
    runtime = Runtime({}, place.place.cloud.login("sysadmin", PASSWORD, project="system"))
    assert run(["scheduler-explain", "web"], runtime) == 0
    out = capsys.readouterr().out
    assert "it would go to" in out
    assert "capacity" in out
    assert run(["scheduler-history-list", "--failed"], runtime) == 0
    assert "huge" in capsys.readouterr().out
    assert run(["scheduler-explain", "nothing"], runtime) == 3


def test_a_server_that_is_gone_is_still_explained(place):
    made = place.ann.create("servers", {**BODY, "name": "brief", "disable_delete": False})
    place.place.settle()
    place.ann.delete("servers", made["id"], {"override_pending_delete": True})
    place.place.settle()
    assert told(place, made["id"], who="ann")["guests"] == "brief"


def test_a_dry_run_keeps_nothing_and_a_plan_nothing_until_it_is_applied(place):
    before = place.ask("history-list", {})["total"]
    place.ann.create("servers", {**BODY, "name": "dry", "dry_run": True})
    plan = place.ann.create("servers", {**BODY, "name": "later"}, {"plan": True})
    for params in ({"plan": True}, {}):
        with pytest.raises(InsufficientResourceError):
            place.ann.create("servers", {**BODY, "name": "big", "vmem_size": "900g", "dry_run": not params}, params)
    assert place.ask("history-list", {})["total"] == before
    place.ann.perform("plans", plan["id"], "apply")
    assert place.ask("history-list", {})["total"] == before + 1
    assert told(place, "later", who="ann")["status"] == "ok"


def test_a_batch_is_made_once_under_a_key():
    made = Place()
    made.admin.upload(None, {"name": "tiny", "disk_format": "raw", "is_public": True}, [DISK])
    made.place.settle()
    body = {"servers": [{**BODY, "name": "slim", "count": 2}, {**BODY, "name": "wide", "vcpu_count": 2}], "apply": True}
    headers = {"X-Auth-Token": made.tokens["ann"], "Idempotency-Key": "k1"}
    first, again = (made.client.post("/scheduler/scheduler/batch", json=body, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 200, first.text
    assert [one["id"] for one in first.json()["servers"]] == [one["id"] for one in again.json()["servers"]]
    made.place.settle()
    rows = made.place.cloud.login("ann", "Secret-word-12345", project="p1").list("servers").items
    assert sorted((row["vcpu_count"], row["status"]) for row in rows) == [(1, "ready"), (1, "ready"), (2, "ready")]
