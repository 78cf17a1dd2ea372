from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.conftest import People, plant

from cloudcore.model.errors import BackendError, OutOfQuotaError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.quotas.counting import SOURCES, charged_of
from cloudcore.quotas.family import COUNTED, COUNTERS, FAMILIES, LATER, LIMITED
from cloudcore.quotas.holdings import server_amounts
from cloudcore.quotas.ledger import charge, refund, usage_of
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.quota.quotalimit import INHERIT, Quotalimit
from cloudcore.resources.quota.quotausage import Quotausage


def test_every_counter_is_a_field_of_the_ledger_and_of_one_family() -> None:
    assert len(set(LIMITED)) == len(LIMITED)
    assert {*COUNTERS, *COUNTED, *LATER} == set(LIMITED)
    counted = [field for source in SOURCES for field in source.counters]
    assert sorted(counted) == sorted((*COUNTERS, *COUNTED))
    assert all(hasattr(Quotausage(id="u"), field) for field in COUNTERS)
    limits = Quotalimit(id="l", domain_id="d")
    assert {getattr(limits, field) for field in LIMITED} == {INHERIT}
    assert all(set(family.narrowed) <= set(family.counters) for family in FAMILIES.values())


def _make(tx: Transaction, project: Any, host: str, name: str, hypervisor: str = "kvm") -> None:
    row = Server(
        id=name,
        name=name,
        vcpu_count=2,
        vmem_size=512,
        host_id=host,
        hypervisor=hypervisor,
        domain_id=project["domain_id"],
        tenant_id=project["id"],
    )
    made = tx.of(SERVERS, PLATFORM).add(row)
    amounts = server_amounts(made)
    charge(tx, made.domain_id, made.tenant_id, amounts, lambda: charged_of(tx, [made.id]))


@pytest.mark.parametrize("key", ["hypervisor", "zone_id"])
def test_a_narrowed_limit_counts_only_what_matches_it(people: People, key: str) -> None:
    place, project = plant(people), people.admin.get("projects", "bob")
    value = {"hypervisor": "kvm", "zone_id": place.zone}[key]
    people.admin.perform("quotas", "projects", "bob", {"cpu": 4, key: value})
    uow = people.cloud.platform.uow
    for name in ("a", "b"):
        with uow.write(Author()) as tx:
            _make(tx, project, place.hosts[0], name)
            tx.commit()
    with uow.write(Author()) as tx, pytest.raises(OutOfQuotaError) as caught:
        _make(tx, project, place.hosts[1], "c")
    assert caught.value.data["exceeded"] == [
        {"scope": "project", "name": "cpu", "limit": 4, "used": 4, "requested": 2, "keys": {key: value}}
    ]
    with uow.write(Author()) as tx:
        if key == "hypervisor":
            _make(tx, project, place.hosts[1], "other", hypervisor="esxi")
        else:
            _make(tx, project, "a host elsewhere", "other")
        tx.commit()
    rows = people.bob.list("quotas").items
    assert [row["usage.cpu"] for row in rows] == [6, 4]


def test_refunding_twice_is_an_alarm_and_changes_nothing(people: People) -> None:
    project = people.admin.get("projects", "bob")
    uow, owner = people.cloud.platform.uow, (project["domain_id"], project["id"])
    with uow.write(Author()) as tx:
        charge(tx, *owner, {"cpu": 2, "count": 1})
        refund(tx, *owner, {"cpu": 2, "count": 1})
        with pytest.raises(BackendError):
            refund(tx, *owner, {"cpu": 2, "count": 1})
        assert usage_of(tx, *owner)["cpu"] == 0
