"""The network between one control-plane process and those who perform effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cloudcore.model.effects import Effect, Outcome
from cloudcore.model.errors import UnreachableError
from cloudcore.ports.effects import EffectPort

LATEST_S = 60.0


class Fate(Protocol):
    """What decides over calls."""

    def pause(self, where: str) -> None:
        """Let others go first."""
        ...

    def strikes(self, kind: str) -> bool:
        """Whether a fault strikes now."""
        ...

    def later(self, name: str, target: str, work: Callable[[], None]) -> None:
        """Do something up to `LATEST_S` later, unless whoever is called has died by then."""
        ...

    def submitted(self, effect: Effect, key: str) -> None:
        """See that an effect may be submitted."""
        ...


class Lines:
    """An effect port whose calls may be lost, repeated and late."""

    def __init__(self, port: EffectPort, fate: Fate) -> None:
        self._port = port
        self._fate = fate
        self._targets: dict[str, str] = {}

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`."""
        self._fate.pause(f"submit {effect.kind}")
        self._fate.submitted(effect, key)
        self._targets[key] = effect.target
        self._call(f"submit {effect.kind}", key, lambda: self._port.submit(effect, key, fence))
        self._fate.pause("submitted")

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        self._fate.pause("outcome")
        if self._fate.strikes("lost-answer"):
            raise UnreachableError("no answer came")
        return self._port.outcome(key)

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`."""
        self._fate.pause("cancel")
        self._call("cancel", key, lambda: self._port.cancel(key))

    def _call(self, name: str, key: str, call: Callable[[], None]) -> None:
        target = self._targets.get(key, "")
        if self._fate.strikes("late"):
            self._fate.later(name, target, call)
            raise UnreachableError("the call was not answered in time")
        if self._fate.strikes("lost-call"):
            raise UnreachableError("nobody took the call")
        if self._fate.strikes("twice"):
            self._fate.later(name, target, call)
        call()
        if self._fate.strikes("lost-answer"):
            raise UnreachableError("no answer came")
