"""`cloudcore scheduler`: what if, on a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cloudcore.model.errors import CloudcoreError
from cloudcore_apps.scheduling import scheduler

SNAPSHOT: dict[str, Any] = {
    "format": "cloudcore-inventory",
    "version": 1,
    "hosts": [
        {"id": "a", "name": "anna", "cpu_count": 8, "mem_size": 8192, "mem_claimed": 4096},
        {"id": "b", "name": "bert", "cpu_count": 8, "mem_size": 8192},
    ],
    "storages": [{"id": "s", "storage_type": "nfs", "capacity": 50_000}],
    "host_storages": [["a", "s"], ["b", "s"]],
    "servers": [
        {
            "id": "g1",
            "name": "web",
            "host_id": "a",
            "request": {"memory_mib": 4096, "present_host": "a", "disks": [{"size_mib": 1, "storage_id": "s"}]},
        },
        {"id": "g2", "name": "db", "host_id": "a", "stuck": "disk x is on a storage of its host alone", "request": {}},
    ],
}


@pytest.fixture
def ask(tmp_path: Path) -> Any:
    def call(*options: str, snapshot: Any = SNAPSHOT, **files: Any) -> Any:
        (tmp_path / "snapshot.json").write_text(snapshot if isinstance(snapshot, str) else json.dumps(snapshot))
        sent = list(options)
        for name, value in files.items():
            path = tmp_path / f"{name}.json"
            path.write_text(value if isinstance(value, str) else json.dumps(value))
            sent += [f"--{name}", str(path)]
        result = CliRunner().invoke(scheduler, ["simulate", str(tmp_path / "snapshot.json"), *sent])
        if isinstance(result.exception, CloudcoreError):
            raise result.exception
        return json.loads(result.stdout) if result.exit_code == 0 else result

    return call


def test_requests_are_placed_in_order_beside_each_other(ask: Any) -> None:
    told = ask(request=[{"memory_mib": 4096, "count": 2}, {"memory_mib": 8192}])["requests"]
    assert sorted(one["host"] for one in told[0]["placed"]) == ["anna", "bert"]
    assert told[1]["placed"] == []
    assert told[1]["refusal"]["filters"][0]["filter_name"] == "host_memory"


def test_capacity_says_how_many_fit_and_what_bounds_them(ask: Any) -> None:
    told = ask(capacity={"vcpus": 1, "memory_mib": 1024, "disks": [{"size_mib": 10_000}]})["capacity"]
    assert told["total"] == 5
    assert told["bounds"] == [["shared", 2]]
    told = ask(capacity={"vcpus": 1, "memory_mib": 1024})["capacity"]
    assert told["total"] == 12
    assert dict(told["bounds"]) == {"host_memory": 2}
    assert {one["host_name"]: one["count"] for one in told["hosts"]} == {"anna": 4, "bert": 8}


def test_the_loss_of_a_host_says_which_servers_go_where(ask: Any) -> None:
    told = ask("--without", "anna")["without"]
    assert not told["can_be_lost"]
    assert [(one["name"], one["host"]) for one in told["moved"]] == [("web", "bert")]
    assert [(one["name"], one["reason"]) for one in told["stay"]] == [
        ("db", "disk x is on a storage of its host alone")
    ]
    assert ask("--without", "b")["without"]["can_be_lost"]
    told = ask("--without", "anna", "--without", "bert")["without"]
    assert len(told["stay"]) == 2
    assert "host_status" in told["stay"][0]["reason"]
    assert ask("--without", "nobody").exit_code == 2


def test_a_queue_is_played_by_day_and_what_ends_makes_room(ask: Any) -> None:
    big = {"memory_mib": 8192}
    told = ask(
        queue=[
            {"at": "2030-02-01", "name": "second", "request": big},
            {"at": "2030-01-01", "until": "2030-03-01", "name": "first", "request": big},
            {"at": "2030-03-01", "name": "third", "request": big},
        ]
    )["queue"]
    assert [(one["name"], one["placed"]) for one in told] == [("first", 1), ("second", 0), ("third", 1)]
    assert "host_memory" in told[1]["reason"]


def test_without_a_question_it_says_what_is_in_the_file(ask: Any) -> None:
    assert ask() == {"inventory": {"hosts": 2, "storages": 1, "networks": 0, "servers": 2}}


@pytest.mark.parametrize(
    ("snapshot", "files", "reason"),
    [
        ("{", {}, "no JSON"),
        ("[" * 100_000, {}, "no JSON"),
        ('{"format": NaN}', {}, "NaN is no number"),
        ({**SNAPSHOT, "servers": [{"id": "x"}]}, {}, r"servers\[0\].host_id is missing"),
        ({**SNAPSHOT, "servers": [{"id": "x", "host_id": "a", "request": {"cpu": 1}}]}, {}, "request.cpu is not known"),
        (SNAPSHOT, {"request": {"vcpus": "2"}}, r"request.json\[0\].vcpus must be a whole number"),
        (SNAPSHOT, {"queue": [{"at": "soon", "request": {}}]}, r"queue.json\[0\].at: 'soon' is not a day"),
        (SNAPSHOT, {"queue": [{"at": "2030-01-02", "until": "2030-01-01", "request": {}}]}, "until must be after"),
        (SNAPSHOT, {"queue": {}}, "queue.json must be a list"),
    ],
)
def test_what_is_wrong_is_named(ask: Any, snapshot: Any, files: Any, reason: str) -> None:
    with pytest.raises(CloudcoreError, match=reason):
        ask(snapshot=snapshot, **files)


def test_a_file_that_is_too_long_is_not_read(ask: Any) -> None:
    with pytest.raises(CloudcoreError, match="longer than"):
        ask(request=" " * (5 << 20))
