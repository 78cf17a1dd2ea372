"""How long lists of the standard cloud's servers take, in process and over HTTP.

Every figure is taken as an administrator of the system and as the owner of a project with 1,500 servers; the worse counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from tests.perf.served import asked, computed_s, served, token_of
from tests.perf.standard_cloud import SECRET, StandardCloud, standard_cloud, statements

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
        begun = computed_s(pid)
        for _ in range(REQUESTS):
            work()
        best = max(best, REQUESTS / (computed_s(pid) - begun))
    return best


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
    """Askers of a process of its own, whose id comes with them."""
    people = (
        ("sysadmin", cloud.password, "system", f"{path}&scope=system"),
        ("member", SECRET, "project-0", path),
    )
    with served(cloud.cloud, cloud.uow) as (connection, pid):
        yield (
            [
                partial(
                    asked, connection, wanted, token_of(cloud.cloud, user, secret, domain="default", project=project)
                )
                for user, secret, project, wanted in people
            ],
            pid,
        )
