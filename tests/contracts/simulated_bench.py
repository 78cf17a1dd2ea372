"""One simulated host to try things on, and the effects to try."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.model.effects import Done, Effect, Mark
from cloudcore.model.guest import GuestDescription, GuestDisk, GuestNic, to_json
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import SimulatedHost

OURS = "deployment-1"
STORAGE = "/sim/storage"
CHECKSUM = "ab" * 32


def effect(kind: str, resource: str, **args: Any) -> Effect:
    return Effect(kind=kind, target="host:h1", resource=resource, args=args)


def mark(resource: str, deployment: str = OURS) -> dict[str, Any]:
    return attrs.asdict(Mark(deployment=deployment, resource=resource, fence=1))


def image_cache(ident: str = "img-1") -> Effect:
    place = {"url": "http://127.0.0.1/i", "storage_path": STORAGE}
    return effect("image-cache", ident, image_id=ident, format="qcow2", size=4096, checksum=CHECKSUM, **place)


def volume_create(ident: str = "vol-1", backing: str | None = None, size_mib: int = 1024) -> Effect:
    rest = {"format": "qcow2", "size_mib": size_mib, "backing_image_id": backing, "mark": mark(ident)}
    return effect("volume-create", ident, volume_id=ident, storage_path=STORAGE, **rest)


def desc(ident: str = "g-1", *, ip: str = "10.99.0.10", mac: str = "00:22:00:00:00:01", memory_mib: int = 512) -> Any:
    return to_json(
        GuestDescription(
            guest_id=ident,
            name=ident,
            hostname=ident,
            vcpus=1,
            memory_mib=memory_mib,
            disks=(GuestDisk(volume_id=f"vol-{ident}", storage_path=STORAGE, index=0, size_mib=1024),),
            nics=(GuestNic(index=0, mac=mac, ip=ip, prefix=16, gateway="10.99.0.1", bridge="simbr0"),),
            mark=Mark(deployment=OURS, resource=ident, fence=1),
        )
    )


class Bench:
    """One host, a clock, and keys that count up."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.host = SimulatedHost(self.clock, deployment=OURS, **options)
        self.count = 0

    def do(self, wanted: Effect, fence: int = 1) -> Any:
        self.count += 1
        self.host.submit(wanted, f"k{self.count}", fence)
        return self.host.outcome(f"k{self.count}")

    def guest(self, ident: str = "g-1", **options: Any) -> Any:
        assert isinstance(self.do(volume_create(f"vol-{ident}")), Done)
        return self.do(effect("guest-create", ident, desc=desc(ident, **options)))

    def kinds(self) -> list[tuple[str, str]]:
        return [(found.kind.value, found.ident) for found in self.host.inventory()]
