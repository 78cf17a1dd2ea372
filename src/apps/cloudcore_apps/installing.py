"""Installing what real guests need, after asking once."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from cloudcore.model.errors import BackendError, ForbiddenError, InvalidInputError, NotSupportedError
from cloudcore_adapters.libvirt.requirements import Requirement, missing_binding, missing_packages

BINDING = "libvirt-python>=9"
BUILD_PACKAGES = ("libvirt-dev", "gcc", "pkg-config")
HEADERS_PACKAGE = "python3-dev"
_APT = ("apt-get", "install", "--yes", "--no-install-recommends")


@attrs.frozen(kw_only=True)
class Plan:
    """What is missing: Debian packages, and what pip installs into this Python."""

    packages: tuple[str, ...] = ()
    python: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.packages or self.python)

    def text(self) -> str:
        """What would be installed, for people."""
        parts = [f"Debian packages: {' '.join(self.packages)}"] if self.packages else []
        parts += [f"Python packages, into {sys.prefix}: {' '.join(self.python)}"] if self.python else []
        return "; ".join(parts)

    def commands(self, python: str = sys.executable) -> list[list[str]]:
        """The commands that install it, in order."""
        found = [[*_APT, *self.packages]] if self.packages else []
        found += [[python, "-m", "pip", "install", *self.python]] if self.python else []
        return found


def plan(missing: Sequence[Requirement], *, binding: bool, headers: bool) -> Plan:
    """What to install. binding: libvirt's binding for Python is missing; headers: so are those that it is built with."""
    packages = [needed.package for needed in missing]
    if binding:
        packages += [*BUILD_PACKAGES, *([HEADERS_PACKAGE] if headers else [])]
    return Plan(packages=tuple(packages), python=(BINDING,) if binding else ())


def present_plan() -> Plan:
    """What is missing on this machine."""
    headers = not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists()
    return plan(missing_packages(), binding=missing_binding(), headers=headers)


def provide(*, yes: bool) -> None:
    """Install what is missing, after asking on a terminal, or unasked with `yes`.

    Raises:
        InvalidInputError: it must not be installed unasked, and there is nobody to ask.
        ForbiddenError: the user said no, or is not root.
        NotSupportedError: this system has no apt-get.
        BackendError: a command failed.
    """
    wanted = present_plan()
    if not wanted:
        return
    if wanted.packages and shutil.which("apt-get") is None:
        raise NotSupportedError(f"real guests need {wanted.text()}; install them, this system has no apt-get")
    if wanted.packages and os.geteuid() != 0:
        raise ForbiddenError(f"real guests need {wanted.text()}; as root: {' '.join(wanted.commands()[0])}")
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise InvalidInputError(f"real guests need {wanted.text()}; give --yes to have them installed", field="yes")
        if not click.confirm(f"Real guests need {wanted.text()}. Install them now?", default=True, err=True):
            raise ForbiddenError("nothing was installed; without --with-kvm the hypervisor is simulated")
    for command in wanted.commands():
        _run(command)
    importlib.invalidate_caches()
    if left := present_plan():
        raise BackendError(f"still missing after the installation: {left.text()}")


def _run(command: Sequence[str]) -> None:
    if _succeeds(command):
        return
    # The lists of packages may be old, or empty as in a fresh container.
    if command[0] == "apt-get" and _succeeds(["apt-get", "update"]) and _succeeds(command):
        return
    raise BackendError(f"{' '.join(command[:4])} … failed; its output is above")


def _succeeds(command: Sequence[str]) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    click.echo(f"+ {' '.join(command)}", err=True)
    # What the tools say goes to standard error; standard output is for the command's own answer.
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=env, check=False).returncode == 0  # noqa: S603 - fixed lists
