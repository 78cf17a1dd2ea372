"""Hosts whose agents may die at their work, and which notice what must not be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs

from cloudcore.model.effects import Done, Failed, Mark
from cloudcore.model.errors import UnreachableError
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.machine import Capacity, Lease, Volume

HANG_S = 7200.0
FOREIGN = "99999999-0000-4000-8000-000000000000"
"""Whose things lie on every host beside ours."""


class Agent(SimulatedHost):
    """One host.

    life: counts its agent's starts. tears: asked after each piece of work whether the agent dies before noting it.
    hangs: asked before each whether it takes `HANG_S` longer.
    complain: told of what must not be.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self.life = 0
        self.up = True
        self.tears: Callable[[], bool] = lambda: False
        self.hangs: Callable[[], bool] = lambda: False
        self.complain: Callable[[str], None] = lambda _text: None
        self._done_at: dict[str, int] = {}
        super().__init__(*args, **options)
        self._usual = dict(self._delays)
        self._foreign: tuple[Volume, Lease] | None = None

    def crash(self, *, power: bool = False) -> None:
        """See `SimulatedHost.crash`; whatever is on the way to this agent is lost with its connections."""
        self.life += 1
        self.up = False
        super().crash(power=power)

    def restart(self, *, lose_journal: bool = False) -> None:
        """See `SimulatedHost.restart`."""
        if lose_journal:
            self._done_at.clear()
        self.up = True
        try:
            super().restart(lose_journal=lose_journal)
        except UnreachableError:
            # It died again at the first thing that it found to do; whoever tore it starts it again.
            return

    def slow(self, factor: float) -> None:
        """From now on everything takes that many times as long as usual."""
        self._delays = {kind: seconds * factor for kind, seconds in self._usual.items()}

    def fill(self, *, full: bool) -> None:
        """Its storage takes nothing more, or as much as ever."""
        self.machine.capacity = Capacity(storage_mib=0 if full else None)

    def foreign_changes(self) -> list[str]:
        """What of the foreign things is not as it was put there."""
        if self._foreign is None:
            return []
        volume, lease = self._foreign
        changed = [] if self.machine.volumes.get((volume.storage_path, volume.volume_id)) is volume else ["volume"]
        return changed if self.machine.leases.get(lease.mac) is lease else [*changed, "lease"]

    def plant(self) -> None:
        """Put things of another deployment beside ours."""
        mark = Mark(deployment=FOREIGN, resource="foreign", fence=1)
        path = self.machine.facts.storages[0].path
        volume = Volume(
            volume_id="foreign", storage_path=path, format="raw", size_mib=1, backing_image_id=None, mark=mark
        )
        lease = Lease(mac="00:22:00:00:00:01", ip="10.99.255.1", bridge=self.machine.facts.bridges[0].name, mark=mark)
        self.machine.volumes[path, volume.volume_id] = volume
        self.machine.leases[lease.mac] = lease
        self._foreign = (volume, lease)

    def _schedule(self, key: str) -> None:
        super()._schedule(key)
        if self.hangs():
            job = self._jobs[key]
            self._jobs[key] = attrs.evolve(job, ends=job.ends + timedelta(seconds=HANG_S))

    def _perform(self, key: str) -> Done | Failed:
        fence, resource = int(self.journal[key]["fence"]), str(self.journal[key]["effect"]["resource"])
        if fence < self._done_at.get(resource, 0):
            self.complain(f"an effect of fence {fence} is performed after one of {self._done_at[resource]}: {key}")
        self._done_at[resource] = fence
        outcome = super()._perform(key)
        if self.tears():
            self.crash()
            raise UnreachableError("the host does not answer")
        return outcome
