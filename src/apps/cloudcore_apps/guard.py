"""Self-fencing of this machine, the agent's side: what it tells the watchdog, and that it stops by itself in time."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cloudcore.model.lease import TERM_S
from cloudcore_apps import watchdog
from cloudcore_apps.watchdog import ORDER, Order, boot_id, boottime, guests_to_end, is_alive, read_order, started, write

START_S = 5.0
LOOK_S = 0.25
RUN = Path("/run")

_log = logging.getLogger(__name__)


def watchdog_folder(data: Path) -> Path:
    """Where agent and watchdog of a data folder meet: in memory, if that can be had, as a full disk must end no guest."""
    name = f"cloudcore-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"
    return RUN / name if os.access(RUN, os.W_OK) else data / "watchdog"


class Guard:
    """Keeps a watchdog running, and bars the agent when the lease is over.

    on_over: called once, from a thread of its own, when the lease has ended without a renewal.
    """

    def __init__(
        self, folder: Path, *, deployment: str, guests: Path, storages: Sequence[Path], on_over: Callable[[], None]
    ) -> None:
        """guests: the folder of the guests' own files. storages: folders that other hosts reach, too."""
        self._folder = folder
        self._on_over = on_over
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._order = Order(
            until=boottime() + TERM_S,
            boot=boot_id(),
            agent=os.getpid(),
            started=started(os.getpid()),
            barred=True,
            deployment=deployment,
            guests=str(guests),
            storages=[str(path) for path in storages],
        )
        self._bound = False
        """Whether there was a lease whose end concerns the guests: those that were left in order are nobody else's."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(ValueError, TypeError):
            before = read_order(folder)
            if before is not None and not before.over:
                # What a process before this one was allowed is all that is known.
                self._order = self._order._replace(until=before.until, boot=before.boot)
                self._bound = True

    def ensure(self) -> bool:
        """Whether a watchdog looks at this machine; one is started where there is none."""
        if is_alive(self._folder):
            return True
        if self._process is not None and self._process.poll() is None:
            return False
        self._write()
        self._process = _start(self._folder)
        deadline = time.monotonic() + START_S
        while not is_alive(self._folder):
            if time.monotonic() > deadline or self._process.poll() not in (None, 0):
                _log.error("no watchdog can be started: this host does not fence itself")
                return False
            time.sleep(0.05)
        return True

    def renewed(self, asked_at: float) -> bool:
        """A renewal that was asked for then has succeeded; False when that lease is over already."""
        if asked_at + TERM_S <= boottime():
            return False
        self._bound = True
        self._write(until=asked_at + TERM_S, boot=boot_id(), barred=False, over=False)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
            self._thread.start()
        return True

    def fence(self) -> None:
        """End what others may start, from here and by the watchdog, until the next renewal.

        Guests that were left in order go on: their host said that nobody would stop them, so that nobody started them.
        """
        if not self._bound:
            self._write(barred=True)
            return
        self._write(until=0.0, barred=True)
        for pid in guests_to_end(self._order):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stand_down(self) -> None:
        """The guests go on, and nobody watches them any more: their host's lease says so."""
        self._write(over=True)

    def close(self) -> None:
        """Look no more; the watchdog goes on."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            order = self._order
            if not order.barred and not order.over and boottime() >= order.until:
                _log.error("this host could not renew its lease: it begins nothing more, and its guests are ended")
                self._on_over()

    def _write(self, **changes: Any) -> None:
        with self._lock:
            self._order = self._order._replace(**changes)
            write(self._folder, ORDER, self._order._asdict())


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", watchdog.__name__, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
