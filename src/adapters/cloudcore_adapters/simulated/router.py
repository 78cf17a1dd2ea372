"""Many simulated hosts behind one effect port."""

from __future__ import annotations

from collections.abc import Mapping

from cloudcore.model.effects import Effect, Outcome, Unknown
from cloudcore.model.errors import UnreachableError
from cloudcore.ports.effects import EffectPort

_FAMILY = "host:"


class SimulatedHosts:
    """Sends each effect to the host that its target `host:<id>` names.

    A router that has forgotten who took a key (it keeps that in memory only) asks every host that answers. `Unknown` is
    then safe to act on even while others do not answer: a host leaves a key that it has journalled as it is.
    """

    def __init__(self, hosts: Mapping[str, EffectPort] | None = None) -> None:
        self.hosts: dict[str, EffectPort] = dict(hosts or {})
        self.partitioned: set[str] = set()
        self._takers: dict[str, str] = {}

    def add(self, host_id: str, host: EffectPort) -> None:
        """Let effects reach a host."""
        self.hosts[host_id] = host

    def partition(self, host_id: str) -> None:
        """Cut the line to a host; the host itself goes on."""
        self.partitioned.add(host_id)

    def heal(self, host_id: str) -> None:
        """Mend the line."""
        self.partitioned.discard(host_id)

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`."""
        if not effect.target.startswith(_FAMILY):
            raise UnreachableError(f"nobody takes effects for {effect.target[:80]}")
        host_id = effect.target.removeprefix(_FAMILY)
        self._reach(host_id).submit(effect, key, fence)
        self._takers[key] = host_id

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        if (taker := self._takers.get(key)) is not None:
            return self._reach(taker).outcome(key)
        for host_id in sorted(self.hosts):
            try:
                outcome = self._reach(host_id).outcome(key)
            except UnreachableError:
                continue
            if not isinstance(outcome, Unknown):
                self._takers[key] = host_id
                return outcome
        return Unknown()

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`."""
        if (taker := self._takers.get(key)) is not None:
            self._reach(taker).cancel(key)
            return
        for host_id in sorted(self.hosts):
            if host_id not in self.partitioned:
                self.hosts[host_id].cancel(key)

    def _reach(self, host_id: str) -> EffectPort:
        if host_id in self.partitioned or host_id not in self.hosts:
            raise UnreachableError("the host does not answer")
        return self.hosts[host_id]
