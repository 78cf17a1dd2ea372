"""Guests of simulated hosts that go on at another one while they run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import BackendError, ConflictError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.simulated import arguments

if TYPE_CHECKING:
    from cloudcore_adapters.simulated.machine import SimulatedMachine

MOST_MIB_S = 1 << 20


class Neighbours:
    """Hosts that reach each other, by the `migrate_uri` of their facts. They have one lock: a guest is on one of two at a time."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.machines: dict[str, SimulatedMachine] = {}
        self.silent: set[str] = set()
        """Those that don't answer just now."""

    def add(self, machine: SimulatedMachine) -> None:
        """Let others reach a machine."""
        self.machines[machine.facts.migrate_uri] = machine

    def tell(self, machine: SimulatedMachine, *, answers: bool) -> None:
        """Say whether a machine answers."""
        (self.silent.discard if answers else self.silent.add)(machine.facts.migrate_uri)

    def at(self, uri: str) -> SimulatedMachine | None:
        """The machine there; None where nobody answers."""
        return None if uri in self.silent else self.machines.get(uri)


def migrate(machine: SimulatedMachine, effect: Effect) -> JsonObject:
    """Perform `guest-migrate`: from one moment to the other it runs there and is off here."""
    ident, uri = arguments.ident(effect.args, "guest_id"), arguments.line(effect.args, "uri")
    arguments.number(effect.args, "max_mib_s", 0, MOST_MIB_S)
    arguments.flag(effect.args, "hurry")
    there = machine.neighbours.at(uri) if machine.neighbours is not None else None
    domain = machine.domains.get(ident)
    if domain is not None:
        machine.require_ours(domain.desc.mark, f"guest {ident}")
    if domain is None or domain.power_state not in ("on", "paused"):
        return {"power_state": "unknown" if there is None else there.power_state(ident)}
    if there is None:
        raise BackendError("the host that it goes to does not answer")
    awaited = there.domains.get(ident)
    if awaited is None:
        raise ResourceNotFoundError("the host that it goes to does not expect the guest")
    there.require_ours(awaited.desc.mark, f"guest {ident}")
    if awaited.power_state != "off":
        raise ConflictError(f"the guest is {awaited.power_state} on the host that it goes to")
    there.require_memory(domain.desc)
    running = attrs.evolve(awaited.desc, vcpus=domain.desc.vcpus, memory_mib=domain.desc.memory_mib)
    there.domains[ident] = attrs.evolve(awaited, desc=running, power_state=domain.power_state)
    machine.domains[ident] = attrs.evolve(domain, power_state="off")
    there.arrived()
    return {"power_state": "on"}
