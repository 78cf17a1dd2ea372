"""Metrics, log lines, and one request's id from the client to the effect on a host."""

from __future__ import annotations

import json
import logging
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloudcore_adapters.client.connect import connect
from cloudcore_apps.allinone import Running, build
from cloudcore_apps.logs import JsonFormatter, TextFormatter, tell
from cloudcore_apps.metrics import MOST_SERIES, Counter, Histogram, Reading, render
from cloudcore_apps.settings import Settings

LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+-]+|\+Inf)')


def parsed(text: str) -> dict[str, float]:
    """Every sample, and that each line is one or a heading."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.match(r"# (HELP|TYPE) [a-z_]+ .+", line), line
            continue
        match = LINE.fullmatch(line)
        assert match, line
        assert f"{match[1]}{{{match[2] or ''}}}" not in found, line
        found[f"{match[1]}{{{match[2] or ''}}}"] = float(match[3])
    return found


def test_counters_and_histograms_are_prometheus_text() -> None:
    counter = Counter("c_total", "Doc.", ("a",))
    counter.add('x"\\\n')
    counter.add('x"\\\n', by=1.5)
    histogram = Histogram("h_seconds", "Doc.", ("r",), (0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(seconds, "/x")
    told = parsed(render([counter, histogram, Reading("g", "Doc.", (), lambda: {(): 3})]))
    assert told == {
        'c_total{a="x\\"\\\\\\n"}': 2.5,
        'h_seconds_bucket{r="/x",le="0.1"}': 2,
        'h_seconds_bucket{r="/x",le="1.0"}': 3,
        'h_seconds_bucket{r="/x",le="+Inf"}': 4,
        'h_seconds_sum{r="/x"}': 7.65,
        'h_seconds_count{r="/x"}': 4,
        "g{}": 3,
    }


def test_there_are_only_so_many_series() -> None:
    counter = Counter("c_total", "Doc.", ("a",))
    for number in range(MOST_SERIES + 50):
        counter.add(str(number))
    told = parsed(render([counter]))
    assert len(told) == MOST_SERIES + 1
    assert told['c_total{a="other"}'] == 50


class Kept(logging.Handler):
    """Keeps lines as the program writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(JsonFormatter().format(record)))


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler = Kept()
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with build(Settings(data=tmp_path, port=0)) as running:
        yield running


def eventually(look: Any) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_one_request_can_be_followed_to_the_host(kept: Kept, running: Running) -> None:
    session = connect(**json.loads((running.folder / "local.json").read_text()))
    with session:
        session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
        eventually(lambda: session.get("images", "tiny")["status"] == "active")
        token = session.token.value
    wanted = {"name": "web", "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}
    headers = {"X-Auth-Token": token, "X-Request-Id": "follow-me-1"}
    answer = httpx.post(f"{running.url}/compute/servers", json={"server": wanted}, headers=headers)
    assert answer.headers["X-Request-Id"] == "follow-me-1"

    def mine() -> list[dict[str, Any]]:
        return [line for line in kept.lines if line.get("request_id") == "follow-me-1"]

    eventually(lambda: [line for line in mine() if line.get("event") == "task" and line["state"] == "complete"])
    by_logger: dict[str, list[dict[str, Any]]] = {}
    for line in mine():
        by_logger.setdefault(line["logger"], []).append(line)
    (request,) = by_logger["cloudcore.access"]
    assert (request["method"], request["path"], request["status"]) == ("POST", "/compute/servers", 200)
    assert {line["flow"] for line in by_logger["cloudcore.tasks"]} == {"server-create"}
    effects = by_logger["cloudcore.effects"]
    assert {"image-cache", "volume-create", "guest-create"} <= {
        e["kind"] for e in effects if e["event"] == "effect begun"
    }
    assert all(line["target"].startswith("host:") for line in effects)
    assert len([e for e in effects if e["event"] == "effect done"]) >= 3
    with connect(**json.loads((running.folder / "local.json").read_text())) as again:
        log = eventually(lambda: again.list("actions", {"obj_name": "web", "limit": 50}).items)
    assert {row["request_id"] for row in log} == {"follow-me-1"}
    assert token not in json.dumps(kept.lines)


def test_metrics_need_the_key_and_hold_no_tenant_data(running: Running) -> None:
    file = running.folder / "metrics-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_text().strip()
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {key}"}, {"X-Auth-Token": key}):
        refused = httpx.get(f"{running.url}/metrics", headers=headers)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"')
    local = json.loads((running.folder / "local.json").read_text())
    with connect(**local) as session:
        session.create("keypairs", {"name": "very-secret-name"})
        session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
        eventually(lambda: session.get("images", "tiny")["status"] == "active")
        ids = [session.get("keypairs", "very-secret-name")["id"], session.token.user["id"]]
    answer = httpx.get(f"{running.url}/metrics", headers={"Authorization": f"Bearer {key}"})
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    told = parsed(answer.text)
    assert told['cloudcore_http_requests_total{method="POST",route="compute /keypairs",code="200"}'] == 1
    assert told['cloudcore_http_request_seconds_count{route="compute /keypairs"}'] == 1
    assert told['cloudcore_tasks_ended_total{flow="image-upload",state="complete"}'] == 1
    assert told['cloudcore_effects_total{kind="image-promote",outcome="done"}'] == 1
    assert told["cloudcore_history_position{}"] > 0
    assert told["process_resident_memory_bytes{}"] > 1 << 20
    assert abs(told["process_start_time_seconds{}"] - time.time()) < 3600
    assert "cloudcore_unit_retries_total{}" in told
    for text in ("very-secret-name", "sysadmin", "tiny", *ids):
        assert text not in answer.text


def test_text_lines_are_one_line_each() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "name %s", ("a\nERROR forged\x1b[2J",), None)
    text = TextFormatter().format(record)
    assert "\n" not in text
    assert "\x1b" not in text
    assert "\\n" in text
    assert json.loads(JsonFormatter().format(record))["message"] == "name a\nERROR forged\x1b[2J"


def test_an_event_has_its_fields_in_both_forms(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    tell(logging.getLogger("x"), "task", {"flow": "f", "empty": "", "n": 0})
    (line,) = [line for line in kept.lines if line["logger"] == "x"]
    assert (line["event"], line["flow"], line["n"]) == ("task", "f", 0)
    assert "empty" not in line
    assert 'task flow="f" n=0' in caplog.text
