"""`cloudcore doctor`: with the cloud up, down, never started, and broken in each way that it looks for."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.keypair import KEYPAIRS, Keypair
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.tasks.task import TASKS, Task
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.allinone import build
from cloudcore_apps.doctor.command import doctor
from cloudcore_apps.doctor.finding import Level
from cloudcore_apps.doctor.machine import clock
from cloudcore_apps.doctor.records import look_inside
from cloudcore_apps.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def examined(data: Path, *more: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and findings by check."""
    listen = () if "--listen" in more else ("--listen", "127.0.0.1:0")
    done = CliRunner().invoke(doctor, ["--data", str(data), "-o", "json", *listen, *more])
    told = json.loads(done.stdout)
    assert told["healthy"] == (done.exit_code == 0)
    return done.exit_code, {f["check"]: f for f in told["findings"]}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a cloud that has run."""
    data = tmp_path_factory.mktemp("doctor") / "data"
    with build(Settings(data=data, port=0)):
        pass
    return data


@pytest.fixture
def data(grown: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    import shutil

    return Path(shutil.copytree(grown, tmp_path / "data"))


def test_before_the_first_start_nothing_is_wrong(tmp_path: Path) -> None:
    code, found = examined(tmp_path / "none")
    assert code == 0
    assert found["folder"]["level"] == "note"
    assert "cloudcore up" in found["folder"]["advice"]
    assert found["database"]["level"] == "note"
    assert not (tmp_path / "none").exists(), "it changes nothing"


def test_a_running_cloud_is_well(tmp_path: Path) -> None:
    with build(Settings(data=tmp_path, port=0)) as running:
        code, found = examined(tmp_path)
        assert running.url in found["answer"]["said"]
    assert code == 0, found
    assert "port" not in found
    for check in ("folder", "keys", "lock", "answer", "space", "database", "migration", "tasks", "statuses", "history"):
        assert found[check]["level"] == "ok", found[check]


def test_one_that_was_ended_is_well(data: Path) -> None:
    before = sorted((p.name, p.stat().st_mtime_ns) for p in data.iterdir() if not p.name.startswith("cloud.sqlite-"))
    code, found = examined(data)
    assert code == 0, found
    assert found["lock"] == {
        "check": "lock",
        "level": "note",
        "said": "No cloud runs here.",
        "advice": "`cloudcore up` starts it.",
    }
    assert found["port"]["level"] == "ok"
    after = sorted((p.name, p.stat().st_mtime_ns) for p in data.iterdir() if not p.name.startswith("cloud.sqlite-"))
    assert after == before


def test_every_failure_says_what_to_do(data: Path) -> None:
    (data / "master-key").chmod(0o644)
    code, found = examined(data)
    assert (code, found["keys"]["level"]) == (1, "failed")
    assert "chmod 600 master-key" in found["keys"]["advice"]
    (data / "master-key").unlink()
    _, found = examined(data)
    assert "master-key is missing" in found["keys"]["said"]


def test_an_open_folder_is_a_warning(data: Path) -> None:
    data.chmod(0o755)
    code, found = examined(data)
    assert (code, found["folder"]["level"], found["folder"]["advice"]) == (0, "warning", f"chmod 700 {data}")


def test_a_taken_port_is_told(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = examined(data, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (code, found["port"]["level"]) == (1, "failed")
    assert "ss -ltnp" in found["port"]["advice"]


def test_a_damaged_database_is_told(data: Path) -> None:
    file = data / "cloud.sqlite"
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    code, found = examined(data)
    assert (code, found["database"]["level"]) == (1, "failed")


def test_what_the_records_decide_is_put_right_once(data: Path) -> None:
    def surgery(statement: str) -> int:
        with closing(sqlite3.connect(data / "cloud.sqlite")) as file, file:
            return file.execute(statement).rowcount

    assert surgery("UPDATE compute_hostclaims SET vcpus = 7") > 0
    command = ["--data", str(data), "--listen", "127.0.0.1:0"]
    told = CliRunner().invoke(doctor, command)
    assert (told.exit_code, "has 7 of vcpus charged where 0 is held" in told.stdout) == (1, True)

    fixed = CliRunner().invoke(doctor, [*command, "--fix"])

    assert (fixed.exit_code, "It was counted anew." in fixed.stdout) == (0, True)
    again = CliRunner().invoke(doctor, [*command, "--fix"])
    assert (again.exit_code, "counted anew" in again.stdout) == (0, False)


def test_an_older_and_a_newer_database_are_told(data: Path) -> None:
    for revision, level in (("0000", "warning"), ("9999", "failed")):
        with closing(sqlite3.connect(data / "cloud.sqlite")) as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
            database.commit()
        code, found = examined(data)
        assert found["migration"]["level"] == level
        assert code == (level == "failed")
        assert "tasks" not in found


def test_a_database_that_is_away_is_told(data: Path) -> None:
    code, found = examined(data, "--database", "postgresql://nobody:hunter2@127.0.0.1:1/none")
    assert (code, found["database"]["level"]) == (1, "failed")
    assert "hunter2" not in json.dumps(found)
    _, found = examined(data, "--database", "oracle://x")
    assert found["database"]["level"] == "failed"


def test_a_cloud_that_hangs_is_told(data: Path) -> None:
    from cloudcore_apps.data_folder import DataFolder

    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{dead.getsockname()[1]}"
        (data / "local.json").unlink()
        with DataFolder(data) as folder:
            folder.note({"url": url})
            code, found = examined(data)
    assert (code, found["answer"]["level"]) == (1, "failed")
    assert found["lock"]["level"] == "ok"


def test_a_clock_at_the_beginning_of_time_is_told() -> None:
    assert clock(datetime(1970, 1, 1, tzinfo=UTC)).level is Level.FAILED


def inside(*rows: Any, running: bool = True) -> dict[str, Any]:
    cloud, _ = memory_cloud()
    kinds = {Task: TASKS, Server: SERVERS, Keypair: KEYPAIRS}
    with cloud.platform.uow.write(Author()) as unit:
        for row in rows:
            unit.of(kinds[type(row)], PLATFORM).add(row)
        unit.commit()
    return {f.check: f for f in look_inside(cloud.platform.uow, datetime.now(UTC), running=running)}


def task(**more: Any) -> Task:
    known = {"id": "t1", "flow": "server-start", "obj_type": "server", "obj_id": "s1", "obj_name": "web"}
    return Task(**{**known, "wake_at": datetime.now(UTC), **more})


def test_a_late_task_is_told_and_a_timely_one_is_not() -> None:
    assert inside(task())["tasks"].level is Level.OK
    for late in ({"wake_at": NOW}, {"deadline_at": NOW}):
        told = inside(task(**late))["tasks"]
        assert told.level is Level.FAILED
        assert "server-start of server web" in told.said
    assert inside(task(wake_at=NOW, state="complete"))["tasks"].level is Level.OK
    assert inside(task(wake_at=NOW), running=False)["tasks"].level is Level.NOTE


def test_a_resource_that_nobody_works_on_is_told() -> None:
    server = Server(id="s1", name="web\x1b[2J", vmem_size=256, status="starting", domain_id="d", tenant_id="p")
    told = inside(server)["statuses"]
    assert told.level is Level.FAILED
    assert "(starting)" in told.said
    assert inside(server, task())["statuses"].level is Level.OK
    assert inside(server, task(state="failed"))["statuses"].level is Level.FAILED
    assert inside(server, task(obj_type="disk"))["statuses"].level is Level.FAILED
    assert inside(evolve(server, status="running"))["statuses"].level is Level.OK


def test_a_clock_that_went_back_is_told() -> None:
    cloud, _ = memory_cloud()
    found = {f.check: f for f in look_inside(cloud.platform.uow, datetime.now(UTC) - timedelta(hours=1), running=True)}
    assert found["history"].level is Level.FAILED


def test_names_cannot_control_the_terminal() -> None:
    from cloudcore_apps.doctor.command import _line
    from cloudcore_apps.doctor.finding import failed

    assert "\x1b" not in _line(failed("x", "web\x1b[2J", "y\u202e"))


def test_the_text_says_the_same(data: Path) -> None:
    done = CliRunner().invoke(doctor, ["--data", str(data), "--listen", "127.0.0.1:0"])
    assert done.exit_code == 0
    assert "checks passed" in done.stdout.splitlines()[-1]
    assert done.stdout.splitlines()[0].startswith("ok    folder")
