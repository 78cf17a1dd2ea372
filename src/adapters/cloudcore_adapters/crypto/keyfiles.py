"""Files that hold keys: mode 0600, created and replaced atomically, refused when others could have read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cloudcore.model.errors import BackendError

MAX_KEY_FILE = 1 << 20


def read_key_file(path: Path) -> bytes:
    """The bytes of a key file.

    Raises:
        BackendError: it is not there, is a symbolic link or not a regular file, belongs to another user, or is
            readable or writable for anyone but its owner; `internal` names the file and the reason.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as e:
        raise _unusable(path, str(e)) from e
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise _unusable(path, "not a regular file")
        if facts.st_uid != os.geteuid():
            raise _unusable(path, f"belongs to uid {facts.st_uid}, not {os.geteuid()}")
        if facts.st_mode & 0o077:
            raise _unusable(path, f"mode {stat.S_IMODE(facts.st_mode):04o} lets others in; it must be 0600")
        if facts.st_size > MAX_KEY_FILE:
            raise _unusable(path, "larger than a key file can be")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(MAX_KEY_FILE + 1)
    finally:
        os.close(descriptor)


def create_key_file(path: Path, data: bytes) -> bool:
    """Create the file with these bytes, whole and on disk, or leave it untouched if it exists; whether it was created.

    Of several processes that try at once exactly one creates it; the others read what it wrote.

    Raises:
        BackendError: the folder can't be written.
    """
    draft = _write_draft(path, data)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as e:
        raise _unusable(path, str(e)) from e
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path)
    return True


def replace_key_file(path: Path, data: bytes) -> None:
    """Put these bytes in the file's place: readers see the old or the new ones, whole.

    Raises:
        BackendError: the folder can't be written.
    """
    draft = _write_draft(path, data)
    try:
        draft.replace(path)
    except OSError as e:
        draft.unlink(missing_ok=True)
        raise _unusable(path, str(e)) from e
    _sync_folder(path)


def _write_draft(path: Path, data: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(6).hex()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as e:
        draft.unlink(missing_ok=True)
        raise _unusable(path, str(e)) from e
    return draft


def _sync_folder(path: Path) -> None:
    try:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as e:
        raise _unusable(path, str(e)) from e


def _unusable(path: Path, reason: str) -> BackendError:
    return BackendError("a key file cannot be used", internal=f"{path}: {reason}")
