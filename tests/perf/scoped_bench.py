"""What it costs a domain's administrator that servers are spread over many projects, and that others share with him.

Taken as a client sees it, by what the process of a service computes for a list over HTTP, and in process, where nothing
but the list counts. The same 10,000 servers and 10,000 security groups belong to 10 projects, to 10,000, and to 10,000 while another domain shares
1,000 security groups with his: half of them with the domain, half with everybody.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import attrs
import sqlalchemy as sa
from tests.perf.served import asked, computed_s, served, token_of

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model.entity import from_row
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import fields_of
from cloudcore.operations.session import CoreSession
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES
from cloudcore.resources.network.secgroup import SECGROUPS
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.migrations import migrate

ROWS = 10_000
SHARED = 1_000
SECRET = "Correct-Horse-Battery-9"
ROUNDS = 60
LISTS = tuple((plural, details) for plural in ("servers", "secgroups") for details in ("false", "true"))

Took: TypeAlias = Callable[[str, Mapping[str, str]], float]
"""The seconds that a list of this type with these parameters computes."""

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Spread:
    """One of the clouds. boss: the domain's administrator in process; token: the same for HTTP."""

    cloud: Cloud
    uow: SqlUnitOfWork
    boss: CoreSession
    token: str


def benchmarks() -> dict[str, dict[str, object]]:
    """The worst of the ratios of computing times, each of the fastest lists, which are asked for in turn."""
    with _cloud(10, 0) as few, _cloud(ROWS, 0) as many, _cloud(ROWS, SHARED) as shared:
        with ExitStack() as serving:
            asking = [serving.enter_context(_over_http(each)) for each in (few, many, shared)]
            over_http = max(_ratio(plural, details, asking) for plural, details in LISTS)
        inside = [partial(_took_inside, each.boss) for each in (few, many, shared)]
        in_process = max(_ratio(plural, details, inside) for plural, details in LISTS)
    return {
        "scoped_list_ratio": {"value": over_http, "unit": "times"},
        "scoped_list_in_process_ratio": {"value": in_process, "unit": "times"},
    }


def _ratio(plural: str, details: str, asking: Sequence[Took]) -> float:
    """How much more the worst of the others computes than the first."""
    fastest: dict[int, float] = {}
    for _ in range(ROUNDS):
        for place, took in enumerate(asking):
            seconds = took(plural, {"limit": "20", "scope": "domain", "details": details})
            fastest[place] = min(seconds, fastest.get(place, seconds))
    return max(fastest[place] / fastest[0] for place in range(1, len(asking)))


def _took_inside(session: CoreSession, plural: str, params: Mapping[str, str]) -> float:
    begun = time.process_time()
    page = session.list(plural, params)
    count = len(page.items)
    took = time.process_time() - begun
    assert count == 20
    assert page.total >= ROWS
    return took


@contextmanager
def _over_http(spread: Spread) -> Iterator[Took]:
    """Asks a process of its own over one kept connection; tells what that process has computed for the answer."""
    with served(spread.cloud, spread.uow) as (connection, pid):

        def took(plural: str, params: Mapping[str, str]) -> float:
            begun = computed_s(pid)
            answer = asked(connection, f"/{plural}?{urlencode(params)}", spread.token)
            seconds = computed_s(pid) - begun
            found = json.loads(answer)
            assert len(found[plural]) == 20
            assert found["total"] >= ROWS
            return seconds

        yield took


@contextmanager
def _cloud(projects: int, shared: int) -> Iterator[Spread]:
    """A cloud with a domain of so many projects, and its administrator."""
    with tempfile.TemporaryDirectory(prefix="cloudcore-bench-") as folder:
        uow = SqlUnitOfWork(
            f"sqlite:///{Path(folder)}/cloud.sqlite", TYPES, SystemIds(), clock=SystemClock(), sealer=None
        )
        migrate(uow.engine)
        cloud, password = memory_cloud(memory_platform(uow=uow))
        admin = cloud.login("sysadmin", password, project="system")
        domain = admin.create("domains", {"name": "department"})["id"]
        admin.create("projects", {"name": "office", "domain_id": domain})
        admin.create("users", {"name": "boss", "password": SECRET, "domain_id": domain})
        cloud.grant(admin, "office", "users", "boss", "domainadmin", remove=False)
        with uow.engine.begin() as connection:
            for resource, rows in _rows(domain, projects, shared):
                _insert(uow, connection, resource, rows)
        try:
            token = token_of(cloud, "boss", SECRET, domain=domain, project="office")
            boss = cloud.login("boss", SECRET, project="office", domain="department")
            yield Spread(cloud=cloud, uow=uow, boss=boss, token=token)
        finally:
            uow.close()


def _rows(domain: str, projects: int, shared: int) -> Iterator[tuple[Any, Sequence[JsonObject]]]:
    yield PROJECTS, [{"id": f"project-{n}", "name": f"project-{n}", "domain_id": domain} for n in range(projects)]
    owned = [{"domain_id": domain, "tenant_id": f"project-{n % projects}"} for n in range(ROWS)]
    for resource in (SERVERS, SECGROUPS):
        yield (
            resource,
            [
                {**owner, **_made(n), "id": f"{resource.singular}-{n}", "name": f"{resource.singular}-{n:05d}"}
                for n, owner in enumerate(owned)
            ],
        )
    scopes = ("domain", "system")
    yield SECGROUPS, [
        {**_made(n), "id": f"theirs-{n}", "name": f"theirs-{n}", "domain_id": "other", "tenant_id": "other",
         "is_public": True, "public_scope": scopes[n % 2]}
        for n in range(shared)
    ]  # fmt: skip
    yield SHAREDRESOURCES, [
        {**_made(n), "id": f"shared-{n}", "resource_type": "secgroups", "resource_id": f"theirs-{n}",
         "target_type": "domain", "target_id": domain}
        for n in range(0, shared, 2)
    ]  # fmt: skip


def _made(n: int) -> JsonObject:
    made = _BEGAN + timedelta(seconds=n)
    return {"created_at": made, "updated_at": made}


def _insert(uow: SqlUnitOfWork, connection: sa.Connection, resource: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    table = uow.metadata.tables[resource.table]
    codec = Codec(resource, table, None)
    filled = {f.name: f.default for f in fields_of(resource.entity) if f.has_default} | _made(0)
    connection.execute(
        sa.insert(table),
        [codec.encode(from_row(resource.entity, {**filled, "vmem_size": 1024, **row})) for row in rows],
    )
