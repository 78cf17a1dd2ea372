"""Checks of the machine: disk space, the port, the hypervisor, the clock."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cloudcore_apps.doctor.finding import Finding, failed, note, ok, warning
from cloudcore_apps.settings import parse_listen

KVM = Path("/dev/kvm")
LITTLE = 2 << 30
LEAST = 256 << 20
GIB = 1 << 30
RELEASED = datetime(2025, 1, 1, tzinfo=UTC)


def look_at_machine(path: Path, listen: str, *, running: bool) -> Iterator[Finding]:
    """Everything that does not need the database. running: a cloud runs here, so that its port is taken by it."""
    yield disk_space(path)
    if not running:
        yield _port(listen)
    yield hypervisor()
    yield clock(datetime.now(UTC))


def disk_space(path: Path) -> Finding:
    """Room for the database and for images, on the file system of the data folder."""
    while not path.exists():
        path = path.parent
    room = shutil.disk_usage(path)
    names = os.statvfs(path)
    said = f"{room.free / GIB:.1f} of {room.total / GIB:.1f} GiB are free where the data lies."
    if room.free < LEAST:
        return failed("space", said, "Make room: the database cannot be written when the disk is full.")
    if names.f_files and names.f_favail < 1000:
        return failed("space", f"Only {names.f_favail} more files can be made there.", "Remove small files.")
    if room.free < LITTLE:
        return warning("space", said, "Make room before images and guests need it.")
    return ok("space", said)


def _port(listen: str) -> Finding:
    host, port = parse_listen(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return failed(
                "port",
                f"{listen} cannot be listened on: {error.strerror}.",
                "`ss -ltnp` shows who does; or take another with `cloudcore up --listen`.",
            )
    return ok("port", f"{listen} is free.")


def hypervisor() -> Finding:
    """Whether real guests can be run here."""
    missing = [n for n in ("qemu-system-x86_64", "qemu-img", "libvirtd") if not _program(n)]
    if missing:
        return note(
            "hypervisor",
            f"Only simulated guests: {', '.join(missing)} is not installed.",
            "`cloudcore up --with-kvm` installs what is missing.",
        )
    if not KVM.exists():
        return note("hypervisor", "Guests would run without KVM, slowly: there is no /dev/kvm.", _VIRTUALISATION)
    if not os.access(KVM, os.R_OK | os.W_OK):
        return note("hypervisor", "This user may not use /dev/kvm.", "Run it as root, or join the group kvm.")
    return ok("hypervisor", "QEMU, libvirt and /dev/kvm are here; `--with-kvm` tries them with a guest.")


_VIRTUALISATION = "Switch virtualisation on in the firmware, or nested virtualisation on in the host below."


def clock(now: datetime) -> Finding:
    """Whether the clock can be right at all; records.py compares it with what was written earlier."""
    if now < RELEASED:
        return failed("clock", f"The clock says {now:%Y-%m-%d}.", "Set it: tokens and certificates depend on it.")
    return ok("clock", f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC.")


def _program(name: str) -> bool:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin") is not None
