"""One process among those that run a deployment together."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from socket import gethostname

from cloudcore.model.errors import CloudcoreError, Contention
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.resources.infrastructure.process import Process
from cloudcore.tasks.processes import PROCESS_LEASE_S, check_deployment, enrol, leave, look, renew
from cloudcore_apps.data_folder import DataFolder, boot, process_start

LOOK_S = 1.0
"""So often it looks whether others on this machine have ended."""
RENEW_EVERY = 3
"""At each of so many looks it says that it is alive."""
_TRIES = 8

_log = logging.getLogger(__name__)


def owner_name(fresh: str) -> str:
    """A name for this process that nobody else has or had. fresh: a fresh id."""
    return f"{gethostname()[:24]}-{os.getpid()}-{fresh[:8]}"


class Member:
    """Holds the process's lease, from `start` to `stop`."""

    def __init__(self, uow: UnitOfWork, ident: str, deployment: str, folder: DataFolder) -> None:
        self._uow = uow
        self._ident = ident
        self._deployment = deployment
        self._folder = folder
        self._peers: Sequence[str] = ()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="member", daemon=True)

    def peers(self) -> Collection[str]:
        """Where the other processes serve, or have served: what an old catalogue says is served here as well."""
        return self._peers

    def look_round(self) -> None:
        """See who else is there, before taking part.

        Raises:
            ConflictError: another deployment is.
        """
        check_deployment(self._uow, self._deployment)
        others = look(self._uow, self._ident, self._is_dead)
        # What those that have ended left in the catalogue is to be written anew.
        self._peers = tuple(each.url for each in others if each.lease_until is not None)

    def start(self, url: str, hosts: Sequence[str], pause: Callable[[int], None], *, alone: bool) -> None:
        """Take part, and take over at once what is provably left by processes of this machine that have ended.

        alone: there can be no others, so that nobody need be told later on.
        pause: called with the number of the try before it is tried again on contention.

        Raises:
            ConflictError: see `cloudcore.tasks.processes.enrol`.
        """
        process = Process(
            id=self._ident,
            deployment=self._deployment,
            machine=gethostname()[:128],
            proof=proof_of(os.getpid()),
            folder=self._folder.proof(),
            url=url,
            hosts=list(hosts),
        )
        for attempt in range(1, _TRIES):
            with suppress(Contention):
                enrol(self._uow, process, self._is_dead)
                break
            pause(attempt)
        else:
            enrol(self._uow, process, self._is_dead)
        if not alone:
            self._thread.start()

    def stop(self) -> None:
        """Leave: what this process held is free for the others."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(PROCESS_LEASE_S)
        try:
            leave(self._uow, self._ident)
        except CloudcoreError as error:
            # The others take over when the lease is over.
            _log.warning("could not leave the others: %s [%s]", error, error.internal)

    def _live(self) -> None:
        for number in count(1):
            if self._ended.wait(LOOK_S):
                return
            self._attend(renewing=number % RENEW_EVERY == 0)

    def _attend(self, *, renewing: bool) -> None:
        try:
            if renewing:
                renew(self._uow, self._ident)
            others = look(self._uow, self._ident, self._is_dead)
            self._peers = tuple(each.url for each in others)
        except CloudcoreError as error:
            _log.warning("could not say that this process is alive: %s [%s]", error, error.internal)
        except Exception:  # noqa: BLE001 - the next time may go well, and the lease of a process must not end with a thread
            _log.exception("could not say that this process is alive")

    def _is_dead(self, other: Process) -> bool:
        """Whether a process has certainly ended: it held our folder, or ran here and there is no such process now."""
        return other.id != self._ident and (other.folder == self._folder.proof() or has_ended(other.proof))


def proof_of(pid: int) -> str:
    """What tells others on this machine, that see the same processes, whether this one still runs."""
    return f"{boot()}/{_pid_space()}/{pid}/{process_start(pid)}"


def has_ended(proof: str) -> bool:
    """Whether the process of a proof has certainly ended; False where that can't be known from here."""
    booted, _, rest = proof.partition("/")
    space, _, rest = rest.partition("/")
    pid, _, start = rest.partition("/")
    if not booted or not start or (booted, space) != (boot(), _pid_space()) or not pid.isdecimal():
        return False
    return _start_of(int(pid)) not in (start, None)


def _start_of(pid: int) -> str | None:
    """When a process that has not ended began; empty when there is none; None where that can't be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # It may be hidden from us.
        return None if _answers(pid) else ""
    facts = stat.rpartition(")")[2].split()
    return "" if facts[0] in "ZX" else facts[19]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _pid_space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
