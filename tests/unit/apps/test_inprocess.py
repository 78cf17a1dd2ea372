"""A cloud inside a program: driven to its end on demand, on any ports."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.errors import BackendError, DeadlineError
from cloudcore_adapters.simulated import default_facts
from cloudcore_apps.inprocess import InProcess, in_process, simulated_cloud

WEB = {"name": "web", "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}


def with_image(place: InProcess) -> InProcess:
    place.admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    place.settle()
    return place


def test_what_is_settled_is_at_its_end_and_in_the_history() -> None:
    place = with_image(simulated_cloud(2))
    place.admin.create_many("servers", {**WEB, "auto_start": True}, 4)
    place.settle()
    servers = place.admin.list("servers").items
    assert {s["status"] for s in servers} == {"running"}
    assert len({s["host_id"] for s in servers}) == 2
    assert place.cloud.number_history() == 0
    place.settle()


def test_effects_that_take_time_are_waited_for_within_bounds() -> None:
    place = with_image(simulated_cloud(delays={"volume-create": 0.3}))
    place.admin.create("servers", WEB)
    with pytest.raises(DeadlineError, match="1 tasks"):
        place.settle(timeout_s=0.05)
    place.settle(timeout_s=8)  # less than a lease: the tasks go on at once
    assert place.admin.get("servers", "web")["status"] == "ready"


def test_a_defective_port_is_not_hidden() -> None:
    place = with_image(in_process())

    class Broken:
        def submit(self, *_: Any) -> None:
            raise ZeroDivisionError("defect")

        def outcome(self, _key: str) -> Any:
            raise ZeroDivisionError("defect")

        def cancel(self, _key: str) -> None:
            raise ZeroDivisionError("defect")

    place.add_host(default_facts(), Broken())
    place.admin.create("servers", WEB)
    with pytest.raises(BackendError) as caught:
        place.settle()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
