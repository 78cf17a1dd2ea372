"""What a running cloud tells of itself: counted as it happens, logged with the request that it goes back to.

Nothing here names a tenant, a resource or an address; what is labelled is ours: routes, flows, kinds of effects.
"""

from __future__ import annotations

import hmac
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cloudcore.model.effects import Done, Effect, Failed, Outcome
from cloudcore.model.query import one_of
from cloudcore.operations.numbering import newest
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.ids import IdSource
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.tasks.task import OPEN, TASKS, Task, TaskState, step_of
from cloudcore_apps.logs import tell
from cloudcore_apps.metrics import CONTENT_TYPE, Counter, Histogram, Instrument, Labels, Reading, render

FRESH_S = 5.0
LONG_S = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_KNOWN = 50_000

_tasks_log = logging.getLogger("cloudcore.tasks")
_effects_log = logging.getLogger("cloudcore.effects")


class Measures:
    """The instruments of one process."""

    def __init__(self) -> None:
        self.requests = Counter("cloudcore_http_requests_total", "Requests by route.", ("method", "route", "code"))
        self.latency = Histogram("cloudcore_http_request_seconds", "Time from first byte to last.", ("route",))
        self.ended = Counter("cloudcore_tasks_ended_total", "Tasks that ended.", ("flow", "state"))
        self.retries = Counter("cloudcore_unit_retries_total", "Units of work that were run again.")
        self.effects = Counter("cloudcore_effects_total", "Effects that ended.", ("kind", "outcome"))
        self.effect_time = Histogram("cloudcore_effect_seconds", "From submitting to knowing.", ("kind",), LONG_S)
        self.instruments: list[Instrument] = [
            self.requests,
            self.latency,
            self.ended,
            self.retries,
            self.effects,
            self.effect_time,
            Reading("cloudcore_info", "The release.", ("version",), lambda: {(metadata.version("cloudcore"),): 1}),
            *process_readings(),
        ]

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request is over. status 0: its sender went away."""
        where = route or "none"
        self.requests.add(method if method in _METHODS else "other", where, str(status))
        self.latency.observe(seconds, where)

    def task(self, task: Task) -> None:
        """A task was taken further."""
        fields = {
            "task": task.id,
            "flow": task.flow,
            "state": str(task.state),
            "step": step_of(task),
            "attempt": task.attempt,
        }
        about = {"obj_type": task.obj_type, "obj_id": task.obj_id, "error": task.error, "request_id": task.request_id}
        level = logging.WARNING if task.state in _UNDONE else logging.INFO
        tell(_tasks_log, "task", {**fields, **about}, level)
        if not task.is_open:
            self.ended.add(task.flow, str(task.state))

    def pausing(self, pause: Callable[[int], None]) -> Callable[[int], None]:
        """A pause before a unit of work is run again, counted."""

        def counted(attempt: int) -> None:
            self.retries.add()
            pause(attempt)

        return counted

    def watch_storage(self, uow: UnitOfWork, engine: sa.Engine) -> None:
        """Read these when somebody asks: open tasks, connections, how far the history is."""
        open_tasks, position = Fresh(lambda: _open_tasks(uow)), Fresh(lambda: _position(uow))
        pool = engine.pool
        out: Callable[[], int] = getattr(pool, "checkedout", lambda: 0)
        self.instruments += [
            Reading("cloudcore_tasks", "Tasks under way.", ("flow", "state"), open_tasks),
            Reading("cloudcore_database_connections_in_use", "Taken from the pool.", (), lambda: {(): out()}),
            Reading("cloudcore_history_position", "Newest record.", (), position, kind="counter"),
        ]


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Fresh:
    """A reading that is at most some seconds old, however many ask."""

    def __init__(self, read: Callable[[], Mapping[Labels, float]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._at = -FRESH_S
        self._held: Mapping[Labels, float] = {}

    def __call__(self) -> Mapping[Labels, float]:
        """The numbers."""
        with self._lock:
            if time.monotonic() - self._at >= FRESH_S:
                self._held, self._at = self._read(), time.monotonic()
            return self._held


def _open_tasks(uow: UnitOfWork) -> Mapping[Labels, float]:
    with uow.read() as tx:
        rows = tx.of(TASKS, one_of("state", OPEN)).totals(by=("flow", "state"))
    return {(str(row["flow"]), str(row["state"])): float(row["count"]) for row in rows}


def _position(uow: UnitOfWork) -> Mapping[Labels, float]:
    with uow.read() as tx:
        return {(): float(newest(tx))}


class MeasuredEffects:
    """An effect port whose effects are counted and logged, with the request that each goes back to."""

    def __init__(self, inner: EffectPort, measures: Measures) -> None:
        self._inner = inner
        self._measures = measures
        self._open: dict[str, tuple[Effect, float]] = {}

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`."""
        self._inner.submit(effect, key, fence)
        if len(self._open) >= _KNOWN:
            self._open.clear()
        self._open[key] = (effect, time.monotonic())
        tell(_effects_log, "effect begun", _told(effect, key))

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        outcome = self._inner.outcome(key)
        if isinstance(outcome, Done | Failed) and (known := self._open.pop(key, None)) is not None:
            effect, began = known
            took = time.monotonic() - began
            failed = isinstance(outcome, Failed)
            self._measures.effects.add(effect.kind, "failed" if failed else "done")
            self._measures.effect_time.observe(took, effect.kind)
            error = outcome.error if isinstance(outcome, Failed) else ""
            fields = {**_told(effect, key), "seconds": round(took, 3), "error": error}
            tell(_effects_log, "effect failed" if failed else "effect done", fields, _LEVELS[failed])
        return outcome

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`."""
        self._inner.cancel(key)


_UNDONE = (TaskState.FAILED, TaskState.CANCELLED, TaskState.SET_ASIDE)
_LEVELS = (logging.INFO, logging.WARNING)


def _told(effect: Effect, key: str) -> dict[str, str]:
    about = {"kind": effect.kind, "target": effect.target, "resource": effect.resource, "key": key}
    return {**about, "request_id": effect.request_id}


def process_readings() -> list[Reading]:
    """What Prometheus expects of every process."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

    def stat(*places: int) -> float:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return float(sum(int(fields[place - 3]) for place in places))

    return [
        Reading("process_cpu_seconds_total", "CPU time.", (), lambda: {(): stat(14, 15) / ticks}, kind="counter"),
        Reading("process_resident_memory_bytes", "Memory.", (), lambda: {(): stat(24) * page}),
        Reading("process_start_time_seconds", "Since 1970.", (), lambda: {(): booted + stat(22) / ticks}),
        Reading("process_open_fds", "Files.", (), lambda: {(): float(sum(1 for _ in Path("/proc/self/fd").iterdir()))}),
        Reading("process_threads", "Threads.", (), lambda: {(): stat(20)}),
    ]


def fresh_key(ids: IdSource) -> bytes:
    """A new key for reading the metrics, as its file holds it."""
    return ids.random_bytes(32).hex().encode() + b"\n"


class MetricsDoor:
    """`GET /metrics`, for whoever holds the deployment's key: `Authorization: Bearer KEY`."""

    def __init__(self, measures: Measures, key: str) -> None:
        self._measures = measures
        self._key = key.encode()

    def route(self) -> Route:
        """The route to serve."""
        return Route("/metrics", self._answer, methods=["GET"])

    def _answer(self, request: Request) -> Response:
        kind, _, sent = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(sent.strip().encode("latin-1", "replace"), self._key):
            return PlainTextResponse(
                "the key in metrics-key is needed: Authorization: Bearer KEY\n",
                status_code=401,
                headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
            )
        return Response(render(self._measures.instruments), media_type=CONTENT_TYPE)
