from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloudcore.auth.caller import SYSTEM
from cloudcore.model.columns import Columns, parts_of
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidInputError,
    InvalidStatusError,
    NotEmptyError,
    NotSupportedError,
)
from cloudcore.model.query import PLATFORM, Query
from cloudcore.model.resource import fields_of
from cloudcore.operations.refs import Rows
from cloudcore.operations.rows import plain_columns
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVER_LIFECYCLE, SERVERS, Server, ServerStatus
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus
from cloudcore.resources.quota.quotausage import usage_id
from cloudcore.resources.registry import BY_PLURAL
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES, Cachedimage
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.resources.storage.storagecache import STORAGECACHES
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES, CacheStatus, Storagecachedimage

from .conftest import PROJECT, add_server


def all_of(tx: Any, resource: Any) -> Any:
    rows = tx.of(resource, PLATFORM).find(Query())
    return parts_of(resource.entity, rows, [field.name for field in fields_of(resource.entity)])


def details(tx: Any, resource: Any) -> Any:
    shown = resource.details(tx, all_of(tx, resource))
    return shown.rows() if isinstance(shown, Columns) else shown


def test_details_of_a_server_name_its_disks_cards_and_host(tx: Any) -> None:
    add_server(tx, "a", ip="10.1.0.19")
    (extra,) = details(tx, SERVERS)
    assert (extra["disk"], extra["disk_count"], extra["ips"]) == (100, 1, "10.1.0.19")
    assert extra["disks_info"][0]["storage_type"] == "local"
    assert extra["nics"][0]["vpc_id"] == "default"
    assert (extra["vpc"], extra["is_gpu"], extra["host_service_status"]) == ("Default", False, "online")


def test_details_of_a_disk_and_its_link_name_the_other_side(tx: Any) -> None:
    add_server(tx, "a")
    (extra,) = details(tx, DISKS)
    assert (extra["guest"], extra["guest_count"], extra["guest_status"]) == ("a", 1, "ready")
    assert details(tx, GUESTDISKS) == [{"status": "init"}]


def test_ledgers_of_domains_and_projects_are_apart() -> None:
    assert (usage_id("d1"), usage_id("d1", "p1")) == ("d1/", "d1/p1")


def test_details_of_an_unplaced_server_without_devices_are_empty_but_typed(tx: Any) -> None:
    tx.of(SERVERS, PLATFORM).add(Server(id="x", name="x", vmem_size=64, **PROJECT))
    (extra,) = details(tx, SERVERS)
    assert (extra["disks_info"], extra["nics"], extra["ips"], extra["disk"]) == ([], [], "", 0)
    assert "host_status" not in extra


@pytest.mark.parametrize("resource", [SERVERS, DISKS, HOSTS, STORAGES, HOSTSTORAGES], ids=lambda r: r.plural)
def test_details_ask_a_fixed_number_of_questions(tx: Any, store: Any, resource: Any) -> None:
    def questions() -> int:
        page = all_of(tx, resource)
        store.asked.clear()
        assert len(resource.details(tx, page)) == len(page)
        return len(store.asked)

    add_server(tx, "s0", ip="10.1.0.10")
    few = questions()
    for n in range(1, 8):
        add_server(tx, f"s{n}", ip=f"10.1.0.1{n}")
    assert questions() == few


def test_details_of_a_host_count_guests_and_commitments(tx: Any) -> None:
    add_server(tx, "a", status="running")
    add_server(tx, "b")
    add_server(tx, "c", status="deploying", is_system=True)
    add_server(tx, "e", pending_deleted=True)
    (extra,) = details(tx, HOSTS)
    assert {k: extra[k] for k in extra if k.endswith("guests")} == {
        "guests": 3,
        "nonsystem_guests": 2,
        "running_guests": 1,
        "ready_guests": 1,
        "other_guests": 1,
        "pending_deleted_guests": 1,
    }
    assert (extra["cpu_commit"], extra["mem_commit"]) == (4, 8000)
    assert (extra["cpu_commit_rate"], extra["mem_commit_rate"]) == (0.5, 0.5)
    assert (extra["storage"], extra["storage_virtual"], extra["storage_used"], extra["storage_free"]) == (
        1000,
        1900,
        300,
        1600,
    )
    assert (extra["nic_count"], extra["nic_info"][0]["bridge"]) == (1, "br0")


def test_details_of_a_storage_tell_what_is_left(tx: Any) -> None:
    add_server(tx, "a")
    (extra,) = details(tx, STORAGES)
    assert (extra["virtual_capacity"], extra["used_capacity"], extra["free_capacity"]) == (1900, 300, 1600)
    assert (extra["host_count"], extra["hosts"][0]["name"], extra["disk_count"]) == (1, "host1", 1)
    assert (extra["commit_rate"], extra["real_time_used_capacity"]) == (0.3, 7)


def test_details_of_a_cache_and_its_images(tx: Any) -> None:
    info = {"properties": {"os_type": "Linux"}, "status": "active"}
    tx.of(CACHEDIMAGES, PLATFORM).add(Cachedimage(id="i1", name="i1", size=42, info=info, **PROJECT))
    link = Storagecachedimage(id="l1", storagecache_id="c1", cachedimage_id="i1", status=CacheStatus.ACTIVE.value)
    tx.of(STORAGECACHEDIMAGES, PLATFORM).add(link)
    assert details(tx, STORAGECACHES) == [{"storages": ["local1"], "count": 1, "size": 42, "host": ""}]
    assert details(tx, CACHEDIMAGES) == [{"status": "active", "cached_count": 1, "os_type": "Linux"}]
    room = {"cmtbound": 2.0, "used_capacity": 300, "free_capacity": 1600}
    assert details(tx, HOSTSTORAGES) == [{"imagecache_path": "/cache", **room}]
    with pytest.raises(NotEmptyError):
        CACHEDIMAGES.check_delete(tx, SYSTEM, tx.of(CACHEDIMAGES, PLATFORM).get("i1"))


def test_a_server_is_deleted_only_when_nothing_speaks_against_it(tx: Any) -> None:
    server = add_server(tx, "a", disable_delete=False)
    SERVERS.check_delete(tx, SYSTEM, server)
    with pytest.raises(InvalidStatusError, match="locked"):
        SERVERS.check_delete(tx, SYSTEM, evolve(server, disable_delete=True))
    paid = evolve(server, billing_type="prepaid", expired_at=tx.now + timedelta(days=1))
    with pytest.raises(ForbiddenError):
        SERVERS.check_delete(tx, SYSTEM, paid)
    host = tx.of(HOSTS, PLATFORM).get("h1")
    tx.of(HOSTS, PLATFORM).save(evolve(host, host_status=AgentStatus.OFFLINE))
    with pytest.raises(InvalidInputError, match="host1 is disabled or offline"):
        SERVERS.check_delete(tx, SYSTEM, server)
    SERVERS.check_delete(tx, SYSTEM, evolve(server, host_id=None))


def test_emulation_is_changed_while_stopped_only(tx: Any) -> None:
    server = add_server(tx, "a")
    assert SERVERS.check_update(tx, SYSTEM, server, {"bios": "UEFI"}) == {"bios": "UEFI"}
    running = evolve(server, status="running")
    with pytest.raises(InvalidStatusError):
        SERVERS.check_update(tx, SYSTEM, running, {"bios": "UEFI"})
    assert SERVERS.check_update(tx, SYSTEM, running, {"bios": "BIOS", "name": "b"})
    with pytest.raises(InvalidInputError):
        SERVERS.check_update(tx, SYSTEM, server, {"boot_order": "cc"})


def test_hosts_storages_disks_and_the_default_region_stay_while_needed(tx: Any) -> None:
    add_server(tx, "a")
    host = tx.of(HOSTS, PLATFORM).get("h1")
    with pytest.raises(InvalidStatusError):
        HOSTS.check_delete(tx, SYSTEM, host)
    with pytest.raises(NotEmptyError):
        HOSTS.check_delete(tx, SYSTEM, evolve(host, enabled=False))
    for resource in (STORAGES, DISKS, HOSTSTORAGES):
        (row,) = all_of(tx, resource)
        with pytest.raises(NotEmptyError):
            resource.check_delete(tx, SYSTEM, row)
    tx.of(GUESTDISKS, PLATFORM).remove(tx.of(GUESTDISKS, PLATFORM).get("a-gd"))
    disk = tx.of(DISKS, PLATFORM).get("a-d")
    DISKS.check_delete(tx, SYSTEM, disk)
    tx.of(DISKS, PLATFORM).remove(disk)
    with pytest.raises(NotEmptyError, match="hosts are attached"):
        STORAGES.check_delete(tx, SYSTEM, all_of(tx, STORAGES)[0])
    assert details(tx, CLOUDREGIONS) == [{"cloud_env": "onpremise"}]
    with pytest.raises(ForbiddenError):
        CLOUDREGIONS.check_delete(tx, SYSTEM, all_of(tx, CLOUDREGIONS)[0])


def test_unknown_storage_types_are_refused_by_name(tx: Any) -> None:
    assert STORAGES.prepare(tx, SYSTEM, {"storage_type": "local"}) == {"storage_type": "local"}
    with pytest.raises(NotSupportedError, match="there is local"):
        STORAGES.prepare(tx, SYSTEM, {"storage_type": "rbd"})


@pytest.mark.parametrize(
    ("action", "status", "force", "allowed"),
    [
        ("start", ServerStatus.READY, False, True),
        ("start", ServerStatus.RUNNING, False, False),
        ("stop", ServerStatus.RUNNING, False, True),
        ("stop", ServerStatus.READY, False, False),
        ("stop", ServerStatus.READY, True, True),
        ("restart", ServerStatus.STOP_FAIL, False, True),
        ("delete", ServerStatus.DEPLOYING, False, False),
        ("start", ServerStatus.CREATE_FAIL, True, False),
    ],
)
def test_the_status_decides_what_may_be_started(action: str, status: str, force: bool, allowed: bool) -> None:
    if allowed:
        assert SERVER_LIFECYCLE.start(action, status, force=force).name == action
    else:
        with pytest.raises(InvalidStatusError, match="allowed: "):
            SERVER_LIFECYCLE.start(action, status, force=force)


def test_a_start_inside_a_create_is_a_start() -> None:
    transitional = SERVER_LIFECYCLE.transitional()
    assert transitional[ServerStatus.STARTING].name == "start"
    assert transitional[ServerStatus.DEPLOYING].name == "create"


def test_secret_fields_of_servers_are_sealed() -> None:
    sealed = {f.name for f in fields_of(Server) if f.spec.sealed}
    assert sealed == {"deploy_configs", "login_password", "next_password", "user_data"}


@pytest.mark.parametrize("plural", ["servers", "networks", "disks", "hosts", "storages", "wires"])
def test_references_show_where_something_lies(tx: Any, plural: str) -> None:
    add_server(tx, "a", ip="10.1.0.19")
    resource = BY_PLURAL[plural]
    page = all_of(tx, resource)
    columns = plain_columns(resource, page)
    Rows(tx, BY_PLURAL).add_to(columns, resource, page)
    (shown,) = columns.rows()
    place = {name: shown.get(name, getattr(page[0], name, None)) for name in ("zone", "zone_id", "region", "region_id")}
    assert place == {"zone": "zone1", "zone_id": "z1", "region": "Default", "region_id": "default"}
