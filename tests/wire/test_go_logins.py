"""How the original's Go SDK logs in: by version 3 and 2, by password, token and access key, and from project to project."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from tests.wire.exchange import PASSWORD, SECRET, World
from tests.wire.go_client import AGENT, GoError, GoSession, told
from tests.wire.signer import Key

JSON = {**AGENT, "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def v3(methods: str, scope: Any, *, user: Any = None, token: str = "", aksk: str = "") -> dict[str, Any]:
    """A login as the SDK marshals it: texts that are empty are left out, objects that are empty come along."""
    held = {"domain": {}} if user is None else {"domain": {}, **user}
    identity = {"methods": [methods], "password": {"user": held}, "token": {"id": token} if token else {}}
    more = {"access_key_secret": aksk} if aksk else {}
    return {
        "auth": {
            "identity": {**identity, **more, "cas_ticket": {}, "mobile": {}, "oauth2": {}, "saml": {}},
            "scope": scope or {"project": {"domain": {}}, "domain": {}},
            "context": {"source": "cli"},
        }
    }


def v2(*, user: str = "", password: str = "", tenant: str = "", token: str = "") -> dict[str, Any]:
    """A login of version 2. When a token goes from project to project, the credentials are an empty object."""
    named = {"username": user, "password": password} if user else {}
    more = {"tenantName": tenant} if tenant else {}
    held = {"id": token} if token else {}
    return {"auth": {"passwordCredentials": named, "token": held, "context": {"source": "cli"}, **more}}


def in_project(name: str, domain: str = "") -> dict[str, Any]:
    return {"project": {"name": name, "domain": {"name": domain} if domain else {}}, "domain": {}}


@pytest.mark.parametrize("domain", ["Default", ""])
@pytest.mark.parametrize("home", ["Default", ""])
def test_version_3_takes_domains_by_name_or_none(world: World, domain: str, home: str) -> None:
    user = {"name": "sysadmin", "password": PASSWORD, **({"domain": {"name": domain}} if domain else {})}
    session = GoSession.login(world.client, v3("password", in_project("system", home), user=user))
    assert session.get("identity", "projects", "system", "project")["domain_id"] == "default"
    assert session.get("compute", "zones", "zone0", "zone")["status"]


def test_a_login_without_a_project_is_told_which_there_are_and_goes_into_one(world: World) -> None:
    user = {"name": "sysadmin", "password": PASSWORD, "domain": {"name": "Default"}}
    headers, answer = told(world.client.post("/v3/auth/tokens", json=v3("password", None, user=user), headers=JSON))
    token = answer["token"]
    assert "project" not in token or not token["project"].get("id")
    assert {row["name"] for row in token["projects"]} >= {"system"}
    assert all(row["id"] and row["domain"]["id"] for row in token["projects"])
    (ident,) = (row["id"] for row in token["projects"] if row["name"] == "system")
    for scope in (in_project("system"), in_project("system", "Default"), {"project": {"id": ident, "domain": {}}}):
        session = GoSession.login(world.client, v3("token", scope, token=headers["X-Subject-Token"]))
        assert session.rows("compute", "hosts", "hosts")[0]


def test_an_access_key_logs_in_and_is_verified(world: World) -> None:
    user = {"name": "sysadmin", "password": PASSWORD, "domain": {"name": "Default"}}
    session = GoSession.login(world.client, v3("password", in_project("system"), user=user))
    blob = {"expire": 0, "secret": "c2VjcmV0c2VjcmV0c2VjcmV0"}
    body = {"type": "aksk", "name": "--1", "blob": json.dumps(blob)}
    key = Key(session.create("identity", "credentials", "credential", body)["id"], blob["secret"])
    sent = v3("aksk", None, aksk=key.login()["auth"]["identity"]["access_key_secret"])
    again = GoSession.login(world.client, sent)
    assert again.get("compute", "zones", "zone0", "zone")["status"]
    token = told(world.client.post("/v3/auth/tokens", json=sent, headers=JSON))[1]["token"]
    assert token["project"]["name"] == "system"
    assert token["methods"] == ["aksk"]


def test_secrets_are_shown_once(world: World) -> None:
    user = {"name": "sysadmin", "password": PASSWORD, "domain": {"name": "Default"}}
    session = GoSession.login(world.client, v3("password", in_project("system"), user=user))
    made = session.create("identity", "credentials", "credential", {"type": "aksk", "name": "once"})
    assert json.loads(made["blob"])["secret"]
    rows = session.rows("identity", "credentials?details=true&type=aksk", "credentials")[0]
    assert made["id"] in {row["id"] for row in rows}
    shown = session.get("identity", "credentials", made["id"], "credential")
    assert all("blob" not in row for row in [*rows, shown])


def test_a_token_is_verified(world: World) -> None:
    headers = {**JSON, "X-Auth-Token": world.tokens["admin"], "X-Subject-Token": world.words["token"]}
    token = told(world.client.get("/v3/auth/tokens", headers=headers))[1]["token"]
    assert (token["user"]["name"], token["project"]["name"]) == ("sysadmin", "system")
    assert all(isinstance(role["name"], str) and role["id"] for role in token["roles"])
    assert isinstance(token["context"], dict)


def test_version_2_logs_in_goes_on_and_is_verified(world: World) -> None:
    found = access(world, v2(user="sysadmin", password=PASSWORD, tenant="system"))
    assert found["token"]["tenant"]["name"] == "system"
    assert found["token"]["tenant"]["domain"]["id"] == "default"
    assert {role["name"] for role in found["user"]["roles"]} == {"admin"}
    assert all(role["id"] for role in found["user"]["roles"])
    assert type(found["metadata"]["is_admin"]) is int
    assert found["user"]["username"] == "sysadmin"
    held = {**JSON, "X-Auth-Token": found["token"]["id"]}
    for kind in ("internal_url", "public_url"):
        base = address(found["service_catalog"], "compute_v2", kind)
        assert told(world.client.get(f"{base}/zones/zone0", headers=held))[1]["zone"]["name"] == "zone0"
    assert address(found["service_catalog"], "identity", "admin_url")
    verified = told(world.client.get(f"/v2.0/tokens/{found['token']['id']}", headers=held))[1]["access"]
    assert verified["token"]["id"] == found["token"]["id"]

    unscoped = access(world, v2(user="bob", password=SECRET))
    assert not unscoped["token"].get("tenant", {}).get("id")
    assert "proj1" in {row["name"] for row in unscoped["tenants"]}
    scoped = access(world, v2(token=unscoped["token"]["id"], tenant="proj1"))
    assert (scoped["token"]["tenant"]["name"], scoped["user"]["name"]) == ("proj1", "bob")


@pytest.mark.parametrize(
    "body",
    [
        v3("password", in_project("system"), user={"name": "sysadmin", "password": "wrong"}),
        v3("password", in_project("nowhere"), user={"name": "sysadmin", "password": PASSWORD}),
        v3("token", in_project("system"), token="none"),
        v2(user="sysadmin", password="wrong", tenant="system"),
        v2(user="sysadmin", password=PASSWORD, tenant="nowhere"),
        v2(token="none", tenant="system"),
    ],
)
def test_what_fails_is_told(world: World, body: Any) -> None:
    path = "/v3/auth/tokens" if "identity" in body["auth"] else "/v2.0/tokens"
    with pytest.raises(GoError) as refused:
        told(world.client.post(path, json=body, headers=JSON))
    assert (refused.value.code, refused.value.kind) in [(401, "UnauthorizedError"), (401, "InvalidCredentialError")]


def access(world: World, body: Any) -> Any:
    """A token of version 2, as the SDK takes it apart."""
    found = told(world.client.post("/v2.0/tokens", json=body, headers=JSON))[1]["access"]
    assert found["token"]["id"]
    assert datetime.fromisoformat(found["token"]["expires"]).tzinfo
    return found


def address(catalog: Any, kind: str, which: str) -> str:
    """Where a service is: the first endpoint of the first service of a type."""
    found = next(entry["endpoints"][0] for entry in catalog if entry["type"] == kind)
    assert found["region"]
    return found[which]
