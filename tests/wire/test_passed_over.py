"""No filter that clients of Cloudpods send is passed over: it narrows, or is refused by its name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.wire.every_type import ROWS, SERVED, Place, url

from cloudcore.auth.caller import platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.resource import Resource
from cloudcore.operations.run import writing
from cloudcore.resources.identity.password import PASSWORDS

NOTHING = "no-such-thing"
ANY_LIST = ("status", "user", "brand", "provider", "account", "manager", "cloud_env", "project_organizations")
"""What all lists take; of things without owner or cloud too."""

OWN = {
    # Parameters with a value that no row can match: a name where nothing is said, after = another value.
    "cachedimages": "zone cloudregion_id host_schedtag_id image_type",
    "cloudregions": "capability service read_only=true city",
    "disks": "storage_host_id cloud_type=Public server_id guest_status type storage snapshotpolicy_id",
    "domains": "idp_id idp_entity_id",
    "eips": "usable_eip_for_associate_type=natgateway usable_eip_for_associate_id associate_name region",
    "groups": "idp_id user_id",
    "guestnetworks": "ip mac server network",
    "hosts": "cdrom_boot=true storage_not_attached=true any_mac any_ip uuid sn wire storage cachedimage",
    "images": "sub_formats disk_formats os_types distribution",
    "isolated_devices": "show_baremetal_isolated_devices=true dev_type model vendor host numa_node=77",
    "keypairs": "scheme=DSA",
    "networks": "host route_table_id lb_cluster_id wire vpc city host_type ip=203.0.113.9",
    "projects": "idp_id user_id group_id is_domain=true name__endswith",
    "roles": "user_id group_id project_id name__contains",
    "services": "type name__contains",
    "schedtags": "cloudprovider_id resource_type zone_id",
    "secgrouprules": "ip projects secgroup_name secgroup protocol ports",
    "secgroups": "equals dbinstance loadbalancer_id ip_set_id server ip ports",
    "servers": (
        "scaling_group vpc_provider=Aliyun isolate_device_id admin_secgroup "
        "host_sn ip_addr mac_addr wire network disk secgroup vpc snapshotpolicy_id os_type os_arch"
    ),
    "serverskus": "spec zone cpu_core_count=77 postpaid_status=soldout",
    "storagecachedimages": "host image storagecache",
    "storagecaches": "cloudregion_id zone path",
    "storages": "host_id host_schedtag_id image_id schedtag zone",
    "tasks": "parent_task_id parent_id is_root=false is_multi=true task_name obj_type obj_id stage=failed not_stage=complete",
    "users": (
        "idp_id idp_entity_id role role_assignment_project_id inactive=true protocol_id unique_id "
        "name__contains name__icontains email__startswith password_expires_at=lt:2000-01-01T00:00:00Z"
    ),
    "vpcs": "globalvpc dns_zone_id inter_vpc_network_id usable_for_inter_vpc_network_id zone_id",
    "zones": "capability service read_only=true city region",
}  # fmt: skip
REFUSED = {
    ("disks", "cloud_type"), ("hosts", "storage_not_attached"), ("isolated_devices", "show_baremetal_isolated_devices"),
    ("networks", "route_table_id"), ("networks", "lb_cluster_id"), ("schedtags", "cloudprovider_id"),
    ("secgroups", "equals"), ("secgroups", "dbinstance"), ("secgroups", "loadbalancer_id"), ("secgroups", "ip_set_id"),
    ("users", "inactive"), ("servers", "scaling_group"), ("serverskus", "spec"), ("vpcs", "globalvpc"), ("vpcs", "dns_zone_id"),
    ("vpcs", "inter_vpc_network_id"), ("vpcs", "usable_for_inter_vpc_network_id"),
}  # fmt: skip
"""What there is nothing of here to narrow by."""


def asked() -> Iterator[tuple[str, str, str]]:
    for plural, words in OWN.items():
        for word in words.split():
            name, _, value = word.partition("=")
            yield plural, name, value or NOTHING


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


@pytest.mark.parametrize(("plural", "name", "value"), list(asked()))
def test_a_filter_that_matches_nothing_gives_nothing_or_is_refused(
    place: Place, plural: str, name: str, value: str
) -> None:
    resource = next(r for r in SERVED if r.plural == plural)
    answer = place.get(f"{url(resource)}?details=false&{name}={value}")
    if (plural, name) in REFUSED:
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError")
        assert name in answer.json()["details"]
    else:
        assert (answer.status_code, answer.json().get(plural)) == (200, []), answer.text[:300]


@pytest.mark.parametrize("resource", SERVED, ids=lambda r: r.plural)
def test_what_every_list_takes_narrows_every_list(place: Place, resource: Resource[object]) -> None:
    for name in ANY_LIST:
        answer = place.get(f"{url(resource)}?details=false&{name}={NOTHING}")
        if answer.status_code == 200:
            assert answer.json()[resource.plural] == [], name
        else:
            assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError"), name


@pytest.mark.parametrize("resource", SERVED, ids=lambda r: r.plural)
def test_tags_narrow_every_list(place: Place, resource: Resource[object]) -> None:
    wanted = "0.key=user:none-has-it"
    for asked in (f"tags.{wanted}", f"obj_tags.0.{wanted}", f"user_meta.{wanted}", "with_cloud_meta=true"):
        answer = place.get(f"{url(resource)}?details=false&{asked}")
        assert (answer.status_code, answer.json().get(resource.plural)) == (200, []), asked
    for asked in (f"project_tags.0.{wanted}", f"domain_tags.0.{wanted}"):
        answer = place.get(f"{url(resource)}?details=false&{asked}")
        if answer.status_code == 200:
            assert answer.json()[resource.plural] == [], asked
        else:
            assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError"), asked
    whole = place.get(f"{url(resource)}?details=false").json()[resource.plural]
    assert place.get(f"{url(resource)}?details=false&no_tags.{wanted}").json()[resource.plural] == whole


def test_what_is_no_clouds_is_found_as_that(place: Place) -> None:
    for asked in ("cloud_env=onpremise", "cloud_env=private_or_onpremise", "provider=OneCloud", "public_cloud=false"):
        assert len(place.get(f"/compute/keypairs?{asked}").json()["keypairs"]) == ROWS, asked
    for asked in ("public_cloud=true", "private_cloud=true", "cloud_env=public"):
        assert place.get(f"/compute/zones?{asked}").json()["zones"] == [], asked


def test_flags_of_what_can_be_used_narrow_only_when_set(place: Place) -> None:
    for plural in ("zones", "cloudregions", "networks", "vpcs", "hosts", "storages", "serverskus"):
        whole, usable, either = (
            {row["id"] for row in place.get(f"/compute/{plural}{more}").json()[plural]}
            for more in ("", "?usable=true", "?usable=false")
        )
        assert usable <= whole == either, plural
    names = {row["name"] for row in place.get("/compute/zones?usable=true&usable_vpc=true").json()["zones"]}
    assert "zone0" in names
    place.ask("admin", "POST", "/compute/storages/row-storages-1/offline", json={})
    assert "row-storages-1" not in {s["id"] for s in place.get("/compute/storages?usable=true").json()["storages"]}
    assert {row["id"] for row in place.get("/compute/networks?host=row-hosts-1").json()["networks"]} >= {
        "row-networks-1"
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("servers?os_type=linux", True),
        ("servers?os_type.0=windows&os_type.1=LINUX", True),
        ("servers?os_type=lin_x", False),
        ("servers?os_type=lin", False),
        ("servers?os_arch=x86", True),
        ("servers?os_arch=x86_64", True),
        ("servers?os_arch=arm", False),
        ("servers?os_arch=x86_6_", False),
        ("hosts?os_arch=x86", True),
        ("hosts?os_arch=arm", False),
        ("disks?os_arch=x86", True),
        ("serverskus?cpu_arch=x86", True),
        ("serverskus?cpu_arch=aarch64", True),
    ],
)
def test_systems_and_architectures_are_found_as_clients_write_them(place: Place, query: str, found: bool) -> None:
    plural = query.partition("?")[0]
    rows = place.get(f"/compute/{query}").json()[plural]
    assert bool(rows) is found, rows


def test_key_pairs_are_found_by_whose_they_are(place: Place) -> None:
    for name in ("user", "user_id", "owner_id"):
        found = place.get(f"/compute/keypairs?{name}=sysadmin").json()["keypairs"]
        assert len(found) == ROWS, name
        assert place.get(f"/compute/keypairs?{name}=bob").json()["keypairs"] == [], name
    assert len(place.get("/compute/servers?binding_disks_snapshotpolicy=true").json()["servers"]) == ROWS


def test_tasks_are_found_by_where_they_stand(place: Place) -> None:
    def states(asked: str) -> set[str]:
        return {row["state"] for row in place.get(f"/compute/tasks?{asked}").json()["tasks"]}

    assert states("is_complete=true") == states("not_stage=on_init") == states("is_root=true") == {"complete"}
    assert states("is_complete=false") == states("is_init=true") == set()


def test_rules_are_found_by_their_group_and_its_project(place: Place) -> None:
    made = place.ask(
        "admin", "POST", "/compute/secgroups",
        json={"secgroup": {"name": "sg-mine", "rules": [{"direction": "in", "protocol": "tcp", "ports": "22", "cidr": "10.9.8.0/24", "action": "allow"}]}},
    )  # fmt: skip
    assert made.status_code == 200, made.text
    for asked in ("secgroup_name=sg-mine", "ip=10.9.8", "secgroup_name=sg-mine&projects=system"):
        found = place.get(f"/compute/secgrouprules?{asked}").json()["secgrouprules"]
        assert {rule["secgroup"] for rule in found} == {"sg-mine"}, asked
    assert place.get("/compute/secgrouprules?secgroup_name=sg-mine&projects=proj1").json()["secgrouprules"] == []


def test_identity_is_asked_as_openstack_asks(place: Place) -> None:
    def names(asked: str) -> set[str]:
        answer = place.get(f"/v3/{asked}")
        assert answer.status_code == 200, answer.text
        return {row["name"] for row in answer.json()[asked.partition("?")[0]]}

    assert names("users?name__contains=SADM") == names("users?name__istartswith=sys") == {"sysadmin"}
    assert names("users?name__contains=b&name__endswith=b&enabled=true") == {"bob"}
    assert names("roles?name__startswith=project_v") == {"project_viewer"}
    assert names("projects?is_domain=false") == names("projects")
    assert "project_viewer" in names("roles?project_id=proj1")
    wrong = place.get("/v3/users?enabled__contains=x")
    assert (wrong.status_code, wrong.json()["class"]) == (400, "InputParameterError")


def test_users_are_found_by_when_their_password_ends(place: Place) -> None:
    platform = place.place.cloud.platform
    ends = datetime(2027, 1, 2, tzinfo=UTC)

    def set_end(tx: Any) -> None:
        repository = tx.of(PASSWORDS, PLATFORM)
        (held,) = repository.find(Query(where=eq("user_id", place.words["bob"])))
        repository.save(evolve(held, expires_at=ends))

    writing(platform, platform_caller("test"), set_end)
    at = "2027-01-02T00:00:00Z"
    for op, there in (("lt", False), ("lte", True), ("eq", True), ("gte", True), ("gt", False), ("neq", False)):
        found = place.get(f"/v3/users?password_expires_at={op}:{at}").json()["users"]
        assert [user["name"] for user in found] == (["bob"] if there else []), op
    for asked in (at, f"before:{at}", "lt:soon"):
        wrong = place.get(f"/v3/users?password_expires_at={asked}")
        assert (wrong.status_code, wrong.json()["data"]["field"]) == (400, "password_expires_at"), asked
