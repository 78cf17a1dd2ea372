"""One libvirt host in this process: the adapter and the agent's runner in front of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.host import Found
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost
from cloudcore_apps.guard import Guard


class LibvirtAgent:
    """Keeps a libvirt host's lease (`cloudcore_apps.leases.HostAgent`).

    It performs nothing without a lease, and removes what is elsewhere by now before it gets one back. Where the host has
    storage that others reach, a watchdog outside this process ends the guests that use it when the lease is over, however
    this process fares. Elsewhere its guests go on while this process is dead, which harms nobody: no other host could
    start them.
    """

    def __init__(
        self, host: LibvirtHost, port: EffectRunner, *, watched: Path | None = None, deployment: str = ""
    ) -> None:
        """watched: where it meets its watchdog; None: it has none."""
        self._host = host
        self._port = port
        shared = host.shared_folders()
        self._guard = (
            Guard(watched, deployment=deployment, guests=host.guests_folder, storages=shared, on_over=self.fence)
            if watched is not None and shared
            else None
        )

    @property
    def fences(self) -> bool:
        """See `Fencing.fences`."""
        return self._guard is not None and self._guard.ensure()

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`."""
        return self._host.inventory()

    def renewed(self, asked_at: float, floor: int = 0) -> None:
        """See `Fencing.renewed`."""
        if self._guard is None or self._guard.renewed(asked_at):
            self._port.admit(floor)

    def fence(self) -> None:
        """See `Fencing.fence`."""
        self._port.bar()
        if self._guard is not None:
            self._guard.fence()

    def drop(self, guests: Collection[str]) -> None:
        """See `Fencing.drop`."""
        self._port.abandon()
        for guest_id in guests:
            effect = Effect(kind="guest-delete", target="host", resource=guest_id, args={"guest_id": guest_id})
            self._host.perform(effect, 0, lambda _percent: None, lambda: False)

    def stand_down(self) -> None:
        """Let the guests go on without an agent, which ends in order."""
        if self._guard is not None:
            self._guard.stand_down()

    def close(self) -> None:
        """Watch the lease no more."""
        if self._guard is not None:
            self._guard.close()


@attrs.frozen
class BuiltHost:
    """A host's ports. host: hypervisor and consoles. port: takes its effects."""

    host: LibvirtHost
    port: EffectRunner

    def close(self, timeout_s: float = 60.0) -> bool:
        """Let what runs come to its end, then disconnect; False when something was not done within the time."""
        drained = self.port.close(timeout_s)
        self.host.close()
        return drained


def build_host(
    settings: HostSettings, *, workers: int = 4, on_outcome: Callable[[str], None] | None = None
) -> BuiltHost:
    """Build a host whose journal lies in its data folder; effects that were open there are performed again at once.

    Raises:
        InvalidInputError: settings that cannot work.
        ConflictError: another process runs this host.
    """
    host = LibvirtHost(settings)
    return BuiltHost(host, EffectRunner(host, settings.data / "journal", workers=workers, on_outcome=on_outcome))
