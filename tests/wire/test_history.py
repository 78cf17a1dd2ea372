"""`GET /history` over a socket: waiting for what happens, within bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from cloudcore.cloud import Cloud
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_adapters.rest.serving import Limits

Get = Callable[..., httpx.Response]


@pytest.fixture
def core() -> Cloud:
    return memory_cloud()[0]


@pytest.fixture
def get(core: Cloud) -> Iterator[Get]:
    user = {"domain": {"name": "Default"}, "name": "sysadmin", "password": "memory-cloud-password-1"}
    scope = {"project": {"domain": {"name": "Default"}, "name": "system"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    app = build_app(core, limits=Limits(watches_per_caller=2))
    with BackgroundServer(app) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        token = client.post("/identity/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]
        core.number_history()

        def ask(**params: object) -> httpx.Response:
            return client.get("/log/history", params=params, headers={"X-Auth-Token": token})

        yield ask


def later(core: Cloud, seconds: float) -> threading.Thread:
    def work() -> None:
        time.sleep(seconds)
        core.platform_session("test").create("keypairs", {"name": "k"})
        core.number_history()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_it_answers_when_something_happens(core: Cloud, get: Get) -> None:
    now = get().json()["next_marker"]
    thread = later(core, 0.5)
    began = time.monotonic()
    page = get(after=now, wait=20, obj_type="keypair").json()
    took = time.monotonic() - began
    thread.join()
    assert [row["obj_name"] for row in page["history"]] == ["k"]
    assert 0.4 < took < 10
    assert int(page["next_marker"]) > int(now)


def test_it_waits_no_longer_than_asked(get: Get) -> None:
    now = get().json()["next_marker"]
    began = time.monotonic()
    page = get(after=now, wait=0.4).json()
    assert (page["history"], page["next_marker"]) == ([], now)
    assert 0.3 < time.monotonic() - began < 5


def test_what_does_not_concern_the_caller_moves_the_position_on(core: Cloud, get: Get) -> None:
    now = get().json()["next_marker"]
    thread = later(core, 0.1)
    page = get(after=now, wait=1, obj_type="server").json()
    thread.join()
    assert page["history"] == []
    assert int(page["next_marker"]) > int(now)


def test_waiting_has_bounds(get: Get) -> None:
    now = get().json()["next_marker"]
    assert get(after=now, wait=31).json()["data"]["field"] == "wait"
    assert get(after=now, wait="x").status_code == 400
    threads = [threading.Thread(target=get, kwargs={"after": now, "wait": 3}) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    refused = get(after=now, wait=3)
    for thread in threads:
        thread.join()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert get(after=now).status_code == 200


def test_it_needs_a_token(core: Cloud) -> None:
    with BackgroundServer(build_app(core)) as server:
        assert httpx.get(f"{server.url}/log/history").status_code == 401
