"""A transport that answers from a list, and a cloud in a list: what the client does can be read off afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from cloudcore.model.errors import CloudcoreError
from cloudcore_adapters.client.identity import Credentials, NoStore, TokenStore
from cloudcore_adapters.client.routes import declared_routes
from cloudcore_adapters.client.session import HttpSession
from cloudcore_adapters.client.transport import Answer, Exchange, Trust
from cloudcore_adapters.client.wire import Patience, Place, Wire

ENDPOINTS = {"identity": "/identity/v3", "compute_v2": "/compute", "image": "/image/v1", "log": "/log"}


def token_answer(value: str = "t1", expires_at: str = "2030-01-01T00:00:00.000000Z") -> Answer:
    """A login's answer with a catalogue of every service at one address."""
    catalog = [
        {"type": kind, "endpoints": [{"interface": "public", "region_id": "r", "url": f"http://cloud{path}"}]}
        for kind, path in ENDPOINTS.items()
    ]
    body = {"token": {"expires_at": expires_at, "user": {"name": "u"}, "project": {"name": "p"}, "catalog": catalog}}
    return answer(body, headers={"x-subject-token": value})


def answer(body: Any = None, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status=status, headers=headers or {}, body=content)


class Scripted:
    """Gives the next answer, or raises it; keeps what was asked."""

    def __init__(self, *script: Answer | CloudcoreError | Callable[[Exchange], Answer]) -> None:
        self.script = list(script)
        self.seen: list[Exchange] = []
        self.closed = False

    def send(self, exchange: Exchange) -> Answer:
        if not isinstance(exchange.content, bytes):
            b"".join(exchange.content)
        self.seen.append(exchange)
        step = self.script.pop(0)
        if isinstance(step, CloudcoreError):
            raise step
        return step if isinstance(step, Answer) else step(exchange)

    def close(self) -> None:
        self.closed = True


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def session_on(
    transport: Scripted,
    *,
    clock: Clock | None = None,
    store: TokenStore | None = None,
    credentials: Credentials | None = None,
    lines: list[str] | None = None,
) -> HttpSession:
    """A session over a script."""
    clock = clock or Clock()
    known = credentials or Credentials(
        auth_url="http://cloud/identity/v3", username="u", password="secret", project="p"
    )
    wire = Wire(
        known,
        transport,
        store=store or NoStore(),
        place=Place(),
        trust=Trust(),
        timeout_s=5,
        patience=Patience(),
        observe=(lines if lines is not None else []).append,
        clock=clock,
        sleep=clock.sleep,
    )
    return HttpSession(wire, declared_routes())


def methods(seen: Sequence[Exchange]) -> list[str]:
    """Method and URL of each exchange."""
    return [f"{e.method} {e.url}" for e in seen]
