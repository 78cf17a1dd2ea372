"""What is told of a disk when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.errors import InsufficientResourceError, InvalidInputError, ResourceNotFoundError
from cloudcore_apps.inprocess import simulated_cloud


@pytest.fixture(scope="module")
def session() -> Any:
    return simulated_cloud().admin


def test_what_is_told_is_kept(session: Any) -> None:
    disk = session.create("disks", {"name": "d", "size": 1024, "is_ssd": "yes", "iops": 500, "description": "a\nb"})
    assert (disk["is_ssd"], disk["iops"], disk["description"]) == (True, 500, "a\nb")


@pytest.mark.parametrize(
    ("field", "value"), [("is_ssd", "maybe"), ("iops", "many"), ("description", "x" * 1025), ("dry_run", {})]
)
def test_what_is_wrong_is_named(session: Any, field: str, value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        session.create("disks", {"name": "e", "size": 1024, field: value})
    assert caught.value.field == field
    with pytest.raises(InvalidInputError):
        session.perform_class("disks", "check-create-data", {"name": "e", "size": 1024, field: value})


@pytest.mark.parametrize("key", ["prefer_zone_id", "prefer_zone"])
def test_a_disk_is_made_in_the_zone_that_was_asked_for(key: str) -> None:
    session = simulated_cloud().admin
    zone = session.list("zones").items[0]
    assert session.create("disks", {"name": "here", "size": 1024, key: zone["name"]})["zone_id"] == zone["id"]
    session.create("zones", {"name": "elsewhere", "cloudregion": session.list("cloudregions").items[0]["id"]})
    with pytest.raises(InsufficientResourceError):
        session.create("disks", {"name": "there", "size": 1024, key: "elsewhere"})
    for wrong in ("nowhere", 1 << 63):
        with pytest.raises((ResourceNotFoundError, InvalidInputError)) as caught:
            session.create("disks", {"name": "there", "size": 1024, key: wrong})
        assert str(caught.value.field) in ("prefer_zone_id", key)
