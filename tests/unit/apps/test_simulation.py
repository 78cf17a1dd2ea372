"""Simulated hosts that outlive their process."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cloudcore.model.effects import Done, Effect, Mark, Running, Unknown
from cloudcore.model.errors import BackendError, UnreachableError
from cloudcore.model.guest import GuestDescription, GuestDisk, GuestNic, to_json
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated.host import SimulatedHost
from cloudcore_apps.simulation import KeptEffects, SimulationFile, facts_of, open_host

DEPLOYMENT = "0c0ffee0-0000-4000-8000-000000000001"
IMAGE, VOLUME, GUEST = (f"0c0ffee0-0000-4000-8000-0000000001{n:02}" for n in range(3))
STORAGE = "/sim/storage"


class SmallDisk(SimulationFile):
    """A file on a disk that may be full."""

    full = False

    def _keep(self, rows: Any) -> None:
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        super()._keep(rows)


def opened(path: Path, clock: ManualClock, number: int = 1, delay_s: float = 0.0) -> tuple[SmallDisk, SimulatedHost]:
    file = SmallDisk(path)
    return file, open_host(file, facts_of(number), clock, deployment=DEPLOYMENT, delay_s=delay_s)


def mark(resource: str) -> dict[str, object]:
    return {"deployment": DEPLOYMENT, "resource": resource, "fence": 1}


def plain(host: SimulatedHost) -> object:
    """The host's state as JSON has it, where tuples are lists."""
    return json.loads(json.dumps(host.dump()))


def description() -> GuestDescription:
    return GuestDescription(
        guest_id=GUEST,
        name="web",
        hostname="web",
        vcpus=1,
        memory_mib=256,
        disks=(GuestDisk(volume_id=VOLUME, storage_path=STORAGE, index=0, size_mib=1024),),
        nics=(GuestNic(index=0, mac="52:54:00:00:00:09", ip="10.99.0.9", prefix=16, gateway=None, bridge="simbr0"),),
        mark=Mark(deployment=DEPLOYMENT, resource=GUEST, fence=1),
    )


def effects() -> list[Effect]:
    image = {"image_id": IMAGE, "format": "raw", "size": 1, "checksum": "0" * 64, "url": "u", "storage_path": STORAGE}
    volume = {"volume_id": VOLUME, "storage_path": STORAGE, "format": "qcow2", "size_mib": 1024}
    volume |= {"backing_image_id": IMAGE, "mark": mark(VOLUME)}
    desc = to_json(description())
    return [
        Effect(kind="image-cache", target="host:1", resource=IMAGE, args=image),
        Effect(kind="volume-create", target="host:1", resource=VOLUME, args=volume),
        Effect(kind="guest-create", target="host:1", resource=GUEST, args={"desc": desc}),
        Effect(kind="guest-start", target="host:1", resource=GUEST, args={"guest_id": GUEST, "desc": desc}),
    ]


def test_a_reopened_host_is_as_it_was(tmp_path: Path) -> None:
    clock = ManualClock()
    file, host = opened(tmp_path / "s.sqlite", clock)
    for number, effect in enumerate(effects()):
        host.submit(effect, f"k{number}", 1)
        assert isinstance(host.outcome(f"k{number}"), Done), host.outcome(f"k{number}")
    before = plain(host)
    file.close()
    file, again = opened(tmp_path / "s.sqlite", clock)
    assert plain(again) == before
    assert again.power_state(GUEST) == "on"
    stop = Effect(
        kind="guest-stop", target="host:1", resource=GUEST, args={"guest_id": GUEST, "force": True, "timeout_s": 0}
    )
    delete = Effect(kind="guest-delete", target="host:1", resource=GUEST, args={"guest_id": GUEST})
    remove = Effect(
        kind="volume-delete", target="host:1", resource=VOLUME, args={"volume_id": VOLUME, "storage_path": STORAGE}
    )
    for number, effect in enumerate((stop, delete, remove)):
        again.submit(effect, f"d{number}", 2)
        assert isinstance(again.outcome(f"d{number}"), Done), again.outcome(f"d{number}")
    before = plain(again)
    file.close()
    file, third = opened(tmp_path / "s.sqlite", clock)
    assert plain(third) == before
    assert [found.ident for found in third.inventory()] == [IMAGE]
    file.close()


def test_what_was_open_goes_on(tmp_path: Path) -> None:
    clock = ManualClock()
    file, host = opened(tmp_path / "s.sqlite", clock, delay_s=10)
    host.submit(effects()[0], "k", 1)
    assert isinstance(host.outcome("k"), Running)
    file.close()
    file, again = opened(tmp_path / "s.sqlite", clock, delay_s=10)
    assert again.inventory() == []
    clock.advance(11)
    assert isinstance(again.outcome("k"), Done)
    assert [found.ident for found in again.inventory()] == [IMAGE]
    file.close()


def test_hosts_in_one_file_are_apart(tmp_path: Path) -> None:
    clock = ManualClock()
    file, first = opened(tmp_path / "s.sqlite", clock)
    second = open_host(file, facts_of(2), clock, deployment=DEPLOYMENT)
    first.submit(effects()[0], "k", 1)
    file.close()
    file, _ = opened(tmp_path / "s.sqlite", clock)
    reopened = open_host(file, facts_of(2), clock, deployment=DEPLOYMENT)
    assert reopened.dump() == second.dump()
    assert reopened.inventory() == []
    file.close()


def test_every_host_has_facts_of_its_own_on_one_network() -> None:
    facts = [facts_of(number) for number in range(1, 300)]
    assert (
        len({f.uuid for f in facts})
        == len({f.hostname for f in facts})
        == len({f.bridges[0].mac for f in facts})
        == 299
    )
    assert {(f.bridges[0].name, f.bridges[0].cidr) for f in facts} == {("simbr0", "10.99.0.0/16")}


def test_the_state_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(BackendError, match="format 99"):
        SimulationFile(tmp_path / "s.sqlite")


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(BackendError, match="cannot be used"):
        SimulationFile(tmp_path / "s.sqlite")


def volume(ident: str) -> Effect:
    args = {"volume_id": ident, "storage_path": STORAGE, "format": "qcow2", "size_mib": 10, "mark": mark(ident)}
    return Effect(kind="volume-create", target="host:1", resource=ident, args=args)


def test_on_a_full_disk_nothing_begins_and_nothing_is_told_before_it_is_kept(tmp_path: Path) -> None:
    clock, path = ManualClock(), tmp_path / "simulation.sqlite"
    file, host = opened(path, clock, delay_s=1)
    port = KeptEffects(host, file)
    port.submit(volume(VOLUME), "t/d1/0", 1)
    file.full = True
    with pytest.raises(UnreachableError, match="cannot be written"):
        port.submit(volume(GUEST), "t/d1/1", 2)
    assert port.outcome("t/d1/1") == Unknown()
    clock.advance(2)
    with pytest.raises(UnreachableError, match="cannot be written"):
        port.outcome("t/d1/0")
    file.full = False
    assert isinstance(port.outcome("t/d1/0"), Done)
    file.close()
    again, reopened = opened(path, clock)
    assert isinstance(reopened.outcome("t/d1/0"), Done)
    assert [volume.volume_id for volume in reopened.machine.volumes.values()] == [VOLUME]
    again.close()
