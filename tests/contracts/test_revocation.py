"""Revocation on real databases: processes of their own notice it within a second, and no login slips past it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.contracts.revocation_watcher import platform_on, state_of

from cloudcore.auth.revocation import Watermark
from cloudcore.cloud import Cloud
from cloudcore.model.errors import CloudcoreError, InvalidCredentialError, UnauthorizedError
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.identity.revocations import revoke, stored_watermarks
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.identity.assignment import ASSIGNMENTS
from cloudcore.resources.identity.revocation import REVOCATIONS, Revocation
from cloudcore_adapters.memory.cloud import memory_cloud

SECRET = "Correct-horse-1"
KEYS = "the deployment's"
WATCHER = Path(__file__).with_name("revocation_watcher.py")


@attrs.frozen
class Deployment:
    """One process of a deployment, with users to take things from."""

    url: str
    cloud: Cloud
    admin: Session

    def token(self, **more: Any) -> str:
        user = {"name": "bob", "password": SECRET, "domain": {"name": "Default"}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {"name": "p"}}}
        return self.cloud.authenticate_v3({"auth": {**auth, **more}}, "", "")[0]

    def derived(self, token: str) -> str:
        identity = {"methods": ["token"], "token": {"id": token}}
        body = {"auth": {"identity": identity, "scope": {"project": {"name": "p"}}}}
        return self.cloud.authenticate_v3(body, "", "")[0]

    def grant(self, *, remove: bool) -> None:
        self.cloud.grant(self.admin, "p", "users", "bob", "project_editor", remove=remove)


@pytest.fixture(params=("sqlite", "postgresql"))
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    url = f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    if request.param != "sqlite":
        url = str(request.getfixturevalue("fresh_postgres_url"))
    platform = platform_on(url, KEYS)
    uow: Any = platform.uow
    uow.metadata.create_all(uow.engine)
    cloud, password = memory_cloud(platform)
    admin = cloud.login("sysadmin", password, project="system")
    admin.create("projects", {"name": "p"})
    admin.create("users", {"name": "bob", "password": SECRET})
    deployed = Deployment(url, cloud, admin)
    deployed.grant(remove=False)
    yield deployed
    uow.engine.dispose()


def test_other_processes_refuse_within_a_second(deployment: Deployment) -> None:
    token = deployment.token()
    command = [sys.executable, str(WATCHER), deployment.url, KEYS]
    watchers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for watcher in watchers:
        assert watcher.stdin is not None
        watcher.stdin.write(token + "\n")
        watcher.stdin.flush()
    assert [line(w)[0] for w in watchers] == ["good", "good"]
    deployment.grant(remove=True)
    committed = time.time()
    last = [line(watcher) for watcher in watchers]
    for watcher in watchers:
        watcher.communicate(timeout=60)
    assert [state for state, _ in last] == ["void", "void"]
    assert max(float(good_at) for _, good_at in last) - committed <= 1.0
    assert state_of(deployment.cloud, token) == "void"


def line(watcher: subprocess.Popen[str]) -> list[str]:
    assert watcher.stdout is not None
    return watcher.stdout.readline().split()


def test_a_login_while_a_revocation_commits_does_not_outlive_it(deployment: Deployment) -> None:
    """The login reads what is about to be taken, and is younger than the unit that takes it."""
    token = deployment.token()
    platform = deployment.cloud.platform
    with platform.uow.write(Author()) as unit:
        (user,) = [u["id"] for u in deployment.admin.list("users").items if u["name"] == "bob"]
        for row in unit.of(ASSIGNMENTS, PLATFORM).find(Query(where=eq("actor_id", user))):
            unit.of(ASSIGNMENTS, PLATFORM).remove(row)
        revoke(unit, Watermark.USER, user)
        time.sleep(0.02)
        slipped = deployment.derived(token)
        unit.commit()
    deployment.cloud._revocations.forget()
    assert state_of(deployment.cloud, slipped) == "void"
    deployment.grant(remove=False)
    fresh = deployment.token()
    deployment.cloud._revocations.forget()
    assert state_of(deployment.cloud, slipped) == "void"
    assert state_of(deployment.cloud, fresh) == "good"


def test_revoking_twice_in_a_row_voids_what_was_issued_in_between(deployment: Deployment) -> None:
    issued: list[str] = []
    for _ in range(3):
        deployment.grant(remove=True)
        deployment.grant(remove=False)
        issued.append(deployment.token())
    deployment.cloud._revocations.forget()
    assert [state_of(deployment.cloud, token) for token in issued] == ["void", "void", "good"]


def test_no_login_of_many_slips_past_a_revocation(deployment: Deployment) -> None:
    """Logins run all the time while roles are given and taken; after the last taking every token is void."""
    issued: list[str] = []
    defects: list[Exception] = []
    ended = threading.Event()

    def enter() -> None:
        cloud = Cloud(deployment.cloud.platform)
        own = attrs.evolve(deployment, cloud=cloud)
        while not ended.is_set():
            try:
                issued.append(own.token())
                issued.append(own.derived(issued[-1]))
            except (UnauthorizedError, InvalidCredentialError):
                continue
            except CloudcoreError as error:
                defects.append(error)

    threads = [threading.Thread(target=enter) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        deployment.grant(remove=True)
        deployment.grant(remove=False)
    deployment.grant(remove=True)
    ended.set()
    for thread in threads:
        thread.join()
    deployment.grant(remove=False)  # a token with the role would work again, if it had slipped past
    deployment.cloud._revocations.forget()
    assert len(issued) > 5
    assert defects == []
    assert [state_of(deployment.cloud, token) for token in issued].count("good") == 0


def test_old_watermarks_are_swept(deployment: Deployment) -> None:
    platform = deployment.cloud.platform
    with platform.uow.write(Author()) as unit:
        for days, name in ((2, "old"), (0, "young")):
            at = unit.now - timedelta(days=days)
            unit.of(REVOCATIONS, PLATFORM).add(Revocation(id=name, kind="user", target_id=name, before=at))
        assert set(stored_watermarks(unit).users) == {"young"}
        revoke(unit, Watermark.USER, "another")
        unit.commit()
    with platform.uow.read() as unit:
        assert unit.of(REVOCATIONS, PLATFORM).get("old") is None
        assert unit.of(REVOCATIONS, PLATFORM).get("young") is not None
