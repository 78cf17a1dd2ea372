"""How long climc takes from the shell: its overview, and a list from a cloud that runs beside it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RUNS = 9
SRC = Path(__file__).resolve().parents[2] / "src"


def benchmarks() -> dict[str, dict[str, Any]]:
    """Median milliseconds of whole processes, after one that warms the caches."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)):
        environ = {**_environ(), "XDG_CACHE_HOME": folder, "CLOUDCORE_DATA": folder}
        shown = _median(["--help"], environ)
        listed = _median(["server-list"], environ)
    return {"climc_help_ms": {"value": shown, "unit": "ms"}, "climc_list_ms": {"value": listed, "unit": "ms"}}


def _environ() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(str(SRC / part) for part in ("", "adapters", "apps"))}


def _median(argv: list[str], environ: dict[str, str]) -> float:
    command = [sys.executable, "-c", "from cloudcore_apps.climc.main import main; main()", *argv]
    took: list[float] = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run(command, env=environ, check=True, capture_output=True)
        took.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(took[1:]), 1)


class _server:  # noqa: N801 - used as a function is
    """A cloud in memory in a process of its own, with the file that climc finds it by."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "local.json"
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._file)], env=_environ(), stdout=subprocess.PIPE
        )

    def __enter__(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _serve(file: Path) -> None:
    import threading

    from cloudcore.operations.platform import Settings
    from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
    from cloudcore_adapters.rest.app import build_app
    from cloudcore_adapters.rest.server import BackgroundServer

    cloud, password = memory_cloud(memory_platform(settings=Settings(deployment="memory", base_url="http://place")))
    with BackgroundServer(build_app(cloud)) as server:
        admin = cloud.login("sysadmin", password, project="system")
        for endpoint in admin.list("endpoints").items:
            url = server.url + endpoint["url"].removeprefix("http://place")
            admin.update("endpoints", endpoint["id"], {"url": url})
        known = {"auth_url": f"{server.url}/identity/v3", "username": "sysadmin", "password": password}
        file.touch(mode=0o600)
        file.write_text(json.dumps({**known, "project": "system"}))
        print("ready", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(Path(sys.argv[1]))
    else:
        print(json.dumps(benchmarks(), indent=2))
