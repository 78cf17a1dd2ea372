"""One libvirt host in this process: the adapter and the agent's runner in front of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.host import Found
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost


@attrs.frozen
class LibvirtAgent:
    """Keeps a libvirt host's lease (`cloudcore_apps.leases.HostAgent`).

    It performs nothing without a lease, and removes what is elsewhere by now before it gets one back. But its guests go on
    while this process is dead, so that it cannot promise to stop them: others start them only when somebody has switched
    the host off.
    """

    host: LibvirtHost
    port: EffectRunner

    @property
    def fences(self) -> bool:
        """See `Fencing.fences`."""
        return False

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`."""
        return self.host.inventory()

    def renewed(self, _asked_at: float, floor: int = 0) -> None:
        """See `Fencing.renewed`."""
        self.port.admit(floor)

    def fence(self) -> None:
        """See `Fencing.fence`."""
        self.port.bar()

    def drop(self, guests: Collection[str]) -> None:
        """See `Fencing.drop`."""
        self.port.abandon()
        for guest_id in guests:
            effect = Effect(kind="guest-delete", target="host", resource=guest_id, args={"guest_id": guest_id})
            self.host.perform(effect, 0, lambda _percent: None, lambda: False)


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
