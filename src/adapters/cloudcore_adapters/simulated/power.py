"""Reset, suspend, resume and the agent of simulated guests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import ConflictError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.simulated import arguments

if TYPE_CHECKING:
    from cloudcore_adapters.simulated.machine import SimulatedMachine


@attrs.frozen
class Power:
    """What guests of a machine do besides starting and stopping."""

    machine: SimulatedMachine

    def kinds(self) -> Mapping[str, Callable[[Effect, int], JsonObject]]:
        """The performers by kind of effect."""
        return {
            "guest-reset": self._reset,
            "guest-suspend": self._suspend,
            "guest-resume": self._resume,
            "guest-set-password": self._set_password,
        }

    def _reset(self, effect: Effect, _fence: int) -> JsonObject:
        self._on(effect, "can be reset")
        return {"power_state": "on"}

    def _suspend(self, effect: Effect, _fence: int) -> JsonObject:
        ident = arguments.ident(effect.args, "guest_id")
        if self._state_of(ident) in ("on", "paused"):
            self.machine.set_power_state(ident, "saved")
        return {"power_state": self._state_of(ident)}

    def _resume(self, effect: Effect, _fence: int) -> JsonObject:
        ident = arguments.ident(effect.args, "guest_id")
        if self._state_of(ident) == "saved":
            self.machine.require_memory(self.machine.domains[ident].desc)
        if self._state_of(ident) in ("saved", "paused"):
            self.machine.set_power_state(ident, "on")
        return {"power_state": self._state_of(ident)}

    def _set_password(self, effect: Effect, _fence: int) -> JsonObject:
        """Every simulated guest has an agent, and no account to log in to."""
        arguments.line(effect.args, "account")
        self._on(effect, "has an agent that answers")
        return {}

    def _on(self, effect: Effect, what: str) -> None:
        if (state := self._state_of(arguments.ident(effect.args, "guest_id"))) != "on":
            raise ConflictError(f"the guest is {state}: only one that is on {what}")

    def _state_of(self, guest_id: str) -> str:
        """The power state of a guest that is not somebody else's."""
        if (domain := self.machine.domains.get(guest_id)) is None:
            return "missing"
        self.machine.require_ours(domain.desc.mark, f"guest {guest_id}")
        return domain.power_state
