"""Whoever makes something for a tenant that is being deleted: one of the two is refused, and nothing is left, on every engine."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import PLATFORM, Query
from cloudcore.operations.session import CoreSession
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Author, Transaction, UnitOfWork
from cloudcore_adapters.memory.cloud import PASSWORD as MEMORY_PASSWORD
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine

FAST = ("memory-interleaved", "postgresql")
ENGINES = [
    name if name in FAST else pytest.param(name, marks=pytest.mark.slow)
    for name in ("memory", "memory-interleaved", "sqlite", "postgresql", "mariadb")
]
FIXTURES = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
PASSWORD = "Correct-Horse-Battery-9"
REMEMBERED = frozenset(("history", "revocations", "idempotencies", "tasks"))
_NUMBERS = itertools.count(1)
WAIT_S = 0.4
"""So long a unit stands still before its commit, unless the other has ended before."""


class Halting:
    """A `UnitOfWork` whose writing units stand still before they commit."""

    def __init__(self, inner: UnitOfWork) -> None:
        self._inner = inner
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def write(self, author: Author) -> Iterator[Any]:
        with self._inner.write(author) as tx:
            yield _HaltingUnit(tx, self)


class _HaltingUnit:
    def __init__(self, inner: Transaction, halting: Halting) -> None:
        self._inner, self._halting = inner, halting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def commit(self) -> None:
        self._halting.reached.set()
        self._halting.go_on.wait(WAIT_S)
        self._inner.commit()


@attrs.frozen(kw_only=True)
class World:
    """A cloud with a tenant: a domain with one project and one user, who owns it."""

    cloud: Cloud
    admin: Session
    domain: str
    project: str
    user: str
    member: CoreSession

    def halted(self, session: Any) -> tuple[CoreSession, Halting]:
        """The same session, whose units stand still before they commit."""
        halting = Halting(self.cloud.platform.uow)
        platform = attrs.evolve(self.cloud.platform, uow=halting)  # type: ignore[arg-type]
        return CoreSession(platform, session.caller), halting

    def names(self, *idents: str) -> list[str]:
        """Where these are named, beside what only remembers."""
        found = list[str]()
        with self.cloud.platform.uow.read() as tx:
            for resource in TYPES:
                if resource.plural not in REMEMBERED:
                    for row in tx.of(resource, PLATFORM).find(Query()):
                        found += [
                            f"{resource.plural}.{name}"
                            for name, value in vars(row).items()
                            if any(ident in str(value) for ident in idents)
                        ]
        return found


def store(kind: str, request: pytest.FixtureRequest, folder: Path) -> UnitOfWork:
    if kind.startswith("memory"):
        return MemoryStore(TYPES, SystemClock(), SystemIds(), interleave=kind != "memory")
    url = request.getfixturevalue(FIXTURES[kind]) if kind in FIXTURES else f"sqlite:///{folder / 'cloud.db'}"
    uow = SqlUnitOfWork(open_engine(url), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    uow.metadata.create_all(uow.engine)
    request.addfinalizer(uow.close)
    return uow


@pytest.fixture(scope="module", params=ENGINES)
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return memory_cloud(memory_platform(uow=store(request.param, request, tmp_path_factory.mktemp("store"))))[0]


@pytest.fixture
def world(cloud: Cloud) -> World:
    admin: Any = cloud.login("sysadmin", MEMORY_PASSWORD, project="system")
    name = f"leaving-{next(_NUMBERS)}"
    domain = admin.create("domains", {"name": name})["id"]
    project = admin.create("projects", {"name": name, "project_domain": domain})["id"]
    body = {"name": "leaver", "password": PASSWORD, "project_domain": domain, "skip_password_complexity_check": True}
    user = admin.create("users", body)["id"]
    admin.perform("projects", project, "join", {"users": [user], "roles": ["project_owner"]})
    member: Any = cloud.login("leaver", PASSWORD, domain=name, project=name)
    return World(cloud=cloud, admin=admin, domain=domain, project=project, user=user, member=member)


Making = Callable[[World, Session], Any]
BY_MEMBER: dict[str, Making] = {
    "secgroup": lambda _world, session: session.create("secgroups", {"name": "s"}),
    "image": lambda _world, session: session.create("images", {"name": "i", "disk_format": "raw"}),
    "upload": lambda _world, session: session.upload(None, {"name": "i", "disk_format": "raw"}, [bytes(1024)]),
    "group": lambda _world, session: session.create("instancegroups", {"name": "g"}),
}
BY_ADMIN: dict[str, Making] = {
    "theirs": lambda world, session: session.create("secgroups", {"name": "s", "project_id": world.project}),
    "role": lambda world, session: session.perform(
        "projects", world.project, "join", {"users": ["sysadmin"], "roles": ["project_viewer"]}
    ),
}
MAKING = {**BY_MEMBER, **BY_ADMIN}
NAMES = [
    name if name in ("secgroup", "image", "role") else pytest.param(name, marks=pytest.mark.slow) for name in MAKING
]


def session_of(world: World, name: str) -> Any:
    return world.member if name in BY_MEMBER else world.admin


def refused(call: Callable[[], Any]) -> CloudcoreError | None:
    try:
        call()
    except CloudcoreError as error:
        return error
    return None


def meet(_world: object, first: Callable[[], Any], halting: Halting, second: Callable[[], Any]) -> list[bool]:
    """Whether each of the two came through: the first begins, and stands still before its commit while the second runs."""
    came = [True, True]

    def begin() -> None:
        came[0] = refused(first) is None

    thread = threading.Thread(target=begin)
    thread.start()
    assert halting.reached.wait(30)
    came[1] = refused(second) is None
    halting.go_on.set()
    thread.join(60)
    assert not thread.is_alive()
    return came


@pytest.mark.parametrize("name", NAMES)
def test_what_was_admitted_before_and_is_carried_out_after_makes_nothing(world: World, name: str) -> None:
    world.admin.delete("projects", world.project)

    assert refused(lambda: MAKING[name](world, session_of(world, name))) is not None

    assert world.names(world.project) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_deletion_that_meets_what_is_being_made(world: World, name: str) -> None:
    making, halting = world.halted(session_of(world, name))

    made, deleted = meet(
        world,
        lambda: MAKING[name](world, making),
        halting,
        lambda: world.admin.delete("projects", world.project),
    )

    assert (made, deleted) != (True, True) or name == "role"
    assert made or deleted
    if deleted:
        assert world.names(world.project) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_made_while_a_deletion_commits(world: World, name: str) -> None:
    deleting, halting = world.halted(world.admin)

    deleted, made = meet(
        world,
        lambda: deleting.delete("projects", world.project),
        halting,
        lambda: MAKING[name](world, session_of(world, name)),
    )

    assert deleted != made
    if deleted:
        assert world.names(world.project) == []


def test_a_user_who_goes_takes_with_him_what_is_made_meanwhile(world: World) -> None:
    deleting, halting = world.halted(world.admin)
    world.admin.update("users", world.user, {"enabled": False})

    deleted, _ = meet(
        world,
        lambda: deleting.delete("users", world.user),
        halting,
        lambda: world.member.create("keypairs", {"name": "k"}),
    )

    assert deleted
    assert world.names(world.user) == []


def test_a_project_that_is_made_in_a_domain_that_goes(world: World) -> None:
    other = world.admin.create("domains", {"name": f"other-{next(_NUMBERS)}", "enabled": False})["id"]
    deleting, halting = world.halted(world.admin)

    deleted, made = meet(
        world,
        lambda: deleting.delete("domains", other),
        halting,
        lambda: world.admin.create("projects", {"name": "late", "project_domain": other}),
    )

    assert deleted != made
    if deleted:
        assert world.names(other) == []


def test_a_thing_that_is_named_stays_while_something_is_made_that_names_it(world: World) -> None:
    zone = world.admin.create("zones", {"name": f"z-{next(_NUMBERS)}", "cloudregion_id": "default"})["id"]
    making, halting = world.halted(world.admin)
    wire = {"name": f"w-{next(_NUMBERS)}", "vpc_id": "default", "zone_id": zone, "bandwidth": 1000}

    made, deleted = meet(
        world, lambda: making.create("wires", wire), halting, lambda: world.admin.delete("zones", zone)
    )

    assert made != deleted
