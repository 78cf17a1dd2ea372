"""What clients of Cloudpods say in bodies and headers is followed, or refused by its name; zeros ask for nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.wire.every_type import Place


@pytest.fixture(scope="module")
def place() -> Place:
    place = Place()
    place.make("network", {**NEW["network"], "name": "public", "guest_ip_prefix": "10.43.0.0/24", "server_type": "eip"})
    return place


def make(place: Place, singular: str, body: Any, path: str = "") -> Any:
    return place.ask("admin", "POST", path or f"/compute/{singular}s", json={singular: body})


def refused(answer: Any, status: int, field: str) -> None:
    assert (answer.status_code, answer.json().get("data", {}).get("field")) == (status, field), answer.text[:300]


NEW: dict[str, dict[str, Any]] = {
    "secgroup": {"name": "sg"},
    "wire": {"name": "w", "bandwidth": 1000, "vpc_id": "default", "zone_id": "row-zones-1"},
    "network": {"name": "n", "wire": "wire0", "guest_ip_prefix": "10.44.0.0/24"},
    "storage": {"name": "st", "capacity": 10, "storage_type": "local", "medium_type": "ssd", "zone_id": "row-zones-1"},
    "disk": {"name": "d", "size": 1024},
    "zone": {"name": "z"},
}


@pytest.mark.parametrize("name", ["manager", "manager_id", "cloudprovider", "cloudprovider_id", "cloudaccount"])
@pytest.mark.parametrize("singular", sorted(NEW))
def test_a_new_thing_of_an_account_that_there_is_not(place: Place, singular: str, name: str) -> None:
    answer = make(place, singular, {**NEW[singular], name: "nobodys"})
    refused(answer, 404, name)
    assert "nobodys" in answer.json()["details"]


@pytest.mark.parametrize("singular", ["secgroup", "zone", "network"])
def test_a_new_thing_of_a_cloud_of_somebody_else(place: Place, singular: str) -> None:
    refused(make(place, singular, {**NEW[singular], "provider": "Aliyun"}), 406, "provider")


def test_what_asks_for_nothing_is_passed_over(place: Place) -> None:
    said = {"manager_id": "", "manager": None, "provider": "OneCloud", "cloudregion": "default", "region_id": ""}
    assert make(place, "secgroup", {"name": "plain", **said}).status_code == 200
    said = {"assign_public_ip": False, "zone": "", "vpc": "Default"}
    assert make(place, "network", {**NEW["network"], "name": "plain", **said}).status_code == 200


@pytest.mark.parametrize("name", ["cloudregion_id", "cloudregion", "region_id", "region"])
@pytest.mark.parametrize("singular", ["secgroup", "network", "wire", "zone"])
@pytest.mark.parametrize("region", ["nowhere", "../.."])
def test_a_region_that_there_is_not(place: Place, singular: str, name: str, region: str) -> None:
    refused(
        make(place, singular, {**NEW[singular], "name": "lost", "guest_ip_prefix": "10.46.0.0/24", name: region}),
        404,
        name,
    )


def test_a_security_group_lies_in_the_region_that_it_names(place: Place) -> None:
    made = make(place, "secgroup", {"name": "far", "cloudregion_id": "row-cloudregions-1"})
    assert made.json()["secgroup"]["cloudregion_id"] == "row-cloudregions-1"


def test_a_network_is_not_made_elsewhere_than_its_body_says(place: Place) -> None:
    body = {**NEW["network"], "name": "elsewhere", "guest_ip_prefix": "10.45.0.0/24"}
    refused(make(place, "network", {**body, "zone": "row-zones-2"}), 400, "zone")
    refused(make(place, "network", {**body, "vpc_id": "nowhere"}), 404, "vpc_id")
    refused(make(place, "network", {**body, "assign_public_ip": "true"}), 406, "assign_public_ip")
    assert place.get("/compute/networks?name=elsewhere").json()["networks"] == []


@pytest.mark.parametrize("ident", ["../..", ".", "a/b", "a?b", "a%2fb"])
def test_the_id_of_a_region_can_stand_in_a_path(place: Place, ident: str) -> None:
    refused(make(place, "region", {"id": ident}, "/v3/regions"), 400, "id")
    assert ident not in [row["id"] for row in place.get("/v3/regions").json()["regions"]]


@pytest.mark.parametrize("name", ["duration", "billing_cycle", "auto_renew", "release_at"])
@pytest.mark.parametrize("singular", ["disk", "eip"])
def test_disks_and_addresses_are_not_paid_for_in_advance(place: Place, singular: str, name: str) -> None:
    body = {"name": "paid", "size": 1024} if singular == "disk" else {"name": "paid"}
    refused(make(place, singular, {**body, name: "1M" if name != "auto_renew" else True}), 406, name)
    refused(make(place, singular, {**body, "billing_type": "prepaid"}), 406, "billing_type")


HINTS = {"for_guests": [{"id": "g"}], "guest_ids": ["g"], "pending_usages": [{"cpu": 1}], "reuse_network": True}


@pytest.mark.parametrize("name", sorted(HINTS))
def test_hints_for_the_scheduler_that_nothing_follows(place: Place, name: str) -> None:
    body = {"vcpu_count": 1, "vmem_size": 1024, "disks": [{"size": 10240}], name: HINTS[name]}
    for path, sent in (("/scheduler", body), ("/scheduler/forecast", body), ("/scheduler/test", body)):
        refused(place.ask("admin", "POST", f"/scheduler{path}", json=sent), 406, name)
    refused(make(place, "server", {**body, "name": "hinted"}), 406, name)
    quiet = {**body, name: False if name == "reuse_network" else []}
    assert place.ask("admin", "POST", "/scheduler/scheduler/forecast", json=quiet).status_code == 200


def test_a_suggestion_is_asked_of_the_scheduler_and_makes_no_server(place: Place) -> None:
    body = {"vcpu_count": 1, "vmem_size": 1024, "disks": [{"size": 10240}], "suggestion": True}
    assert place.ask("admin", "POST", "/scheduler/scheduler/test", json=body).status_code == 200
    refused(make(place, "server", {**body, "name": "suggested"}), 406, "suggestion")
    assert place.get("/compute/servers?name=suggested").json()["servers"] == []


def test_tags_in_the_headers_of_an_image(place: Place) -> None:
    headers = {"X-Image-Meta-Name": "tagged", "X-Image-Meta-Metadata": json.dumps({"user:env": "prod"})}
    made = place.ask("admin", "POST", "/image/v1/images", headers=headers)
    assert made.status_code == 200, made.text
    path = f"/image/v1/images/{made.json()['image']['id']}"
    head = place.ask("admin", "HEAD", path).headers
    assert json.loads(head["x-image-meta-metadata"]) == {"user:env": "prod"}
    more = {"X-Image-Meta-Metadata": json.dumps({"user:team": "red"})}
    assert place.ask("admin", "PUT", path, headers=more).status_code == 200
    head = place.ask("admin", "HEAD", path).headers
    assert json.loads(head["x-image-meta-metadata"]) == {"user:env": "prod", "user:team": "red"}


@pytest.mark.parametrize("prefix", ["/log/actions", "/compute/events", "/log/events"])
def test_one_record_of_the_log_and_the_values_of_its_fields(place: Place, prefix: str) -> None:
    keyword, plural = prefix.rpartition("/")[2][:-1], prefix.rpartition("/")[2]
    (newest,) = place.get(f"{prefix}?limit=1&scope=system").json()[plural]
    assert place.get(f"{prefix}/{newest['id']}").json()[keyword] == newest
    for nothing in ("0", "999999999", "9" * 30):
        refused(place.get(f"{prefix}/{nothing}"), 404, "id")
    assert "create" in place.get(f"{prefix}/distinct-field?field=action").json()[keyword]["action"]
    told = place.get(f"{prefix}/distinct-fields?field=action&field=service&action=create").json()[keyword]
    assert {row["action"] for row in told["fields"]} == {"create"}
    assert {"compute", "identity"} <= {row["service"] for row in told["fields"]}
    assert told["extra_fields"] == []
    refused(place.get(f"{prefix}/distinct-fields"), 400, "field")
    refused(place.get(f"{prefix}/distinct-fields?field=action&extra_resource=zone"), 400, "extra_resource")


def test_the_log_is_asked_before_it_was_listed() -> None:
    told = Place().get("/log/actions/distinct-field?field=action").json()["action"]["action"]
    assert "create" in told


def test_somebody_elses_record_is_not_there(place: Place) -> None:
    rows = place.get("/log/actions?limit=1&scope=system").json()["actions"]
    refused(place.get(f"/log/actions/{rows[0]['id']}", who="bob"), 404, "id")


@pytest.mark.parametrize("what", ["application_credentials", "credentials/OS-EC2"])
def test_the_credentials_of_nobody(place: Place, what: str) -> None:
    assert place.get(f"/v3/users/NOBODY/{what}").status_code == 404
    bob = place.get("/v3/users/bob").json()["user"]["id"]
    assert place.get(f"/v3/users/{bob}/{what}").status_code == 200


def test_sizes_are_sorted_by_price(place: Place) -> None:
    for number, price in enumerate((3, 1, 2)):
        body = {"name": f"priced-{price}", "cpu_core_count": 1, "memory_size_mb": 1024, "hour_price": price}
        assert make(place, "serversku", body).status_code == 200, number
    asked = "/compute/serverskus?filter=name.startswith(priced-)"

    def names(more: str) -> list[str]:
        return [row["name"] for row in place.get(f"{asked}&{more}").json()["serverskus"]]

    assert names("sort_by=price&order=asc") == names("order_by_price=asc") == ["priced-1", "priced-2", "priced-3"]
    assert names("sort_by=price") == names("sort_by=hour_price") == ["priced-3", "priced-2", "priced-1"]
    assert place.get(f"{asked}&sort_by=nothing").status_code == 400


@pytest.mark.parametrize(
    ("singular", "body", "field"),
    [
        ("host", {"name": "bare", "host_type": "baremetal", "ipmi_username": "root"}, "ipmi_username"),
        ("host", {"name": "bare", "access_net": "net0"}, "access_net"),
        ("keypair", {"name": "whole", "private_key": "secret"}, "private_key"),
        ("secgroup", {"name": "wide", "globalvpc_id": "g1"}, "globalvpc_id"),
        ("disk", {"name": "reset", "size": 1024, "auto_reset": True}, "auto_reset"),
        ("server", {"name": "s", "nets": [{"network": "net0", "net_type": "pxe"}]}, "nets.0.net_type"),
        ("server", {"name": "s", "nets": [{"network": "net0", "billing_type": "prepaid"}]}, "nets.0.billing_type"),
        ("server", {"name": "s", "manager_id": "m1"}, "manager_id"),
    ],
)
def test_what_nothing_follows_of_a_new_thing(place: Place, singular: str, body: Any, field: str) -> None:
    if singular == "server":
        body = {"vcpu_count": 1, "vmem_size": 512, "disks": [{"image_id": "tiny"}], **body}
    refused(make(place, singular, body), 406, field)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("eips/row-eips-1", {"ip_addr": "203.0.113.77"}, "ip_addr"),
        ("eips/row-eips-1", {"associate_id": "row-servers-1"}, "associate_id"),
        ("disks/row-disks-1", {"size": "99g"}, "size"),
        ("networks/row-networks-1", {"wire_id": "row-wires-2"}, "wire_id"),
        ("servers/row-servers-1", {"vcpu_count": 9}, "vcpu_count"),
        ("servers/row-servers-1", {"vmem_size": "9g"}, "vmem_size"),
        ("serverskus/row-serverskus-1", {"cpu_core_count": 9}, "cpu_core_count"),
        ("snapshots/row-snapshots-1", {"expired_at": "2099-01-01T00:00:00Z"}, "expired_at"),
        ("disks/row-disks-1", {"auto_reset": True}, "auto_reset"),
        ("disks/row-disks-1", {"preallocation": "full"}, "preallocation"),
    ],
)
def test_what_an_update_cannot_change(place: Place, path: str, body: Any, field: str) -> None:
    refused(place.ask("admin", "PUT", f"/compute/{path}", json=body), 406, field)


def test_an_update_may_say_what_is_so(place: Place) -> None:
    eip = place.get("/compute/eips/row-eips-1").json()["eip"]
    body = {"name": "whole", "cpu_core_count": 3, "memory_size_mb": 3072}
    size = make(place, "serversku", body).json()["serversku"]["id"]
    for plural in ("servers", "networks", "disks", "serverskus", "snapshots"):
        path = f"/compute/{plural}/{size if plural == 'serverskus' else f'row-{plural}-2'}"
        (whole,) = place.get(path).json().values()
        assert place.ask("admin", "PUT", path, json=whole).status_code == 200, plural
    for path, body in (
        ("eips/row-eips-1", {"ip_addr": eip["ip_addr"], "description": "same"}),
        ("disks/row-disks-1", {"auto_reset": False, "preallocation": "off", "billing_type": "postpaid"}),
        ("hosts/row-hosts-1", {"ipmi_username": "root", "description": "an agent sends more than is read"}),
    ):
        assert place.ask("admin", "PUT", f"/compute/{path}", json=body).status_code == 200, path


@pytest.mark.parametrize(
    ("said", "tenant", "domain"),
    [
        ({"project": "proj1"}, "proj1", "default"),
        ({"project_domain": "Default"}, "", "default"),
        ({"scope": "project"}, "system", "default"),
        ({"scope": "domain"}, "", "default"),
        ({"scope": "system", "project_id": "proj1"}, "", ""),
        ({}, "", ""),
    ],
)
def test_a_new_scheduling_tag_is_for_whom_it_says(place: Place, said: Any, tenant: str, domain: str) -> None:
    name = "-".join(["tag", *said, *map(str, said.values())]).lower()
    made = make(place, "schedtag", {"name": name, "resource_type": "hosts", **said})
    assert made.status_code == 200, made.text
    shown = place.get(f"/compute/schedtags/{made.json()['schedtag']['id']}").json()["schedtag"]
    wanted = place.get(f"/v3/projects/{tenant}").json()["project"]["id"] if tenant else ""
    assert (shown.get("tenant_id") or "", shown.get("domain_id") or "") == (wanted, domain)


def test_a_scheduling_tag_for_nobody_is_not_made(place: Place) -> None:
    for said, field in (({"scope": "world"}, "scope"), ({"project": "nobodys"}, "project")):
        refused(make(place, "schedtag", {"name": "lost", "resource_type": "hosts", **said}), 400, field)
    assert place.get("/compute/schedtags?name=lost").json()["schedtags"] == []


def test_a_record_of_the_log_is_told_by_the_fields_that_are_asked_for(place):
    number = place.get("/log/actions?limit=1&scope=system").json()["actions"][0]["id"]
    assert set(place.get(f"/log/actions/{number}?field=action").json()["action"]) == {"action"}
    refused(place.get(f"/log/actions/{number}?field=secret"), 400, "field")
