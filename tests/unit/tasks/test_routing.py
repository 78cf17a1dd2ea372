"""Effects find the port of their family, and a fresh process finds out who took them."""

from __future__ import annotations

import pytest

from cloudcore.model.effects import Done, Effect, Unknown
from cloudcore.model.errors import UnreachableError
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import SimulatedHost, SimulatedHosts

PROBE = Effect(kind="guest-probe", target="host:h1", resource="g", args={"guest_id": "g"})
DELETE = Effect(kind="image-delete", target="image:store", resource="i", args={"keys": []})


class Silent:
    """A port that never answers."""

    def submit(self, _effect: Effect, _key: str, _fence: int) -> None:
        raise UnreachableError("silent")

    def outcome(self, _key: str) -> Unknown:
        raise UnreachableError("silent")

    def cancel(self, _key: str) -> None:
        raise UnreachableError("silent")


@pytest.fixture
def ports() -> dict[str, SimulatedHosts | InlineEffects]:
    host = SimulatedHost(ManualClock(), deployment="d", delays={"guest-probe": 9.0})
    return {
        "host": SimulatedHosts({"h1": host}),
        "image": InlineEffects(performer=ImagePerformer(MemoryImageStore())),
    }


def test_each_family_has_its_port(ports: dict[str, SimulatedHosts | InlineEffects]) -> None:
    routed = RoutedEffects(ports)

    routed.submit(PROBE, "p", 1)
    routed.submit(DELETE, "d", 1)

    assert routed.outcome("d") == ports["image"].outcome("d") == Done({})
    assert routed.outcome("p") == ports["host"].outcome("p")
    assert ports["host"].outcome("d") == Unknown()


def test_a_fresh_process_asks_all_and_passes_over_who_does_not_answer(
    ports: dict[str, SimulatedHosts | InlineEffects],
) -> None:
    RoutedEffects(ports).submit(DELETE, "d", 1)

    heir = RoutedEffects({"silent": Silent(), **ports})

    assert heir.outcome("d") == Done({})
    assert heir.outcome("never") == Unknown()


def test_who_took_a_key_is_asked_alone_and_his_silence_is_told() -> None:
    routed = RoutedEffects({"silent": Silent()})
    with pytest.raises(UnreachableError):
        routed.submit(Effect(kind="any", target="silent:1", resource="r"), "k", 1)

    assert routed.outcome("k") == Unknown()


@pytest.mark.parametrize("fresh", [False, True])
def test_cancelling_reaches_who_took_it(fresh: bool, ports: dict[str, SimulatedHosts | InlineEffects]) -> None:
    routed = RoutedEffects({"silent": Silent(), **ports})
    routed.submit(PROBE, "p", 1)

    (RoutedEffects({"silent": Silent(), **ports}) if fresh else routed).cancel("p")

    outcome = routed.outcome("p")
    assert getattr(outcome, "error", "") == "cancelled"


@pytest.mark.parametrize("target", ["", "host", "bmc:1", ":"])
def test_other_targets_have_nobody(target: str) -> None:
    with pytest.raises(UnreachableError):
        RoutedEffects({"image": Silent()}).submit(Effect(kind="any", target=target, resource="r"), "k", 1)
