"""What is on hosts against the records, with real troubles planted on the simulated hosts of a data folder."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.e2e.processes import created, eventually, upload_image

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore_adapters.client.connect import connect
from cloudcore_adapters.client.session import HttpSession
from cloudcore_apps.allinone import Running, build
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.doctor.command import examine
from cloudcore_apps.doctor.finding import Finding, Level
from cloudcore_apps.settings import Settings

Row = tuple[Any, ...]


@attrs.define
class Cloud:
    """A cloud that ran, with a server `web`, and one that was deleted. old: what its host had of that one."""

    data: Path
    web: dict[str, Any]
    gone: str
    old: Sequence[Row]

    def look(self, *, fix: bool = False) -> list[Finding]:
        found = examine(DataFolder(self.data), "", "127.0.0.1:0", fix=fix)
        return [finding for finding in found if finding.check == "things"]

    def things(self) -> list[Row]:
        return things(self.data)

    def plant(self, rows: Sequence[Row]) -> None:
        with closing(sqlite3.connect(self.data / "simulation.sqlite")) as db, db:
            db.executemany(f"INSERT INTO things VALUES ({','.join('?' * len(rows[0]))})", rows)

    def take(self, part: str, ident: str) -> None:
        with closing(sqlite3.connect(self.data / "simulation.sqlite")) as db, db:
            gone = db.execute("DELETE FROM things WHERE part = ? AND key LIKE ?", (part, f"%{ident}")).rowcount
        assert gone == 1

    def run(self) -> Running:
        return build(Settings(data=self.data, port=0))


def things(data: Path) -> list[Row]:
    with closing(sqlite3.connect(data / "simulation.sqlite")) as db:
        rows = db.execute("SELECT * FROM things WHERE part <> 'journal' AND part <> 'trash'").fetchall()
    return sorted(rows, key=str)


def session_of(running: Running) -> HttpSession:
    return connect(**json.loads((running.folder.path / "local.json").read_text()), light=True, timeout_s=60)


def is_gone(session: HttpSession, ident: str) -> bool:
    try:
        session.get("servers", ident)
    except ResourceNotFoundError:
        return True
    return False


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    data = tmp_path_factory.mktemp("things") / "data"
    with build(Settings(data=data, port=0)) as running, session_of(running) as session:
        upload_image(session)
        web, gone = created(session, "web"), created(session, "gone")
        full = things(data)
        session.delete("servers", gone["id"])
        eventually(lambda: is_gone(session, gone["id"]))
        kept = things(data)
    return Cloud(data, dict(web), str(gone["id"]), [row for row in full if row not in kept])


@pytest.fixture
def cloud(grown: Cloud, tmp_path: Path) -> Cloud:
    import shutil

    return attrs.evolve(grown, data=Path(shutil.copytree(grown.data, tmp_path / "data")))


def test_a_sound_cloud_has_what_its_records_say_and_looking_changes_nothing(cloud: Cloud) -> None:
    before = cloud.things()
    (told,) = cloud.look(fix=True)
    assert (told.level, told.said) == (Level.OK, "What is on the hosts of this folder is what the records say.")
    assert cloud.things() == before
    assert cloud.old


def test_what_was_deleted_is_told_while_the_cloud_runs_and_taken_away_when_it_does_not(cloud: Cloud) -> None:
    sound = cloud.things()
    cloud.plant(cloud.old)
    planted = cloud.things()

    with cloud.run():
        told = cloud.look(fix=True)
    assert {f.level for f in told} == {Level.FAILED}
    assert all("cloudcore down" in f.advice for f in told)
    assert any(f"guest of ours, {cloud.gone} ({cloud.gone}, on), which was deleted" in f.said for f in told)
    assert cloud.things() == planted

    assert {f.level for f in cloud.look()} == {Level.FAILED}
    assert cloud.things() == planted
    fixed = cloud.look(fix=True)
    assert len(fixed) == len(cloud.old)
    assert {f.level for f in fixed} == {Level.NOTE}, fixed
    assert cloud.things() == sound
    assert [f.level for f in cloud.look(fix=True)] == [Level.OK]


def test_what_nobody_knows_is_left_alone(cloud: Cloud) -> None:
    strange = "11111111-2222-4333-8444-555555555555"
    cloud.plant([tuple(str(v).replace(cloud.gone, strange) if isinstance(v, str) else v for v in r) for r in cloud.old
                 if cloud.gone in str(r)])  # fmt: skip
    planted = cloud.things()

    told = cloud.look(fix=True)

    assert {f.level for f in told} == {Level.WARNING}
    assert all("neither records nor history know" in f.said for f in told)
    assert cloud.things() == planted


def test_a_disk_without_a_volume_is_told_and_left_to_a_person(cloud: Cloud) -> None:
    (volume,) = [row for row in cloud.things() if row not in cloud.old and "volumes" in row]
    ident = next(str(value) for value in volume if str(value).startswith("/")).rpartition("/")[2]
    cloud.take("volumes", ident)

    (told,) = cloud.look(fix=True)

    assert told.level is Level.FAILED
    assert f"({ident}, ready) has no volume on host" in told.said
    assert "backup" in told.advice


def test_a_guest_that_belongs_elsewhere_is_taken_away_and_its_volumes_are_not(cloud: Cloud) -> None:
    with closing(sqlite3.connect(cloud.data / "cloud.sqlite")) as db, db:
        db.execute("UPDATE compute_servers SET host_id = 'another' WHERE id = ?", (cloud.web["id"],))

    fixed = cloud.look(fix=True)

    assert {f.level for f in fixed} == {Level.NOTE}
    assert any("which is on host another by now" in f.said for f in fixed)
    parts = [row[1] for row in cloud.things()]
    assert ("volumes" in parts, "domains" in parts, "leases" in parts) == (True, False, False)
