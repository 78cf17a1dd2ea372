"""A host as the programs build it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cloudcore.model.effects import Effect, Failed
from cloudcore.model.errors import ConflictError
from cloudcore_adapters.libvirt import HostSettings, StorageSetting
from cloudcore_apps.libvirt_host import build_host


def test_a_built_host_performs_effects_and_is_built_once(tmp_path: Path) -> None:
    storage = StorageSetting(name="local", path=tmp_path / "storage")
    settings = HostSettings(uri="test:///default", data=tmp_path / "data", deployment="unit", storages=(storage,))
    told = threading.Event()
    built = build_host(settings, workers=1, on_outcome=lambda _: told.set())
    built.port.submit(Effect(kind="volume-create", target="host:one", resource="v"), "k", 1)
    assert told.wait(10)
    assert built.port.outcome("k") == Failed("volume_id is missing")
    with pytest.raises(ConflictError):
        build_host(settings)
    assert built.close(10)
