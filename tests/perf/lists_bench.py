"""How long lists of the standard cloud's servers take, in process and over HTTP.

Every figure is taken as an administrator of the system and as the owner of a project with 1,500 servers; the worse counts.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.perf.standard_cloud import SECRET, StandardCloud, standard_cloud, statements

from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_apps.pacing import collect_rarely

REPEATS = 15
ROUNDS = 5
REQUESTS = 300
WARM = 20
LISTS: Mapping[str, Mapping[str, str]] = {
    "list20": {"limit": "20", "details": "false"},
    "list20_details": {"limit": "20"},
    "search20": {"limit": "20", "details": "false", "search": "server-077"},
}


def benchmarks() -> dict[str, dict[str, object]]:
    """Figures by name: the best of several rounds' medians, and numbers of SQL statements, BEGIN included."""
    figures: dict[str, dict[str, object]] = {}
    with standard_cloud() as cloud:
        for name, params in LISTS.items():
            value = max(_median(ask) for ask in _askers(cloud, params))
            figures[f"{name}_ms"] = {"value": value, "unit": "ms"}
            figures[f"{name}_statements"] = {"value": _statements(cloud, params), "unit": "statements"}
        figures["list1000_details_ms"] = {
            "value": max(_median(ask, 3) for ask in _askers(cloud, {"limit": "1000"})),
            "unit": "ms",
        }
        figures["deep_page_ratio"] = {"value": _deep_page_ratio(cloud), "unit": "times"}
        with _over_http(cloud, "/servers?limit=1000") as (asking, _):
            figures["list1000_details_http_ms"] = {"value": max(_median(ask, 3) for ask in asking), "unit": "ms"}
        with _over_http(cloud, "/servers?limit=20&details=false") as (asking, pid):
            figures["list20_http_per_s"] = {"value": min(_per_cpu_second(ask, pid) for ask in asking), "unit": "/s"}
    return figures


def _askers(cloud: StandardCloud, params: Mapping[str, str]) -> list[Callable[[], object]]:
    return [
        lambda: cloud.admin.list("servers", {**params, "scope": "system"}).items,
        lambda: cloud.member.list("servers", params).items,
    ]


def _median(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The best of several rounds' medians, in milliseconds."""
    work()
    medians = []
    for _ in range(ROUNDS):
        times = []
        for _ in range(repeats):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
        medians.append(statistics.median(times))
    return min(medians) * 1000


def _per_cpu_second(work: Callable[[], object], pid: int) -> float:
    """How often the process answers for each second that it computes: the best of several rounds."""
    for _ in range(WARM):
        work()
    best = 0.0
    for _ in range(ROUNDS):
        begun = _cpu_s(pid)
        for _ in range(REQUESTS):
            work()
        best = max(best, REQUESTS / (_cpu_s(pid) - begun))
    return best


def _cpu_s(pid: int) -> float:
    """Seconds that a process has computed, for itself and in the system's calls."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _deep_page_ratio(cloud: StandardCloud) -> float:
    """How much longer a page of 20 takes behind a marker, at the worst of ten depths, than the first page."""
    params = {"limit": "20", "details": "false", "scope": "system", "order_by": "created_at"}

    def page(marker: str) -> Callable[[], object]:
        return lambda: cloud.admin.list("servers", {**params, "paging_marker": marker}).items

    marker, ratios = "", []
    while marker := cloud.admin.list("servers", {**params, "limit": "1000", "paging_marker": marker}).next_marker:
        ratios.append(_median(page(marker)) / _median(page("")))
    return max(ratios)


def _statements(cloud: StandardCloud, params: Mapping[str, str]) -> int:
    most = 0
    for ask in _askers(cloud, params):
        with statements(cloud.uow.engine) as seen:
            ask()
        most = max(most, len(seen))
    return most


@contextmanager
def _over_http(cloud: StandardCloud, path: str) -> Iterator[tuple[list[Callable[[], object]], int]]:
    """Askers over one kept connection of loopback, to a process of its own, whose id comes with them; an answer has come
    with its last byte.
    """
    processes = multiprocessing.get_context("fork")
    here, there = processes.Pipe()
    server = processes.Process(target=_serve, args=(cloud, there), daemon=True)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", here.recv())
    people = (
        ("sysadmin", cloud.password, "system", f"{path}&scope=system"),
        ("member", SECRET, "project-0", path),
    )
    yield [_asker(cloud, connection, *person) for person in people], server.pid or 0
    connection.close()
    server.terminate()
    server.join(20)


def _serve(cloud: StandardCloud, ready: Any) -> None:
    """In the child: with connections of its own to the same database, and settings as `cloudcore up` has them."""
    cloud.uow.engine.dispose(close=False)
    with BackgroundServer(build_app(cloud.cloud)) as server:
        collect_rarely()
        ready.send(server.port)
        threading.Event().wait()


def _asker(
    cloud: StandardCloud, connection: http.client.HTTPConnection, user: str, password: str, project: str, path: str
) -> Callable[[], object]:
    identity = {"password": {"user": {"name": user, "password": password, "domain": {"id": "default"}}}}
    scope = {"project": {"name": project, "domain": {"id": "default"}}}
    body = {"auth": {"identity": {"methods": ["password"], **identity}, "scope": scope}}
    token, _ = cloud.cloud.authenticate_v3(body, "127.0.0.1", "bench")

    def ask() -> bytes:
        connection.request("GET", f"/compute{path}", headers={"X-Auth-Token": token})
        answer = connection.getresponse()
        found = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {found[:500]!r}")
        return found

    return ask
