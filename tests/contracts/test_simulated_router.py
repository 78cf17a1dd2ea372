"""Many simulated hosts behind one effect port."""

from __future__ import annotations

import attrs
import pytest
from tests.contracts.simulated_bench import OURS, volume_create

from cloudcore.model.effects import Done, Unknown
from cloudcore.model.errors import UnreachableError
from cloudcore.model.host import FoundKind
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import SimulatedHost, SimulatedHosts


def test_the_router_sends_each_effect_to_its_target() -> None:
    clock = ManualClock()
    hosts = {name: SimulatedHost(clock, deployment=OURS) for name in ("h1", "h2")}
    router = SimulatedHosts(hosts)

    router.submit(attrs.evolve(volume_create(), target="host:h2"), "k", 1)

    assert isinstance(router.outcome("k"), Done)
    assert [found.kind for found in hosts["h2"].inventory()] == [FoundKind.VOLUME]
    assert hosts["h1"].inventory() == []


@pytest.mark.parametrize("target", ["host:h9", "host:", "image:store", ""])
def test_the_router_knows_no_other_targets(target: str) -> None:
    router = SimulatedHosts({"h1": SimulatedHost(ManualClock(), deployment=OURS)})

    with pytest.raises(UnreachableError):
        router.submit(attrs.evolve(volume_create(), target=target), "k", 1)


def test_a_partitioned_host_is_unreachable_but_goes_on() -> None:
    clock = ManualClock()
    router = SimulatedHosts({"h1": SimulatedHost(clock, deployment=OURS, delays={"volume-create": 5.0})})
    router.submit(volume_create(), "k", 1)

    router.partition("h1")
    with pytest.raises(UnreachableError):
        router.outcome("k")
    clock.advance(5)
    router.heal("h1")

    assert isinstance(router.outcome("k"), Done)


def test_a_new_router_finds_out_who_took_a_key() -> None:
    clock = ManualClock()
    hosts = {name: SimulatedHost(clock, deployment=OURS) for name in ("h1", "h2", "h3")}
    SimulatedHosts(hosts).submit(attrs.evolve(volume_create(), target="host:h2"), "k", 1)
    heir = SimulatedHosts(hosts)
    heir.partition("h1")

    assert isinstance(heir.outcome("k"), Done)
    assert heir.outcome("other") == Unknown()
