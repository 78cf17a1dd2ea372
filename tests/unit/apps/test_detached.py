"""A start in the background that takes its time is waited for, and it is said that it does."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from cloudcore_apps import up

LOG = Path("cloud.log")


def test_a_slow_start_is_told_of_and_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()

    def ready() -> None:
        os.write(writing, b"it is ")
        os.write(writing, b"up\n")
        os.close(writing)

    timer = threading.Timer(0.3, ready)
    timer.start()

    assert up._read_until_end(reading, 60.0, LOG, 0.05) == "it is up\n"
    timer.join()
    assert "it starts, for 0 s by now; log in cloud.log" in capsys.readouterr().err


def test_one_that_never_says_anything_is_given_up() -> None:
    reading, writing = os.pipe()

    assert up._read_until_end(reading, 0.2, LOG, 0.05) is None
    os.close(writing)
