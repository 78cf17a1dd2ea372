"""Hosts that behave like real ones: state, delays, failures, capacity and crashes under a clock that tests can move.

machine.py     what a host holds and how each effect changes it; a `Performer`
snapshots.py   keeps volumes as they were
arguments.py   reads an effect's arguments as strictly as a real host does
host.py        one host with its agent: journal, delays, failures, crashes, questions
console.py     the serial console of a simulated guest
router.py      many hosts behind one effect port, with partitions
"""

from __future__ import annotations

from cloudcore_adapters.simulated.host import SimulatedHost, default_facts
from cloudcore_adapters.simulated.machine import Capacity, SimulatedMachine
from cloudcore_adapters.simulated.router import SimulatedHosts

__all__ = ["Capacity", "SimulatedHost", "SimulatedHosts", "SimulatedMachine", "default_facts"]
