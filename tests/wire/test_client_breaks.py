"""The client when something goes wrong on the way: restarts, lost and cut answers, slow and foreign servers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.certificate import signed_pair
from tests.wire.meddler import Meddler, cut, drop, lose, meddler, say, stall

from cloudcore.cloud import Cloud
from cloudcore.model.errors import BackendError, DeadlineError, NotSupportedError, TooManyRequestsError
from cloudcore.operations.platform import Settings
from cloudcore.ports.session import Session
from cloudcore_adapters.client import (
    CloudUnreachableError,
    HttpSession,
    UntrustedCloudError,
    WaitTimeoutError,
    connect,
    pages,
    wait_for,
)
from cloudcore_adapters.client.failures import seconds_of
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer

AWAY = say("503 Service Unavailable", "Retry-After: 1")


@attrs.define
class Road:
    """A cloud, its server that can be started again, and who stands before it."""

    cloud: Cloud
    password: str
    between: Meddler
    light: bool
    server: BackgroundServer
    opened: list[HttpSession] = attrs.field(factory=list)

    def session(self, **options: Any) -> HttpSession:
        known = {"username": "sysadmin", "password": self.password, "project": "system", "light": self.light}
        self.opened.append(connect(f"{self.between.url}/identity/v3", **{**known, **options}))
        self.opened[-1].list("zones")  # logs in
        self.between.requests.clear()
        return self.opened[-1]

    def inside(self) -> Session:
        """The administrator, past all that lies between."""
        return self.cloud.login("sysadmin", self.password, project="system")

    def restart(self, away_s: float) -> None:
        """Stop the server, and start it again a while later."""
        self.server.stop()
        threading.Timer(away_s, self._start).start()

    def _start(self) -> None:
        self.server = BackgroundServer(build_app(self.cloud), port=self.between.behind)
        self.server.start()


@pytest.fixture(scope="module", params=[False, True], ids=["httpx", "plain"])
def built(request: pytest.FixtureRequest) -> Iterator[Road]:
    with meddler() as between:
        settings = Settings(deployment="memory", base_url=between.url)
        cloud, password = memory_cloud(memory_platform(settings=settings))
        server = BackgroundServer(build_app(cloud))
        between.behind = server.port
        server.start()
        way = Road(cloud, password, between, request.param, server)
        yield way
        way.server.stop()


@pytest.fixture
def road(built: Road) -> Iterator[Road]:
    """The road without anything on it."""
    yield built
    built.between.script.clear()
    inside = built.inside()
    for row in inside.list("keypairs").items:
        inside.delete("keypairs", row["id"])
    while built.opened:
        built.opened.pop().close()


def test_a_walk_over_pages_survives_a_restart(road: Road) -> None:
    session = road.session()
    names = [session.create("keypairs", {"name": f"k{number:02}"})["name"] for number in range(12)]
    walk = pages(session, "keypairs", {"order_by": "name", "order": "asc"}, page_size=5)
    seen = [next(walk)["name"] for _ in range(5)]
    road.restart(0.4)
    seen += [row["name"] for row in walk]

    assert seen == names


def test_waiting_survives_a_restart(road: Road) -> None:
    session = road.session(attempts=1)
    ident = session.create("keypairs", {"name": "k"})["id"]
    inside = road.inside()
    road.restart(0.4)
    threading.Timer(0.6, lambda: inside.update("keypairs", ident, {"description": "done"})).start()

    found = wait_for(
        session, "keypairs", ident, until=lambda row: (row or {}).get("description") == "done", interval_s=0.1
    )

    assert found is not None
    assert found["description"] == "done"


def connected(road: Road) -> bool:
    """Whether the server answers (again)."""
    return bool(road.session(attempts=12).token.value)


def test_waiting_for_a_cloud_that_stays_away_ends(road: Road) -> None:
    session = road.session(attempts=1)
    ident = session.create("keypairs", {"name": "k"})["id"]
    road.server.stop()
    threading.Timer(1.0, road._start).start()
    began = time.monotonic()
    with pytest.raises((CloudUnreachableError, WaitTimeoutError)):
        wait_for(session, "keypairs", ident, timeout_s=0.4, interval_s=0.1, until=lambda _row: False)
    assert time.monotonic() - began < 15
    assert connected(road)


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 Service Unavailable"])
def test_it_comes_again_when_the_cloud_says_so(road: Road, status: str) -> None:
    session = road.session()
    road.between.script = [say(status, "Retry-After: 1"), say("429 Too Many Requests", "Retry-After: 0")]
    began = time.monotonic()

    assert session.create("keypairs", {"name": "k"})["name"] == "k"
    assert time.monotonic() - began >= 1
    assert road.between.count("POST /compute/keypairs") == 3
    assert session.list("keypairs").total == 1


def test_who_is_asked_to_wait_for_long_is_told_so(road: Road) -> None:
    session = road.session()
    road.between.script = [say("429 Too Many Requests", "Retry-After: 3600")]
    with pytest.raises(TooManyRequestsError) as caught:
        session.list("keypairs")
    assert caught.value.data["retry_after"] == 3600
    assert road.between.count("GET") == 1


@pytest.mark.parametrize("fault", [cut, lose, drop, stall], ids=lambda fault: fault.__name__)
def test_a_read_is_made_again(road: Road, fault: Any) -> None:
    session = road.session(timeout_s=0.25)
    road.between.script = [fault]

    assert [zone["name"] for zone in session.list("zones").items] == ["zone0"]
    assert road.between.count("GET /compute/zones") == 2


@pytest.mark.parametrize("fault", [cut, lose, drop, stall], ids=lambda fault: fault.__name__)
def test_a_creation_is_made_again_and_happens_once(road: Road, fault: Any) -> None:
    session = road.session(timeout_s=0.25)
    road.between.script = [fault]

    made = session.create("keypairs", {"name": "k"})

    assert road.between.count("POST /compute/keypairs") == 2
    assert [row["id"] for row in session.list("keypairs").items] == [made["id"]]


@pytest.mark.parametrize("fault", [cut, lose, drop, stall, AWAY], ids=["cut", "lose", "drop", "stall", "away"])
def test_what_could_happen_twice_is_never_made_again(road: Road, fault: Any) -> None:
    session = road.session(timeout_s=0.25)
    ident = session.create("keypairs", {"name": "k"})["id"]
    road.between.requests.clear()
    calls = (
        lambda: session.update("keypairs", ident, {"description": "new"}),
        lambda: session.perform("keypairs", ident, "user-metadata", {"a": "b"}),
        lambda: session.delete("keypairs", ident),
    )
    for number, call in enumerate(calls, 1):
        road.between.script = [fault]
        with pytest.raises(BackendError):
            call()
        assert len(road.between.requests) == number


def test_a_token_that_ends_on_the_way_is_replaced_once(road: Road) -> None:
    session = road.session()
    for number in range(6):
        session.create("keypairs", {"name": f"k{number}"})
    walk = pages(session, "keypairs", page_size=2)
    next(walk)
    road.between.requests.clear()
    inside = road.inside()
    road.cloud.revoke(inside, session.token.value)

    assert len(list(walk)) == 5
    assert road.between.count("POST /identity/v3/auth/tokens") == 1


def test_a_service_that_is_not_in_the_catalogue_is_named(road: Road) -> None:
    inside = road.inside()
    for endpoint in inside.list("endpoints").items:
        if "/image" in endpoint["url"]:
            inside.update("endpoints", endpoint["id"], {"enabled": False})
    session = road.session()
    with pytest.raises(NotSupportedError, match="image"):
        session.list("images")
    assert session.list("zones").total == 1
    for endpoint in inside.list("endpoints").items:
        inside.update("endpoints", endpoint["id"], {"enabled": True})


def test_an_answer_of_somebody_else_is_no_answer(road: Road) -> None:
    session = road.session(attempts=2)
    road.between.script = [say("302 Found", "Location: http://127.0.0.1:1/"), say("200 OK", body=b"<html>")]
    for _ in range(2):
        with pytest.raises(BackendError):
            session.list("zones")
    road.between.script = [say("504 Gateway Timeout")] * 2
    with pytest.raises(DeadlineError):
        session.list("zones")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3), ("", None), ("soon", None), ("-1", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("\u0663", None)],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("light", [False, True], ids=["httpx", "plain"])
@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.9"], ids=["unknown", "another's"])
def test_a_wrong_certificate_is_told_at_once(tmp_path: Path, name: str, light: bool) -> None:
    certificate, key = signed_pair(tmp_path, name)
    cloud, password = memory_cloud()
    seen: list[str] = []
    with BackgroundServer(build_app(cloud), certificate=certificate, key=key, grace_s=0) as server:
        known = {"username": "sysadmin", "password": password, "project": "system", "light": light}
        trusted = {} if name == "127.0.0.1" else {"ca_file": certificate}
        with (
            connect(f"{server.url}/identity/v3", **known, **trusted, observe=seen.append) as session,
            pytest.raises(UntrustedCloudError, match="certificate"),
        ):
            session.list("zones")
        assert len(seen) == 1
        if name == "127.0.0.1":
            with connect(f"{server.url}/identity/v3", **known, ca_file=certificate) as session:
                assert session.token.user["name"] == "sysadmin"
