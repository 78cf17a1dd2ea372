"""`cloudcore up` that kills itself at a chosen moment: `python tests/e2e/faulty_up.py up OPTIONS`.

CLOUDCORE_FAULT     `commit:N:before`, `commit:N:after`, `effect:N:before` or `effect:N:after`: which commit, or submitted
                    effect, and whether it dies just before or just after it
CLOUDCORE_FAULT_ARM a file; counting begins once it is there
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from cloudcore.model.effects import Effect, Outcome
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.unit_of_work import Author, Transaction, UnitOfWork
from cloudcore_apps.allinone import Around, build
from cloudcore_apps.settings import Settings


class Fault:
    """Counts, and ends the process when its moment has come."""

    def __init__(self, text: str, arm: Path) -> None:
        self._kind, number, self._side = text.split(":")
        self._left = int(number)
        self._arm = arm
        self._lock = threading.Lock()
        self._due = False

    def before(self, kind: str) -> None:
        with self._lock:
            if kind != self._kind or not self._arm.exists():
                return
            self._left -= 1
            self._due = self._left == 0
            if self._due and self._side == "before":
                os.kill(os.getpid(), signal.SIGKILL)

    def after(self, kind: str) -> None:
        with self._lock:
            if kind == self._kind and self._due:
                os.kill(os.getpid(), signal.SIGKILL)


class FaultyTransaction:
    """A transaction whose commit may be the last thing that happens."""

    def __init__(self, tx: Transaction, fault: Fault) -> None:
        self._tx = tx
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def commit(self) -> None:
        self._fault.before("commit")
        self._tx.commit()
        self._fault.after("commit")


class FaultyUnits:
    """Units of work that may be the last. Those in nobody's name (leases, positions of the history) are not counted."""

    def __init__(self, uow: UnitOfWork, fault: Fault) -> None:
        self._uow = uow
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uow, name)

    @contextmanager
    def write(self, author: Author) -> Iterator[Any]:
        with self._uow.write(author) as tx:
            yield FaultyTransaction(tx, self._fault) if author.actor else tx


class FaultyEffects:
    """Effects of which one may be the last."""

    def __init__(self, effects: EffectPort, fault: Fault) -> None:
        self._effects = effects
        self._fault = fault

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        self._fault.before("effect")
        self._effects.submit(effect, key, fence)
        self._fault.after("effect")

    def outcome(self, key: str) -> Outcome:
        return self._effects.outcome(key)

    def cancel(self, key: str) -> None:
        self._effects.cancel(key)


@click.command()
@click.argument("command", type=click.Choice(["up"]))
@click.option("--data", type=click.Path(path_type=Path))
@click.option("--listen")
@click.option("--simulated-delay", type=float, default=0.0)
def main(command: str, data: Path, listen: str, simulated_delay: float) -> None:
    """The same as `cloudcore up`, with fewer options."""
    del command, listen
    fault = Fault(os.environ["CLOUDCORE_FAULT"], Path(os.environ["CLOUDCORE_FAULT_ARM"]))
    around = Around(uow=lambda uow: FaultyUnits(uow, fault), effects=lambda effects: FaultyEffects(effects, fault))
    ended = threading.Event()
    signal.signal(signal.SIGINT, lambda _number, _frame: ended.set())
    with build(Settings(data=data, port=0, simulated_delay_s=simulated_delay), around) as running:
        click.echo(running.greeting())
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
