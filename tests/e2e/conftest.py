"""Clouds for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .processes import Launcher, Up


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    """Starts clouds that end with the test."""
    made = Launcher()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One cloud for the tests of a module that do not end it."""
    made = Launcher()
    data: Path = tmp_path_factory.mktemp("shared") / "data"
    try:
        yield made.up(data)
    finally:
        made.close()
