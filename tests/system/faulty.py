"""`cloudcore up` with real guests that kills itself at a chosen moment: `python tests/system/faulty.py up OPTIONS`.

CLOUDCORE_RECORD    a file that gets a line for each moment: `<flow>:commit:<n>` for the n-th commit that moves a task of the
                    flow on, `<flow>:effect:<n>` for the n-th effect that one submits, `host:<kind>:<n>` for the n-th time
                    that the host performs an effect of the kind
CLOUDCORE_FAULT     one of them with `:before` or `:after` at its end; there the process dies
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import click

from cloudcore.model.effects import Effect, Outcome
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.unit_of_work import Author, Repository, Transaction, UnitOfWork
from cloudcore.tasks.task import TASKS, Task
from cloudcore_adapters.libvirt import LibvirtHost
from cloudcore_apps import kvm
from cloudcore_apps.allinone import Around, build
from cloudcore_apps.settings import Settings


class Moments:
    """Counts moments, writes them down, and ends the process at one of them."""

    def __init__(self, record: str, fault: str) -> None:
        self._record = record
        self._fault = fault
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.flows: dict[str, str] = {}

    @contextmanager
    def around(self, kind: str) -> Iterator[None]:
        """Something that may be the last, or not come to happen."""
        with self._lock:
            self._counts[kind] += 1
            moment = f"{kind}:{self._counts[kind]}"
            if self._record:
                with Path(self._record).open("a") as file:
                    file.write(f"{moment}\n")
        self._die_at(f"{moment}:before")
        yield
        self._die_at(f"{moment}:after")

    def _die_at(self, moment: str) -> None:
        if moment == self._fault:
            os.kill(os.getpid(), signal.SIGKILL)


class NotedTasks:
    """The repository of tasks; remembers whose task is written."""

    def __init__(self, inner: Repository[Task], note: Callable[[Task], None]) -> None:
        self._inner = inner
        self._note = note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def add(self, entity: Task, *, action: str = "create") -> Task:
        self._note(entity)
        return self._inner.add(entity, action=action)

    def save(self, entity: Task, **how: Any) -> Task:
        self._note(entity)
        return self._inner.save(entity, **how)


@attrs.define
class FaultyTransaction:
    """A transaction whose commit is a moment if it moves a task on."""

    _inner: Transaction
    _moments: Moments
    _flow: str = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def of(self, resource: Any, scope: Any) -> Any:
        repository = self._inner.of(resource, scope)
        return NotedTasks(repository, self._noted) if resource is TASKS else repository

    def _noted(self, task: Task) -> None:
        self._flow = task.flow
        self._moments.flows[task.id] = task.flow

    def commit(self) -> None:
        if not self._flow:
            self._inner.commit()
            return
        with self._moments.around(f"{self._flow}:commit"):
            self._inner.commit()


@attrs.define
class FaultyUnits:
    """Units of work of which one may be the last."""

    _inner: UnitOfWork
    _moments: Moments

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def write(self, author: Author) -> Iterator[Any]:
        with self._inner.write(author) as tx:
            yield FaultyTransaction(tx, self._moments)


@attrs.define
class FaultyEffects:
    """Effects of which one may be the last that is submitted."""

    _inner: EffectPort
    _moments: Moments

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        flow = self._moments.flows.get(key.partition("/")[0], "unknown")
        with self._moments.around(f"{flow}:effect"):
            self._inner.submit(effect, key, fence)

    def outcome(self, key: str) -> Outcome:
        return self._inner.outcome(key)

    def cancel(self, key: str) -> None:
        self._inner.cancel(key)


def faulty_host(moments: Moments) -> type[LibvirtHost]:
    """A host that may die before it performs an effect, or after it, when nobody has noted yet that it is done."""

    class FaultyHost(LibvirtHost):
        def perform(self, effect: Effect, fence: int, progress: Any, cancelled: Any) -> Any:
            with moments.around(f"host:{effect.kind}"):
                return super().perform(effect, fence, progress, cancelled)

    return FaultyHost


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", type=click.Choice(["up"]))
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--listen", required=True)
@click.option("--with-kvm", is_flag=True)
@click.option("--yes", is_flag=True)
@click.option("--virt", default="qemu")
@click.option("--libvirt-uri", default="")
def main(command: str, data: Path, listen: str, with_kvm: bool, yes: bool, virt: str, libvirt_uri: str) -> None:
    """The same as `cloudcore up`, with fewer options."""
    del command, yes
    moments = Moments(os.environ.get("CLOUDCORE_RECORD", ""), os.environ.get("CLOUDCORE_FAULT", ""))
    around = Around(uow=lambda uow: FaultyUnits(uow, moments), effects=lambda effects: FaultyEffects(effects, moments))
    kvm.LibvirtHost = faulty_host(moments)  # type: ignore[misc]
    host, _, port = listen.rpartition(":")
    settings = Settings(data=data, host=host, port=int(port), kvm=with_kvm, virt=virt, libvirt_uri=libvirt_uri)
    ended = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: ended.set())
    with build(settings, around) as running:
        click.echo(running.greeting())
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
