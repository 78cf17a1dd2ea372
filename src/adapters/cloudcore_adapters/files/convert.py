"""Converts images of a folder with qemu-img, which is locked in: see jail.py.

qemu-img is always told the format of what it reads and never looks for one. It gets two files, one to read and one to
write, a limit of memory, CPU time, file size and time, and no network.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cloudcore.model.errors import (
    BackendError,
    DeadlineError,
    InvalidFormatError,
    NotSupportedError,
    OutOfRangeError,
)
from cloudcore.model.json import JsonObject
from cloudcore.ports.image_converter import StoredFormat
from cloudcore_adapters.files import jail
from cloudcore_adapters.files.images import FileImageStore

MEMORY_BYTES = 2 << 30
TIME_S = 3600.0
FREE_BYTES = 256 << 20
"""What is left free of the store's file system: a conversion that would eat it is ended."""
_POLL_S = 0.2
_MORE_BYTES = 64 << 20
_DRIVERS = {"qcow2": "qcow2", "raw": "raw", "vmdk": "vmdk", "vhd": "vpc", "vhdx": "vhdx"}
_OPTIONS: dict[str, str] = {"qcow2": "compat=1.1", "vmdk": "subformat=streamOptimized", "vhd": "force_size=on"}
_READING: dict[str, JsonObject] = {"qcow2": {"backing": None}, "vhd": {"force_size_calc": "current_size"}}
_PROGRESS = re.compile(rb"\(([0-9]{1,3}(?:\.[0-9]+)?)/100%\)")


class QemuImgConverter:
    """An `ImageConverter` over a `FileImageStore`."""

    def __init__(
        self, store: FileImageStore, *, time_s: float = TIME_S, memory: int = MEMORY_BYTES, free: int = FREE_BYTES
    ) -> None:
        """time_s: of one conversion; memory: bytes of address space; free: see `FREE_BYTES`."""
        self._store = store
        self._time_s = time_s
        self._memory = memory
        self._free = free

    def convert(
        self,
        source: StoredFormat,
        target: StoredFormat,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
        fence: int | None = None,
    ) -> int:
        """See `ImageConverter.convert`."""
        for part in (source, target):
            if part.format not in _DRIVERS:
                raise NotSupportedError(f"{part.format[:20]!r} is not converted here", field="format")
        tool = shutil.which("qemu-img")
        if tool is None:
            raise NotSupportedError("qemu-img is not installed here; images are not converted")
        with self._store.reserved(target.key, fence=fence) as partial, self._store.path_of(source.key) as original:
            limits: JsonObject = {
                "memory": self._memory,
                "cpu_s": int(self._time_s),
                "file": source.virtual_size + source.virtual_size // 16 + _MORE_BYTES,
                "read": [str(original)],
                "write": [str(partial)],
            }
            command = [
                *(sys.executable, "-I", "-S", jail.__file__, json.dumps(limits)),
                *(tool, "convert", "-p", "-S", "4k", "-O", _DRIVERS[target.format]),
                *(["-o", _OPTIONS[target.format]] if target.format in _OPTIONS else []),
                *(_named(source.format, original), str(partial)),
            ]
            self._run(command, partial, progress, cancelled)
        return self._store.size(target.key)

    def _run(
        self,
        command: Sequence[str],
        target: Path,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        deadline = time.monotonic() + self._time_s
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
            process = subprocess.Popen(  # noqa: S603 - no shell; the file names are ours
                list(command), stdin=subprocess.DEVNULL, stdout=said, stderr=wrong, cwd="/", start_new_session=True
            )
            try:
                while True:
                    self._check(target, deadline, cancelled)
                    try:
                        process.wait(_POLL_S)
                        break
                    except subprocess.TimeoutExpired:
                        progress(_percent(_tail(said.fileno())))
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if process.returncode:
                raise self._failure(process.returncode, _tail(wrong.fileno()).decode("utf-8", "replace"), target)

    def _check(self, target: Path, deadline: float, cancelled: Callable[[], bool]) -> None:
        if cancelled():
            raise DeadlineError("the conversion was cancelled")
        if time.monotonic() > deadline:
            raise DeadlineError(f"the conversion did not finish within {self._time_s:g} s")
        if shutil.disk_usage(target.parent).free < self._free:
            raise BackendError("the image store is full")

    def _failure(self, status: int, said: str, target: Path) -> Exception:
        internal = f"status {status}: {said[-1000:]}"
        if -status in (signal.SIGXCPU, signal.SIGKILL):
            return DeadlineError("the conversion took more than it may", internal=internal)
        if -status == signal.SIGXFSZ or "File too large" in said:
            return OutOfRangeError("the converted image is larger than it may be", internal=internal)
        if "No space left" in said or shutil.disk_usage(target.parent).free < self._free:
            return BackendError("the image store is full", internal=internal)
        return InvalidFormatError("the image cannot be converted: its contents are damaged", internal=internal)


def _named(image_format: str, path: Path) -> str:
    """A file as qemu-img takes it without looking for its format, and without what the file says of other files."""
    opened: JsonObject = {"driver": "file", "filename": str(path), "locking": "off"}
    return "json:" + json.dumps({"driver": _DRIVERS[image_format], **_READING.get(image_format, {}), "file": opened})


def _tail(handle: int) -> bytes:
    size = os.fstat(handle).st_size
    return os.pread(handle, 4096, max(0, size - 4096))


def _percent(said: bytes) -> float:
    found = _PROGRESS.findall(said)
    return float(found[-1]) if found else 0.0
