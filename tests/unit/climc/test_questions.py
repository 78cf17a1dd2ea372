"""Commands that ask: the scheduler, values that lists have, tags, caches of images, the log's tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime
from cloudcore_apps.inprocess import InProcess, simulated_cloud

Climc = Callable[..., tuple[int, str, str]]
DISK = bytes(510) + b"\x55\xaa" + bytes(range(256)) * 4094


def furnished() -> InProcess:
    """Two hosts and an image."""
    made = simulated_cloud(2)
    made.admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [DISK])
    made.settle()
    return made


def climc_of(place: InProcess, capsys: pytest.CaptureFixture[str]) -> Climc:
    def call(*argv: str) -> tuple[int, str, str]:
        code = run([*argv], Runtime({}, place.admin))
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture(scope="module")
def place() -> InProcess:
    return furnished()


@pytest.fixture
def climc(place: InProcess, capsys: pytest.CaptureFixture[str]) -> Climc:
    return climc_of(place, capsys)


def _json(climc: Climc, *argv: str) -> object:
    code, out, err = climc(*argv, "-o", "json")
    assert code == 0, err
    return json.loads(out)


def test_scheduler_says_whether_servers_would_fit(climc: Climc) -> None:
    told = _json(climc, "scheduler-forecast", "--mem", "1g", "--ncpu", "1", "--disk", "10g", "--count", "3")
    assert (told["can_create"], len(told["candidates"])) == (True, 3)
    code, out, _ = climc("scheduler-forecast", "--mem", "900g", "--disk", "10g")
    assert code == 0
    assert "2 host filter by host_memory" in out
    assert "sim-1" in out
    rows = _json(climc, "scheduler-test", "--mem", "1g", "--disk", "10g", "--suggestion-limit", "1")
    assert [row["count"] for row in rows] == [1]


def test_scheduler_is_asked_of_moves_and_without_filters(climc: Climc) -> None:
    told = _json(climc, "scheduler-forecast", "--mem", "1g", "--host-id", "sim-1")
    assert [one["name"] for one in told["candidates"]] == ["sim-2"]
    code, _, err = climc(
        "scheduler-forecast", "--mem", "1g", "--host-id", "sim-1", "--live-migrate", "--skip-cpu-check"
    )
    assert code == 1
    assert "neither gives nor takes servers that run" in err
    big = ("--mem", "900g", "--ignore-filter", "host_memory")
    assert _json(climc, "scheduler-forecast", *big)["can_create"]
    assert _json(climc, "capacity", *big)["total"] > 0
    code, _, err = climc("capacity", "--mem", "1g", "--ignore-filter", "host_luck")
    assert code == 1
    assert "there is no host_luck" in err


def test_scheduler_shows_hosts_and_decisions(climc: Climc, place: InProcess) -> None:
    rows = _json(climc, "scheduler-candidate-list", "--type", "host", "--available")
    assert [row["name"] for row in rows] == ["sim-1", "sim-2"]
    code, out, _ = climc("scheduler-candidate-list")
    assert code == 0
    assert "CPU.FREE" in out
    assert _json(climc, "scheduler-candidate-show", "sim-2")["storages"]
    assert _json(climc, "scheduler-forecast", "--mem", "1g", "--log")["can_create"]
    place.settle()
    (row,) = _json(climc, "scheduler-history-list")
    assert _json(climc, "scheduler-history-show", row["session_id"])["output"]["can_create"]
    assert climc("scheduler-clean-cache", "--host-id", "sim-1")[0] == 0
    assert climc("scheduler-sync-sku")[0] == 0
    assert climc("scheduler-candidate-show", "none")[0] == 3


def test_scheduler_places_servers_of_different_shapes_together(climc: Climc, tmp_path: Path) -> None:
    slim, wide = {"name": "slim", "vmem_size": 512, "count": 2}, {"name": "wide", "vmem_size": "4g", "vcpu_count": 2}
    file = tmp_path / "servers.json"
    file.write_text(json.dumps([slim, wide]))
    told = _json(climc, "scheduler-batch", f"@{file}")
    assert [row["server"] for row in told["candidates"]] == ["slim", "slim", "wide"]
    assert told["opened"] == 1
    code, out, _ = climc("scheduler-batch", json.dumps([slim, {**wide, "vmem_size": "900g"}]))
    assert code == 0
    assert "OPENED_SINGLY" in out.upper()
    assert "host_memory" in out
    assert climc("scheduler-batch", "@nothing.json")[0] == 2
    code, _, err = climc("scheduler-batch", json.dumps([slim, {"vmem_size": "much"}]))
    assert code != 0
    assert "servers.1" in err


def test_servers_of_different_shapes_are_made_together(capsys: pytest.CaptureFixture[str]) -> None:
    # A cloud of its own: servers leave images on their hosts, in the trash as well, and other tests count those.
    place = furnished()
    climc = climc_of(place, capsys)
    more = {"disks": [{"size": 1024, "image_id": "tiny"}], "nets": [{"network": "default"}], "disable_delete": False}
    slim, wide = {**more, "name": "slim", "vmem_size": 512, "count": 2}, {**more, "name": "wide", "vmem_size": "4g"}
    code, _, err = climc("scheduler-batch", "--apply", json.dumps([slim, {**wide, "vmem_size": "900g"}]))
    assert code != 0
    assert "servers.1: beside the others no host fits: 2 by host_memory" in err
    assert _json(climc, "server-list") == []
    rows = _json(climc, "scheduler-batch", "--apply", json.dumps([slim, wide]))
    assert [row["name"] for row in rows] == ["slim", "slim-2", "wide"]
    place.settle()
    assert {row["status"] for row in _json(climc, "server-list")} <= {"running", "ready"}
    for row in rows:
        assert climc("server-delete", row["id"], "--override-pending-delete")[0] == 0
    place.settle()


def test_values_of_a_list_are_told(climc: Climc) -> None:
    assert _json(climc, "distinct-field", "hosts", "name") == {"name": ["sim-1", "sim-2"]}
    code, out, _ = climc("distinct-field", "host", "name")
    assert code == 0
    assert out.split() == ["NAME", "sim-1", "sim-2"]
    told = _json(climc, "distinct-fields", "host", "--field", "status", "--field", "host_type")
    assert told["fields"] == [{"status": "running", "host_type": "hypervisor"}]
    code, _, err = climc("distinct-field", "toasters", "name")
    assert code == 2
    assert "toasters" in err


def test_tags_are_counted_by_value_and_as_a_tree(climc: Climc, place: InProcess) -> None:
    for name, tags in (("a", {"env": "prod", "team": "x"}), ("b", {"env": "prod"}), ("c", {"env": "test"})):
        place.admin.create("projects", {"name": name})
        place.admin.perform("projects", name, "user-metadata", tags)
    rows = _json(climc, "project-tag-value-pairs", "--user-meta")
    assert {"key": "user:env", "value": "prod", "count": 2} in rows
    assert {"key": "user:env", "value": "", "count": 3} in _json(climc, "project-tag-value-pairs", "--key-only")
    assert _json(climc, "project-tag-value-pairs", "--name", "c") == [{"key": "user:env", "value": "test", "count": 1}]
    tree = _json(climc, "project-tag-value-tree", "--key", "user:env", "--key", "user:team", "--search", "a")
    assert tree["count"] >= 1
    assert tree["children"]
    rows = _json(climc, "project-tag-value-tree", "--key", "user:env", "--show-map")
    assert {"value0": "test", "count": 1} in rows
    assert climc("project-tag-value-tree")[0] == 2


def test_images_are_brought_to_a_storage_and_taken_away(climc: Climc, place: InProcess) -> None:
    storage = place.admin.list("storages").items[0]
    for command, where in (("storage", storage["id"]), ("storage-cache", storage["storagecache_id"])):
        fetch = "storage-cache-image" if command == "storage" else "storage-cache-cache-image"
        code, _, err = climc(fetch, where, "tiny", "--format", "qcow2")
        assert code == 0, err
        place.settle()
        held = place.admin.list("storagecachedimages", {"storagecache_id": storage["storagecache_id"]}).items
        assert [one["status"] for one in held] == ["active"]
        code, _, err = climc(f"{command}-uncache-image", where, "--image", "tiny", "--force")
        assert code == 0, err
        place.settle()
        assert place.admin.list("storagecachedimages", {"storagecache_id": storage["storagecache_id"]}).items == []
    code, _, err = climc("storage-cache-image", storage["id"], "tiny", "--format", "vmdk")
    assert (code, "image tiny is raw, and is kept as it is" in err) == (1, True)
    assert climc("storage-cache-image", storage["id"])[0] == 2
    assert climc("storage-uncache-image", storage["id"], "tiny")[0] == 3


def test_image_is_shown_in_a_form(climc: Climc) -> None:
    assert _json(climc, "image-show", "tiny", "--format", "raw")["disk_format"] == "raw"
    assert climc("image-show", "tiny", "--format", "vmdk")[0] == 3
    code, _, err = climc("image-show", "tiny", "--torrent")
    assert code != 0
    assert "torrent" in err


def test_log_is_one_table_that_only_grows(climc: Climc) -> None:
    for command in (("action-splitable",), ("logs-show", "splitable"), ("logs-show", "splitable", "--service", "log")):
        (row,) = _json(climc, *command)
        assert row["table"] == "history"
    for command in (("action-purge-splitable",), ("logs-purge-splitable",), ("logs-show", "splitable-export")):
        code, _, err = climc(*command)
        assert code != 0
        assert "log" in err
    rows = _json(climc, "action-show", "--system-account", "--limit", "3")
    assert all(row["is_system_account"] for row in rows)
    assert not any(row["is_system_account"] for row in _json(climc, "action-show", "--normal-account", "--limit", "3"))


def test_a_command_for_what_is_not_there_says_why(climc: Climc) -> None:
    code, _, err = climc("vpc-create", "default", "new")
    assert code != 0
    assert "overlay networks are not available" in err
    code, _, err = climc("vpc", "create", "default", "new")
    assert code != 0
    assert "overlay networks are not available" in err


def test_kinds_of_hardware_are_counted_and_what_is_of_one_is_listed(climc: Climc) -> None:
    told = _json(climc, "spec-hosts-list")
    ((key, kind),) = told.items()
    assert kind["count"] == 2
    assert _json(climc, "spec", "--model", "hosts") == told == _json(climc, "spec")["hosts"]
    assert len(_json(climc, "spec", "--model", "hosts", "--key", key)["spec"]) == 2
    assert len(_json(climc, "spec-hosts-list", "--ncpu", str(kind["cpu"]), "--nic", "1")["spec"]) == 2
    assert _json(climc, "spec-hosts-list", "--nic", "77") == {"spec": []}
    assert _json(climc, "spec-isolated-devices-list") == {}
    assert climc("spec-hosts-list", "--filter", "nothing.equals(1)")[0] == 1


def test_configuration_of_a_service_is_put_and_taken_out(climc: Climc) -> None:
    told = _json(climc, "service-config", "region2", "--config", "port=1", "--config", "more.api=https://here")
    assert told == {"config": {"default": {"port": 1}, "more": {"api": "https://here"}}}
    assert _json(climc, "service-config-show", "region2") == told
    assert _json(climc, "service-config-show2", "compute_v2") == told
    left = _json(climc, "service-config", "region2", "--remove", "--config", "port")
    assert left == {"config": {"more": {"api": "https://here"}}}
    assert climc("service-config", "region2")[0] == 2
    assert climc("service-config", "region2", "--config", "port")[0] == 2
