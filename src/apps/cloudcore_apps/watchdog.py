"""Ends guests that others may start, when the lease of their host has ended: `python -m cloudcore_apps.watchdog FOLDER`.

A process of its own beside the agent, in a session of its own, of the standard library alone. It reads what the agent
writes on local disk, and asks neither libvirt, nor the control plane, nor the storage, each of which may hang just then: it
finds QEMU in /proc and kills it. It goes on while the lease is over, so that what was started late is ended, too. An agent
that does not stop by itself, because it is frozen, is killed before it can go on with what it was about to do.

FOLDER holds `order.json`, written by the agent, and `alive.json`, written here at each look. Times are those of
CLOCK_BOOTTIME, which nobody sets and which goes on while the machine sleeps.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

LOOK_S, OVER_S = 1.0, 0.2
"""So often it looks, and while the lease is over: a guest that runs may just come from another host."""
AGENT_GRACE_S = 3.0
"""So long after the end of the lease the agent has to say that it begins nothing more."""
ORDER, ALIVE, LOCK = "order.json", "alive.json", "lock"
PREFIX = "cloudcore-"
"""What the names of our guests begin with; their folder on this host says whose they are."""
_LOCK_MEMORY = 3

_log = logging.getLogger("watchdog")


class Order(NamedTuple):
    """What the agent wants.

    until: when the lease ends. boot: of which start of the machine. agent, started: its process. barred: it begins nothing
    any more. guests: the folder of the guests' own files. storages: folders that other hosts reach, too. over: the guests
    go on without an agent, and without a lease that says that they are watched.
    """

    until: float
    boot: str
    agent: int
    started: str
    barred: bool
    deployment: str
    guests: str
    storages: Sequence[str]
    over: bool = False


def boottime() -> float:
    """Seconds since the machine was started, those that it slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Which start of the machine this is."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def started(pid: int) -> str:
    """When a process was started, in the kernel's ticks; empty when it is not there, or has ended and is not yet gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def write(folder: Path, name: str, body: dict[str, Any]) -> None:
    """Replace a file in one go."""
    new = folder / f".{name}.{os.getpid()}"
    new.write_text(json.dumps(body), encoding="utf-8")
    new.replace(folder / name)


def read_order(folder: Path) -> Order | None:
    """What the agent wants; None when nobody wants anything any more, because the file is gone, or the cloud's data."""
    try:
        order = Order(**json.loads((folder / ORDER).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return order if Path(order.guests).parent.exists() else None


def is_alive(folder: Path, within_s: float = 3 * LOOK_S) -> bool:
    """Whether a watchdog looks at this folder."""
    try:
        told = json.loads((folder / ALIVE).read_text(encoding="utf-8"))
        fresh = boottime() - float(told["seen"]) <= within_s and told["boot"] == boot_id()
        return fresh and started(int(told["pid"])) == told["started"] != ""
    except (OSError, ValueError, KeyError, TypeError):
        return False


def guests_to_end(order: Order, proc: Path = Path("/proc")) -> Iterator[int]:
    """The processes of guests of the deployment that use a storage which others reach."""
    for entry in proc.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if _is_ours(words, order) and any(f"{folder.rstrip('/')}/" in w for w in words for folder in order.storages):
            yield int(entry.name)


def _is_ours(words: Sequence[str], order: Order) -> bool:
    if not Path(words[0]).name.startswith("qemu"):
        return False
    names = [following for word, following in pairwise(words) if word == "-name"]
    name = names[0].partition(",")[0].removeprefix("guest=") if names else ""
    if not name.startswith(PREFIX) or "/" in name:
        return False
    try:
        mark = json.loads((Path(order.guests) / name.removeprefix(PREFIX) / "mark.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(mark, dict) and mark.get("deployment") == order.deployment


def holds(order: Order, now: float) -> bool:
    """Whether this machine has its lease."""
    return now < order.until and order.boot == boot_id()


def look(order: Order, now: float) -> int:
    """End what must not run any more; how many processes that were."""
    if holds(order, now):
        return 0
    if not order.barred and now >= order.until + AGENT_GRACE_S:
        _kill_agent(order)
    killed = 0
    for pid in guests_to_end(order):
        killed += _kill(pid, "a guest: the lease of this host is over")
    return killed


def _kill_agent(order: Order) -> None:
    if order.started and started(order.agent) == order.started and order.agent != os.getpid():
        _kill(order.agent, "the agent: it does not stop, though its lease is over")


def _kill(pid: int, what: str) -> int:
    _log.warning("ending process %s, %s", pid, what)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return 1


def _harden() -> None:
    """Stay when memory is short, and need no disk to go on; without the right to that it does what it can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("-1000", encoding="ascii")
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).mlockall(_LOCK_MEMORY)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)


def watch(folder: Path, sleep: Callable[[float], None] = time.sleep) -> None:
    """Look once a second, more often without a lease, until nobody wants that any more."""
    ended = 0
    me = {"pid": os.getpid(), "started": started(os.getpid()), "boot": boot_id()}
    while (order := read_order(folder)) is not None and not order.over:
        ended += look(order, boottime())
        try:
            write(folder, ALIVE, {**me, "seen": boottime(), "ended": ended})
        except FileNotFoundError:
            return
        except OSError as error:
            # The agent sees that nothing is written, and no longer says that its host fences itself.
            _log.warning("cannot say that it is alive: %s", error)
        sleep(LOOK_S if holds(order, boottime()) else OVER_S)


def main(folder: Path) -> None:
    """Watch, unless another does so already."""
    logging.basicConfig(format="%(asctime)s watchdog: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (folder / LOCK).open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _harden()
        watch(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
