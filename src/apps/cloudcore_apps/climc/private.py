"""Small files that hold secrets: only their owner may open them."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

MAX_FILE = 256 * 1024


class NotPrivateError(Exception):
    """Others may open the file, so that what it holds is no secret any more."""


def read_private(path: Path) -> Any:
    """The JSON in a file; None when it is no JSON.

    Raises:
        NotPrivateError: its mode lets others in.
        OSError: it cannot be read; FileNotFoundError when there is none.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(file.fileno())
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NotPrivateError(str(path))
        content = file.read(MAX_FILE)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def write_private(path: Path, value: Any) -> None:
    """Replace a file as a whole, mode 0600, its folder 0700 where it has to be made: a reader sees the old or the new.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    import tempfile

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # makes it 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
