"""Rules that hold for a server however it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import InsufficientResourceError, InvalidInputError

BODY = {"vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}


@pytest.mark.parametrize(
    ("field", "bad", "good"),
    [("hostname", "no host name", "web-2.example"), ("machine", "toaster", "virt")],
)
def test_what_is_checked_when_a_server_is_made_is_checked_when_it_changes(
    world: World, field: str, bad: str, good: str
) -> None:
    server = world.server(world.alice, on=False)
    with pytest.raises(InvalidInputError):
        world.alice.update("servers", server["id"], {field: bad})
    assert world.alice.get("servers", server["id"]).get(field) == server.get(field)
    with pytest.raises(InvalidInputError):
        world.alice.create("servers", {**BODY, "name": "other", field: bad})
    assert world.alice.update("servers", server["id"], {field: good})[field] == good


def test_a_windows_server_keeps_to_the_host_names_of_windows(world: World) -> None:
    server = world.server(world.alice, on=False, os_type="Windows")
    with pytest.raises(InvalidInputError):
        world.alice.update("servers", server["id"], {"hostname": "sixteen-letters-"})
    with pytest.raises(InvalidInputError):
        world.alice.create("servers", {**BODY, "name": "b", "os_type": "Windows", "hostname": "a-name-of-twenty-one"})


@pytest.mark.parametrize("question", ["schedule", "test", "forecast"])
def test_only_who_may_list_hosts_learns_their_names_of_the_scheduler(world: World, question: str) -> None:
    def told(session: Any) -> str:
        return str(session.perform_class("scheduler", question, BODY))

    name = world.admin.get("hosts", world.host_id)["name"]
    assert name in told(world.admin)
    assert world.host_id in told(world.admin)
    answer = told(world.alice)
    assert name not in answer
    assert world.host_id not in answer


def test_a_refusal_names_hosts_to_who_may_list_them(world: World) -> None:
    for session, shown in ((world.admin, True), (world.alice, False)):
        with pytest.raises(InsufficientResourceError) as refused:
            session.create("servers", {**BODY, "name": "big", "vmem_size": "900g"})
        assert (world.host_id in str(refused.value.data)) is shown
        assert refused.value.data["filters"][0]["removed"] == 1
