"""A cloud that a process of its own serves over HTTP, and what that process has computed."""

from __future__ import annotations

import http.client
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloudcore.cloud import Cloud
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_apps.pacing import collect_rarely


@contextmanager
def served(cloud: Cloud, uow: SqlUnitOfWork) -> Iterator[tuple[http.client.HTTPConnection, int]]:
    """One kept connection of loopback to the process, and its id."""
    processes = multiprocessing.get_context("fork")
    here, there = processes.Pipe()
    server = processes.Process(target=_serve, args=(cloud, uow, there), daemon=True)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", here.recv())
    yield connection, server.pid or 0
    connection.close()
    server.terminate()
    server.join(20)


def token_of(cloud: Cloud, user: str, password: str, *, domain: str, project: str) -> str:
    """A token of this user of the domain (by id) in one of its projects."""
    identity = {"password": {"user": {"name": user, "password": password, "domain": {"id": domain}}}}
    scope = {"project": {"name": project, "domain": {"id": domain}}}
    body = {"auth": {"identity": {"methods": ["password"], **identity}, "scope": scope}}
    token, _ = cloud.authenticate_v3(body, "127.0.0.1", "bench")
    return token


def asked(connection: http.client.HTTPConnection, path: str, token: str) -> bytes:
    """The whole answer of the compute service, come with its last byte."""
    connection.request("GET", f"/compute{path}", headers={"X-Auth-Token": token})
    answer = connection.getresponse()
    found = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {found[:500]!r}")
    return found


def computed_s(pid: int) -> float:
    """Seconds that all threads of a process have computed, for themselves and in the system's calls."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9


def _serve(cloud: Cloud, uow: SqlUnitOfWork, ready: Any) -> None:
    """In the child: with connections of its own to the same database, and settings as `cloudcore up` has them."""
    uow.engine.dispose(close=False)
    with BackgroundServer(build_app(cloud)) as server:
        collect_rarely()
        ready.send(server.port)
        threading.Event().wait()
