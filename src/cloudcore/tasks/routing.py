"""One effect port out of several, by the family of an effect's target."""

from __future__ import annotations

from collections.abc import Mapping

from cloudcore.model.effects import Effect, Outcome, Unknown
from cloudcore.model.errors import UnreachableError
from cloudcore.ports.effects import EffectPort

KEPT = 100_000


class RoutedEffects:
    """Sends an effect for `<family>:<id>` to the port of that family, such as `host` or `image`.

    Which family took a key is remembered for the last keys only. For others every port is asked; those that do not answer
    are passed over, since acting on `Unknown` is submitting again, which a port that knows the key ignores.
    """

    def __init__(self, families: Mapping[str, EffectPort]) -> None:
        self._families = dict(families)
        self._takers: dict[str, str] = {}

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`."""
        family = effect.target.partition(":")[0]
        port = self._families.get(family)
        if port is None:
            raise UnreachableError(f"nobody takes effects for {effect.target[:80]}")
        port.submit(effect, key, fence)
        self._remember(key, family)

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        if (taker := self._takers.get(key)) is not None:
            return self._families[taker].outcome(key)
        for family, port in self._families.items():
            try:
                outcome = port.outcome(key)
            except UnreachableError:
                continue
            if not isinstance(outcome, Unknown):
                self._remember(key, family)
                return outcome
        return Unknown()

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`."""
        if (taker := self._takers.get(key)) is not None:
            self._families[taker].cancel(key)
            return
        for port in self._families.values():
            try:
                port.cancel(key)
            except UnreachableError:
                continue

    def _remember(self, key: str, family: str) -> None:
        self._takers[key] = family
        if len(self._takers) > 2 * KEPT:
            for old in list(self._takers)[:KEPT]:
                self._takers.pop(old, None)
