"""What OpenStack's clients read beside the wire's own forms."""

from __future__ import annotations

import pytest
from tests.wire.attacks import SECRET, target


@pytest.fixture(scope="module")
def cloud():
    return target()


def pages(cloud, path, count=40):
    """The ids of each page, by the links."""
    found = []
    while path and len(found) < count:
        body = cloud.ask("admin", "GET", path).json()
        found.append([item["id"] for item in body["users"]])
        path = body["links"]["next"]
    return found


def test_links_lead_through_a_list_and_end(cloud):
    everybody = {user["id"] for user in cloud.ask("admin", "GET", "/v3/users?scope=system").json()["users"]}
    found = pages(cloud, "/v3/users?limit=1&scope=system&name=bob&name=eve&name=dora")
    assert [len(page) for page in found] == [1, 1, 1]
    assert {ident for page in found for ident in page} < everybody
    assert cloud.ask("admin", "GET", "/v3/users?scope=system&limit=2").json()["links"]["previous"] is None


def test_a_row_s_id_is_a_marker(cloud):
    first = cloud.ask("admin", "GET", "/v3/users?scope=system&limit=3").json()["users"]
    second = cloud.ask("admin", "GET", f"/v3/users?scope=system&limit=2&marker={first[0]['id']}").json()["users"]
    assert [u["id"] for u in second] == [u["id"] for u in first[1:]]
    last = cloud.ask("admin", "GET", "/v3/users?scope=system").json()["users"][-1]["id"]
    assert cloud.ask("admin", "GET", f"/v3/users?scope=system&limit=2&marker={last}").json()["users"] == []
    unknown = cloud.ask("admin", "GET", "/v3/users?limit=2&marker=nobody")
    assert (unknown.status_code, unknown.json()["data"]) == (400, {"field": "marker"})


def test_links_repeat_no_host_that_is_none(cloud):
    answer = cloud.client.get(
        "/v3/users?limit=1&scope=system", headers={"X-Auth-Token": cloud.tokens["admin"], "Host": 'a"><evil'}
    )
    assert "evil" not in answer.text
    assert answer.json()["links"]["next"].startswith("http://localhost/v3/users?")


def test_errors_of_identity_stand_under_error_too(cloud):
    answer = cloud.create("admin", "users", {"name": "bob", "domain_id": cloud.ids["domain"], "password": SECRET})
    body = answer.json()
    assert (answer.status_code, body["class"], body["code"]) == (409, "DuplicateNameError", 409)
    assert body["error"]["message"] == body["details"]
    assert (body["error"]["code"], body["error"]["title"]) == (409, "Conflict")
    assert "error" not in cloud.ask("admin", "GET", "/compute/servers/none").json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v3/users/u/access_rules"),
        ("GET", "/v3/OS-TRUST/trusts"),
        ("GET", "/v3/limits"),
        ("GET", "/v3/auth/tokens/OS-PKI/revoked"),
        ("GET", "/v3/OS-REVOKE/events"),
        ("POST", "/v3/ec2tokens"),
        ("POST", "/v3/s3tokens"),
        ("POST", "/v3/OS-OAUTH1/request_token"),
        ("GET", "/v3/users/u/OS-OAUTH1/access_tokens"),
        ("GET", "/v3/auth/OS-FEDERATION/websso/saml2"),
        ("GET", "/v3/OS-FEDERATION/saml2/metadata"),
        ("GET", "/v3/endpoints/e/OS-ENDPOINT-POLICY/policy"),
        ("PUT", "/v3/policies/p/OS-ENDPOINT-POLICY/endpoints/e"),
    ],
)
def test_what_is_not_offered_says_so(cloud, method, path):
    answer = cloud.ask("admin", method, path, {})
    assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError")
    told = ("not offered", "instead", "give", "are listed by", "logs in by", "roles carry")
    assert any(words in answer.json()["details"] for words in told)


def test_older_clients_ask_for_their_projects_and_domains_by_federation(cloud):
    for word in ("projects", "domains"):
        older = cloud.ask("bob", "GET", f"/v3/OS-FEDERATION/{word}").json()[word]
        assert older == cloud.ask("bob", "GET", f"/v3/auth/{word}").json()[word]
    assert older == []
    assert cloud.client.get("/v3/OS-FEDERATION/projects").status_code == 401


def test_membership_can_be_asked_for(cloud):
    group = cloud.create("admin", "groups", {"name": "crew", "domain_id": cloud.ids["domain"]}).json()["group"]["id"]
    path = f"/v3/groups/{group}/users/{cloud.ids['user bob']}"
    assert cloud.ask("admin", "HEAD", path).status_code == 404
    assert cloud.ask("admin", "PUT", path).status_code == 200
    assert cloud.ask("admin", "HEAD", path).status_code == 204
    assert cloud.ask("admin", "GET", path).json()["user"]["name"] == "bob"
    assert cloud.ask("admin", "DELETE", path).status_code == 200
    assert cloud.ask("admin", "HEAD", path).status_code == 404


def test_projects_of_a_user_are_those_with_a_role_also_by_a_group(cloud):
    made = cloud.create("admin", "groups", {"name": "by-group", "domain_id": cloud.ids["domain"]}).json()["group"]
    eve = cloud.ids["user eve"]
    cloud.ask("admin", "PUT", f"/v3/projects/{cloud.ids['project bob']}/groups/{made['id']}/roles/project_viewer")
    cloud.ask("admin", "PUT", f"/v3/groups/{made['id']}/users/{eve}")
    names = [p["name"] for p in cloud.ask("admin", "GET", f"/v3/users/{eve}/projects").json()["projects"]]
    assert sorted(names) == ["bob", "eve"]
    users = cloud.ask("admin", "GET", f"/v3/users?project_id={cloud.ids['project bob']}").json()["users"]
    assert sorted(u["name"] for u in users) == ["bob", "eve"]
    cloud.ask("admin", "DELETE", f"/v3/groups/{made['id']}/users/{eve}")


def test_one_s_own_projects_need_no_privilege(cloud):
    bob = cloud.ids["user bob"]
    cloud.tokens["bob again"] = cloud.login("bob", SECRET, "bob", "dom")
    found = cloud.ask("bob again", "GET", f"/v3/users/{bob}/projects").json()
    assert [p["name"] for p in found["projects"]] == ["bob"]
    assert cloud.ask("bob again", "GET", f"/v3/users/{cloud.ids['user eve']}/projects").status_code in (403, 404)


def test_a_role_in_a_domain_lets_log_in_to_it(cloud):
    domain, bob = cloud.ids["domain"], cloud.ids["user bob"]
    grant = f"/v3/domains/{domain}/users/{bob}/roles/domain_viewer"
    user = {"id": bob, "password": SECRET}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"domain": {"name": "dom"}},
        }
    }
    assert cloud.client.post("/v3/auth/tokens", json=body).status_code == 401
    assert cloud.ask("dora", "PUT", grant).status_code == 403
    assert cloud.ask("admin", "PUT", grant).status_code == 200
    answer = cloud.client.post("/v3/auth/tokens", json=body)
    token = answer.json()["token"]
    assert (token["is_domain"], token["domain"], token["project"]["id"]) == (
        True,
        {"id": domain, "name": "dom"},
        domain,
    )
    assert cloud.ask("admin", "DELETE", grant).status_code == 200
    held = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert cloud.client.get("/v3/auth/projects", headers=held).status_code == 401


def assignments(cloud, who, query):
    rows = cloud.ask(who, "GET", f"/v3/role_assignments?{query}").json()["role_assignments"]
    scopes = [row["scope"].get("project") or row["scope"].get("domain") or {"name": "all"} for row in rows]
    actors = [(row.get("user") or row["group"])["name"] for row in rows]
    return sorted(zip(actors, (s["name"] for s in scopes), (row["role"]["name"] for row in rows), strict=True))


def test_assignments_are_filtered_by_each_side(cloud):
    domain = cloud.ids["domain"]
    crew = cloud.create("admin", "groups", {"name": "readers", "domain_id": domain}).json()["group"]["id"]
    cloud.ask("admin", "PUT", f"/v3/groups/{crew}/users/{cloud.ids['user dora']}")
    eves = cloud.ids["project eve"]
    cloud.ask("admin", "PUT", f"/v3/projects/{eves}/groups/{crew}/roles/project_viewer")
    cloud.ask("admin", "PUT", f"/v3/domains/{domain}/groups/{crew}/roles/domain_viewer")
    owner, reads = ("eve", "eve", "project_owner"), ("readers", "eve", "project_viewer")
    assert assignments(cloud, "admin", f"scope.project.id={eves}") == [owner, reads]
    assert assignments(cloud, "admin", f"scope.domain.id={domain}") == [("readers", "dom", "domain_viewer")]
    assert assignments(cloud, "admin", f"group.id={crew}&projects=eve") == [reads]
    assert assignments(cloud, "admin", "users=eve") == [owner]
    assert assignments(cloud, "admin", "users=nobody") == []
    assert assignments(cloud, "admin", f"roles=project_viewer&project_domains=dom&groups={crew}") == [reads]
    assert assignments(cloud, "admin", f"scope.project.id={eves}&effective") == [
        ("dora", "eve", "project_viewer"),
        owner,
    ]
    assert ("dora", "dom", "domain_viewer") in assignments(cloud, "admin", "effective&users=dora")
    assert not [row for row in assignments(cloud, "admin", "") if row[0] == "sysadmin"]
    assert [row for row in assignments(cloud, "admin", "include_system") if row[0] == "sysadmin"]
    in_system = ("sysadmin", "all", "admin")
    assert assignments(cloud, "admin", "users=sysadmin") == [in_system, ("sysadmin", "system", "admin")]
    assert assignments(cloud, "admin", "scope.system=all") == [in_system]


def test_assignments_tell_policies_and_pages(cloud):
    body = cloud.ask("admin", "GET", "/v3/role_assignments?include_policies&users=eve&limit=1").json()
    assert (body["total"], body["limit"], body["offset"]) == (1, 1, 0)
    assert body["role_assignments"][0]["policies"]["project"] == ["project-admin"]
    assert cloud.ask("admin", "GET", "/v3/role_assignments?users=eve&limit=1&offset=1").json()["role_assignments"] == []


def test_one_sees_one_s_own_assignments_alone(cloud):
    cloud.tokens["eve again"] = cloud.login("eve", SECRET, "eve", "dom")
    assert {row[0] for row in assignments(cloud, "eve again", "")} == {"eve"}
    assert assignments(cloud, "eve again", "users=bob") == []
    cloud.tokens["dora again"] = cloud.login("dora", SECRET, "dora", "dom")
    assert "sysadmin" not in {row[0] for row in assignments(cloud, "dora again", "include_system")}
    assert ("bob", "bob", "project_owner") in assignments(cloud, "dora again", "")


def test_a_refused_caller_is_told_where_to_log_in(cloud):
    for path in ("/v3/users", "/compute/servers"):
        told = cloud.client.get(path).headers["WWW-Authenticate"]
        assert told == 'Keystone uri="http://testserver/identity/v3"'


def test_the_catalogue_has_the_administrators_address_of_identity(cloud):
    services = {s["type"]: s["endpoints"] for s in cloud.ask("admin", "GET", "/v3/auth/catalog").json()["catalog"]}
    assert {e["interface"] for e in services["identity"]} == {"public", "internal", "admin"}
    assert {e["interface"] for e in services["compute_v2"]} == {"public", "internal"}


@pytest.mark.parametrize("version", ["v2.0", "v3"])
def test_older_clients_ask_for_tenants(cloud, version):
    token = cloud.login("bob", SECRET, "bob", "dom")
    found = cloud.client.get(f"/{version}/tenants", headers={"X-Auth-Token": token}).json()["tenants"]
    assert [(t["name"], t["enabled"]) for t in found] == [("bob", True)]


def test_older_logins_are_verified_and_scoped(cloud):
    body = {"auth": {"passwordCredentials": {"username": "bob", "password": SECRET}, "tenantName": "bob"}}
    access = cloud.client.post("/v2.0/tokens", json=body).json()["access"]
    assert access["token"]["tenant"]["id"] == cloud.ids["project bob"]
    held = {"X-Auth-Token": access["token"]["id"]}
    again = cloud.client.get(f"/v2.0/tokens/{access['token']['id']}", headers=held).json()["access"]
    assert again == access
    del body["auth"]["tenantName"]
    unscoped = cloud.client.post("/identity/v2.0/tokens", json=body).json()["access"]
    assert [t["name"] for t in unscoped["tenants"]] == ["bob"]
    derived = {"auth": {"token": {"id": unscoped["token"]["id"]}, "tenantId": cloud.ids["project bob"]}}
    assert cloud.client.post("/v2.0/tokens", json=derived).json()["access"]["token"]["tenant"]["name"] == "bob"
    assert cloud.client.get("/v2.0/tokens/none", headers=held).status_code == 401


def test_the_catalogue_is_left_out_on_demand(cloud):
    token = cloud.login("bob", SECRET, "bob", "dom")
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    assert "catalog" in cloud.client.get("/v3/auth/tokens", headers=headers).json()["token"]
    assert "catalog" not in cloud.client.get("/v3/auth/tokens?nocatalog", headers=headers).json()["token"]
    assert cloud.client.head("/v3/auth/tokens", headers=headers).status_code == 200


def test_a_token_that_is_none_cannot_be_revoked(cloud):
    assert (
        cloud.client.delete(
            "/v3/auth/tokens", headers={"X-Auth-Token": cloud.tokens["admin"], "X-Subject-Token": "none"}
        ).status_code
        == 404
    )


OPENSTACK = {"Accept": "application/json"}
"""What clients of OpenStack ask for, and none of the wire."""


def test_openstack_s_clients_are_told_openstack_s_statuses(cloud):
    def ask(method, path, body=None, **headers):
        sent = {"X-Auth-Token": cloud.tokens["admin"], **headers}
        return cloud.client.request(method, path, json=body, headers=sent)

    made = ask("POST", "/v3/groups", {"group": {"name": "strict"}}, **OPENSTACK)
    assert (made.status_code, made.json()["group"]["name"]) == (201, "strict")
    member = f"/v3/groups/{made.json()['group']['id']}/users/{cloud.ids['user bob']}"
    grant = f"/v3/domains/{cloud.ids['domain']}/users/{cloud.ids['user bob']}/roles/domain_viewer"
    for method, path in (
        ("PUT", member),
        ("DELETE", member),
        ("PUT", grant),
        ("DELETE", grant),
        ("DELETE", "/v3/groups/strict"),
    ):
        answer = ask(method, path, **OPENSTACK)
        assert (answer.status_code, answer.content) == (204, b""), (method, path, answer.text)
        assert "Content-Length" not in answer.headers
    made = ask("POST", "/v3/groups", {"group": {"name": "strict"}}, Accept="text/html, */*; q=.2")
    assert made.status_code == 200
    assert ask("PATCH", "/v3/groups/strict", {"group": {"description": "x"}}, **OPENSTACK).status_code == 200
    gone = ask("DELETE", "/v3/groups/strict")
    assert (gone.status_code, gone.json()["group"]["name"]) == (200, "strict")
    refused = ask("POST", "/v3/groups", {"group": {"name": ""}}, **OPENSTACK)
    assert refused.status_code == 400
    key = ask("POST", "/compute/keypairs", {"keypair": {"name": "k"}}, **OPENSTACK)
    assert key.status_code == 200
    assert ask("DELETE", "/compute/keypairs/k", **OPENSTACK).json()["keypair"]["name"] == "k"


def test_openstack_s_clients_do_not_find_a_token_that_does_not_hold(cloud):
    def ask(method, **headers):
        sent = {"X-Auth-Token": cloud.tokens["admin"], "X-Subject-Token": "none", **headers}
        return cloud.client.request(method, "/v3/auth/tokens", headers=sent).status_code

    for method in ("GET", "HEAD", "DELETE"):
        assert ask(method, **OPENSTACK) == 404
        assert ask(method) == (404 if method == "DELETE" else 401)
    assert ask("GET", **{**OPENSTACK, "X-Auth-Token": "none"}) == 401


def test_a_login_of_openstack_s_clients_is_201(cloud):
    user = {"name": "bob", "domain": {"id": cloud.ids["domain"]}, "password": SECRET}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    for accept, status in (("application/json", 201), ("*/*", 200)):
        answer = cloud.client.post("/v3/auth/tokens", json=body, headers={"Accept": accept})
        assert (answer.status_code, bool(answer.headers["X-Subject-Token"])) == (status, True)
    wrong = {"auth": {"identity": {"methods": ["password"], "password": {"user": {**user, "password": "x"}}}}}
    assert cloud.client.post("/v3/auth/tokens", json=wrong, headers=OPENSTACK).status_code == 401
