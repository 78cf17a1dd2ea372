"""Security groups of servers, as records."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check

from cloudcore.model.errors import CloudcoreError
from cloudcore.operations.session import CoreSession


class Lab:
    """One server, and groups g1 to g6."""

    def __init__(self) -> None:
        self.cloud = Cloud(hosts=1)
        self.session = CoreSession(self.cloud.platform, CALLER)
        for number in range(1, 7):
            self.session.create("secgroups", {"name": f"g{number}"})
        self.session.create("servers", server_body("web"))
        self.cloud.settle()

    def do(self, action: str, **body: Any) -> list[str]:
        """The names of the server's groups afterwards, the first one first."""
        shown = self.session.perform("servers", "web", action, body)
        assert shown["secgroup"] == (shown["secgroups"][0]["name"] if shown["secgroups"] else "")
        return [group["name"] for group in shown["secgroups"]]


def test_groups_are_set_added_assigned_and_revoked() -> None:
    lab = Lab()

    assert lab.do("set-secgroup", secgroup_ids=["g2", "g1"]) == ["g2", "g1"]
    assert lab.do("add-secgroup", secgroup_ids=["g3", "g1"]) == ["g2", "g1", "g3"]
    assert lab.do("assign-secgroup", secgroup_id="g4")[0] == "g4"
    assert sorted(lab.do("revoke-secgroup", secgroup_ids=["g4"])) == ["g1", "g3"]
    assert lab.do("set-secgroup", secgroup_ids=["g5"]) == ["g5"]
    assert lab.session.list("servers", {}).items[0]["secgroup"] == "g5"
    lab.session.delete("servers", "web")
    lab.cloud.settle()
    assert lab.cloud.rows("guestsecgroups") == []
    check(lab.cloud)


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("set-secgroup", {}, "secgroup_ids"),
        ("set-secgroup", {"secgroup_ids": [f"g{n}" for n in range(1, 7)]}, "secgroup_ids"),
        ("set-secgroup", {"secgroup_ids": ["none"]}, None),
        ("revoke-secgroup", {"secgroup_ids": ["g2"]}, "secgroup_ids"),
        ("assign-secgroup", {"secgroup_ids": ["g1", "g2"]}, "secgroup_id"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(action: str, body: dict[str, Any], field: str | None) -> None:
    lab = Lab()
    lab.do("set-secgroup", secgroup_ids=["g1"])

    with pytest.raises(CloudcoreError) as caught:
        lab.do(action, **body)

    assert caught.value.field == field or field is None
    assert [group["name"] for group in lab.session.get("servers", "web")["secgroups"]] == ["g1"]


def test_a_server_in_the_middle_of_something_keeps_its_groups() -> None:
    lab = Lab()
    lab.session.perform("servers", "web", "start", {})

    with pytest.raises(CloudcoreError, match="start_start"):
        lab.do("set-secgroup", secgroup_ids=["g1"])
