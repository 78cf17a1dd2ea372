"""One libvirt host in this process: the adapter and the agent's runner in front of it."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt import HostSettings, LibvirtHost


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
