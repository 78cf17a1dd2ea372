"""A create that is only tried: every check, the place, the quota, and nothing left behind."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.errors import (
    DuplicateNameError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidFormatError,
    InvalidInputError,
    OutOfQuotaError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.hosts import register_host
from cloudcore.operations.types import TYPES
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost

WEB = {"name": "web", "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"], "dry_run": True}


@pytest.fixture
def hosted(people: Any) -> Any:
    """With a simulated host, and an image of bob."""
    cloud = people.cloud
    host = SimulatedHost(SystemClock(), deployment=cloud.platform.settings.deployment)
    register_host(cloud.platform, host.facts())
    people.bob.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
    worker = cloud.worker(RoutedEffects({"image": images}), "test", lambda *_: None)
    for ident in worker.due():
        worker.run(ident)
    assert people.bob.get("images", "tiny")["status"] == "active"
    return people


def everything(people: Any) -> dict[str, Any]:
    with people.cloud.platform.uow.read() as tx:
        return {r.plural: sorted(map(repr, tx.of(r, PLATFORM).find())) for r in TYPES}


def test_a_server_that_fits_says_where_and_what_it_takes(hosted: Any) -> None:
    before = everything(hosted)
    told = hosted.bob.create("servers", WEB)
    assert everything(hosted) == before
    assert (told["name"], told["dry_run"], told["vcpu_count"]) == ("web", True, 1)
    assert told["host"]
    assert told["quota"]["cpu"]["used"] == 1
    assert "id" not in told
    assert hosted.bob.list("servers").total == 0
    assert hosted.bob.create("servers", {**WEB, "dry_run": False})["name"] == "web"


def test_several_are_tried_together(hosted: Any) -> None:
    before = everything(hosted)
    told = hosted.bob.create_many("servers", WEB, 3)
    assert [row["name"] for row in told] == ["web", "web-2", "web-3"]
    assert told[0]["quota"]["count"]["used"] == 3
    assert everything(hosted) == before


def test_what_would_be_refused_is_refused(hosted: Any) -> None:
    before = everything(hosted)
    with pytest.raises(InsufficientResourceError, match="host_memory"):
        hosted.bob.create("servers", {**WEB, "vmem_size": "900G"})
    with pytest.raises(ResourceNotFoundError):
        hosted.bob.create("servers", {**WEB, "nets": ["nowhere"]})
    with pytest.raises(InvalidInputError):
        hosted.bob.create("servers", {**WEB, "vcpu_count": "many"})
    with pytest.raises(InvalidInputError) as caught:
        hosted.bob.create("servers", {**WEB, "dry_run": "perhaps"})
    assert caught.value.field == "dry_run"
    assert everything(hosted) == before


def test_a_taken_name_and_a_full_quota_are_refused(hosted: Any) -> None:
    hosted.bob.create("servers", {**WEB, "dry_run": False})
    with pytest.raises(DuplicateNameError):
        hosted.bob.create("servers", WEB)
    project = hosted.admin.get("projects", "bob")
    limit = Quotalimit(id="q", domain_id=project["domain_id"], tenant_id=project["id"], cpu=1)
    with hosted.cloud.platform.uow.write(Author()) as unit:
        unit.of(QUOTALIMITS, PLATFORM).add(limit)
        unit.commit()
    with pytest.raises(OutOfQuotaError):
        hosted.bob.create("servers", {**WEB, "name": "second"})


def test_every_type_can_be_tried(people: Any) -> None:
    people.bob.create("keypairs", {"name": "there"})
    before = everything(people)
    told = people.bob.perform_class("keypairs", "check-create-data", {"name": "k"})
    assert (told["name"], told["dry_run"]) == ("k", True)
    assert people.bob.create("keypairs", {"name": "k", "dry_run": True})["dry_run"] is True
    for body in ({"name": "there"}, {"name": "\x00"}):
        with pytest.raises(InvalidInputError if body["name"] != "there" else DuplicateNameError):
            people.bob.create("keypairs", {**body, "dry_run": True})
    with pytest.raises(ForbiddenError):
        people.bob.create("zones", {"name": "z", "dry_run": True})
    assert everything(people) == before


def test_what_a_type_calls_count_is_not_how_many_are_tried(people: Any) -> None:
    told = people.admin.perform_class("quota_reservations", "check-create-data", {"name": "r", "count": 3, "cpu": 4})
    assert told["amounts"] == {"count": 3, "cpu": 4}
    for plural, body in (("quota_reservations", {"cpu": 4}), ("keypairs", {})):
        with pytest.raises(InvalidFormatError, match="count: the value is not a whole number"):
            people.admin.perform_class(plural, "check-create-data", {"name": "r", "count": {}, **body})
