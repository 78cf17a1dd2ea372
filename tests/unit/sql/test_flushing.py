"""Commits share flushes, and none returns before one that began after it."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cloudcore.cloud import TYPES
from cloudcore.model.errors import BackendError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.keypair import KEYPAIRS, Keypair
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.flushing import Flusher

WAITERS = 8


class Disk:
    """Counts flushes; each notes what had been appended when it began."""

    def __init__(self) -> None:
        self.appended = self.flushed = self.flushes = 0
        self.gate = threading.Event()
        self.failure: OSError | None = None

    def flush(self) -> None:
        reached = self.appended
        self.flushes += 1
        assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        self.flushed = reached


def waiting(flusher: Flusher, disk: Disk, ended: list[bool]) -> threading.Thread:
    def commit() -> None:
        disk.appended += 1
        mine = disk.appended
        flusher.wait()
        ended.append(disk.flushed >= mine)

    thread = threading.Thread(target=commit)
    thread.start()
    return thread


def test_what_is_appended_during_a_flush_shares_the_next() -> None:
    disk, ended = Disk(), []
    flusher = Flusher(disk.flush)
    threads = [waiting(flusher, disk, ended)]
    while disk.flushes == 0:
        time.sleep(0.001)
    threads += [waiting(flusher, disk, ended) for _ in range(WAITERS)]
    while disk.appended <= WAITERS:
        time.sleep(0.001)
    time.sleep(0.05)
    assert ended == []
    disk.gate.set()
    for thread in threads:
        thread.join(10)
    assert ended == [True] * (1 + WAITERS)
    assert disk.flushes == 2


def test_after_a_flush_that_failed_nothing_counts_as_kept() -> None:
    disk = Disk()
    disk.gate.set()
    flusher = Flusher(disk.flush)
    flusher.wait()
    disk.failure = OSError(5, "Input/output error")
    with pytest.raises(BackendError) as failed:
        flusher.wait()
    assert "Input/output" in failed.value.internal
    disk.failure = None
    with pytest.raises(BackendError):
        flusher.wait()


def test_each_commit_of_a_sqlite_file_is_flushed_and_nothing_else_is(tmp_path: Path) -> None:
    opened: list[str] = []
    log = str(tmp_path / "cloud.sqlite-wal")

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]) == log:
            opened.append(event)

    uow = SqlUnitOfWork(f"sqlite:///{tmp_path}/cloud.sqlite", TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    uow.metadata.create_all(uow.engine)
    sys.addaudithook(hear)
    for count in (1, 2):
        with uow.write(Author()) as tx:
            tx.of(KEYPAIRS, PLATFORM).add(Keypair(id=f"k{count}", name=f"k{count}", owner_id="u"))
            tx.commit()
        assert len(opened) == count
    with uow.read() as tx:
        assert tx.of(KEYPAIRS, PLATFORM).count() == 2
    with uow.write(Author()) as tx:
        tx.of(KEYPAIRS, PLATFORM).add(Keypair(id="k3", name="k3", owner_id="u"))
    assert len(opened) == 2
    with uow.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    uow.close()
