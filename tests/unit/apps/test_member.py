"""Processes that share a deployment: who is alive, who has certainly ended, and what becomes of his work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloudcore.cloud import TYPES
from cloudcore.model.errors import ConflictError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.infrastructure.process import PROCESSES, Process
from cloudcore.tasks.processes import PROCESS_LEASE_S, check_deployment, enrol, leave, look, renew
from cloudcore.tasks.task import TASKS, Task
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import ManualClock, SeededIds
from cloudcore_apps.data_folder import DataFolder, boot
from cloudcore_apps.member import has_ended, proof_of


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(TYPES, ManualClock(), SeededIds(1))


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def process(ident: str, **more: object) -> Process:
    return Process(id=ident, deployment="d", **more)  # type: ignore[arg-type]


def nobody(_process: Process) -> bool:
    return False


def task_of(store: MemoryStore, owner: str) -> Task:
    with store.write(Author()) as tx:
        lease = tx.now + timedelta(seconds=10)
        task = Task(id=tx.new_id(), flow="f", obj_type="disk", obj_id="d", wake_at=lease, lease_until=lease)
        added = tx.of(TASKS, PLATFORM).add(task)
        tx.of(TASKS, PLATFORM).touch([(added.id, {"lease_owner": owner})])
        tx.commit()
    return added


def test_a_process_that_was_killed_is_known_to_have_ended(child: subprocess.Popen[bytes]) -> None:
    proof = proof_of(child.pid)
    assert not has_ended(proof)
    child.kill()
    child.wait()
    assert has_ended(proof)


def test_a_killed_process_that_nobody_waits_for_has_ended(child: subprocess.Popen[bytes]) -> None:
    proof = proof_of(child.pid)
    child.kill()
    stat = Path(f"/proc/{child.pid}/stat")
    while " Z " not in stat.read_text():
        continue
    assert has_ended(proof)


def test_of_other_machines_nothing_is_known(child: subprocess.Popen[bytes]) -> None:
    proof = proof_of(child.pid)
    child.kill()
    child.wait()
    assert not has_ended(proof.replace(boot(), "50000000-0000-4000-8000-000000000000"))
    assert not has_ended("")


def test_a_reused_pid_is_another_process(child: subprocess.Popen[bytes]) -> None:
    before, _, _ = proof_of(child.pid).rpartition("/")
    assert has_ended(f"{before}/1")


def test_tasks_of_the_living_are_left_alone_and_those_of_the_dead_are_due(store: MemoryStore) -> None:
    enrol(store, process("one"), nobody)
    enrol(store, process("two"), nobody)
    task = task_of(store, "one")
    assert [each.id for each in look(store, "two", nobody)] == ["one"]
    assert store.rows["tasks"][task.id].lease_owner == "one"
    heard: list[str] = []
    store.listen(heard.append)
    (other,) = look(store, "two", lambda each: each.id == "one")
    assert other.lease_until is None
    found = store.rows["tasks"][task.id]
    assert (found.lease_owner, found.wake_at <= store.clock.now(), heard) == ("", True, [""])


def test_a_process_that_says_nothing_counts_as_ended_but_keeps_its_tasks(store: MemoryStore) -> None:
    clock = store.clock
    assert isinstance(clock, ManualClock)
    enrol(store, process("one"), nobody)
    enrol(store, process("two"), nobody)
    task = task_of(store, "one")
    clock.advance(PROCESS_LEASE_S - 1)
    renew(store, "two")
    clock.advance(2)
    assert [each.lease_until for each in look(store, "two", nobody)] == [None]
    (other,) = look(store, "one", nobody)
    assert other.lease_until is not None
    assert store.rows["tasks"][task.id].lease_owner == "one"


def test_who_leaves_leaves_his_tasks_to_the_others(store: MemoryStore) -> None:
    enrol(store, process("one"), nobody)
    task = task_of(store, "one")
    leave(store, "one")
    assert store.rows["tasks"][task.id].lease_owner == ""


def test_a_host_has_one_agent(store: MemoryStore) -> None:
    enrol(store, process("one", hosts=["h"], url="http://127.0.0.1:1"), nobody)
    with pytest.raises(ConflictError, match=r"host h has an agent already, in one \(http://127.0.0.1:1\)"):
        enrol(store, process("two", hosts=["g", "h"]), nobody)
    assert enrol(store, process("two", hosts=["h"]), lambda each: each.id == "one") == ["one"]


def test_the_database_of_another_deployment_is_refused(store: MemoryStore) -> None:
    check_deployment(store, "anything")
    enrol(store, process("one"), nobody)
    check_deployment(store, "d")
    with pytest.raises(ConflictError, match="the database belongs to deployment d, and this is e"):
        check_deployment(store, "e")


def test_those_that_ended_long_ago_are_forgotten_but_the_newest(store: MemoryStore) -> None:
    clock = store.clock
    assert isinstance(clock, ManualClock)
    for number in range(3):
        enrol(store, process(f"p{number}"), nobody)
        clock.advance(60)
    clock.advance(2 * 86_400)
    enrol(store, process("p3"), nobody)
    with store.read() as tx:
        assert sorted(row["id"] for row in tx.of(PROCESSES, PLATFORM).totals(by=("id",))) == ["p2", "p3"]


def test_a_folder_that_is_held_proves_that_its_former_holder_has_ended(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        before = folder.proof()
    with DataFolder(tmp_path / "data") as folder, DataFolder(tmp_path / "other") as other:
        assert folder.proof() == before != other.proof()


def test_folders_that_share_keys_have_names_of_their_own(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    with DataFolder(tmp_path / "one", shared) as one, DataFolder(tmp_path / "two", shared) as two:
        assert one.deployment("50000000-0000-4000-8000-000000000000") == two.deployment("unused")
        assert one.admin_password()[0] == two.admin_password()[0]
        assert one.name() == one.name() != two.name()
    with DataFolder(tmp_path / "alone") as alone:
        assert alone.name() == ""
