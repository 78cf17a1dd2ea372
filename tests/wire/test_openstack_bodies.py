"""What OpenStack's clients write and ask for in other words than the wire: tags and properties, options, filters."""

from __future__ import annotations

import json

import pytest
from tests.wire.attacks import target

OPENSTACK = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def cloud():
    return target()


def ask(cloud, method, path, body=None, who="admin", **headers):
    sent = {"X-Auth-Token": cloud.tokens[who], **OPENSTACK, **headers}
    return cloud.client.request(method, path, json=body, headers=sent)


def project(cloud, name, **values):
    body = {"name": name, "domain_id": cloud.ids["domain"], **values}
    return ask(cloud, "POST", "/v3/projects", {"project": body}).json()["project"]


def names(cloud, query):
    return sorted(row["name"] for row in ask(cloud, "GET", f"/v3/projects?scope=system&{query}").json()["projects"])


def test_tags_and_properties_of_a_project_are_kept_shown_and_asked_for(cloud):
    made = project(cloud, "tagged", tags=["a", "b"], color="red")
    assert (sorted(made["tags"]), made["color"]) == (["a", "b"], "red")
    assert made["metadata"] == {"user:a": "", "user:b": "", "user:color": "red"}
    project(cloud, "other", tags=["b"])
    url = f"/v3/projects/{made['id']}"
    changed = ask(cloud, "PATCH", url, {"project": {"tags": ["b", "c"], "color": "blue", "size": "big"}})
    assert (changed.status_code, changed.json()["project"]["tags"]) == (200, ["b", "c"])
    found = ask(cloud, "GET", url).json()["project"]
    assert (found["tags"], found["color"], found["size"]) == (["b", "c"], "blue", "big")
    assert "color" not in ask(cloud, "GET", url, Accept="*/*").json()["project"]
    (listed,) = ask(cloud, "GET", "/v3/projects?scope=system&name=tagged").json()["projects"]
    assert (listed["tags"], listed["color"]) == (["b", "c"], "blue")
    assert names(cloud, "tags=b") == ["other", "tagged"]
    assert names(cloud, "tags=b,c") == ["tagged"]
    assert names(cloud, "tags=b,zz") == []
    assert names(cloud, "tags-any=c,zz") == ["tagged"]
    assert "tagged" not in names(cloud, "not-tags=b,c")
    assert "other" in names(cloud, "not-tags=b,c")
    assert {"tagged", "other"} & set(names(cloud, "not-tags-any=b,c")) == set()
    assert ask(cloud, "PATCH", url, {"project": {"tags": []}}).json()["project"]["tags"] == []
    assert ask(cloud, "GET", url).json()["project"]["color"] == "blue"


def test_tags_have_addresses_of_their_own(cloud):
    url = f"/v3/projects/{project(cloud, 'addressed')['id']}/tags"
    assert ask(cloud, "PUT", url, {"tags": ["x", "y"]}).json() == {"tags": ["x", "y"]}
    assert ask(cloud, "GET", url).json()["tags"] == ["x", "y"]
    assert ask(cloud, "PUT", f"{url}/z").status_code == 201
    assert [ask(cloud, method, f"{url}/z").status_code for method in ("HEAD", "GET", "DELETE", "HEAD")] == [
        204,
        204,
        204,
        404,
    ]
    assert ask(cloud, "DELETE", f"{url}/z").status_code == 404
    assert ask(cloud, "DELETE", url).status_code == 204
    assert ask(cloud, "GET", url).json()["tags"] == []
    assert ask(cloud, "PUT", url, {"tags": ["kept"]}).status_code == 200
    for wrong in (["a,b"], ["a/b"], [""], [1.5], {}, 0, False, None):
        assert ask(cloud, "PUT", url, {"tags": wrong}).status_code == 400, wrong
    assert ask(cloud, "PUT", url).status_code == 400
    assert ask(cloud, "GET", url).json()["tags"] == ["kept"]


def test_tags_are_changed_by_who_may_change_the_project(cloud):
    made = project(cloud, "guarded", tags=["kept"])
    url = f"/v3/projects/{made['id']}/tags"
    for who in ("bob", "eve"):
        for method, more in (("PUT", ""), ("DELETE", ""), ("PUT", "/x"), ("DELETE", "/kept")):
            answer = ask(cloud, method, f"{url}{more}", {"tags": ["mine"]}, who=who)
            assert answer.status_code in (403, 404), (who, method, more)
    assert ask(cloud, "GET", url).json()["tags"] == ["kept"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v3/users", {"user": {"options": {"multi_factor_auth_enabled": True}}}),
        ("/v3/users", {"user": {"options": {"multi_factor_auth_rules": [["password", "totp"]]}}}),
        ("/v3/roles", {"role": {"options": {"immutable": True}}}),
        ("/v3/domains", {"domain": {"options": {"immutable": True}}}),
        ("/v3/projects", {"project": {"parent_id": "p", "domain_id": "default"}}),
        ("/v3/projects", {"project": {"is_domain": True}}),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_is_made(cloud, path, body):
    (kind, values) = next(iter(body.items()))
    answer = ask(cloud, "POST", path, {kind: {"name": "refused", "password": "Correct-horse-1", **values}})
    assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError")
    assert "refused" not in ask(cloud, "GET", f"{path}?scope=system").text


def test_options_that_ask_for_nothing_are_passed_over(cloud):
    body = {"role": {"name": "plain", "options": {"immutable": False}}}
    assert ask(cloud, "POST", "/v3/roles", body).status_code == 201


def test_a_project_s_parent_is_its_domain(cloud):
    domain = cloud.ids["domain"]
    made = project(cloud, "below", parent_id=domain)
    assert (made["parent_id"], made["domain_id"]) == (domain, domain)
    listed = ask(cloud, "GET", f"/v3/projects?parent_id={domain}").json()["projects"]
    assert {row["domain_id"] for row in listed} == {domain}
    assert ask(cloud, "GET", f"/v3/projects?parent_id={made['id']}").json()["projects"] == []
    assert ask(cloud, "GET", "/v3/projects?parent_id=a)b").status_code == 400


def test_a_policy_s_document_may_be_a_text(cloud):
    document = {"policy": {"compute": {"servers": {"list": "allow"}}}}
    made = ask(cloud, "POST", "/v3/policies", {"policy": {"type": "text", "blob": json.dumps(document)}})
    assert (made.status_code, made.json()["policy"]["blob"]) == (201, document)
    for blob in ("{", "[]", "rules"):
        refused = ask(cloud, "POST", "/v3/policies", {"policy": {"type": "wrong", "blob": blob}})
        assert (refused.status_code, refused.json()["data"]["field"]) == (400, "blob")


def test_a_region_s_parent_is_one(cloud):
    assert ask(cloud, "POST", "/v3/regions", {"region": {"id": "outer"}}).status_code == 201
    assert (
        ask(cloud, "POST", "/v3/regions", {"region": {"id": "inner", "parent_region_id": "outer"}}).status_code == 201
    )
    missing = ask(cloud, "POST", "/v3/regions", {"region": {"id": "lost", "parent_region_id": "nosuch"}})
    assert (missing.status_code, missing.json()["data"]["field"]) == (404, "parent_region_id")
    for parent in ("inner", "outer"):
        round_about = ask(cloud, "PATCH", "/v3/regions/outer", {"region": {"parent_region_id": parent}})
        assert (round_about.status_code, round_about.json()["data"]["field"]) == (400, "parent_region_id")
    assert ask(cloud, "DELETE", "/v3/regions/outer").status_code == 406
    assert ask(cloud, "DELETE", "/v3/regions/inner").status_code == 204
    assert ask(cloud, "DELETE", "/v3/regions/outer").status_code == 204


def test_an_endpoint_is_moved(cloud):
    ask(cloud, "POST", "/v3/regions", {"region": {"id": "west"}})
    service = ask(cloud, "POST", "/v3/services", {"service": {"name": "depot", "type": "store"}}).json()["service"]
    body = {"service_id": service["id"], "region_id": "west", "interface": "public", "url": "http://127.0.0.1:1/"}
    made = ask(cloud, "POST", "/v3/endpoints", {"endpoint": body}).json()["endpoint"]
    changed = ask(cloud, "PATCH", f"/v3/endpoints/{made['id']}", {"endpoint": {"interface": "admin"}})
    assert changed.json()["endpoint"]["interface"] == "admin"
    missing = ask(cloud, "PATCH", f"/v3/endpoints/{made['id']}", {"endpoint": {"region_id": "nosuch"}})
    assert missing.status_code == 404


def test_the_text_of_a_certificate_is_replaced_and_no_other_secret(cloud):
    cert = ask(cloud, "POST", "/v3/credentials", {"credential": {"type": "cert", "blob": "one"}}).json()["credential"]
    url = f"/v3/credentials/{cert['id']}"
    assert ask(cloud, "PATCH", url, {"credential": {"blob": "two", "type": "cert"}}).status_code == 200
    assert cloud.rows("credentials")[cert["id"]].blob == "two"
    for body, field in (({"type": "aksk"}, "type"), ({"user_id": "x"}, "user_id"), ({"project_id": "x"}, "project_id")):
        refused = ask(cloud, "PATCH", url, {"credential": body})
        assert (refused.status_code, refused.json()["data"]["field"]) == (406, field)
    key = ask(cloud, "POST", "/v3/credentials", {"credential": {"type": "aksk"}}).json()["credential"]
    refused = ask(
        cloud, "PATCH", f"/v3/credentials/{key['id']}", {"credential": {"blob": '{"secret":"' + "x" * 44 + '"}'}}
    )
    assert (refused.status_code, refused.json()["data"]["field"]) == (406, "blob")


def test_who_is_in_no_group_is_not_taken_out_of_it(cloud):
    group = ask(cloud, "POST", "/v3/groups", {"group": {"name": "crew", "domain_id": cloud.ids["domain"]}}).json()[
        "group"
    ]
    url = f"/v3/groups/{group['id']}/users/{cloud.ids['user bob']}"
    assert [ask(cloud, method, url).status_code for method in ("DELETE", "PUT", "DELETE", "DELETE")] == [
        404,
        204,
        204,
        404,
    ]
    assert ask(cloud, "DELETE", url, Accept="*/*").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("PUT", "/v3/roles/a/implies/b", "no role implies another"),
        ("GET", "/v3/OS-EP-FILTER/endpoint_groups", "no filter of endpoints"),
        ("PUT", "/v3/OS-EP-FILTER/projects/p/endpoints/e", "no filter of endpoints"),
    ],
)
def test_what_is_not_offered_says_so(cloud, method, path, word):
    answer = ask(cloud, method, path, {})
    assert (answer.status_code, answer.json()["class"], word in answer.text) == (406, "NotSupportedError", True)


def test_an_endpoint_makes_the_region_that_openstack_s_clients_name(cloud):
    service = ask(cloud, "POST", "/v3/services", {"service": {"name": "nets", "type": "network"}}).json()["service"]
    body = {"service_id": service["id"], "region": "RegionOne", "interface": "public", "url": "http://127.0.0.1:1/"}
    refused = ask(cloud, "POST", "/v3/endpoints", {"endpoint": body}, Accept="*/*")
    assert (refused.status_code, refused.json()["data"]["field"]) == (404, "region")
    made = ask(cloud, "POST", "/v3/endpoints", {"endpoint": body}).json()["endpoint"]
    assert made["region_id"] == "RegionOne"
    assert ask(cloud, "POST", "/v3/endpoints", {"endpoint": {**body, "interface": "admin"}}).status_code == 201
    changed = ask(cloud, "PATCH", f"/v3/endpoints/{made['id']}", {"endpoint": {"region": "RegionTwo"}})
    assert changed.json()["endpoint"]["region_id"] == "RegionTwo"
    shown = {row["id"] for row in ask(cloud, "GET", "/v3/regions").json()["regions"]}
    assert {"RegionOne", "RegionTwo"} <= shown
    no_rights = ask(cloud, "POST", "/v3/endpoints", {"endpoint": {**body, "region": "Mine"}}, who="eve")
    assert no_rights.status_code == 403
    bad = ask(cloud, "POST", "/v3/endpoints", {"endpoint": {**body, "region": "a\nb"}})
    assert (bad.status_code, bad.json()["class"]) == (400, "InvalidFormatError")


def test_a_region_without_an_id_gets_one(cloud):
    made = ask(cloud, "POST", "/v3/regions", {"region": {"description": "any"}}).json()["region"]
    assert (len(made["id"]), made["description"]) == (36, "any")


def test_things_have_links_and_a_description_for_openstack_s_clients_alone(cloud):
    for plural, body in (("domains", {"name": "far"}), ("users", {"name": "lo"}), ("roles", {"name": "ro"})):
        made = ask(cloud, "POST", f"/v3/{plural}", {plural[:-1]: body}).json()[plural[:-1]]
        assert made["links"]["self"].endswith(f"/v3/{plural}/{made['id']}")
        assert made["description"] == ""
        found = ask(cloud, "GET", f"/v3/{plural}/{made['id']}", Accept="*/*").json()[plural[:-1]]
        assert "links" not in found


def test_what_openstack_s_clients_say_of_a_user_on_their_own_is_kept(cloud):
    group = ask(cloud, "POST", "/v3/groups", {"group": {"name": "extra", "email": "g@x"}}).json()["group"]
    assert group["email"] == "g@x"
    made = ask(cloud, "POST", "/v3/users", {"user": {"name": "extra", "cost_centre": "12"}}).json()["user"]
    assert made["cost_centre"] == "12"
    url = f"/v3/users/{made['id']}"
    assert (
        ask(cloud, "PATCH", url, {"user": {"cost_centre": "13", "email": "e@x"}}).json()["user"]["cost_centre"] == "13"
    )
    found = ask(cloud, "GET", url).json()["user"]
    assert (found["cost_centre"], found["email"], found["metadata"]) == ("13", "e@x", {"user:cost_centre": "13"})
    refused = ask(cloud, "PATCH", url, {"user": {"cost_centre": {"a": 1}}})
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "cost_centre")


def test_lists_are_of_all_domains_for_openstack_s_clients(cloud):
    domain = ask(cloud, "POST", "/v3/domains", {"domain": {"name": "elsewhere"}}).json()["domain"]
    user = ask(cloud, "POST", "/v3/users", {"user": {"name": "stranger", "domain_id": domain["id"]}}).json()["user"]
    assert user["id"] in {row["id"] for row in ask(cloud, "GET", "/v3/users?limit=100").json()["users"]}
    ours = ask(cloud, "GET", "/v3/users?limit=100", Accept="*/*").json()["users"]
    assert user["id"] not in {row["id"] for row in ours}
    assert ask(cloud, "GET", "/v3/users", who="eve").status_code in (200, 403)
    assert user["id"] not in {row["id"] for row in ask(cloud, "GET", "/v3/users", who="eve").json().get("users", [])}


def test_a_domain_has_no_configuration_of_its_own(cloud):
    for method, path in (("PUT", "/v3/domains/default/config"), ("GET", "/v3/domains/config/ldap/default")):
        answer = ask(cloud, method, path, {"config": {}})
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError")


def test_any_word_is_a_type_of_credential(cloud):
    made = ask(cloud, "POST", "/v3/credentials", {"credential": {"type": "ec2", "blob": '{"access": "a"}'}})
    assert made.json()["credential"]["blob"] == '{"access": "a"}'
    for kind in ("", "a b", "x" * 33, "<b>", None, {}, []):
        refused = ask(cloud, "POST", "/v3/credentials", {"credential": {"type": kind, "blob": "x"}})
        assert (refused.status_code, refused.json()["data"]["field"]) == (400, "type")


def test_an_endpoint_without_a_region_is_in_the_first_one(cloud):
    service = ask(cloud, "POST", "/v3/services", {"service": {"name": "first", "type": "first"}}).json()["service"]
    body = {"service_id": service["id"], "interface": "public", "url": "http://127.0.0.1:1/"}
    refused = ask(cloud, "POST", "/v3/endpoints", {"endpoint": body}, Accept="*/*")
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "region_id")
    assert ask(cloud, "POST", "/v3/endpoints", {"endpoint": body}).json()["endpoint"]["region_id"] == "region0"


def test_inexact_filters_narrow(cloud):
    for name in ("walnut", "chestnut", "oak"):
        assert ask(cloud, "POST", "/v3/users", {"user": {"name": name}}).status_code == 201

    def found(query):
        return sorted(row["name"] for row in ask(cloud, "GET", f"/v3/users?{query}").json()["users"])

    assert found("name__contains=nut") == ["chestnut", "walnut"]
    assert found("name__icontains=NUT&name__startswith=w") == ["walnut"]
    assert found("name__endswith=oak") == ["oak"]
    assert ask(cloud, "GET", "/v3/users?nosuch__contains=x").status_code == 400
    assert ask(cloud, "GET", "/v3/users?password_expires_at=lt:2190-01-01T00:00:00Z").status_code in (200, 400, 406)


@pytest.mark.parametrize("plural", ["users", "groups", "projects", "roles"])
def test_nothing_goes_into_another_domain_by_a_change(cloud, plural):
    one = plural[:-1]
    made = ask(cloud, "POST", f"/v3/{plural}", {one: {"name": f"stays-{one}"}}).json()[one]
    other = ask(cloud, "POST", "/v3/domains", {"domain": {"name": f"other-{one}"}}).json()["domain"]
    url = f"/v3/{plural}/{made['id']}"
    refused = ask(cloud, "PATCH", url, {one: {"domain_id": other["id"], "description": "x"}})
    assert (refused.status_code, refused.json()["data"]["field"]) == (400, "domain_id")
    assert ask(cloud, "PATCH", url, {one: {"domain_id": made["domain_id"], "description": "y"}}).status_code == 200
    assert ask(cloud, "GET", url).json()[one]["description"] == "y"


def test_a_tag_that_is_none_is_refused_however_it_is_sent(cloud):
    for tags in (",", "a/b", [""], {"a": 1}, 7.5):
        body = {"name": "wrong-tags", "domain_id": cloud.ids["domain"], "tags": tags}
        refused = ask(cloud, "POST", "/v3/projects", {"project": body})
        assert (refused.status_code, refused.json()["data"]["field"].partition(".")[0]) == (400, "tags")


@pytest.mark.parametrize(
    "grant",
    [
        "/v3/projects/{project}/users/{user}/roles/guest-of",
        "/v3/domains/{domain}/users/{user}/roles/guest-of",
        "/v3/system/users/{user}/roles/guest-of",
        "/v3/OS-INHERIT/domains/{domain}/users/{user}/roles/guest-of/inherited_to_projects",
    ],
)
def test_openstack_is_told_that_there_was_no_role_to_take(cloud, grant):
    cloud.create("admin", "roles", {"name": "guest-of"})
    words = {"project": cloud.ids["project eve"], "user": cloud.ids["user eve"], "domain": cloud.ids["domain"]}
    path = grant.format(**words)

    def ask(method: str, accept: str) -> int:
        headers = {"X-Auth-Token": cloud.tokens["admin"], "Accept": accept}
        return cloud.client.request(method, path, headers=headers).status_code

    assert ask("DELETE", "*/*") == 200
    assert ask("DELETE", "application/json") == 404
    assert ask("PUT", "application/json") == 204
    assert ask("DELETE", "application/json") == 204
    assert ask("DELETE", "application/json") == 404
