"""The data folder of one deployment: who holds it, its keys, its identity, what local clients read.

lock             held while a process runs; says its pid
name             what sets it apart from other folders, where several processes share keys and images
deployment       the id that marks on hosts carry
master-key, data-key, signing-keys, url-key, metrics-key      mode 0600
admin-password   of sysadmin, mode 0600
local.json       how to log in here, for `climc`; mode 0600
cloud.sqlite     the database, unless another was named
images/          image bytes        host/     the host agent's journal, volumes and guests

Of the lines above, the keys, the deployment, the password and the images may lie in a folder that several processes
share, each with a data folder of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import attrs

from cloudcore.auth.passwords import random_password
from cloudcore.model.errors import BackendError, ConflictError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.crypto.keyfiles import create_key_file, read_key_file, replace_key_file

_DEPLOYMENT = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_LONGEST_NOTE = 64 << 10
_TRIES = 5
_TRY_AGAIN_S = 0.02


@attrs.frozen(kw_only=True)
class Holder:
    """The process that holds a data folder: its pid, when it was started, and what it wrote about itself."""

    pid: int
    facts: JsonMapping


class DataFolder:
    """One data folder. `hold` before anything else is written to it."""

    def __init__(self, path: Path, shared: Path | None = None) -> None:
        """shared: where keys and images lie, if not in the folder itself."""
        self.path = path
        self.shared = shared or path
        self._held: IO[str] | None = None

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def __enter__(self) -> DataFolder:
        self.hold()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def hold(self) -> None:
        """Make the folder, with mode 0700, and hold it until `release` or the end of the process, however it ends.

        Raises:
            ConflictError: another process holds it; the message names its pid.
            BackendError: it cannot be made, or belongs to somebody else.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            facts = self.path.stat()
            if facts.st_uid != os.geteuid():
                raise BackendError(f"{self.path} belongs to another user")
            if facts.st_mode & 0o077:
                self.path.chmod(0o700)
            held = (self.path / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise BackendError(f"{self.path} cannot be used: {error.strerror}", internal=str(error)) from error
        try:
            _lock(held)
        except BlockingIOError as error:
            holder = _read_note(held)
            held.close()
            pid = holder.get("pid", "unknown")
            raise ConflictError(
                f"a cloud runs on {self.path} already (pid {pid}); `cloudcore status` shows it, `cloudcore down` ends it",
                data={"pid": pid},
            ) from error
        self._held = held
        self.note({})
        if self.is_shared:
            self._make_shared()

    @property
    def is_shared(self) -> bool:
        """Whether keys and images lie elsewhere, for several processes."""
        return self.shared != self.path

    def proof(self) -> str:
        """The folder, as this machine knows it until it is booted again: two processes can't hold the same."""
        assert self._held is not None, "the folder is not held"
        found = os.fstat(self._held.fileno())
        return f"{boot()}/{found.st_dev}/{found.st_ino}"

    def name(self) -> str:
        """What sets this folder apart from others that share the same keys and images; empty where none are shared."""
        if not self.is_shared:
            return ""
        path = self.path / "name"
        if not path.exists():
            create_key_file(path, os.urandom(8).hex().encode())
        return read_key_file(path).decode("ascii", "replace")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for the turn among the processes that share keys, such as to make them."""
        with os.fdopen(os.open(self.shared / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    def _make_shared(self) -> None:
        try:
            self.shared.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.shared.stat().st_uid != os.geteuid():
                raise BackendError(f"{self.shared} belongs to another user")
        except OSError as error:
            raise BackendError(f"{self.shared} cannot be used: {error.strerror}", internal=str(error)) from error

    def note(self, facts: JsonMapping) -> None:
        """Say about this process, in the lock, what `status` and `down` of others read."""
        assert self._held is not None, "the folder is not held"
        text = json.dumps({**facts, "pid": os.getpid(), "started": process_start(os.getpid())})
        self._held.seek(0)
        self._held.truncate()
        self._held.write(text)
        self._held.flush()

    def release(self) -> None:
        """Let others hold the folder."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def holder(self) -> Holder | None:
        """Who holds the folder; None when nobody does."""
        try:
            with (self.path / "lock").open("r", encoding="utf-8") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    note = _read_note(lock)
                    pid = note.get("pid")
                    return Holder(pid=pid if isinstance(pid, int) else 0, facts=note)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BackendError(f"{self.path} cannot be read: {error.strerror}", internal=str(error)) from error
        return None

    def secret(self, name: str, fresh: bytes) -> bytes:
        """What the key file of this name holds; `fresh` when there was none."""
        path = self.shared / name
        if not path.exists() and not path.is_symlink():
            create_key_file(path, fresh)
        return read_key_file(path)

    def deployment(self, fresh: str) -> str:
        """The deployment's id; `fresh` on the first start.

        Raises:
            BackendError: the file is damaged.
        """
        found = self.secret("deployment", fresh.encode() + b"\n").decode("ascii", "replace").strip()
        if _DEPLOYMENT.fullmatch(found) is None:
            raise BackendError("the deployment's id is damaged", internal=str(self.shared / "deployment"))
        return found

    def admin_password(self) -> tuple[str, bool]:
        """The password of sysadmin, and whether it was made just now."""
        path = self.shared / "admin-password"
        if path.exists() or path.is_symlink():
            return read_key_file(path).decode("utf-8", "replace").strip(), False
        made = create_key_file(path, random_password(os.urandom).encode() + b"\n")
        return read_key_file(path).decode("utf-8").strip(), made

    def write_local(self, facts: JsonMapping) -> None:
        """Write what local clients read."""
        replace_key_file(self.path / "local.json", json.dumps(dict(facts), indent=1).encode() + b"\n")

    def read_local(self) -> JsonObject | None:
        """What `write_local` wrote; None before the first start.

        Raises:
            BackendError: the file is damaged or others could have changed it.
        """
        path = self.path / "local.json"
        if not path.exists():
            return None
        try:
            found: Any = json.loads(read_key_file(path))
        except ValueError as error:
            raise BackendError("local.json is damaged", internal=str(path)) from error
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise BackendError("local.json is damaged", internal=str(path))
        return found


def _lock(held: IO[str]) -> None:
    """Lock it, trying for a moment: `holder` of others locks it for an instant too."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_AGAIN_S)
        else:
            return
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


def boot() -> str:
    """What tells this run of the machine's kernel from all others; empty where that cannot be known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process began, in clock ticks since boot; empty where that cannot be known. A reused pid differs in it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _read_note(lock: IO[str]) -> JsonObject:
    lock.seek(0)
    try:
        note: Any = json.loads(lock.read(_LONGEST_NOTE))
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}
