"""Roles in the system: who gives them, what a token for the system reaches, and what nobody gets by them."""

from __future__ import annotations

import time

import pytest
from tests.wire.attacks import SECRET, target


@pytest.fixture
def cloud():
    return target()


def path(cloud, name="bob", role="/admin", kind="users", ident=""):
    return f"/v3/system/{kind}/{ident or cloud.ids[f'user {name}']}/roles{role}"


def login(cloud, name, scope, secret=SECRET, **identity):
    sent = {"methods": ["password"], "password": {"user": {"id": cloud.ids[f"user {name}"], "password": secret}}}
    return cloud.client.post("/v3/auth/tokens", json={"auth": {"identity": {**sent, **identity}, "scope": scope}})


ALL = {"system": {"all": True}}


def enter(cloud, name="bob"):
    """A token for the system, kept as `name in system`; the token's document."""
    answer = login(cloud, name, ALL)
    assert answer.status_code == 200, answer.text
    cloud.tokens[f"{name} in system"] = answer.headers["X-Subject-Token"]
    return answer.json()["token"]


def given(cloud, query="scope.system=all"):
    rows = cloud.ask("admin", "GET", f"/v3/role_assignments?{query}").json()["role_assignments"]
    return sorted(((row.get("user") or row["group"])["name"], row["role"]["name"]) for row in rows)


def test_a_role_in_the_system_lets_log_in_to_it_and_reaches_everything(cloud):
    assert login(cloud, "bob", ALL).status_code == 401
    assert cloud.ask("admin", "PUT", path(cloud), {}).status_code == 200
    token = enter(cloud)
    assert (token["system"], "project" in token, "domain" in token, token["is_domain"]) == ({"all": True}, *[False] * 3)
    assert [role["name"] for role in token["roles"]] == ["admin"]
    assert token["policies"]["system"] == ["sysadmin"]
    assert token["catalog"]
    for plural in ("users", "projects", "domains"):
        everywhere = {row["id"] for row in cloud.ask("admin", "GET", f"/v3/{plural}?scope=system").json()[plural]}
        assert {row["id"] for row in cloud.ask("bob in system", "GET", f"/v3/{plural}").json()[plural]} == everywhere
    made = cloud.ask("bob in system", "POST", "/v3/users", {"user": {"name": "new", "password": SECRET}})
    assert made.json()["user"]["domain_id"] == "default"
    refused = cloud.create("bob in system", "secgroups", {"name": "none"})
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "project_id")


def test_quotas_of_projects_are_listed_by_domain_there(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    enter(cloud)
    refused = cloud.ask("bob in system", "GET", "/compute/quotas/projects")
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "project_domain")
    assert cloud.ask("bob in system", "GET", "/compute/quotas/projects?project_domain=dom").json()["quotas"]


def test_it_is_shown_where_openstack_s_clients_ask(cloud):
    assert cloud.ask("bob", "GET", "/v3/auth/system").json()["system"] == []
    assert cloud.ask("admin", "HEAD", path(cloud)).status_code == 404
    assert cloud.ask("admin", "PUT", path(cloud), {}).status_code == 200
    assert cloud.ask("admin", "PUT", path(cloud), {}).status_code == 200
    assert cloud.ask("admin", "HEAD", path(cloud)).status_code == 204
    assert [r["name"] for r in cloud.ask("admin", "GET", path(cloud, role="")).json()["roles"]] == ["admin"]
    assert cloud.ask("bob", "GET", "/v3/auth/system").json()["system"] == [{"all": True}]
    assert given(cloud) == [("bob", "admin"), ("sysadmin", "admin")]
    assert given(cloud, "scope.system=all&users=bob&effective") == [("bob", "admin")]
    (row,) = cloud.ask("admin", "GET", "/v3/role_assignments?scope.system=all&users=bob&include_policies").json()[
        "role_assignments"
    ]
    assert (row["scope"], row["policies"]["system"]) == ({"system": {"all": True}}, ["sysadmin"])
    assert cloud.ask("admin", "DELETE", path(cloud)).status_code == 200
    assert given(cloud) == [("sysadmin", "admin")]


def test_an_unscoped_token_names_places_in_projects_before_those_in_the_system(cloud):
    again = f"/v3/projects/system/users/{cloud.ids['user bob']}/roles/admin"
    for grant in (path(cloud), again):
        assert cloud.ask("admin", "PUT", grant, {}).status_code == 200
    held = login(cloud, "bob", {}).json()["token"]["role_assignments"]
    kinds = [next(iter(one["scope"])) for one in held]
    assert kinds == sorted(kinds) == [*["project"] * (len(kinds) - 1), "system"]


def test_a_group_hands_it_to_its_members(cloud):
    crew = cloud.create("admin", "groups", {"name": "crew", "domain_id": cloud.ids["domain"]}).json()["group"]["id"]
    cloud.ask("admin", "PUT", f"/v3/groups/{crew}/users/{cloud.ids['user bob']}")
    url = path(cloud, kind="groups", ident=crew, role="/sys_adtadmin")
    assert cloud.ask("admin", "PUT", url, {}).status_code == 200
    assert [role["name"] for role in enter(cloud)["roles"]] == ["sys_adtadmin"]
    assert cloud.ask("bob in system", "GET", "/v3/users?scope=system").status_code == 200
    assert cloud.create("bob in system", "users", {"name": "x", "password": SECRET}).status_code == 403
    assert cloud.ask("admin", "DELETE", url).status_code == 200
    assert login(cloud, "bob", ALL).status_code == 401


def test_taking_it_away_voids_what_was_had_by_it(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    enter(cloud)
    assert cloud.ask("admin", "DELETE", path(cloud)).status_code == 200
    deadline = time.monotonic() + 3
    while cloud.ask("bob in system", "GET", "/v3/users").status_code != 401:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("action", ["grant", "withdraw"])
def test_a_place_is_named_once(cloud, action):
    user = cloud.ids["user bob"]
    for body in ({"role": "admin"}, {"role": "admin", "system": True, "project": "bob"}):
        answer = cloud.ask("admin", "POST", f"/v3/users/{user}/{action}", {"user": body})
        assert (answer.status_code, answer.json()["data"]["field"]) == (400, "project")
    inherited = {"role": "admin", "system": True, "inherited": True}
    answer = cloud.ask("admin", "POST", f"/v3/users/{user}/{action}", {"user": inherited})
    assert (answer.status_code, answer.json()["data"]["field"]) == (400, "inherited")


def test_it_is_an_action_of_users_and_groups_too(cloud):
    user = cloud.ids["user bob"]
    for place, query in (
        ({"system": True}, "scope.system=all&users=bob"),
        ({"domain": "dom"}, "users=bob&domains=dom"),
        ({"domain": "dom", "inherited": True}, "users=bob&scope.OS-INHERIT:inherited_to=projects"),
        ({"project": cloud.ids["project eve"]}, f"users=bob&projects={cloud.ids['project eve']}"),
    ):
        body = {"user": {"role": "project_viewer", **place}}
        assert cloud.ask("admin", "POST", f"/v3/users/{user}/grant", body).status_code == 200
        assert given(cloud, query) == [("bob", "project_viewer")]
        assert cloud.ask("admin", "POST", f"/v3/users/{user}/withdraw", body).status_code == 200
        assert given(cloud, query) == []


@pytest.mark.parametrize(
    "scope",
    [
        {"system": {}},
        {"system": {"all": False}},
        {"system": {"all": "yes"}},
        {"system": "all"},
        {"system": {"all": True}, "project": {"id": "x"}},
    ],
)
def test_another_scope_is_refused_by_name(cloud, scope):
    answer = login(cloud, "bob", scope)
    assert (answer.status_code, answer.json()["data"]["field"][:10]) == (400, "auth.scope")


# Attacks


def test_nobody_gives_what_he_has_not(cloud):
    """Neither an owner, nor a domain's administrator, nor whoever may do something everywhere but not this."""
    for who in ("bob", "eve", "dora"):
        for role in ("/admin", "/project_viewer", "/domainadmin"):
            for method in ("PUT", "DELETE"):
                assert cloud.ask(who, method, path(cloud, role=role), {}).status_code == 403
        body = {"user": {"role": "admin", "system": True}}
        assert cloud.ask(who, "POST", f"/v3/users/{cloud.ids['user bob']}/grant", body).status_code in (403, 404)
    cloud.ask("admin", "PUT", path(cloud, "eve", "/sys_secadmin"), {})
    enter(cloud, "eve")
    stronger = cloud.ask("eve in system", "PUT", path(cloud), {})
    assert (stronger.status_code, "can do more than you" in stronger.text) == (403, True)
    assert cloud.ask("eve in system", "PUT", path(cloud, role="/sys_secadmin"), {}).status_code == 200
    assert given(cloud) == [("bob", "sys_secadmin"), ("eve", "sys_secadmin"), ("sysadmin", "admin")]


def test_a_token_for_nothing_or_a_domain_has_no_rights_of_the_system(cloud):
    """The same user with the same roles, asked at the same moment: compiled policies are remembered by where he is."""
    domain = cloud.ids["domain"]
    cloud.ask("admin", "PUT", path(cloud), {})
    cloud.ask("admin", "PUT", f"/v3/domains/{domain}/users/{cloud.ids['user bob']}/roles/admin", {})
    enter(cloud)
    assert cloud.ask("bob in system", "GET", "/v3/users?scope=system").status_code == 200
    for name, scope in (("domain", {"domain": {"id": domain}}), ("nothing", {})):
        cloud.tokens[name] = login(cloud, "bob", scope).headers["X-Subject-Token"]
        assert cloud.ask(name, "GET", "/v3/users?scope=system").status_code == 403
        assert cloud.ask(name, "PUT", path(cloud, "eve"), {}).status_code == 403


def test_what_projects_or_a_domain_give_reaches_nothing_in_the_system(cloud):
    """A role whose policies are of a project or a domain is in none of them there."""
    for role in ("project_owner", "domainadmin"):
        cloud.ask("admin", "PUT", path(cloud, role=f"/{role}"), {})
        enter(cloud)
        assert cloud.ask("bob in system", "GET", f"/v3/users/{cloud.ids['user eve']}").status_code in (403, 404)
        assert cloud.ask("bob in system", "GET", "/v3/users?scope=system").status_code == 403
        listed = cloud.ask("bob in system", "GET", "/v3/users")
        assert listed.json().get("users", []) == [], listed.text
        made = cloud.create("bob in system", "users", {"name": "x", "password": SECRET})
        assert made.status_code in (400, 403), made.text
        cloud.ask("admin", "DELETE", path(cloud, role=f"/{role}"))


def test_a_key_and_an_application_credential_do_not_lead_to_the_system(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    bob = cloud.login("bob", SECRET, "bob", "dom")
    cloud.tokens["bob"] = bob
    made = cloud.create("bob", "application_credentials", {"name": "robot"})
    if made.status_code == 405:
        made = cloud.ask(
            "bob",
            "POST",
            f"/v3/users/{cloud.ids['user bob']}/application_credentials",
            {"application_credential": {"name": "robot"}},
        )
    robot = made.json()["application_credential"]
    proof = {"id": robot["id"], "secret": robot["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": proof}
    asked = {"auth": {"identity": identity, "scope": ALL}}
    assert cloud.client.post("/v3/auth/tokens", json=asked).status_code == 401
    del asked["auth"]["scope"]
    held = cloud.client.post("/v3/auth/tokens", json=asked).headers["X-Subject-Token"]
    assert rescoped(cloud, held, ALL).status_code == 401
    # The administrator's key is for the project whose policies hold in the system, and he has a role there.
    for who in ("bob", "admin"):
        assert rescoped(cloud, keyed(cloud, who), ALL).status_code == 401
        assert rescoped(cloud, cloud.tokens[who], ALL).status_code == 200


def keyed(cloud, who):
    """A token that somebody had by an access key."""
    import json
    from datetime import UTC, datetime

    from cloudcore.auth.accesskey import sign_login

    key = cloud.create(who, "credentials", {"type": "aksk"}).json()["credential"]
    url = "http://testserver/v3/auth/tokens"
    signed = sign_login(key["id"], json.loads(key["blob"])["secret"], url, datetime.now(UTC))
    auth = {"identity": {"methods": ["aksk"], "access_key_secret": signed}}
    answer = cloud.client.post("/v3/auth/tokens", json={"auth": auth})
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Subject-Token"]


def rescoped(cloud, token, scope):
    auth = {"identity": {"methods": ["token"], "token": {"id": token}}, "scope": scope}
    return cloud.client.post("/v3/auth/tokens", json={"auth": auth})


def test_a_derived_token_lives_no_longer_and_ends_with_the_first(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    first = login(cloud, "bob", {})
    token = first.headers["X-Subject-Token"]
    second = rescoped(cloud, token, ALL)
    assert second.json()["token"]["expires_at"] == first.json()["token"]["expires_at"]
    cloud.tokens["second"] = second.headers["X-Subject-Token"]
    assert cloud.ask("second", "GET", "/v3/users").status_code == 200
    gone = cloud.client.delete("/v3/auth/tokens", headers={"X-Auth-Token": token, "X-Subject-Token": token})
    assert gone.status_code == 204
    deadline = time.monotonic() + 3
    while cloud.ask("second", "GET", "/v3/users").status_code != 401:
        assert time.monotonic() < deadline


def test_who_has_it_by_a_group_lets_nobody_in_who_has_less(cloud):
    """Putting somebody into a group that has a role in the system is giving it."""
    crew = cloud.create("admin", "groups", {"name": "crew", "domain_id": cloud.ids["domain"]}).json()["group"]["id"]
    cloud.ask("admin", "PUT", path(cloud, kind="groups", ident=crew), {})
    refused = cloud.ask("dora", "PUT", f"/v3/groups/{crew}/users/{cloud.ids['user dora']}")
    assert (refused.status_code, "can do more than you" in refused.text) == (403, True)
    assert login(cloud, "dora", ALL).status_code == 401


def test_a_domain_s_administrator_sets_no_password_of_who_has_the_system(cloud):
    cloud.ask("admin", "PUT", path(cloud), {})
    bob = f"/v3/users/{cloud.ids['user bob']}"
    assert cloud.ask("dora", "PUT", bob, {"user": {"password": "Another-horse-2"}}).status_code == 403
    key = cloud.create("dora", "credentials", {"type": "aksk", "user_id": cloud.ids["user bob"]})
    assert key.status_code == 403
    enter(cloud)
