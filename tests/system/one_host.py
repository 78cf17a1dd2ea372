"""A host under test with a runner of its own, and the process form of it that a test can kill.

python tests/system/one_host.py URI FOLDER      performs what the journal in FOLDER has until it is killed
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import attrs

from cloudcore.model.effects import Done, Effect, Failed, Mark, Running
from cloudcore.model.guest import GuestDescription, GuestDisk, GuestNic, to_json
from cloudcore.resources.compute.seed import cloud_config, meta_data
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost, StorageSetting

DEPLOYMENT = "system-tests"
NETWORK, SUBNET = "cctest1", "10.231.11"


def open_host(uri: str, folder: Path) -> LibvirtHost:
    """The adapter with its data and one storage in a folder."""
    storage = StorageSetting(name="local", path=folder / "storage")
    return LibvirtHost(HostSettings(uri=uri, data=folder / "data", deployment=DEPLOYMENT, storages=(storage,)))


def mark(resource: str) -> dict[str, Any]:
    """Our mark as an effect carries it."""
    return {"deployment": DEPLOYMENT, "resource": resource, "fence": 1}


def description(folder: Path, guest_id: str, volume_id: str, last: int, key: str = "") -> dict[str, Any]:
    """A guest of 128 MiB with this volume, the last number of its address, and a public key for root."""
    seed = (
        ("meta-data", meta_data(guest_id, f"web{last}", [key] if key else [])),
        ("user-data", cloud_config(f"web{last}", [key] if key else [])),
    )
    storage_path = str(folder / "storage")
    nic = GuestNic(
        index=0, mac=f"52:54:00:0c:c0:{last:02x}", ip=f"{SUBNET}.{last}", prefix=24, gateway=None, bridge=NETWORK
    )
    return to_json(
        GuestDescription(
            guest_id=guest_id,
            name=f"web-{last}",
            hostname=f"web{last}",
            vcpus=1,
            memory_mib=128,
            disks=(GuestDisk(volume_id=volume_id, storage_path=storage_path, index=0, size_mib=128),),
            nics=(nic,),
            seed=seed,
            mark=Mark(**mark(guest_id)),
        )
    )


@attrs.define
class OneHost:
    """A libvirt host behind an effect runner, as a test uses it."""

    folder: Path
    host: LibvirtHost
    runner: EffectRunner
    _count: int = 0

    @property
    def storage_path(self) -> str:
        """The path of its one storage."""
        return str(self.folder / "storage")

    def submit(self, kind: str, resource: str, **args: Any) -> str:
        """Submit an effect; answers its key."""
        self._count += 1
        key = f"{resource}/{kind}/{self._count}"
        self.runner.submit(Effect(kind=kind, target="host:one", resource=resource, args=args), key, 1)
        return key

    def end(self, key: str, timeout_s: float = 180) -> Done | Failed:
        """The outcome, once it is final."""
        deadline = time.monotonic() + timeout_s
        while isinstance(outcome := self.runner.outcome(key), Running):
            assert time.monotonic() < deadline, f"{key} still runs"
            time.sleep(0.02)
        assert isinstance(outcome, Done | Failed)
        return outcome

    def twice(self, kind: str, resource: str, **args: Any) -> dict[str, Any]:
        """Perform an effect two times; both must succeed with the same result, which is the answer."""
        first, second = (self.end(self.submit(kind, resource, **args)) for _ in range(2))
        assert isinstance(first, Done), first
        assert first == second
        return first.result

    def backed_volume(self, volume_id: str, image_id: str) -> dict[str, Any]:
        """The arguments of a volume of 128 MiB on an image."""
        return {
            "volume_id": volume_id, "storage_path": self.storage_path, "format": "qcow2", "size_mib": 128,
            "backing_image_id": image_id, "mark": mark(volume_id),
        }  # fmt: skip


def started_runner(uri: str, folder: Path, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """This file as a process, once its runner holds the journal; `before` comes before the command."""
    command = [*before, sys.executable, __file__, uri, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def main() -> None:
    """Perform what the journal holds until somebody kills the process."""
    uri, folder = sys.argv[1], Path(sys.argv[2])
    runner = EffectRunner(open_host(uri, folder), folder / "journal")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()
    runner.close()


if __name__ == "__main__":
    main()
