"""Actions that are plain changes of records, and what networks say of their addresses."""

from __future__ import annotations

import pytest
from tests.unit.resources.conftest import People, plant, put_server

from cloudcore.model import errors


def test_a_network_says_who_has_which_address_and_which_are_free(people: People) -> None:
    made = plant(people)
    put_server(people, "web", ip="10.1.0.5")
    put_server(people, "theirs", owner="eve", ip="10.1.0.6")
    people.admin.perform("networks", made.network, "reserve-ip", {"ips": ["10.1.0.9"], "notes": "printer"})
    rows = people.bob.detail("networks", made.network, "addresses")["addresses"]
    assert [(row["ip_addr"], row["owner_type"], row.get("owner")) for row in rows] == [
        ("10.1.0.5", "server", "web"), ("10.1.0.6", "server", None), ("10.1.0.9", "reservedip", None),
    ]  # fmt: skip
    free = people.bob.detail("networks", made.network, "available-addresses", {"limit": "4"})["addresses"]
    assert free == ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.7"]
    kept = people.bob.detail("networks", made.network, "reserved-ips")
    assert kept == {"reserved_ips": [{"ip_addr": "10.1.0.9", "notes": "printer"}]}
    with pytest.raises(errors.ResourceNotFoundError):
        people.eve.detail("networks", made.network, "addresses")


def test_overcommit_is_set_within_its_limits(people: People) -> None:
    made = plant(people)
    host = people.admin.perform("hosts", made.hosts[0], "set-commit-bound", {"cpu_cmtbound": "4", "mem_cmtbound": 1.5})
    assert (host["cpu_cmtbound"], host["mem_cmtbound"]) == (4.0, 1.5)
    with pytest.raises(errors.MissingParameterError) as caught:
        people.admin.perform("hosts", made.hosts[0], "set-commit-bound", {"cmtbound": 1})
    assert caught.value.field == "cpu_cmtbound"
    with pytest.raises(errors.InvalidInputError):
        people.admin.perform("hosts", made.hosts[0], "set-commit-bound", {"cpu_cmtbound": -1})
    with pytest.raises(errors.ForbiddenError):
        people.bob.perform("hosts", made.hosts[0], "set-commit-bound", {"cpu_cmtbound": 1})


def test_only_what_nothing_uses_is_purged(people: People) -> None:
    made = plant(people)
    put_server(people, "web", ip="10.1.0.5")
    for plural, ident in (("networks", made.network), ("zones", made.zone)):
        with pytest.raises(errors.NotEmptyError):
            people.admin.perform(plural, ident, "purge")
        assert people.admin.get(plural, ident)["id"] == ident
    with pytest.raises(errors.InvalidStatusError):
        people.admin.perform("hosts", made.hosts[1], "purge")
    people.admin.perform("hosts", made.hosts[1], "disable")
    gone = people.admin.perform("hosts", made.hosts[1], "purge")
    assert gone["name"] == "h2"
    with pytest.raises(errors.ResourceNotFoundError):
        people.admin.get("hosts", made.hosts[1])


def test_conditions_are_tried_out_on_what_is_there(people: People) -> None:
    made = plant(people)
    put_server(people, "web", made.hosts[0])
    people.admin.create("schedtags", {"name": "big", "resource_type": "hosts"})
    policy = {"name": "p", "schedtag": "big", "condition": "server.vmem_size >= 512", "strategy": "require"}
    people.admin.create("schedpolicies", policy)
    asked = {"object_id": "web-id", "resource_type": "server"}
    answer = people.admin.perform("schedpolicies", "p", "evaluate", asked)
    assert (answer["result"], answer["server"]["name"]) == (True, "web")
    people.admin.update("schedpolicies", "p", {"condition": "server.vmem_size > 512"})
    assert people.admin.perform("schedpolicies", "p", "evaluate", asked)["result"] is False
    dynamic = {"name": "d", "schedtag": "big", "condition": 'host.name == "h1" && server.name == "web"'}
    people.admin.create("dynamicschedtags", dynamic)
    both = {"object_id": "h1", "resource_type": "hosts", "virtual_object_id": "web-id"}
    answer = people.admin.perform("dynamicschedtags", "d", "evaluate", both)
    assert (answer["result"], sorted(answer)) == (True, ["host", "result", "server"])
    for wrong, error in (
        ({}, errors.MissingParameterError), ({"object_id": "x", "resource_type": "colour"}, errors.InvalidInputError),
        ({"object_id": "nothing"}, errors.ResourceNotFoundError),
    ):  # fmt: skip
        with pytest.raises(error):
            people.admin.perform("schedpolicies", "p", "evaluate", wrong)


def test_what_is_no_clouds_says_so(people: People) -> None:
    plant(people)
    put_server(people, "web")
    (server,) = people.bob.list("servers").items
    assert (server["brand"], server["provider"], server["cloud_env"]) == ("OneCloud", "OneCloud", "onpremise")
    for params, number in (
        ({"brand": "OneCloud"}, 1), ({"brand": ["Aliyun", "onecloud"]}, 1), ({"provider": "Aliyun"}, 0),
        ({"cloud_env": "public"}, 0), ({"is_on_premise": "true"}, 1), ({"is_managed": "true"}, 0),
        ({"manager": "m1"}, 0), ({"account": ""}, 1), ({"cloudaccount_id": "x"}, 0),
    ):  # fmt: skip
        assert people.bob.list("servers", params).total == number, params
