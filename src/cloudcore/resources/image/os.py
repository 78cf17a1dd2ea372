"""Which operating system an image has, told from what people call it and from an ISO's label.

Nothing inside a disk is mounted or parsed for this: its file systems are whatever somebody wanted them to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

OS_TYPES = ("Linux", "Windows", "Freebsd", "Android", "macOS", "VMWare")

ARCHITECTURES: Mapping[str, str] = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86_64": "x86_64",
    "x86": "i386",
    "i386": "i386",
    "i686": "i386",
    "arm64": "aarch64",
    "aarch64": "aarch64",
    "riscv64": "riscv64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "loongarch64": "loongarch64",
}
"""How architectures are called elsewhere, and here."""

_SYSTEMS: tuple[tuple[str, str, str], ...] = (
    (r"windows|win(?:srv|server|\d{1,4})?|ws20\d\d", "Windows", "Windows"),
    (r"(?:vmware[-_ ]*)?(?:esxi|vmvisor)|vmware", "VMWare", "ESXi"),
    (r"android", "Android", "Android"),
    (r"macos|osx", "macOS", "macOS"),
    (r"freebsd", "Freebsd", "FreeBSD"),
    (r"ubuntu", "Linux", "Ubuntu"),
    (r"debian", "Linux", "Debian"),
    (r"rocky(?:linux)?", "Linux", "Rocky"),
    (r"alma(?:linux)?", "Linux", "AlmaLinux"),
    (r"centos(?:[-_. ]?stream)?", "Linux", "CentOS"),
    (r"rhel|red[-_ ]?hat", "Linux", "RHEL"),
    (r"fedora", "Linux", "Fedora"),
    (r"opensuse(?:[-_. ]?leap)?", "Linux", "openSUSE"),
    (r"sles?|suse", "Linux", "SLES"),
    (r"openeuler", "Linux", "openEuler"),
    (r"anolis(?:os)?", "Linux", "Anolis"),
    (r"oracle(?:linux)?", "Linux", "OracleLinux"),
    (r"alpine", "Linux", "Alpine"),
    (r"arch(?:linux)?", "Linux", "Arch"),
    (r"gentoo", "Linux", "Gentoo"),
    (r"cirros", "Linux", "CirrOS"),
    (r"kylin", "Linux", "Kylin"),
    (r"linux", "Linux", ""),
)
_VERSION = r"[-_. ]*v?(\d{1,4}(?:\.\d{1,4}){0,3})?"
_PATTERNS = tuple(
    (re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z]){_VERSION}", re.ASCII), kind, name)
    for words, kind, name in _SYSTEMS
)
_ARCHITECTURE = re.compile(
    rf"(?<![a-z0-9])(?:{'|'.join(sorted(ARCHITECTURES, key=len, reverse=True))})(?![a-z0-9])", re.ASCII
)
_WINDOWS = re.compile(
    r"(?:windows|win|ws)[-_. ]*(?:server|srv)?[-_. ]*(20\d\d(?:[-_. ]?r2)?|7|8(?:\.1)?|10|11)(?!\d)", re.ASCII
)
_LONGEST = 256


def guess_os(hints: Sequence[str]) -> dict[str, str]:
    """Of os_type, os_distribution, os_version and os_arch those that the hints tell; the first hint that tells one counts.

    hints: names and labels, the most trusted first.
    """
    found: dict[str, str] = {}
    for hint in hints:
        for key, value in _guess(hint[:_LONGEST].lower()).items():
            found.setdefault(key, value)
    return found


def _guess(hint: str) -> dict[str, str]:
    found: dict[str, str] = {}
    architecture = _ARCHITECTURE.search(hint)
    if architecture is not None:
        found["os_arch"] = ARCHITECTURES[architecture[0]]
        # Its digits are no version.
        hint = hint[: architecture.start()] + " " + hint[architecture.end() :]
    for pattern, kind, name in _PATTERNS:
        match = pattern.search(hint)
        if match is None:
            continue
        found["os_type"] = kind
        if name:
            found["os_distribution"] = name
        version = _WINDOWS.search(hint) if kind == "Windows" else match
        if version is not None and version[1]:
            found["os_version"] = version[1]
        break
    return found
