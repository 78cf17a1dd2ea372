"""The same program on a database server."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .processes import Launcher, created, eventually, gone, run, upload_image


def _servers(name: str) -> Any:
    path = Path(__file__).parents[1] / "contracts" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"tests_private_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["PostgreSQL", "MariaDB"])
def database(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The name of a kind of database, and the address of one."""
    with _servers("postgres" if request.param == "PostgreSQL" else "mariadb").server() as url:
        yield request.param, url


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
