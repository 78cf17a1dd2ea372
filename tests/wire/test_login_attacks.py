"""What callers try at the door of identity: to be somebody else, and to learn who and what is there."""

from __future__ import annotations

import pytest
from tests.wire.attacks import SECRET, target

ADDRESSES = {"X-Forwarded-For": "10.9.9.9", "X-Real-Ip": "10.9.9.9", "Forwarded": "for=10.9.9.9"}
CLAIMS = (
    "X-User-Id",
    "X-User-Name",
    "X-Roles",
    "X-Role-Ids",
    "X-Project-Id",
    "X-Tenant-Id",
    "X-Domain-Id",
    "X-Is-Admin",
    "X-Is-Admin-Project",
    "X-Identity-Status",
    "X-Service-Token",
    "X-Forwarded-User",
    "X-Remote-User",
    "Remote-User",
    "X-Http-Method-Override",
    "X-Original-Url",
    *ADDRESSES,
)


@pytest.fixture(scope="module")
def cloud():
    return target()


def login(cloud, name, password, scope=None, headers=None):
    user = {"domain": {"name": "dom"}, "name": name, "password": password}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    body = {"auth": {**auth, **({"scope": scope} if scope else {})}}
    return cloud.client.post("/v3/auth/tokens", json=body, headers=headers)


@pytest.mark.parametrize("name", CLAIMS)
def test_headers_make_nobody_somebody_else(cloud, name):
    claim = ADDRESSES.get(name, "admin")
    assert cloud.client.get("/v3/users", headers={name: claim}).status_code == 401
    said = login(cloud, "bob", SECRET, {"project": {"id": cloud.ids["project bob"]}}, {name: claim})
    assert said.json()["token"]["context"]["ip"] == "testclient"
    held = {"X-Auth-Token": said.headers["X-Subject-Token"], "X-Subject-Token": said.headers["X-Subject-Token"]}
    plain = cloud.client.get("/v3/auth/tokens", headers=held)
    assert cloud.client.get("/v3/auth/tokens", headers={**held, name: claim}).json() == plain.json()
    assert cloud.client.get("/v3/users?scope=system", headers={**held, name: claim}).status_code == 403


def answer(reply):
    body = {name: value for name, value in reply.json().items() if name != "time"}
    return reply.status_code, body, sorted(set(reply.headers) - {"x-request-id"})


def test_a_project_that_is_not_there_is_refused_like_one_of_others(cloud):
    others = login(cloud, "bob", SECRET, {"project": {"id": cloud.ids["project eve"]}})
    nowhere = login(cloud, "bob", SECRET, {"project": {"id": "0" * 32}})
    by_name = login(cloud, "bob", SECRET, {"project": {"name": "eve", "domain": {"name": "dom"}}})
    assert others.status_code == 401
    assert answer(others) == answer(nowhere) == answer(by_name)
    foreign = login(cloud, "bob", SECRET, {"domain": {"id": "default"}})
    assert answer(foreign) == answer(login(cloud, "bob", SECRET, {"domain": {"id": "0" * 32}}))


def test_a_user_who_is_not_there_is_refused_like_a_wrong_password(cloud):
    wrong = login(cloud, "bob", "Wrong-horse-1")
    assert wrong.status_code == 401
    assert answer(wrong) == answer(login(cloud, "nobody", "Wrong-horse-1"))
    cloud.ask("admin", "PUT", f"/v3/users/{cloud.ids['user eve']}", {"user": {"enabled": False}})
    assert answer(wrong) == answer(login(cloud, "eve", SECRET))
    cloud.ask("admin", "PUT", f"/v3/users/{cloud.ids['user eve']}", {"user": {"enabled": True}})


@pytest.mark.parametrize(
    "path", ["/v3/users/{}", "/v3/users/{}/projects", "/v3/projects/x/users/{}/roles", "/v3/groups/x/users/{}"]
)
def test_a_user_of_another_domain_is_answered_like_one_who_is_not_there(cloud, path):
    admin = cloud.rows("users")
    sysadmin = next(ident for ident, row in admin.items() if row.name == "sysadmin")
    for who in ("bob", "dora"):
        theirs, none = (cloud.ask(who, "GET", path.format(ident)) for ident in (sysadmin, "0" * 32))
        assert theirs.status_code in (403, 404)
        assert theirs.status_code == none.status_code
