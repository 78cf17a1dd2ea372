"""Whatever is registered can be asked for: a parameter without a maker is named here."""

from __future__ import annotations

import random

import pytest

from cloudcore.model.param import param
from cloudcore.model.resource import ActionKind
from cloudcore_apps.simulate.asking import LEFT_OUT, Menu, operations
from cloudcore_apps.simulate.cloud import RESOURCES, Cloud
from cloudcore_apps.simulate.makers import BODIES, Draw, arguments, body, parameter


def test_every_parameter_of_every_action_can_be_made() -> None:
    cloud, source = Cloud(), random.Random(1)
    draw = Draw(cloud=cloud, random=source, name="one")
    actions = [
        action
        for resource in RESOURCES
        if resource.service != "internal"
        for action in resource.actions
        if action.kind is ActionKind.PERFORM and ("perform", action.name) not in LEFT_OUT
    ]

    for action in actions:
        sent = {name for _ in range(30) for name in arguments(draw, action)}
        assert sent == {one.name for one in action.params}, action.name


def test_a_parameter_that_nobody_foresaw_is_made_by_its_declaration() -> None:
    draw = Draw(cloud=Cloud(), random=random.Random(1), name="one")
    flag, choice = param("surprise", "A flag", bool), param("surprise", "One of two", choices=("a", "b"))

    assert parameter(draw, flag) in (True, False)
    assert parameter(draw, choice) in ("a", "b")


def test_every_type_that_can_be_made_has_a_body() -> None:
    cloud = Cloud()
    draw = Draw(cloud=cloud, random=random.Random(1), name="one")
    made = [o.resource for o in operations(RESOURCES) if o.verb == "create"]

    assert BODIES.keys() <= {resource.plural for resource in made}
    assert all(body(draw, resource) for resource in made)


def test_every_operation_comes_up() -> None:
    cloud, source = Cloud(), random.Random(1)
    cloud.store.rows["servers"]["s1"] = cloud.row("hosts", "h1")
    menu = Menu(RESOURCES)
    wanted = {operation.name for operation in operations(RESOURCES) if cloud.rows(operation.resource.plural)}

    drawn = {menu.draw(Draw(cloud=cloud, random=source, name=f"n{turn}")).operation.name for turn in range(20_000)}

    assert wanted - drawn == set()


def test_what_makes_the_world_another_one_is_left_out() -> None:
    names = {operation.name for operation in operations(RESOURCES)}

    assert {"servers start", "servers create", "servers delete", "disks update", "images convert"} <= names
    assert not names & {"servers status", "hosts delete", "hosts purge"}


@pytest.mark.parametrize("verb", ["create", "update", "delete", "perform"])
def test_there_is_much_to_ask_for(verb: str) -> None:
    assert sum(operation.verb == verb for operation in operations(RESOURCES)) >= 25
