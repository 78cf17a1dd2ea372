"""The hosts of this process, whatever they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import attrs

from cloudcore.model.host import Facts, Found
from cloudcore.model.json import JsonObject
from cloudcore.ports.clock import Clock
from cloudcore.ports.console import Consoles
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.guest import Guests
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.leases import HostAgent
from cloudcore_apps.settings import Settings


@attrs.frozen(kw_only=True)
class LocalHost:
    """One host and its in-process agent.

    agent: keeps its lease; effects are performed only while it has one.
    found: what was on it at the start; inventory: asks what is there now. described: what it is and why, for people.
    stand_down: lets its guests go on without an agent, where somebody would stop them.
    tick: moves a simulation on. watch: begins to call back with (guest id, power state); what it gives has `close`.
    """

    facts: Facts
    effects: EffectPort
    agent: HostAgent
    consoles: Consoles
    guests: Guests
    found: Sequence[Found]
    inventory: Callable[[], Sequence[Found]]
    described: str
    tick: Callable[[], object] | None = None
    stand_down: Callable[[], None] | None = None
    watch: Callable[[Callable[[str, str], None]], Any] | None = None


def open_hosts(
    settings: Settings,
    folder: DataFolder,
    clock: Clock,
    deployment: str,
    on_outcome: Callable[[str], None],
    stack: ExitStack,
    uploads: Callable[[str, Iterable[bytes]], JsonObject],
) -> list[LocalHost]:
    """The host that libvirt runs, or those of the simulation; `stack` closes them.

    uploads: takes the bytes of an image that a simulated host saves; real ones send them to a signed address.
    """
    if settings.kvm:
        from cloudcore_apps.kvm import open_host as open_libvirt

        return [open_libvirt(settings, folder, deployment, on_outcome, stack)]
    from cloudcore_apps.simulation import KeptEffects, SimulationFile, facts_of, open_host

    file = SimulationFile(folder / "simulation.sqlite")
    stack.callback(file.close)
    found = []
    for number in range(1, settings.simulated_hosts + 1):
        facts = facts_of(number, folder.name(), settings.simulated_nodes)
        delay_s = settings.simulated_delay_s
        host = open_host(
            file, facts, clock, deployment=deployment, delay_s=delay_s, on_outcome=on_outcome, uploads=uploads
        )
        found.append(
            LocalHost(
                facts=facts,
                effects=KeptEffects(host, file),
                agent=host,
                consoles=host,
                guests=host,
                found=host.inventory(),
                inventory=host.inventory,
                described="simulated: no real guests; `cloudcore up --with-kvm` runs real ones",
                tick=host.tick if delay_s else None,
            )
        )
    return found
