"""The guest that finds out whether KVM works ends, whatever becomes of it and of whoever asks."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudcore_adapters.libvirt.probe import boots


def _hanging(folder: Path) -> tuple[Path, Path]:
    """An emulator that says who it is and hangs, and where it says so."""
    emulator, told = folder / "emulator", folder / "pid"
    emulator.write_text(f'#!/bin/sh\necho $$ > "{told}.part"\nmv "{told}.part" "{told}"\nexec sleep 600\n')
    emulator.chmod(0o755)
    return emulator, told


def _is_there(pid: int) -> bool:
    """Whether a process runs; one that has ended and nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_a_probe_ends_with_whoever_asks(tmp_path: Path) -> None:
    emulator, told = _hanging(tmp_path)
    code = (
        "from cloudcore_adapters.libvirt.probe import boots; "
        f"boots(accel='kvm', cpu='host', emulator={str(emulator)!r}, timeout_s=600)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as asking:
        assert _until(told.exists)
        pid = int(told.read_text())
        assert _is_there(pid)
        asking.kill()
    assert _until(lambda: not _is_there(pid))


def test_a_probe_that_hangs_is_given_up(tmp_path: Path) -> None:
    emulator, told = _hanging(tmp_path)

    assert boots(accel="kvm", cpu="host", emulator=str(emulator), timeout_s=3) == "the guest did not end within 3 s"

    assert not told.exists() or _until(lambda: not _is_there(int(told.read_text())))
