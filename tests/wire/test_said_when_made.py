"""What a body says of a new or changed thing is followed, or refused by its name."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.attacks import SECRET, target

DOCUMENT = {"compute": {"servers": {"list": "allow"}}}
TAG, OTHER = {"key": "user:env", "value": "prod"}, {"key": "user:env", "value": "test"}


@pytest.fixture(scope="module")
def cloud():
    return target()


def role(**more: Any) -> dict[str, Any]:
    return {"name": "-".join(["r", *map(str, more.values())]).lower(), **more}


@pytest.mark.parametrize(
    ("said", "shared"),
    [
        ({"is_public": True}, (True, "system")),
        ({"is_public": "true", "public_scope": ""}, (True, "system")),
        ({"public_scope": "system"}, (True, "system")),
        ({"public_scope": "none"}, (False, "none")),
        ({"is_public": False}, (False, "none")),
        ({"public_scope": "project"}, (False, "none")),
    ],
)
def test_a_new_thing_is_shared_as_it_says(cloud, said, shared):
    made = cloud.create("admin", "roles", role(**said))
    assert made.status_code == 200, made.text
    shown = made.json()["role"]
    assert (shown["is_public"], shown["public_scope"]) == shared
    again = cloud.ask("admin", "GET", f"/v3/roles/{shown['id']}").json()["role"]
    assert (again["is_public"], again["public_scope"]) == shared


def test_a_new_policy_is_seen_by_whom_it_is_shared_with(cloud):
    body = {"name": "for-all", "scope": "project", "blob": DOCUMENT, "is_public": True}
    made = cloud.create("admin", "policies", body).json()["policy"]
    assert cloud.ask("dora", "GET", f"/v3/policies/{made['id']}").status_code == 200


def test_a_new_thing_is_shared_with_a_domain(cloud):
    project = cloud.ids["project bob"]
    made = cloud.create("admin", "secgroups", {"name": "common", "project_id": project, "public_scope": "domain"})
    assert made.status_code == 200, made.text
    shown = made.json()["secgroup"]
    assert (shown["is_public"], shown["public_scope"]) == (True, "domain")
    assert cloud.ask("eve", "GET", f"/compute/secgroups/{shown['id']}").status_code == 200


def test_nobody_shares_a_new_thing_more_widely_than_one_that_is_there(cloud):
    before = set(cloud.rows("secgroups"))
    refused = cloud.create("bob", "secgroups", {"name": "mine-for-all", "is_public": True})
    assert (refused.status_code, refused.json()["class"]) == (403, "ForbiddenError")
    assert set(cloud.rows("secgroups")) == before


def test_a_scope_of_sharing_that_there_is_not_is_refused(cloud):
    refused = cloud.create("admin", "roles", role(public_scope="world"))
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "public_scope")


@pytest.mark.parametrize(
    ("plural", "body", "field"),
    [
        ("users", {"name": "linked", "password": SECRET, "idp_id": "corp", "idp_entity_id": "7"}, "idp_id"),
        ("users", {"name": "linked", "password": SECRET, "idp_entity_id": "7"}, "idp_entity_id"),
        ("policies", {"name": "narrow", "scope": "system", "blob": DOCUMENT, "org_node_id": ["n1"]}, "org_node_id"),
        ("endpoints", {"interface": "slave", "url": "http://a", "service_certificate": "c"}, "service_certificate"),
    ],
)
def test_what_nothing_follows_is_refused_by_its_name(cloud, plural, body, field):
    if plural == "endpoints":
        service = cloud.ask("admin", "GET", "/v3/services?limit=1").json()["services"][0]["id"]
        body = {**body, "service_id": service, "region_id": "region0"}
    before = set(cloud.rows(plural))
    refused = cloud.create("admin", plural, body)
    assert (refused.status_code, refused.json()["class"], refused.json()["data"]) == (
        406,
        "NotSupportedError",
        {"field": field},
    )
    assert set(cloud.rows(plural)) == before
    nothing = {**body, "name": f"quiet-{field}", field: [] if isinstance(body[field], list) else ""}
    nothing.pop("idp_entity_id", None)
    assert cloud.create("admin", plural, nothing).status_code == 200


def test_a_changed_policy_is_not_limited_by_what_nothing_follows(cloud):
    made = cloud.create("admin", "policies", {"name": "later", "scope": "system", "blob": DOCUMENT}).json()["policy"]
    refused = cloud.ask("admin", "PUT", f"/v3/policies/{made['id']}", {"policy": {"org_node_id": ["n1"]}})
    assert (refused.status_code, refused.json()["data"]) == (406, {"field": "org_node_id"})


def test_a_policy_of_the_platform_is_made_and_changed_by_whoever_may_do_that_everywhere(cloud):
    body = {
        "name": "platforms",
        "scope": "system",
        "blob": DOCUMENT,
        "is_system": True,
        "domain_id": cloud.ids["domain"],
    }
    made = cloud.create("admin", "policies", body).json()["policy"]
    assert made["is_system"] is True
    path = f"/v3/policies/{made['id']}"
    assert cloud.ask("dora", "PUT", path, {"policy": {"description": "x"}}).status_code == 403
    mine = {"name": "hers", "scope": "project", "blob": DOCUMENT}
    assert cloud.create("dora", "policies", {**mine, "is_system": True}).status_code == 403
    hers = cloud.create("dora", "policies", mine)
    assert hers.status_code == 200, hers.text
    own = f"/v3/policies/{hers.json()['policy']['id']}"
    assert cloud.ask("dora", "PUT", own, {"policy": {"is_system": True}}).status_code == 403
    assert cloud.ask("admin", "DELETE", path).status_code == 403
    assert cloud.ask("admin", "PUT", path, {"policy": {"is_system": "false"}}).json()["policy"]["is_system"] is False
    assert cloud.ask("admin", "DELETE", path).status_code == 200


def test_the_scope_of_a_policy_is_changed_within_what_its_author_may_do(cloud):
    made = cloud.create("dora", "policies", {"name": "grows", "scope": "project", "blob": DOCUMENT}).json()["policy"]
    path = f"/v3/policies/{made['id']}"
    assert cloud.ask("dora", "PUT", path, {"policy": {"scope": "domain"}}).json()["policy"]["scope"] == "domain"
    assert cloud.ask("dora", "PUT", path, {"policy": {"scope": "system"}}).status_code == 403
    assert cloud.ask("dora", "GET", path).json()["policy"]["scope"] == "domain"


def test_tags_of_a_policy_are_replaced_added_or_taken_away(cloud):
    made = cloud.create("admin", "policies", {"name": "tagged", "blob": DOCUMENT, "object_tags": [TAG]}).json()[
        "policy"
    ]

    def change(**said: Any) -> Any:
        return cloud.ask("admin", "PUT", f"/v3/policies/{made['id']}", {"policy": said}).json()

    assert change(object_tags=[OTHER], tag_update_policy="add")["policy"]["object_tags"] == [TAG, OTHER]
    assert change(object_tags=[TAG], tag_update_policy="remove")["policy"]["object_tags"] == [OTHER]
    assert change(object_tags=[TAG])["policy"]["object_tags"] == [TAG]
    assert change(object_tags=[OTHER], tag_update_policy="replace")["policy"]["object_tags"] == [OTHER]
    assert change(object_tags=[OTHER], tag_update_policy="guess")["data"] == {"field": "tag_update_policy"}


def test_endpoints_are_found_by_their_service(cloud):
    for asked in ("service_type=compute_v2", "service_name=region2"):
        found = cloud.ask("admin", "GET", f"/v3/endpoints?{asked}").json()["endpoints"]
        assert {one["service_type"] for one in found} == {"compute_v2"}, asked
    assert cloud.ask("admin", "GET", "/v3/endpoints?service_type=nosuch").json()["endpoints"] == []
