"""The scheduler as it is asked from outside: what it would choose, why not, and what the hosts have; nothing changes."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InsufficientResourceError, InvalidInputError, OutOfRangeError
from cloudcore.model.host import BridgeFacts, Facts, StorageFacts
from cloudcore.model.query import PLATFORM
from cloudcore.operations.host_leases import renew
from cloudcore.operations.hosts import host_offline, register_host
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.image.image import IMAGES

BODY = {
    "vcpu_count": 1,
    "vmem_size": 512,
    "disks": [{"size": 1024, "image_id": "tiny"}],
    "nets": [{"network": "default"}],
}
FACTS = Facts(
    hostname="one",
    uuid="11111111-1111-1111-1111-111111111111",
    arch="x86_64",
    cpu_count=4,
    cpu_desc="test",
    cpu_mhz=1000,
    memory_mib=8192,
    virt_type="simulated",
    version="1",
    storages=(StorageFacts(name="disks", path="/disks", capacity_mib=100_000, used_mib=0, medium_type="ssd"),),
    bridges=(BridgeFacts(name="br0", mac="00:22:00:00:00:01", cidr="10.9.0.0/24", gateway="10.9.0.1"),),
)


@pytest.fixture
def host(people: Any) -> str:
    ident = register_host(people.cloud.platform, FACTS)
    people.admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    with people.cloud.platform.uow.write(Author()) as tx:
        (image,) = tx.of(IMAGES, PLATFORM).find()
        tx.of(IMAGES, PLATFORM).save(evolve(image, status="active"))
        tx.commit()
    return ident


def ask(people: Any, question: str, **body: Any) -> Any:
    return people.admin.perform_class("scheduler", question, {**BODY, **body})


def test_it_names_the_host_for_each_server(people: Any, host: str) -> None:
    chosen = ask(people, "schedule", count=2)["candidates"]
    assert [c["host_id"] for c in chosen] == [host, host]
    assert people.admin.list("servers").total == 0


def test_a_test_scores_every_host_that_could_do(people: Any, host: str) -> None:
    answer = ask(people, "test")
    assert {row["id"] for row in answer["data"]} == {host}
    assert answer["total"] == len(answer["data"])


def test_what_does_not_fit_is_explained_by_filter(people: Any, host: str) -> None:
    del host
    with pytest.raises(InsufficientResourceError) as refused:
        ask(people, "schedule", vmem_size=1_000_000)
    assert "host_memory" in str(refused.value)
    told = ask(people, "forecast", vmem_size=1_000_000)
    assert told["can_create"] is False


def test_hosts_are_listed_with_what_they_have_left(people: Any, host: str) -> None:
    (row,) = people.admin.perform_class("scheduler", "candidate-list", {})["data"]
    assert (row["id"], row["host_status"], row["enable_status"]) == (host, "online", "enable")
    assert row["mem"]["total"] == row["mem"]["free"] == 8192
    assert people.admin.perform_class("scheduler", "candidate-list", {"offset": 1})["data"] == []


def test_odd_questions_are_refused(people: Any, host: str) -> None:
    del host
    with pytest.raises(InvalidInputError, match="no action guess"):
        ask(people, "guess")
    for body in ({"count": 0}, {"count": "many"}, {"count": 10_000}):
        with pytest.raises((InvalidInputError, OutOfRangeError)):
            ask(people, "schedule", **{**body, "count": body["count"] or -1})


def test_a_host_that_goes_gets_nothing_until_it_is_back(people: Any, host: str) -> None:
    host_offline(people.cloud.platform, host)
    assert people.admin.get("hosts", host)["host_status"] == "offline"
    with pytest.raises(InsufficientResourceError):
        ask(people, "schedule")
    renew(people.cloud.platform, host)
    assert ask(people, "schedule")["candidates"]


def test_a_host_that_registers_again_keeps_what_was_set(people: Any, host: str) -> None:
    people.admin.update("hosts", host, {"mem_reserved": 1024})
    people.admin.perform("hosts", host, "disable")
    assert register_host(people.cloud.platform, attrs.evolve(FACTS, memory_mib=16_384)) == host
    found = people.admin.get("hosts", host)
    assert (found["mem_size"], found["mem_reserved"], found["enabled"]) == (16_384, 1024, False)
    assert people.admin.list("storages").total == 1
    assert people.admin.list("networks").total == 1


def test_a_refusal_names_the_smallest_own_server_whose_end_would_make_room(people: Any, host: str) -> None:
    session = people.admin
    for name, memory in (("small", 512), ("middle", 3000), ("large", 4000)):
        session.create("servers", {**BODY, "name": name, "vmem_size": memory})
    refusals = []
    for attempt in (
        lambda: session.create("servers", {**BODY, "name": "more", "vmem_size": 2048}),
        lambda: ask(people, "schedule", vmem_size=2048),
    ):
        with pytest.raises(InsufficientResourceError) as refusal:
            attempt()
        refusals.append(refusal.value)
    for one in refusals:
        assert "server middle gone" in one.data["relaxations"]
    with pytest.raises(InsufficientResourceError) as other:
        people.bob.perform_class("scheduler", "schedule", {**BODY, "vmem_size": 2048, "disks": [{"size": 1024}]})
    assert other.value.data["relaxations"]
    assert not [text for text in other.value.data["relaxations"] if "gone" in text]
