"""Lists run the same statements whatever the length of the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from tests.contracts.storage_suite import statements

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model.entity import evolve
from cloudcore.model.errors import OutOfRangeError
from cloudcore.model.query import PLATFORM, Query
from cloudcore.operations.hosts import register_host
from cloudcore.operations.listing import MOST_AT_ONCE
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS
from cloudcore.resources.compute.schedtag import SCHEDTAGS, Schedtag
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.wire import WIRES
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock, SystemIds
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.migrations import migrate

MOST = 200
LENGTHS = (1, 20, MOST)


@attrs.frozen
class Place:
    """A cloud on SQLite with `MOST` servers, each with a host, storage, disk, wire and network of its own."""

    cloud: Cloud
    password: str
    uow: SqlUnitOfWork

    def counted(self, plural: str, params: dict[str, Any]) -> tuple[int, int]:
        """How many rows a list gives, and how many statements it takes."""
        session = self.cloud.login("sysadmin", self.password, project="system")
        session.list(plural, params)
        with statements(self.uow.engine) as seen:
            items = session.list(plural, params).items
        return len(items), len(seen)

    def plan(self, plural: str, params: dict[str, Any]) -> str:
        """How the engine reads a page."""
        session = self.cloud.login("sysadmin", self.password, project="system")
        sent: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
            sent.append((text, values))

        event.listen(self.uow.engine, "before_cursor_execute", note)
        session.list(plural, params)
        event.remove(self.uow.engine, "before_cursor_execute", note)
        (text, values) = next(one for one in sent if f"FROM {SERVERS.table} " in one[0])
        with self.uow.engine.connect() as connection:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            return "; ".join(row[3] for row in rows)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("lists")
    # Time stands still: what caches of policies ask again after a second is not part of a list.
    clock, ids = ManualClock(), SystemIds()
    uow = SqlUnitOfWork(f"sqlite:///{folder}/cloud.sqlite", TYPES, ids, clock=clock, sealer=None)
    migrate(uow.engine)
    cloud, password = memory_cloud(memory_platform(clock=clock, ids=ids, uow=uow))
    register_host(
        cloud.platform, attrs.evolve(SimulatedHost(clock, deployment="memory").facts(), uuid="h", hostname="h")
    )
    session = cloud.login("sysadmin", password, project="system")
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    effects = RoutedEffects({"image": InlineEffects(performer=ImagePerformer(cloud.platform.image_store))})
    worker = cloud.worker(effects, "w", lambda _task, error: pytest.fail(str(error)))
    for ident in worker.due():
        worker.run(ident)
    body = {"name": "web", "vmem_size": "256M", "vcpu_count": 1, "disks": ["tiny:1g"], "nets": ["default"]}
    session.create("servers", body)
    with uow.write(Author()) as tx:
        _multiply(tx)
        tx.commit()
    yield Place(cloud, password, uow)
    uow.close()


def _multiply(tx: Transaction) -> None:
    """Make `MOST` of what there is one of."""
    one = {r.plural: tx.of(r, PLATFORM).find(Query(limit=1))[0] for r in _KINDS}
    for n in range(MOST - 1):
        idents = {
            "host_id": f"host-{n}", "storage_id": f"storage-{n}", "wire_id": f"wire-{n}",
            "network_id": f"network-{n}", "disk_id": f"disk-{n}", "guest_id": f"server-{n}",
        }  # fmt: skip
        for kind in _KINDS:
            row = one[kind.plural]
            own = idents.get(_NAMED.get(kind.plural, ""), f"{kind.plural}-{n}")
            changes = {key: value for key, value in idents.items() if hasattr(row, key)}
            changes |= {"name": f"{row.name}-{n}"} if hasattr(row, "name") else {}
            changes |= {"access_mac": None} if kind is HOSTS else {}
            changes |= {"mac_addr": f"00:22:00:00:{n >> 8:02x}:{n & 255:02x}"} if kind is GUESTNETWORKS else {}
            tx.of(kind, PLATFORM).add(evolve(row, id=own, created_at=None, **changes))


_KINDS: tuple[Any, ...] = (
    *(HOSTS, STORAGES, WIRES, NETWORKS, HOSTSTORAGES, HOSTWIRES, SERVERS, DISKS, GUESTDISKS, GUESTNETWORKS),
    GUESTSECGROUPS,
)
_NAMED = {
    "hosts": "host_id",
    "storages": "storage_id",
    "wires": "wire_id",
    "networks": "network_id",
    "disks": "disk_id",
    "servers": "guest_id",
}


@pytest.mark.parametrize("details", ["true", "false"])
@pytest.mark.parametrize("plural", ["servers", "disks", "networks", "hosts"])
def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(place: Place, plural: str, details: str) -> None:
    found = {}
    for length in LENGTHS:
        rows, found[length] = place.counted(plural, {"limit": str(length), "details": details, "scope": "system"})
        assert rows == length
    # The last page of all is known to be the last: it needs no count.
    assert found[1] == found[20]
    assert found[MOST] in (found[20], found[20] - 1)


def test_a_filter_along_references_stays_one_look_up(place: Place) -> None:
    plain = place.counted("servers", {"limit": "20", "details": "false", "scope": "system"})
    rows, narrowed = place.counted(
        "servers", {"limit": "20", "details": "false", "scope": "system", "filter": "name.startswith(web)"}
    )
    assert (rows, narrowed) == plain


def test_pages_are_read_from_an_index_alone(place: Place) -> None:
    """Without sorting: the first page as well as one behind a marker, at the scope of the system and of a project."""
    session = place.cloud.login("sysadmin", place.password, project="system")
    for scope in ("system", "project"):
        params = {"limit": "20", "details": "false", "scope": scope, "paging_marker": ""}
        marker = session.list("servers", params).next_marker
        assert marker or scope == "project"
        for start in ("", marker):
            plan = place.plan("servers", {**params, "paging_marker": start})
            assert "USING INDEX" in plan
            assert "TEMP B-TREE" not in plan
            assert ("SEARCH" in plan) == (scope == "project" or bool(start))


class TestWithoutPages:
    def test_the_whole_list_comes_at_once(self, place: Place) -> None:
        session = place.cloud.login("sysadmin", place.password, project="system")
        params = {"limit": "20", "details": "false", "scope": "system", "force_no_paging": "true"}
        whole = session.list("servers", params)
        assert (len(whole.items), whole.total, whole.limit) == (MOST, MOST, 0)
        marked = session.list("servers", {**params, "paging_marker": ""})
        assert ([i["id"] for i in marked.items], marked.next_marker) == ([i["id"] for i in whole.items], "")
        rest = session.list("servers", {**params, "offset": "150"})
        assert (len(rest.items), rest.total, rest.offset) == (MOST - 150, MOST, 150)

    def test_a_list_too_long_for_one_answer_is_refused_with_the_way_to_read_it(self, place: Place) -> None:
        session = place.cloud.login("sysadmin", place.password, project="system")
        table = place.uow.metadata.tables[SCHEDTAGS.table]
        codec = Codec(SCHEDTAGS, table, None)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        tags = (
            Schedtag(id=f"t{n}", name=f"t{n}", resource_type="hosts", created_at=now, updated_at=now)
            for n in range(MOST_AT_ONCE)
        )
        with place.uow.engine.begin() as connection:
            connection.execute(sa.delete(table))
            connection.execute(sa.insert(table), [codec.encode(tag) for tag in tags])
        params = {"details": "false", "force_no_paging": ""}
        assert len(session.list("schedtags", params).items) == MOST_AT_ONCE
        session.create("schedtags", {"name": "one-too-many", "resource_type": "hosts"})
        for marker in ({}, {"paging_marker": ""}):
            with pytest.raises(OutOfRangeError, match=r"more than 10000 schedtags.*limit with offset") as caught:
                session.list("schedtags", {**params, **marker})
            assert caught.value.field == "force_no_paging"
            assert caught.value.data == {"most": MOST_AT_ONCE}
        assert len(session.list("schedtags", {**params, "name": "t7"}).items) == 1
        assert len(session.list("schedtags", {**params, "offset": "1"}).items) == MOST_AT_ONCE
