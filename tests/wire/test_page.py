"""The page that shows the schema: served whole from here, harmless, and every reference it makes leads somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from tests.wire.scripted import ScriptedCloud

from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.rest.app import build_app


@pytest.fixture
def client() -> TestClient:
    return TestClient(build_app(memory_cloud()[0]))


class Links(HTMLParser):
    """What a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]


def test_it_is_whole_and_from_here_alone(client: TestClient) -> None:
    answer = client.get("/docs")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    links = Links()
    links.feed(answer.text)
    assert set(links.found) == {"docs/api.css", "docs/api.js", "openapi.json"}
    assert links.inline == [], "the policy forbids it"
    for link in links.found:
        assert client.get(f"/{link}").status_code == 200
    everything = answer.text + client.get("/docs/api.js").text + client.get("/docs/api.css").text
    assert not re.search(r"https?://|//[a-z]+\.|innerHTML|insertAdjacentHTML|document\.write|eval\(", everything)


def test_its_policy_lets_nothing_else_in(client: TestClient) -> None:
    for path, kind in (("/docs", "text/html"), ("/docs/api.js", "text/javascript"), ("/docs/api.css", "text/css")):
        headers = client.get(path).headers
        assert headers["Content-Type"].startswith(kind)
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/docs/nothing", "/docs/..%2froutes.py", "/docs/__init__.py", "/docs/api.js/x"])
def test_nothing_else_is_served_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (400, 401, 404)


def test_it_shows_every_operation_of_the_schema(client: TestClient) -> None:
    script = client.get("/docs/api.js").text
    methods = set(re.findall(r'"(\w+)"', script.partition("METHODS = [")[2].partition("]")[0]))
    used = {method for item in client.get("/openapi.json").json()["paths"].values() for method in item}
    assert used - {"parameters"} <= methods


def test_requests_are_told_apart_by_pattern_and_never_by_what_callers_write() -> None:
    seen: list[tuple[str, str, int]] = []
    app = build_app(memory_cloud()[0], observe=lambda method, route, status, _s: seen.append((method, route, status)))
    client = TestClient(app)
    for path in ("/compute/servers", "/compute/servers/x1", "/compute/servers/x2", "/compute/servers/x/status",
                 "/compute/servers/x/evil-1", "/compute/servers/statistics", "/nothing-1", "/compute/evil/x", "/ping",
                 "/identity/v3/users/u1", "/compute/servers/s/disks"):  # fmt: skip
        client.get(path)
    routes = [route for _, route, _ in seen]
    assert routes[1] == routes[2] == "compute /servers/{id}"
    assert routes[0] == "compute /servers"
    assert routes[3] == "compute /servers/{id}/{word}"
    assert routes[4] == "compute /servers/{id}/{word}"
    assert routes[5] == "compute /servers/statistics"
    assert routes[8] == "/ping"
    assert not any("evil" in route or "nothing" in route or "x1" in route for route in routes)


def test_a_scripted_cloud_has_it_too() -> None:
    assert TestClient(build_app(ScriptedCloud())).get("/docs").status_code == 200
