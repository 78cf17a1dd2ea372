"""The all-in-one program: how long it takes to start, what it holds when idle, how fast it makes a server.

Run alone: `python tests/perf/app_bench.py [IDLE_SECONDS]`.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cloudcore_adapters.client.connect import connect
from cloudcore_adapters.client.session import HttpSession

IDLE_S = 60.0
HOSTS = 100
CREATES = 25
POLL_S = 0.005


def benchmarks(idle_s: float = IDLE_S) -> dict[str, dict[str, object]]:
    """Start on an empty folder, again on the same one, and on one with 100 simulated hosts; medians where repeated.

    first_up_s, up_s: from the command to an authenticated list of servers. create_http_ms: from the request to `running`, with
    hypervisor delays 0. idle_pss_mib: proportional memory, a minute after the last request.
    """
    with tempfile.TemporaryDirectory(prefix="cloudcore-bench-") as folder:
        data = Path(folder) / "data"
        first_s = _started(data)[1]
        again_s = sorted(_started(data)[1] for _ in range(3))[1]
        create_ms = _create_ms(Path(folder) / "many")
        idle_mib = _idle_mib(data, idle_s)
    return {
        "first_up_s": {"value": round(first_s, 2), "unit": "s"},
        "up_s": {"value": round(again_s, 2), "unit": "s"},
        "create_http_ms": {"value": round(create_ms, 1), "unit": "ms"},
        "idle_pss_mib": {"value": round(idle_mib, 1), "unit": "MiB"},
    }


class _Up:
    """One `cloudcore up`, ended with the block."""

    def __init__(self, data: Path, *options: str) -> None:
        self._data = data
        self._command = [sys.executable, "-m", "cloudcore_apps.main", "up", "--data", str(data)]
        self._command += ["--listen", "127.0.0.1:0", *options]

    def __enter__(self) -> tuple[int, HttpSession]:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        while "cloudcore env" not in (line := self._process.stdout.readline()):
            assert line, "it did not start"
        return self._process.pid, connect(**json.loads((self._data / "local.json").read_text()), light=True)

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=20)


def _started(data: Path) -> tuple[int, float]:
    begin = time.perf_counter()
    with _Up(data) as (_, session):
        total = session.list("servers").total
        return total, time.perf_counter() - begin


def _create_ms(data: Path) -> float:
    with _Up(data, "--simulated-hosts", str(HOSTS)) as (_, session):
        image = session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
        _until(session, "images", image["id"], "active")
        times = sorted(_create_one(session, f"web{number}") for number in range(CREATES))
    return times[len(times) // 2] * 1000


def _create_one(session: HttpSession, name: str) -> float:
    body: dict[str, Any] = {
        "name": name,
        "vcpu_count": 1,
        "vmem_size": 256,
        "disks": [{"image_id": "tiny", "size": 1024}],
        "nets": [{"network": "default"}],
        "auto_start": True,
    }
    begin = time.perf_counter()
    server = session.create("servers", body)
    _until(session, "servers", server["id"], "running")
    taken = time.perf_counter() - begin
    time.sleep(0.2)
    return taken


def _until(session: HttpSession, plural: str, ident: str, status: str) -> None:
    while (found := session.get(plural, ident, {"field": "status"})["status"]) != status:
        assert "fail" not in found, found
        time.sleep(POLL_S)


def _idle_mib(data: Path, idle_s: float) -> float:
    with _Up(data) as (pid, session):
        session.list("servers")
        time.sleep(idle_s)
        return _pss_kib(pid) / 1024


def _pss_kib(pid: int) -> int:
    """The proportional set size of a process and its children, in KiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    own = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = {child for task in tasks for child in (task / "children").read_text(encoding="ascii").split()}
    return own + sum(_pss_kib(int(child)) for child in children)


if __name__ == "__main__":
    for name, figure in benchmarks(float(sys.argv[1]) if len(sys.argv) > 1 else IDLE_S).items():
        print(name, figure["value"], figure["unit"])
