"""Who packs: a tag of hosts says it, else the zone, else the deployment; what kept columns know follows at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest

from cloudcore.cloud import Cloud
from cloudcore.model.errors import InvalidInputError
from cloudcore.operations.hosts import register_host
from cloudcore.operations.platform import Settings
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import SimulatedHost


class Town:
    """Four hosts and an image."""

    def __init__(self, placement: str = "spread") -> None:
        self.clock = clock = ManualClock()
        settings = Settings(deployment="memory", placement=placement)
        cloud, password = memory_cloud(memory_platform(clock=clock, settings=settings))
        facts = SimulatedHost(clock, deployment="memory").facts()
        self.hosts = [
            register_host(cloud.platform, attrs.evolve(facts, uuid=f"u{n}", hostname=f"h{n}")) for n in range(4)
        ]
        self.cloud: Cloud = cloud
        self.session: Any = cloud.login("sysadmin", password, project="system")
        self.made = 0
        self.session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
        image = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
        worker = cloud.worker(RoutedEffects({"image": image}), "w", lambda _task, error: pytest.fail(str(error)))
        worker.run_all(worker.due())

    def create(self, **more: object) -> str:
        self.made += 1
        # Which hosts are making servers is seen at the next look.
        self.clock.advance(2)
        body = {
            "name": f"web-{self.made}",
            "vmem_size": 256,
            "vcpu_count": 1,
            "disks": ["tiny:1g"],
            "nets": ["default"],
        }
        return self.session.create("servers", {**body, **more})["host_id"]


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_zone_that_packs_fills_one_host_and_spreads_again_when_told_so(town: Town) -> None:
    assert len({town.create() for _ in range(4)}) == 4
    town.session.update("zones", "zone0", {"placement": "pack"})
    packed = {town.create() for _ in range(4)}
    assert len(packed) == 1
    town.session.update("zones", "zone0", {"placement": "spread"})
    assert not packed & {town.create() for _ in range(3)}


def test_the_deployment_packs_where_nothing_else_is_said() -> None:
    town = Town("pack")
    assert len({town.create() for _ in range(4)}) == 1
    town.session.update("zones", "zone0", {"placement": "spread"})
    assert len({town.create() for _ in range(3)}) == 3


def test_a_tag_says_it_for_its_hosts_whatever_the_zone_says(town: Town) -> None:
    town.session.create("schedtags", {"name": "dense", "placement": "pack"})
    town.session.perform("schedtags", "dense", "set-resource", {"resource_ids": town.hosts[:2]})
    dense = Counter(town.create(schedtags=["dense:require"]) for _ in range(4))
    assert list(dense.values()) == [4]
    assert set(dense) < set(town.hosts[:2])
    assert {town.create(schedtags=["dense:exclude"]) for _ in range(2)} == set(town.hosts[2:])
    town.session.update("zones", "zone0", {"placement": "pack"})
    town.session.update("schedtags", "dense", {"placement": "spread"})
    assert {town.create(schedtags=["dense:require"]) for _ in range(8)} == set(town.hosts[:2])
    assert len({town.create(schedtags=["dense:exclude"]) for _ in range(3)}) == 1


def test_of_two_tags_the_one_that_packs_counts(town: Town) -> None:
    for name, placement in (("wide", "spread"), ("dense", "pack"), ("loose", "spread")):
        town.session.create("schedtags", {"name": name, "placement": placement})
        town.session.perform("schedtags", name, "set-resource", {"resource_ids": town.hosts[:2]})
    assert len({town.create(schedtags=["dense:require"]) for _ in range(4)}) == 1


def test_many_at_once_fill_one_host_after_the_other(town: Town) -> None:
    town.session.update("zones", "zone0", {"placement": "pack"})
    body = {"generate_name": "web", "vmem_size": 256, "vcpu_count": 1, "disks": ["tiny:1g"], "nets": ["default"]}
    assert len({one["host_id"] for one in town.session.create_many("servers", body, 5)}) == 1


def test_the_scheduler_says_so_beforehand(town: Town) -> None:
    wanted = {"vmem_size": 256, "vcpu_count": 1, "disks": ["tiny:1g"], "nets": ["default"], "count": 4}
    ask = town.session.perform_class
    assert len({one["host_id"] for one in ask("scheduler", "schedule", wanted)["candidates"]}) == 4
    town.session.update("zones", "zone0", {"placement": "pack"})
    assert len({one["host_id"] for one in ask("scheduler", "schedule", wanted)["candidates"]}) == 1


def test_wrong_ways_are_refused_and_change_nothing(town: Town) -> None:
    with pytest.raises(InvalidInputError) as caught:
        town.session.update("zones", "zone0", {"placement": "scatter"})
    assert caught.value.field == "placement"
    town.session.create("schedtags", {"name": "nets", "resource_type": "networks"})
    for wrong in (
        lambda: town.session.update("schedtags", "nets", {"placement": "pack"}),
        lambda: town.session.create("schedtags", {"name": "x", "resource_type": "zones", "placement": "pack"}),
    ):
        with pytest.raises(InvalidInputError, match="placement is of hosts") as caught:
            wrong()
        assert caught.value.field == "placement"
    assert not town.session.get("schedtags", "nets").get("placement")


def test_a_zone_takes_none_but_its_own_statuses(town: Town) -> None:
    with pytest.raises(InvalidInputError, match="status must be one of enable, disable, soldout"):
        town.session.update("zones", "zone0", {"status": "AAA"})
    with pytest.raises(InvalidInputError, match="status must be one of enable, disable, soldout"):
        town.session.create("zones", {"name": "other", "status": "AAA"})
    assert [zone["status"] for zone in town.session.list("zones").items] == ["enable"]
