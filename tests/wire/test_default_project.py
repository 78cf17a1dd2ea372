"""Where a login leads that names no scope, and what a project's members see of one another."""

from __future__ import annotations

import pytest
from tests.wire.attacks import SECRET, target

OPENSTACK = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def cloud():
    return target()


def login(cloud, name="bob", scope=None, headers=None):
    user = {"name": name, "password": SECRET, "domain": {"name": "dom"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope is not None:
        auth["scope"] = scope
    answer = cloud.client.post("/v3/auth/tokens", json={"auth": auth}, headers=headers or {})
    return answer.headers.get("X-Subject-Token"), answer.json()["token"]


def set_default(cloud, project):
    user = cloud.ids["user bob"]
    answer = cloud.ask("admin", "PATCH", f"/v3/users/{user}", {"user": {"default_project_id": project}})
    assert answer.status_code == 200, answer.text
    return answer.json()["user"]


def test_no_scope_leads_clients_of_openstack_to_the_default_project(cloud):
    bobs = cloud.ids["project bob"]
    assert set_default(cloud, bobs)["default_project_id"] == bobs
    _, token = login(cloud, headers=OPENSTACK)
    assert (token["project"]["id"], [role["name"] for role in token["roles"]]) == (bobs, ["project_owner"])
    _, asked = login(cloud, scope="unscoped", headers=OPENSTACK)
    assert "project" not in asked
    unscoped, wire = login(cloud)
    assert ("project" in wire, [p["id"] for p in wire["projects"]]) == (False, [bobs])
    derived = {"auth": {"identity": {"methods": ["token"], "token": {"id": unscoped}}}}
    again = cloud.client.post("/v3/auth/tokens", json=derived, headers=OPENSTACK).json()["token"]
    assert again["project"]["id"] == bobs


def test_a_default_project_without_a_role_gives_no_scope(cloud):
    set_default(cloud, cloud.ids["project eve"])
    assert "project" not in login(cloud, headers=OPENSTACK)[1]
    assert "default_project_id" not in set_default(cloud, None)
    assert "project" not in login(cloud, headers=OPENSTACK)[1]


def test_a_default_project_must_be_there_and_is_forgotten_with_it(cloud):
    user = cloud.ids["user bob"]
    refused = cloud.ask("admin", "PATCH", f"/v3/users/{user}", {"user": {"default_project_id": "nosuch"}})
    assert (refused.status_code, "nosuch" in refused.text) == (404, True)
    assert refused.json()["data"]["field"] == "default_project_id"
    refused = cloud.ask("admin", "PATCH", f"/v3/users/{user}", {"user": {"default_project": "nosuch"}})
    assert (refused.status_code, refused.json()["data"]["field"]) == (404, "default_project")
    made = cloud.create("admin", "projects", {"name": "short", "domain_id": cloud.ids["domain"]}).json()["project"]
    set_default(cloud, made["id"])
    assert cloud.ask("admin", "DELETE", f"/v3/projects/{made['id']}").status_code == 200
    assert "default_project_id" not in cloud.ask("admin", "GET", f"/v3/users/{user}").json()["user"]


def test_a_project_s_members_see_one_another(cloud):
    def names(who, plural, query):
        answer = cloud.ask(who, "GET", f"/v3/{plural}?{query}")
        return [row["name"] for row in answer.json()[plural]] if answer.status_code == 200 else answer.status_code

    crew = cloud.create("admin", "groups", {"name": "crew", "domain_id": cloud.ids["domain"]}).json()["group"]["id"]
    cloud.ask("admin", "PUT", f"/v3/groups/{crew}/users/{cloud.ids['user dora']}")
    cloud.tokens["dora"] = cloud.login("dora", SECRET, "dora", "dom")
    assert names("bob", "users", "scope=project") == ["bob"]
    assert names("bob", "groups", "scope=max") == []
    cloud.ask("admin", "PUT", f"/v3/projects/{cloud.ids['project bob']}/groups/{crew}/roles/project_viewer")
    assert sorted(names("bob", "users", "scope=project")) == ["bob", "dora"]
    assert sorted(names("bob", "users", "scope=max")) == ["bob", "dora"]
    assert names("bob", "groups", "scope=project") == ["crew"]
    assert names("eve", "users", "scope=project") == ["eve"]
    assert names("bob", "users", "") == names("bob", "users", "scope=domain") == 403
    assert cloud.ask("bob", "GET", f"/v3/users/{cloud.ids['user dora']}").status_code in (403, 404)
    assert len(names("dora", "users", "")) > 2
