"""Real parts for the system tests, each started once for a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_image import cache_folder
from .guest_image import guest_image as built_image
from .libvirtd import Launcher, PrivateLibvirtd, missing_parts
from .machine import Machine


@pytest.fixture(scope="session")
def libvirtd() -> Iterator[PrivateLibvirtd]:
    """A libvirtd in namespaces of its own; skipped where root or a package is missing."""
    if reason := missing_parts():
        pytest.skip(reason)
    with Launcher(cache_folder() / "libvirt") as started:
        yield started


@pytest.fixture(scope="session")
def guest_image() -> Path:
    """A bootable qcow2 image; see guest_image.py."""
    return built_image()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine for the tests of one file, with a libvirtd that no other file sees."""
    if reason := missing_parts():
        pytest.skip(reason)
    with Launcher(cache_folder() / "libvirt") as libvirtd:
        yield Machine(libvirtd, tmp_path_factory.mktemp("machine"))
