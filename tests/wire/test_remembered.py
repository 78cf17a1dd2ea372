"""A token that was asked about a moment ago: the event loop answers as a worker did, and no longer than it may."""

from __future__ import annotations

import logging
from typing import Any

import attrs
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cloudcore.cloud import Cloud
from cloudcore.operations.identity.recent import FRESH
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.rest.app import Application, build_app

SECRET = "Correct-horse-1"
PATH = "/identity/v3/auth/tokens"
ADMIN, BOB, EVE = "admin", "bob", "eve"


@attrs.frozen
class Place:
    """A cloud with an administrator and two users, and what each request was counted as."""

    core: Cloud
    clock: ManualClock
    app: Application
    client: TestClient
    tokens: dict[str, str]
    seen: list[tuple[str, str, int]]

    def ask(self, who: str, about: str, method: str = "GET", path: str = PATH, **headers: str) -> httpx.Response:
        sent = {"X-Auth-Token": self.tokens[who], "X-Subject-Token": self.tokens[about], **headers}
        return self.client.request(method, path, headers=sent)

    def is_remembered(self, who: str, about: str, path: str = PATH, query: bytes = b"", method: str = "GET") -> bool:
        headers = [(b"x-auth-token", self.tokens[who].encode()), (b"x-subject-token", self.tokens[about].encode())]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query}
        return self.app.quick({**scope, "headers": headers, "client": ("testclient", 1)}) is not None


@pytest.fixture
def place() -> Place:
    clock, seen = ManualClock(), []
    core, password = memory_cloud(memory_platform(clock=clock))
    app = build_app(core, observe=lambda method, route, status, _s: seen.append((method, route, status)))
    client = TestClient(app)
    tokens = {ADMIN: login(client, "sysadmin", "system", password)}
    for name in (BOB, EVE):
        headers = {"X-Auth-Token": tokens[ADMIN]}
        for kind, more in (("user", {"password": SECRET}), ("project", {})):
            made = client.post(f"/v3/{kind}s", json={kind: {"name": name, **more}}, headers=headers)
            assert made.status_code == 200, made.text
        put = client.put(f"/v3/projects/{name}/users/{name}/roles/project_editor", json={}, headers=headers)
        assert put.status_code == 200, put.text
        tokens[name] = login(client, name, name, SECRET)
    seen.clear()
    return Place(core, clock, app, client, tokens, seen)


def login(client: TestClient, name: str, project: str, password: str) -> str:
    user = {"domain": {"name": "Default"}, "name": name, "password": password}
    scope = {"project": {"domain": {"name": "Default"}, "name": project}}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    answer = client.post("/v3/auth/tokens", json={"auth": auth})
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Subject-Token"]


@pytest.mark.parametrize("who", [ADMIN, BOB])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_answer_is_the_one_that_a_worker_gave(place, who, method):
    first = place.ask(who, BOB, method, **{"X-Request-Id": "R-1"})
    assert place.is_remembered(who, BOB, method=method)
    second = place.ask(who, BOB, method, **{"X-Request-Id": "R-1"})
    assert (second.status_code, second.content) == (first.status_code, first.content) == (200, first.content)
    assert second.headers.raw == first.headers.raw
    assert ("x-request-id", "R-1") in second.headers.items()
    assert place.seen[0] == place.seen[-1]
    assert place.core is not None


def test_it_stands_under_each_of_its_addresses_and_no_other(place):
    place.ask(BOB, BOB)
    assert place.is_remembered(BOB, BOB)
    assert place.is_remembered(BOB, BOB, path="/v3/auth/tokens")
    assert not place.is_remembered(BOB, BOB, path="/v3/auth/tokens/invalid")
    assert not place.is_remembered(BOB, BOB, path="/compute/v3/auth/tokens")
    assert not place.is_remembered(BOB, BOB, query=b"nocatalog")
    assert not place.is_remembered(BOB, BOB, method="DELETE")


def test_without_the_catalog_stays_without_it(place):
    assert "catalog" in place.ask(BOB, BOB).json()["token"]
    assert "catalog" not in place.ask(BOB, BOB, path=f"{PATH}?nocatalog").json()["token"]
    assert "catalog" in place.ask(BOB, BOB).json()["token"]


def test_tokens_of_others_are_for_who_may_ask(place):
    for _ in range(2):
        place.ask(EVE, EVE)
        assert place.ask(ADMIN, EVE).status_code == 200
        assert place.ask(BOB, EVE).status_code == 403
        assert not place.is_remembered(BOB, EVE)


def test_nothing_is_remembered_longer_than_a_moment(place):
    place.ask(ADMIN, BOB)
    assert place.is_remembered(ADMIN, BOB)
    place.clock.advance(FRESH.total_seconds())
    assert not place.is_remembered(ADMIN, BOB)


@pytest.mark.parametrize("revoked", [ADMIN, BOB])
def test_a_revoked_token_ends_at_once(place, revoked):
    assert [place.ask(ADMIN, BOB).status_code for _ in range(2)] == [200, 200]
    assert place.ask(revoked, revoked, "DELETE").status_code == 204
    assert not place.is_remembered(ADMIN, BOB)
    assert place.ask(ADMIN, BOB).status_code == 401


def test_a_change_of_names_shows_at_once(place):
    place.ask(ADMIN, BOB)
    headers = {"X-Auth-Token": place.tokens[ADMIN]}
    assert place.client.put("/v3/projects/bob", json={"project": {"name": "bobby"}}, headers=headers).status_code == 200
    for _ in range(2):
        assert place.ask(ADMIN, BOB).json()["token"]["project"]["name"] == "bobby"


@pytest.mark.parametrize("token", ["", "cc1.x.y.z", "x" * 9000])
def test_bad_tokens_are_refused_by_a_worker(place, token):
    place.ask(BOB, BOB)
    for who, about in ((token, place.tokens[BOB]), (place.tokens[BOB], token)):
        headers = {name: text for name, text in (("X-Auth-Token", who), ("X-Subject-Token", about)) if text}
        assert place.client.get(PATH, headers=headers).status_code in (400, 401, 404)


def test_each_has_its_line_in_the_log(place, caplog):
    with caplog.at_level(logging.INFO, "cloudcore.access"):
        place.ask(BOB, BOB)
        place.ask(BOB, BOB)
    first, second = (record.fields for record in caplog.records)
    timeless = {"request_id": "", "ms": 0}
    assert {**second, **timeless} == {**first, **timeless}
    assert second["user_id"]


def test_routes_of_others_come_first_and_do_not_catch_ours():
    async def told(_request) -> PlainTextResponse:
        return PlainTextResponse("told")

    client = TestClient(build_app(memory_cloud()[0], extra_routes=[Route("/told/{what}/", told)]))
    assert client.get("/told/me/").text == "told"
    assert client.get("/told/me", follow_redirects=False).status_code == 307
    assert client.get("/told").status_code == 404
    assert client.get("/ping").text == "pong"
    assert isinstance(client.app, Starlette)
