"""What a Debian host needs to run real guests, and what of it is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs


@attrs.frozen
class Requirement:
    """One Debian package and how to tell that it is there: a program, or else a file."""

    package: str
    program: str | None = None
    file: str | None = None
    why: str = ""


REQUIREMENTS = (
    Requirement("libvirt-daemon-system", program="libvirtd", why="runs the guests"),
    Requirement("libvirt-clients", program="virsh", why="looks at them by hand"),
    Requirement("qemu-system-x86", program="qemu-system-x86_64", why="the guests' machine"),
    Requirement("qemu-utils", program="qemu-img", why="makes volumes"),
    Requirement("seabios", file="/usr/share/seabios/bios-256k.bin", why="the guests' firmware"),
    Requirement("ipxe-qemu", file="/usr/lib/ipxe/qemu/efi-virtio.rom", why="the firmware of network cards"),
    Requirement("dnsmasq-base", program="dnsmasq", why="gives guests their addresses"),
    Requirement("iptables", program="iptables", why="keeps guests' networks apart"),
    Requirement("genisoimage", program="genisoimage", why="makes seeds for cloud-init"),
)
PYTHON_MODULE = "libvirt"
"""The binding, installed by the extra `cloudcore[libvirt]`; building it needs libvirt-dev, gcc and pkg-config."""


def missing_packages(requirements: Sequence[Requirement] = REQUIREMENTS) -> list[Requirement]:
    """The requirements that are not met here, in the order of the list."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [
        needed
        for needed in requirements
        if (needed.program and shutil.which(needed.program, path=path) is None)
        or (needed.file and not Path(needed.file).exists())
    ]


def missing_binding() -> bool:
    """Whether the Python binding of libvirt is absent."""
    return importlib.util.find_spec(PYTHON_MODULE) is None


def advice() -> str:
    """What to type to get what is missing; empty when nothing is."""
    lines = []
    if packages := missing_packages():
        lines.append("apt-get install --no-install-recommends " + " ".join(needed.package for needed in packages))
    if missing_binding():
        lines.append("apt-get install libvirt-dev gcc pkg-config && pip install 'cloudcore[libvirt]'")
    return "\n".join(lines)
