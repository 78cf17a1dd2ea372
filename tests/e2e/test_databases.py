"""The same program on a database server."""

from __future__ import annotations

from pathlib import Path

import pytest

from .processes import Launcher, created, eventually, gone, run, upload_image

SERVERS = {"PostgreSQL": "fresh_postgres_url", "MariaDB": "fresh_mariadb_url"}
"""The fixture that gives the address of an empty database, by what the program calls its kind."""


@pytest.fixture(params=SERVERS)
def database(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The name of a kind of database, and the address of one."""
    return request.param, request.getfixturevalue(SERVERS[request.param])


def test_a_cloud_on_a_database_server_survives_its_process(
    launcher: Launcher, tmp_path: Path, database: tuple[str, str]
) -> None:
    name, url = database
    data = tmp_path / "data"
    first = launcher.up(data, env={"CLOUDCORE_DATABASE": url})
    assert not (data / "cloud.sqlite").exists()
    upload_image(first.session())
    web = created(first.session(), "web")
    first.kill()
    second = launcher.up(data, env={"CLOUDCORE_DATABASE": url})
    assert second.session().get("servers", "web")["status"] == "running"
    assert name in run("status", data=data).stdout
    second.session().delete("servers", "web")
    eventually(lambda: gone(second.session(), "servers", web["id"]))
    assert second.stop() == 0
