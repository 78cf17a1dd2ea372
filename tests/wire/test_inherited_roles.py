"""Roles that the projects of a domain inherit (OS-INHERIT)."""

from __future__ import annotations

import time

import pytest
from tests.wire.attacks import SECRET, target


@pytest.fixture
def cloud():
    return target()


def path(cloud, name="bob", role="/project_viewer", kind="users", ident=""):
    actor = ident or cloud.ids[f"user {name}"]
    return f"/v3/OS-INHERIT/domains/{cloud.ids['domain']}/{kind}/{actor}/roles{role}/inherited_to_projects"


def assignments(cloud, query):
    rows = cloud.ask("admin", "GET", f"/v3/role_assignments?include_names&{query}").json()["role_assignments"]
    return sorted(
        (row["user"]["name"], row["role"]["name"], row["scope"].get("project", {}).get("name", "")) for row in rows
    )


def enters(cloud, project, user="bob"):
    who = {"name": user, "password": SECRET, "domain": {"name": "dom"}}
    scope = {"project": {"name": project, "domain": {"name": "dom"}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}
    answer = cloud.client.post("/v3/auth/tokens", json={"auth": auth})
    if answer.status_code != 200:
        return []
    cloud.tokens[f"{user} in {project}"] = answer.headers["X-Subject-Token"]
    return sorted(role["name"] for role in answer.json()["token"]["roles"])


def test_it_is_in_force_in_each_project_and_not_in_the_domain(cloud):
    assert enters(cloud, "eve") == []
    assert cloud.ask("admin", "PUT", path(cloud), {}).status_code == 200
    assert cloud.ask("admin", "HEAD", path(cloud)).status_code == 204
    assert cloud.ask("admin", "HEAD", path(cloud, "eve")).status_code == 404
    listed = cloud.ask("admin", "GET", path(cloud, role="")).json()["roles"]
    assert [role["name"] for role in listed] == ["project_viewer"]
    assert enters(cloud, "eve") == ["project_viewer"]
    assert enters(cloud, "bob") == ["project_owner", "project_viewer"]
    assert cloud.ask("bob in eve", "GET", "/compute/servers").status_code == 200
    assert cloud.create("bob in eve", "secgroups", {"name": "wall"}).status_code == 403
    cloud.create("admin", "projects", {"name": "later", "domain_id": cloud.ids["domain"]})
    assert enters(cloud, "later") == ["project_viewer"]
    scope = {"domain": {"id": cloud.ids["domain"]}}
    user = {"id": cloud.ids["user bob"], "password": SECRET}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    assert cloud.client.post("/v3/auth/tokens", json={"auth": auth}).status_code == 401
    direct = f"/v3/domains/{cloud.ids['domain']}/users/{cloud.ids['user bob']}/roles"
    assert cloud.ask("admin", "GET", direct).json()["roles"] == []
    mine = {p["name"] for p in cloud.ask("bob in eve", "GET", "/v3/auth/projects").json()["projects"]}
    assert mine == {"bob", "eve", "dora", "later"}


def test_it_is_not_in_force_in_projects_of_other_domains(cloud):
    made = cloud.create("admin", "projects", {"name": "far", "domain_id": "default"})
    assert made.status_code == 200
    far = made.json()["project"]["id"]
    assert cloud.ask("admin", "PUT", path(cloud), {}).status_code == 200
    user = {"id": cloud.ids["user bob"], "password": SECRET}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {"id": far}}}
    assert cloud.client.post("/v3/auth/tokens", json={"auth": auth}).status_code == 401
    assert assignments(cloud, f"scope.project.id={far}&effective") == []
    assert enters(cloud, "eve") == ["project_viewer"]


def test_it_is_listed_as_given_and_as_in_force(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    given = [("bob", "project_viewer", "")]
    in_force = [("bob", "project_viewer", name) for name in ("bob", "dora", "eve")]
    domain, eves = cloud.ids["domain"], cloud.ids["project eve"]
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects") == given
    assert assignments(cloud, f"scope.domain.id={domain}") == given
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects&effective") == in_force
    assert assignments(cloud, f"scope.domain.id={domain}&effective") == []
    owner = ("eve", "project_owner", "eve")
    assert assignments(cloud, f"scope.project.id={eves}") == [owner]
    assert assignments(cloud, f"scope.project.id={eves}&effective") == [("bob", "project_viewer", "eve"), owner]
    rows = cloud.ask("admin", "GET", "/v3/role_assignments?scope.OS-INHERIT:inherited_to=projects").json()
    assert rows["role_assignments"][0]["scope"]["OS-INHERIT:inherited_to"] == "projects"


def test_a_group_hands_it_to_its_members(cloud):
    crew = cloud.create("admin", "groups", {"name": "crew", "domain_id": cloud.ids["domain"]}).json()["group"]["id"]
    cloud.ask("admin", "PUT", f"/v3/groups/{crew}/users/{cloud.ids['user bob']}")
    url = path(cloud, kind="groups", ident=crew)
    assert cloud.ask("admin", "PUT", url, {}).status_code == 200
    assert enters(cloud, "eve") == ["project_viewer"]
    assert cloud.ask("admin", "DELETE", url).status_code == 200
    assert enters(cloud, "eve") == []


def test_taking_it_away_voids_what_was_had_by_it(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    assert enters(cloud, "eve") == ["project_viewer"]
    assert cloud.ask("admin", "DELETE", path(cloud)).status_code == 200
    deadline = time.monotonic() + 3
    while cloud.ask("bob in eve", "GET", "/compute/servers").status_code != 401:
        assert time.monotonic() < deadline
    assert enters(cloud, "eve") == []
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects") == []


def test_it_is_given_by_those_alone_who_may_do_as_much(cloud):
    for who in ("bob", "eve", "dora"):
        assert cloud.ask(who, "PUT", path(cloud), {}).status_code in (403, 404)
        assert cloud.ask(who, "DELETE", path(cloud)).status_code in (403, 404)
    assert cloud.rows("assignments") == {
        ident: row for ident, row in cloud.rows("assignments").items() if not row.type.endswith("Inherited")
    }


def test_below_a_project_it_is_kept_and_listed_and_in_force_nowhere(cloud):
    """There are no projects below a project; the role is not held in the project itself either."""
    bobs, eves = cloud.ids["project bob"], cloud.ids["project eve"]
    below = f"/v3/OS-INHERIT/projects/{eves}/users/{cloud.ids['user bob']}/roles"
    one = f"{below}/project_viewer/inherited_to_projects"
    assert cloud.ask("bob", "PUT", one, {}).status_code in (403, 404)
    assert cloud.ask("admin", "HEAD", one).status_code == 404
    assert cloud.ask("admin", "PUT", one, {}).status_code == 200
    assert cloud.ask("admin", "HEAD", one).status_code == 204
    listed = cloud.ask("admin", "GET", f"{below}/inherited_to_projects").json()["roles"]
    assert [role["name"] for role in listed] == ["project_viewer"]
    assert cloud.ask("admin", "GET", f"/v3/projects/{eves}/users/{cloud.ids['user bob']}/roles").json()["roles"] == []
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects") == [("bob", "project_viewer", "eve")]
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects&effective") == []
    assert assignments(cloud, f"users=bob&scope.project.id={bobs}") == [("bob", "project_owner", "bob")]
    assert enters(cloud, "eve") == []
    assert cloud.ask("admin", "DELETE", one).status_code == 200
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects") == []


def test_nobody_hands_on_below_a_project_what_he_has_not(cloud):
    below = f"/v3/OS-INHERIT/projects/{cloud.ids['project bob']}/users/{cloud.ids['user bob']}/roles"
    refused = cloud.ask("dora", "PUT", f"{below}/admin/inherited_to_projects", {})
    assert (refused.status_code, "can do more than you" in refused.text) == (403, True)
    assert assignments(cloud, "scope.OS-INHERIT:inherited_to=projects") == []
