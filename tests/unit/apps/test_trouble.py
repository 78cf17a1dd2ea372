"""Objects in trouble, made by surgery on the database: the sentence, the repair, once and twice, and what is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from cloudcore.cloud import TYPES
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author, UnitOfWork
from cloudcore.resources.compute.disk import DISKS, Disk
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS, Hostclaim
from cloudcore.resources.compute.nodeclaim import NODECLAIMS, Nodeclaim
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.image.image import IMAGES, Image
from cloudcore.resources.infrastructure.host import HOSTS, Host
from cloudcore.resources.quota.quotausage import QUOTAUSAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS, Storageclaim
from cloudcore.tasks.task import TASKS, Task, TaskState
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.doctor.finding import Finding, Level
from cloudcore_apps.doctor.records import look_inside

NOW = datetime.now(UTC)
KINDS: dict[Any, Any] = {
    Task: TASKS, Server: SERVERS, Disk: DISKS, Image: IMAGES, Hostclaim: HOSTCLAIMS, Storageclaim: STORAGECLAIMS,
    Nodeclaim: NODECLAIMS, Host: HOSTS
}  # fmt: skip


@pytest.fixture
def uow() -> UnitOfWork:
    return memory_cloud()[0].platform.uow


def put(uow: UnitOfWork, *rows: Any) -> None:
    with uow.write(Author()) as tx:
        for row in rows:
            tx.of(KINDS[type(row)], PLATFORM).add(row)
        tx.commit()


def row(uow: UnitOfWork, resource: Any, ident: str) -> Any:
    with uow.read() as tx:
        return tx.of(resource, PLATFORM).get(ident)


def look(uow: UnitOfWork, *checks: str, fix: bool = False) -> list[Finding]:
    return [f for f in look_inside(uow, NOW, running=True, fix=fix) if f.check in checks]


def server(**more: Any) -> Server:
    known: dict[str, Any] = {"id": "s1", "name": "web", "vmem_size": 256, "vcpu_count": 2, "status": "running"}
    return Server(**{**known, "domain_id": "d", "tenant_id": "p", **more})


def task(**more: Any) -> Task:
    known = {"id": "t1", "flow": "server-start", "obj_type": "server", "obj_id": "s1", "obj_name": "web"}
    return Task(**{**known, "wake_at": NOW, **more})


def repaired(uow: UnitOfWork, *checks: str) -> list[Finding]:
    """What a repair tells; told again, nothing is wrong any more."""
    told = look(uow, *checks, fix=True)
    assert {f.level for f in look(uow, *checks, fix=True)} <= {Level.OK}
    return told


def test_a_status_that_nobody_works_on_is_told_and_ended(uow: UnitOfWork) -> None:
    put(uow, server(status="starting"), server(id="s2", name="busy", status="starting"), task(obj_id="s2"))
    (told,) = look(uow, "statuses")
    assert told.level is Level.FAILED
    assert told.said.startswith("server web (starting) is held by nobody since 20")
    assert "server-start should work on it" in told.said

    (fixed,) = repaired(uow, "statuses")

    assert (fixed.level, "start_fail" in fixed.advice) == (Level.NOTE, True)
    assert row(uow, SERVERS, "s1").status == "start_fail"
    assert row(uow, SERVERS, "s1").status_reason == "it was starting and no task worked on it"
    assert row(uow, SERVERS, "s2").status == "starting"


def test_an_upload_and_an_unknown_status_are_left_alone(uow: UnitOfWork) -> None:
    put(uow, Image(id="i1", name="tiny", status="saving", domain_id="d", tenant_id="p"))
    put(uow, server(status="from-another-release"))

    (told,) = look(uow, "statuses", fix=True)

    assert "image tiny (saving)" in told.said
    assert told.level is Level.FAILED
    assert row(uow, IMAGES, "i1").status == "saving"
    assert row(uow, SERVERS, "s1").status == "from-another-release"


@pytest.mark.parametrize(
    "asleep",
    [
        {"wake_at": NOW + timedelta(minutes=5), "lease_until": NOW - timedelta(minutes=5), "lease_owner": "up-1"},
        {"wake_at": NOW + timedelta(days=3)},
    ],
)
def test_a_task_that_nobody_would_wake_is_told_and_woken(uow: UnitOfWork, asleep: dict[str, Any]) -> None:
    held = {"wake_at": NOW + timedelta(seconds=9), "lease_until": NOW + timedelta(seconds=9), "lease_owner": "up-1"}
    put(uow, task(**asleep), task(id="t2", obj_id="s2", obj_name="fine", **held))
    (told,) = look(uow, "leases")
    assert told.said.startswith("server-start of server web (task t1) is at its beginning since ")
    assert ("up-1" in told.said) == ("lease_owner" in asleep)

    repaired(uow, "leases")

    woken = row(uow, TASKS, "t1")
    assert (woken.lease_owner, woken.lease_until) == ("", None)
    assert woken.wake_at < datetime.now(UTC) + timedelta(seconds=1)
    assert row(uow, TASKS, "t2").lease_owner == "up-1"


def test_what_a_task_could_not_take_back_is_told_for_a_while(uow: UnitOfWork) -> None:
    left: dict[str, Any] = {"state": "failed", "error": "no; not taken back: disk (internal error: KeyError)"}
    put(uow, task(**left, ended_at=NOW - timedelta(days=1)))
    put(uow, task(id="t2", obj_id="s2", **left, ended_at=NOW - timedelta(days=8)))
    put(uow, task(id="t3", obj_id="s3", state="failed", error="no", ended_at=NOW))

    said = [f.said for f in look(uow, "tasks")]

    assert said[0] == "No task is under way."
    (told,) = said[1:]
    assert told.startswith("server-start of server web (task t1) ended as failed at 20")
    assert told.endswith("no; not taken back: disk (internal error: KeyError).")


def test_what_is_being_taken_back_again_and_again_is_told(uow: UnitOfWork) -> None:
    log = [{"at": NOW.isoformat(), "step": "disk", "event": "retry", "text": "its host does not answer"}]
    put(uow, task(state=TaskState.UNWINDING, attempt=7, error="no", log=log, wake_at=NOW + timedelta(seconds=60)))

    (told,) = look(uow, "tasks")

    assert told.level is Level.WARNING
    assert "is being taken back, at disk since 20" in told.said
    assert "because: no, last: its host does not answer; it takes disk back again at 20" in told.said
    assert told.said.endswith("(try 7).")


def test_claims_that_are_no_sums_are_counted_anew(uow: UnitOfWork) -> None:
    disk: dict[str, Any] = {"domain_id": "d", "tenant_id": "p", "storage_id": "st1", "disk_size": 100}
    put(uow, server(host_id="h1"), server(id="s2", name="old", host_id="h1", pending_deleted=True))
    put(uow, Disk(id="d1", name="one", status="ready", **disk), Disk(id="d2", name="no", status="alloc_failed", **disk))
    put(uow, Hostclaim(id="h1", vcpus=7, memory_mib=256, guests=1), Hostclaim(id="h2", vcpus=1))
    put(uow, Storageclaim(id="st1", size_mib=5))
    said = [f.said for f in look(uow, "claims")]
    assert said == [
        "host h1 has 7 of vcpus charged where 2 is held.",
        "host h2 has 1 of vcpus charged where 0 is held.",
        "storage st1 has 5 of size (MiB) charged where 100 is held.",
    ]
    repaired(uow, "claims")
    claim = row(uow, HOSTCLAIMS, "h1")
    assert (claim.vcpus, claim.memory_mib, claim.guests, claim.update_version) == (2, 256, 1, 1)
    assert row(uow, STORAGECLAIMS, "st1").size_mib == 100


def test_claims_of_nodes_that_are_no_sums_are_counted_anew(uow: UnitOfWork) -> None:
    pins = [{"node_id": 1, "cpu_pin": [4, 5, 6], "mem_size_mb": 256, "extra_cpu_count": 1}]
    put(
        uow, Host(id="h1", name="h1", domain_id="d", zone_id="z"), Hostclaim(id="h1", vcpus=3, memory_mib=256, guests=1)
    )
    put(uow, server(host_id="h1", extra_cpu_count=1, cpu_numa_pin=pins))
    put(uow, server(id="s2", name="old", host_id="h1", cpu_numa_pin=pins, pending_deleted=True))
    put(uow, Nodeclaim(id="h1/0", host_id="h1", node=0, vcpus=1), Nodeclaim(id="h1/1", host_id="h1", node=1, vcpus=2))
    assert [f.said for f in look(uow, "claims")] == [
        "node h1/0 has 1 of vcpus charged where 0 is held.",
        "node h1/1 has 2 of vcpus charged where 3 is held, 0 of memory (MiB) charged where 256 is held.",
    ]
    repaired(uow, "claims")
    assert [row(uow, NODECLAIMS, ident).vcpus for ident in ("h1/0", "h1/1")] == [0, 3]
    assert row(uow, NODECLAIMS, "h1/1").memory_mib == 256
    assert row(uow, HOSTCLAIMS, "h1").vcpus == 3


def test_nothing_is_counted_while_a_task_is_under_way(uow: UnitOfWork) -> None:
    put(uow, Hostclaim(id="h1", vcpus=7), task())

    (told,) = look(uow, "claims", fix=True)

    assert told.level is Level.OK
    assert row(uow, HOSTCLAIMS, "h1").vcpus == 7


def test_a_quota_that_is_no_sum_is_counted_anew() -> None:
    cloud, password = memory_cloud()
    uow = cloud.platform.uow
    admin = cloud.login("sysadmin", password, project="system")
    admin.create("keypairs", {"name": "key"})
    with uow.write(Author()) as tx:
        rows = tx.of(QUOTAUSAGES, PLATFORM).find()
        wrong = next(one for one in rows if not one.id.endswith("/"))
        tx.of(QUOTAUSAGES, PLATFORM).adjust(wrong.id, {"cpu": 4})
        tx.commit()
    (told,) = look(uow, "quotas")
    assert told.said == f"The usage of project {wrong.id.partition('/')[2]} has 4 of cpu charged where 0 is held."
    (fixed,) = repaired(uow, "quotas")
    assert fixed.level is Level.NOTE
    assert row(uow, QUOTAUSAGES, wrong.id).cpu == 0


def test_every_transitional_status_has_an_owner_with_a_deadline() -> None:
    from cloudcore.tasks.flows import FLOWS

    for resource in TYPES:
        if resource.lifecycle is None:
            continue
        transitional = resource.lifecycle.transitional()
        lonely = set(map(str, resource.lifecycle.states)) - set(map(str, resource.lifecycle.stable))
        lonely -= transitional.keys() | resource.lifecycle.failures()
        assert lonely == set(), f"{resource.plural}: statuses that nothing leads out of"
        for status, transition in transitional.items():
            flow = FLOWS[transition.flow]
            assert transition.deadline_s >= flow.deadline_s > 0, (resource.plural, status)
            assert str(transition.failed) not in transitional, (resource.plural, status)


def test_the_command_repairs_and_says_so(tmp_path: Any) -> None:
    from cloudcore_apps.doctor.command import doctor

    shown = CliRunner().invoke(doctor, ["--help"]).output
    assert "--fix" in shown
    done = CliRunner().invoke(doctor, ["--data", str(tmp_path / "none"), "--listen", "127.0.0.1:0", "--fix"])
    assert done.exit_code == 0
