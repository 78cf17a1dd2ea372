"""The hosts of a data folder, looked at without their agent; with the cloud down, things are taken away from them.

With the cloud up what is done on a host is its agent's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.host import Found, FoundKind
from cloudcore_apps.data_folder import DataFolder

if TYPE_CHECKING:
    from cloudcore_adapters.simulated import SimulatedHost

SIMULATION = "simulation.sqlite"


@attrs.frozen
class Place:
    """One host of a data folder.

    uuid: by which its record is known. storages: their folders. perform: brings an effect about, or raises.
    """

    uuid: str
    found: Sequence[Found]
    storages: Sequence[str]
    perform: Callable[[Effect, int], None]

    def remove(self, thing: Found) -> None:
        """Take a guest away, without its volumes, or a volume into the trash.

        Raises:
            CloudcoreError: it cannot be done.
        """
        ident = thing.mark.resource
        if thing.kind is FoundKind.VOLUME:
            for path in self.storages:
                args = {"volume_id": ident, "storage_path": path}
                self.perform(Effect(kind="volume-delete", target="host", resource=ident, args=args), thing.mark.fence)
        else:
            effect = Effect(kind="guest-delete", target="host", resource=ident, args={"guest_id": ident})
            self.perform(effect, thing.mark.fence)


@contextmanager
def places_of(folder: DataFolder, deployment: str, uuids: Sequence[str]) -> Iterator[Sequence[Place]]:
    """The hosts of a data folder while this is open. uuids: of all hosts that the records know.

    Raises:
        CloudcoreError: one cannot be looked at.
    """
    if (folder.path / SIMULATION).exists():
        with _simulated(folder, deployment, uuids) as found:
            yield found
    elif (folder.path / "host.json").exists():
        with _libvirt(folder.path) as found:
            yield found
    else:
        yield ()


@contextmanager
def _simulated(folder: DataFolder, deployment: str, uuids: Sequence[str]) -> Iterator[Sequence[Place]]:
    from cloudcore_adapters.memory.world import SystemClock
    from cloudcore_apps.simulation import SimulationFile, facts_of, open_host

    name = (folder.path / "name").read_text(encoding="ascii").strip() if (folder.path / "name").exists() else ""
    file = SimulationFile(folder.path / SIMULATION)
    try:
        places = []
        for number in count(1):
            facts = facts_of(number, name)
            if facts.uuid not in uuids:
                break
            host = open_host(file, facts, SystemClock(), deployment=deployment)
            performer = _kept(host)
            paths = [storage.path for storage in facts.storages]
            places.append(Place(facts.uuid, host.machine.inventory(), paths, performer))
        yield places
    finally:
        file.close()


def _kept(host: SimulatedHost) -> Callable[[Effect, int], None]:
    def perform(effect: Effect, fence: int) -> None:
        host.machine.perform(effect, fence, lambda _percent: None, lambda: False)
        # What an effect of the journal has changed is what is written to the file.
        key = f"doctor/{effect.kind}/{effect.resource}/{fence}/{effect.args.get('storage_path', '')}"
        host.journal[key] = {"effect": attrs.asdict(effect, recurse=False), "fence": fence, "outcome": {"done": {}}}

    return perform


@contextmanager
def _libvirt(path: Path) -> Iterator[Sequence[Place]]:
    from cloudcore_adapters.libvirt import LibvirtHost
    from cloudcore_apps.kvm import noted_host

    settings = noted_host(path)
    assert settings is not None
    host = LibvirtHost(settings)
    try:

        def perform(effect: Effect, fence: int) -> None:
            host.perform(effect, fence, lambda _percent: None, lambda: False)

        paths = [str(storage.path) for storage in settings.storages]
        yield [Place(host.facts().uuid, host.inventory(), paths, perform)]
    finally:
        host.close()
