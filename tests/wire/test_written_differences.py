"""Differences from the original that no recorded exchange shows; `exchanges/differences.json` says why each is there."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.attacks import SECRET, target


@pytest.fixture(scope="module")
def cloud():
    return target()


def log_in(cloud: Any, identity: dict[str, Any], project: str, **more: Any) -> Any:
    auth = {"identity": identity, "scope": {"project": {"id": project}}, **more}
    answer = cloud.client.post("/v3/auth/tokens", json={"auth": auth})
    assert answer.status_code == 200, answer.text
    return answer


def test_a_login_does_not_say_where_it_comes_from(cloud):
    user = {"id": cloud.ids["user bob"], "password": SECRET}
    identity = {"methods": ["password"], "password": {"user": user}}
    context = {"source": "web", "ip": "10.9.9.9"}
    token = log_in(cloud, identity, cloud.ids["project bob"], context=context).json()["token"]
    assert token["context"]["source"] == "web"
    assert token["context"]["ip"] != "10.9.9.9"


def test_a_token_that_another_one_was_changed_for_ends_with_it(cloud):
    user = {"id": cloud.ids["user bob"], "password": SECRET}
    first = log_in(cloud, {"methods": ["password"], "password": {"user": user}}, cloud.ids["project bob"])
    identity = {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}}
    second = log_in(cloud, identity, cloud.ids["project bob"]).json()["token"]
    assert second["expires_at"] == first.json()["token"]["expires_at"]


def test_a_project_takes_the_roles_in_it_along(cloud):
    project = cloud.create("admin", "projects", {"name": "brief"}).json()["project"]["id"]
    bob = cloud.ids["user bob"]
    cloud.ask("admin", "PUT", f"/v3/projects/{project}/users/{bob}/roles/project_viewer")
    owned = cloud.create("admin", "secgroups", {"name": "kept", "project_id": project})
    assert owned.status_code == 200, owned.text
    refused = cloud.ask("admin", "DELETE", f"/v3/projects/{project}")
    assert (refused.status_code, refused.json()["class"]) == (406, "NotEmptyError")
    cloud.ask("admin", "DELETE", f"/compute/secgroups/{owned.json()['secgroup']['id']}")
    assert cloud.ask("admin", "DELETE", f"/v3/projects/{project}").status_code == 200
    held = cloud.ask("admin", "GET", f"/v3/role_assignments?user.id={bob}").json()["role_assignments"]
    assert held
    assert project not in {one["scope"].get("project", {}).get("id") for one in held}


def test_nobody_counts_roles(cloud):
    eve, project = cloud.ids["user eve"], cloud.ids["project eve"]
    for number in range(7):
        role = cloud.create("admin", "roles", {"name": f"many-{number}", "is_public": True}).json()["role"]["id"]
        assert cloud.ask("admin", "PUT", f"/v3/projects/{project}/users/{eve}/roles/{role}").status_code == 200
    assert len(cloud.ask("admin", "GET", f"/v3/projects/{project}/users/{eve}/roles").json()["roles"]) == 8


def test_what_is_enabled_goes_out_of_the_catalogue(cloud):
    service = cloud.create("admin", "services", {"name": "brief", "type": "brief", "enabled": True}).json()["service"][
        "id"
    ]
    body = {"service_id": service, "region_id": "region0", "interface": "public", "url": "http://a", "enabled": True}
    endpoint = cloud.create("admin", "endpoints", body).json()["endpoint"]["id"]
    assert cloud.ask("admin", "DELETE", f"/v3/endpoints/{endpoint}").status_code == 200
    assert cloud.ask("admin", "DELETE", f"/v3/services/{service}").status_code == 200
