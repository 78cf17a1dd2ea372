"""Classes of hosts: servers go where the labels of project, image and host are the same, when they are made and when they move."""

from __future__ import annotations

import pytest
from tests.unit.servers.test_wishes import BODY
from tests.unit.servers.world import World

from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.json import JsonMapping
from cloudcore.operations.run import reading
from cloudcore.operations.servers.moving import guests_of

GOLD = {"tier": "gold"}


def _classed(world: World, plural: str, ident: str, labels: JsonMapping) -> None:
    world.admin.perform(plural, ident, "set-class-metadata", labels)


def _refused(world: World) -> str:
    with pytest.raises(InsufficientResourceError) as refused:
        world.alice.create("servers", {**BODY, "name": "refused"})
    return str(refused.value)


def test_a_class_is_for_projects_and_images_of_it(world: World) -> None:
    world.server(world.alice, "before", on=False)
    _classed(world, "hosts", world.host_id, GOLD)
    assert "class_metadata" in _refused(world)
    _classed(world, "projects", "alices", GOLD)
    assert "class_metadata" in _refused(world)  # its image is of none
    _classed(world, "images", "tiny", GOLD)
    assert world.server(world.alice, "now", on=False)["host_id"] == world.host_id
    with pytest.raises(InsufficientResourceError, match="class_metadata"):
        world.bob.create("servers", {**BODY, "name": "bobs"})
    _classed(world, "images", "tiny", {"tier": "silver"})
    assert "class_metadata" in _refused(world)
    for plural, ident in (("hosts", world.host_id), ("projects", "alices"), ("images", "tiny")):
        _classed(world, plural, ident, {})
    world.server(world.bob, "again", on=False)


def test_other_labels_than_those_of_a_class_mean_nothing(world: World) -> None:
    world.admin.perform("hosts", world.host_id, "user-metadata", GOLD)
    world.admin.perform("hosts", world.host_id, "org-metadata", GOLD)
    world.server(world.alice, on=False)


def test_a_server_stays_and_grows_on_a_host_that_came_to_have_a_class(world: World) -> None:
    world.server(world.alice, "a", on=False)
    _classed(world, "hosts", world.host_id, GOLD)
    assert world.act(world.alice, "a", "change-config", vcpu_count=2)["vcpu_count"] == 2
    assert len(world.act(world.alice, "a", "attachnetwork", nets=["default"])["nics"]) == 2


def test_a_question_is_answered_by_class_too(world: World) -> None:
    asked = {"vcpu_count": 1, "vmem_size": 256, "disks": ["1g"], "nets": ["default"]}
    assert world.alice.perform_class("scheduler", "forecast", asked)["can_create"]
    _classed(world, "hosts", world.host_id, GOLD)
    told = world.alice.perform_class("scheduler", "forecast", asked)
    assert (told["can_create"], told["filters"][0]["filter_name"]) == (False, "class_metadata")
    _classed(world, "projects", "alices", GOLD)
    assert world.alice.perform_class("scheduler", "forecast", asked)["can_create"]


def test_a_server_that_moves_goes_by_the_class_of_its_project(world: World) -> None:
    world.server(world.alice, "a", on=False)
    _classed(world, "projects", "alices", GOLD)
    platform = world.cloud.platform
    (guest,) = reading(platform, lambda tx: guests_of(platform, tx))
    assert guest.request.classes == (("tier", "gold"),)
