from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.resources.conftest import SECRET, plant, put_server

from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.ties import untie_server
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.ranges import allocate_address
from cloudcore.resources.network.reservedip import RESERVEDIPS


def allocate(people: Any, network: str, wanted: str | None = None) -> str:
    with people.cloud.platform.uow.read() as tx:
        row = tx.of(NETWORKS, PLATFORM).get(network)
        return allocate_address(tx, row, random=bytes, wanted=wanted)


def test_reserved_addresses_are_not_given_out(people: Any) -> None:
    network = plant(people).network
    first = allocate(people, network)
    after = people.admin.perform("networks", network, "reserve-ip", {"ips": [first, "10.1.0.3"], "notes": "printer"})
    assert (after["reserve_vnics4"], after["ports_used"]) == (2, 2)
    assert allocate(people, network) != first
    with pytest.raises(ConflictError):
        allocate(people, network, first)
    kept = people.admin.list("reservedips", {"network": network}).items
    assert {(r["ip_addr"], r["notes"], r["status"]) for r in kept} == {
        (first, "printer", "unknown"),
        ("10.1.0.3", "printer", "unknown"),
    }
    people.admin.perform("networks", network, "release-reserved-ip", {"ip": first})
    assert allocate(people, network) == first
    with pytest.raises(ResourceNotFoundError):
        people.admin.perform("networks", network, "release-reserved-ip", {"ip": first})


def test_a_network_with_reserved_addresses_stays(people: Any) -> None:
    network = plant(people).network
    people.admin.perform("networks", network, "reserve-ip", {"ips": ["10.1.0.3"]})
    with pytest.raises(NotEmptyError):
        people.admin.delete("networks", network)


def test_a_reservation_ends_by_itself(people: Any) -> None:
    network = plant(people).network
    people.admin.perform("networks", network, "reserve-ip", {"ips": ["10.1.0.3"], "duration": "3h"})
    with people.cloud.platform.uow.write(Author()) as tx:
        row = tx.of(RESERVEDIPS, PLATFORM).find()[0]
        assert timedelta(hours=2) < row.expired_at - tx.now <= timedelta(hours=3)
        tx.of(RESERVEDIPS, PLATFORM).save(evolve(row, expired_at=tx.now - timedelta(seconds=1)))
        tx.commit()
    assert allocate(people, network, "10.1.0.3") == "10.1.0.3"
    assert people.admin.list("reservedips").items[0]["expired"] is True
    people.admin.perform("networks", network, "reserve-ip", {"ips": ["10.1.0.3"]})
    assert [r.get("expired") for r in people.admin.list("reservedips").items] == [False]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "ips"),
        ({"ips": ["10.9.0.1"]}, "address"),
        ({"ips": ["10.1.0.3"], "duration": "3"}, "duration"),
        ({"ips": ["10.1.0.3"], "duration": "0h"}, "duration"),
        ({"ips": ["10.1.0.3"], "duration": "999999Y"}, "duration"),
        ({"ips": ["10.1.0.3"], "status": "dead"}, "status"),
    ],
)
def test_wrong_reservations_name_the_field_and_reserve_nothing(people: Any, body: Any, field: str) -> None:
    network = plant(people).network
    with pytest.raises(InvalidInputError) as caught:
        people.admin.perform("networks", network, "reserve-ip", body)
    assert caught.value.field == field
    assert people.admin.list("reservedips").total == 0


def test_of_several_addresses_all_are_reserved_or_none(people: Any) -> None:
    network = plant(people).network
    with pytest.raises(ConflictError):
        people.admin.perform("networks", network, "reserve-ip", {"ips": ["10.1.0.3", "10.1.0.3"]})
    assert people.admin.list("reservedips").total == 0


@pytest.fixture
def pool(people: Any) -> str:
    plant(people)
    made = people.admin.create(
        "networks",
        {
            "name": "outside",
            "wire": "wire0",
            "guest_ip_start": "203.0.113.1",
            "guest_ip_end": "203.0.113.2",
            "guest_ip_mask": 24,
            "server_type": "eip",
        },
    )
    people.admin.perform("networks", made["id"], "public", {"scope": "system"})
    return str(made["id"])


def test_public_addresses_come_from_a_pool_until_it_is_empty(people: Any, pool: str) -> None:
    one = people.bob.create("eips", {"name": "a", "bandwidth": 10})
    two = people.bob.create("eips", {"name": "b", "network": pool, "ip_addr": "203.0.113.1"})
    assert {one["ip_addr"], two["ip_addr"]} == {"203.0.113.1", "203.0.113.2"}
    with pytest.raises(InsufficientResourceError):
        people.bob.create("eips", {"name": "c"})
    assert people.admin.get("networks", pool)["eip_vnics"] == 2
    people.bob.delete("eips", "a")
    assert people.bob.create("eips", {"name": "c"})["ip_addr"] == one["ip_addr"]


def test_a_public_address_comes_from_a_pool_only(people: Any, pool: str) -> None:
    del pool
    with pytest.raises(InvalidInputError) as caught:
        people.bob.create("eips", {"name": "a", "network": "net1"})
    assert caught.value.field == "network_id"


def test_a_public_address_is_given_to_one_server_at_a_time(people: Any, pool: str) -> None:
    del pool
    server = put_server(people, "s1", ip="10.1.0.5")
    theirs = put_server(people, "s2", owner="eve", ip="10.1.0.6")
    eip = people.bob.create("eips", {"name": "a"})["id"]
    with pytest.raises(ResourceNotFoundError):
        people.bob.perform("eips", eip, "associate", {"instance_id": theirs})
    with pytest.raises(NotSupportedError):
        people.bob.perform("eips", eip, "associate", {"instance_id": server, "instance_type": "natgateway"})
    with pytest.raises(MissingParameterError):
        people.bob.perform("eips", eip, "associate")
    tied = people.bob.perform("eips", eip, "associate", {"instance_id": "s1"})
    assert (tied["associate_name"], tied["server_private_ip"]) == ("s1", "10.1.0.5")
    with pytest.raises(InvalidStatusError):
        people.bob.perform("eips", eip, "associate", {"instance_id": server})
    with pytest.raises(ConflictError):
        people.bob.delete("eips", eip)
    other = people.bob.create("eips", {"name": "b"})["id"]
    with pytest.raises(ConflictError):
        people.bob.perform("eips", other, "associate", {"instance_id": server})
    free = people.bob.perform("eips", eip, "dissociate")
    assert "associate_id" not in free
    with pytest.raises(InvalidStatusError):
        people.bob.perform("eips", eip, "dissociate")
    assert people.bob.perform("eips", eip, "change-bandwidth", {"bandwidth": "5"})["bandwidth"] == 5


def test_a_public_address_is_not_given_to_a_server_out_of_use(people: Any, pool: str) -> None:
    del pool
    server = put_server(people, "s1", ip="10.1.0.5")
    eip = people.bob.create("eips", {"name": "a"})["id"]
    people.bob.perform("servers", server, "freeze")
    with pytest.raises(InvalidStatusError, match="frozen"):
        people.bob.perform("eips", eip, "associate", {"instance_id": server})
    people.bob.perform("servers", server, "unfreeze")
    with people.cloud.platform.uow.write(Author()) as tx:
        row = tx.of(SERVERS, PLATFORM).get(server)
        tx.of(SERVERS, PLATFORM).save(evolve(row, pending_deleted=True))
        tx.commit()
    with pytest.raises(InvalidStatusError, match="recycle bin"):
        people.bob.perform("eips", eip, "associate", {"instance_id": server})
    assert "associate_id" not in people.bob.get("eips", eip)


def test_a_public_address_in_use_stays_with_its_project(people: Any, pool: str) -> None:
    del pool
    server = put_server(people, "s1", ip="10.1.0.5")
    eip = people.bob.create("eips", {"name": "a"})["id"]
    people.bob.perform("eips", eip, "associate", {"instance_id": server})
    with pytest.raises(InvalidStatusError):
        people.admin.perform("eips", eip, "change-owner", {"project": "eve"})
    people.bob.perform("eips", eip, "dissociate")
    assert people.admin.perform("eips", eip, "change-owner", {"project": "eve"})["tenant"] == "eve"


def test_who_may_not_delete_a_public_address_does_not_lose_it_otherwise(people: Any, pool: str) -> None:
    del pool
    server = put_server(people, "s1", ip="10.1.0.5")
    eip = people.bob.create("eips", {"name": "a"})["id"]
    people.bob.perform("eips", eip, "associate", {"instance_id": server})
    rules = {"compute": {"*": {"list": "allow", "get": "allow", "perform": "allow"}}}
    people.admin.create("policies", {"name": "acting", "scope": "project", "policy": {"policy": rules}})
    people.admin.create("roles", {"name": "actor"})
    people.admin.perform("roles", "actor", "add-policy", {"policy_id": "acting"})
    people.admin.create("users", {"name": "ann", "password": SECRET})
    people.cloud.grant(people.admin, "bob", "users", "ann", "actor", remove=False)
    ann = people.cloud.login("ann", SECRET, project="bob")
    with pytest.raises(ForbiddenError):
        ann.perform("eips", eip, "dissociate", {"auto_delete": True})
    assert people.bob.get("eips", eip)["associate_name"] == "s1"
    ann.perform("eips", eip, "dissociate")


def test_a_public_address_survives_its_server_unless_it_goes_with_it(people: Any, pool: str) -> None:
    del pool
    server = put_server(people, "s1", ip="10.1.0.5")
    kept = people.bob.create("eips", {"name": "kept"})["id"]
    people.bob.perform("eips", kept, "associate", {"instance_id": server})
    _untie(people, server)
    assert "associate_id" not in people.bob.get("eips", kept)
    people.bob.update("eips", kept, {"auto_dellocate": True})
    people.bob.perform("eips", kept, "associate", {"instance_id": server})
    _untie(people, server)
    assert people.bob.list("eips").total == 0


def _untie(people: Any, server: str) -> None:
    with people.cloud.platform.uow.write(Author()) as tx:
        untie_server(tx, server)
        tx.commit()
