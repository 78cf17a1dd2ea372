"""Queues of network cards."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS


def cards(world: World) -> list[tuple[int, int]]:
    """Index and queues of each card, as the record and as the guest have them."""
    rows = sorted(world.rows(GUESTNETWORKS), key=lambda card: card.index)
    return [(card.index, card.num_queues) for card in rows]


def guest(world: World, name: str = "web") -> list[int]:
    """Queues of the cards of the guest."""
    ident = world.alice.get("servers", name)["id"]
    return [nic.queues for nic in sorted(world.guest(ident).nics, key=lambda nic: nic.index)]


def test_a_card_is_made_with_queues() -> None:
    world = World()
    world.server(world.alice, nets=["default:num-queues=4", {"network": "default", "num_queues": 2}, "default"])
    assert cards(world) == [(0, 4), (1, 2), (2, 1)]
    assert guest(world) == [4, 2, 1]


def test_a_server_that_is_off_has_other_queues_at_once_and_one_that_runs_when_it_starts_next() -> None:
    world = World()
    world.server(world.alice, on=False)
    world.act(world.alice, "web", "set-network-num-queues", num_queues=4)
    assert guest(world) == [4]
    world.act(world.alice, "web", "start")
    mac = world.alice.get("servers", "web")["nics"][0]["mac"]
    world.act(world.alice, "web", "set-network-num-queues", num_queues="8", mac_addr=mac.upper())
    shown = world.alice.get("servers", "web")
    assert (shown["status"], shown["status_reason"]) == ("running", "waits for the next start: queues of cards")
    assert (guest(world), cards(world)) == ([4], [(0, 8)])
    world.act(world.alice, "web", "restart", is_force=True)
    assert guest(world) == [8]
    assert world.alice.get("servers", "web").get("status_reason", "") == ""


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({}, MissingParameterError, "num_queues"),
        ({"num_queues": 0}, OutOfRangeError, "num_queues"),
        ({"num_queues": 257}, OutOfRangeError, "num_queues"),
        ({"num_queues": "many"}, InvalidInputError, "num_queues"),
        ({"num_queues": 2}, MissingParameterError, "mac"),
        ({"num_queues": 2, "mac_addr": "00:22:00:00:00:00"}, InvalidInputError, "mac"),
    ],
    ids=str,
)
def test_bad_input_names_its_field_and_changes_nothing(body: Any, kind: type[CloudcoreError], field: str) -> None:
    world = World()
    world.server(world.alice, nets=["default", "default:e1000"])
    with pytest.raises(kind) as caught:
        world.act(world.alice, "web", "set-network-num-queues", **body)
    assert caught.value.field == field
    assert cards(world) == [(0, 1), (1, 1)]


def test_only_virtio_cards_have_several() -> None:
    world = World()
    with pytest.raises(NotSupportedError) as caught:
        world.server(world.alice, nets=["default:e1000:num-queues=2"])
    assert caught.value.field == "nets.0.num_queues"
    world.server(world.alice, nets=["default:e1000"])
    with pytest.raises(NotSupportedError):
        world.act(world.alice, "web", "set-network-num-queues", num_queues=2)
    card = world.rows(GUESTNETWORKS)[0].id
    with pytest.raises(NotSupportedError):
        world.alice.update("guestnetworks", card, {"num_queues": 2})
    with pytest.raises(ResourceNotFoundError):
        world.act(world.bob, "web", "set-network-num-queues", num_queues=1)
    assert cards(world) == [(0, 1)]
