"""Requests and logins that are signed with an access key: what they are good for, and for how long."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.wire.attacks import SECRET, target
from tests.wire.signer import Key, login_of

from cloudcore_adapters.rest.app import build_app

ZONES = "/compute/zones"
NETWORKS = "/compute/secgroups"


@pytest.fixture(scope="module")
def cloud():
    return target()


@pytest.fixture
def key(cloud):
    made = cloud.create("bob", "credentials", {"type": "aksk"}).json()["credential"]
    yield Key(made["access_key"], json.loads(made["blob"])["secret"])
    cloud.ask("bob", "DELETE", f"/v3/credentials/{made['id']}")


def ask(cloud, method, path, headers, body=b""):
    return cloud.client.request(method, path, content=body, headers=headers)


def post(cloud, body, client=None):
    return (client or cloud.client).post("/v3/auth/tokens", json=body)


def test_a_signed_request_needs_no_token(cloud, key):
    answer = ask(cloud, "GET", ZONES, key.headers("GET", ZONES))
    assert (answer.status_code, "zones" in answer.json()) == (200, True)
    query = {"search": "a b/ü", "limit": "5"}
    headers = key.headers("GET", ZONES, query=query)
    assert cloud.client.get(ZONES, params=query, headers=headers).status_code == 200
    body = json.dumps({"secgroup": {"name": "signed"}}).encode()
    made = ask(cloud, "POST", NETWORKS, key.headers("POST", NETWORKS, body), body).json()["secgroup"]
    assert made["project_id"] == cloud.ids["project bob"]
    path = f"{NETWORKS}/{made['id']}"
    assert ask(cloud, "DELETE", path, key.headers("DELETE", path, payload="UNSIGNED-PAYLOAD")).status_code == 200


def test_what_was_changed_on_the_way_does_not_verify(cloud, key):
    body = json.dumps({"secgroup": {"name": "sent"}}).encode()
    good = key.headers("POST", NETWORKS, body)
    assert ask(cloud, "POST", NETWORKS, good, body.replace(b"sent", b"evil")).status_code == 401
    assert ask(cloud, "GET", NETWORKS, good).status_code == 401
    assert ask(cloud, "GET", f"{ZONES}?limit=1", key.headers("GET", ZONES)).status_code == 401
    assert ask(cloud, "GET", NETWORKS, key.headers("GET", ZONES)).status_code == 401
    assert ask(cloud, "GET", ZONES, {**key.headers("GET", ZONES), "Host": "other"}).status_code == 401
    assert ask(cloud, "GET", ZONES, {**key.headers("GET", ZONES), "X-Amz-Meta-More": "x"}).status_code == 401
    other = Key(key.ident, "x" * 44)
    assert ask(cloud, "GET", ZONES, other.headers("GET", ZONES)).status_code == 401
    assert ask(cloud, "GET", ZONES, Key("nobody", key.secret).headers("GET", ZONES)).status_code == 401
    names = [row["name"] for row in cloud.ask("bob", "GET", NETWORKS).json()["secgroups"]]
    assert not {"sent", "evil"} & set(names)


@pytest.mark.parametrize("late", [timedelta(minutes=16), timedelta(minutes=-16)])
def test_a_signature_is_in_force_for_a_quarter_of_an_hour(cloud, key, late):
    assert ask(cloud, "GET", ZONES, key.headers("GET", ZONES, late=late)).status_code == 401
    assert post(cloud, key.login(late)).status_code == 401
    assert post(cloud, key.login(late / 2)).status_code == 200


def test_a_signed_change_happens_once(cloud, key):
    body = json.dumps({"secgroup": {"generate_name": "once"}}).encode()
    headers = key.headers("POST", NETWORKS, body)
    assert ask(cloud, "POST", NETWORKS, headers, body).status_code == 200
    again = ask(cloud, "POST", NETWORKS, headers, body)
    assert (again.status_code, "sign the request anew" in again.json()["details"]) == (401, True)
    named = [r for r in cloud.ask("bob", "GET", NETWORKS).json()["secgroups"] if r["name"].startswith("once")]
    assert len(named) == 1


def test_a_signed_request_is_no_login(cloud, key):
    """Whoever sees the headers of a request can't make a token of them, nor a request of a login."""
    headers = key.headers("GET", ZONES)
    stamp = headers["X-Amz-Date"]
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{stamp[:8]}/cn-beijing/s3/aws4_request\n{'1' * 64}"
    assert post(cloud, login_of(key.ident, text, key.sign(text))).status_code == 200
    assert ask(cloud, "GET", ZONES, headers).status_code == 200
    seen = captured(key, "GET", ZONES, headers)
    assert post(cloud, seen).status_code == 401


def captured(key, method, path, headers):
    """The login that somebody makes of the headers that he saw."""
    stamp, signature = headers["X-Amz-Date"], headers["Authorization"].rpartition("=")[2]
    lines = "".join(
        f"{n}:{headers[h]}\n"
        for n, h in (("host", "Host"), ("x-amz-content-sha256", "X-Amz-Content-Sha256"), ("x-amz-date", "X-Amz-Date"))
    )
    canonical = f"{method}\n{path}\n\n{lines}\nhost;x-amz-content-sha256;x-amz-date\n{headers['X-Amz-Content-Sha256']}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{stamp[:8]}/cn-beijing/s3/aws4_request\n{digest}"
    assert key.sign(text) == signature
    return login_of(key.ident, text, signature)


def test_a_login_counts_for_the_address_that_it_came_from(cloud, key):
    body = key.login()
    elsewhere = TestClient(build_app(cloud.core), client=("203.0.113.9", 4))
    assert post(cloud, body).status_code == 200
    assert post(cloud, body).status_code == 200
    assert post(cloud, body, elsewhere).status_code == 401


def test_a_login_by_key_tells_no_secret(cloud, key):
    answer = post(cloud, key.login())
    assert key.secret not in answer.text
    assert answer.json()["token"]["access_key"] == {"access_key": key.ident, "expire": 0}
    assert answer.json()["token"]["project"]["id"] == cloud.ids["project bob"]


def test_a_key_that_is_switched_off_or_gone_signs_nothing(cloud, key):
    path = f"/v3/credentials/{key.ident}"
    cloud.ask("bob", "PUT", path, {"credential": {"enabled": False}})
    assert ask(cloud, "GET", ZONES, key.headers("GET", ZONES)).status_code == 401
    cloud.ask("bob", "PUT", path, {"credential": {"enabled": True}})
    assert ask(cloud, "GET", ZONES, key.headers("GET", ZONES)).status_code == 200
    cloud.ask("bob", "DELETE", path)
    assert ask(cloud, "GET", ZONES, key.headers("GET", ZONES)).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=k/20260101/r/s3/aws4_request,SignedHeaders=host,Signature=" + "0" * 64,
        "AWS4-HMAC-SHA256 Credential=k,SignedHeaders=host;x-amz-date,Signature=zz",
    ],
)
def test_a_header_that_does_not_parse_is_401(cloud, header):
    assert ask(cloud, "GET", ZONES, {"Authorization": header, "X-Amz-Date": "20260101T000000Z"}).status_code == 401


def test_an_access_key_makes_nothing_stronger_than_itself(cloud, key):
    """Neither another key, nor a token for another project, nor one that lives longer."""
    second = cloud.create("admin", "projects", {"name": "second", "domain_id": cloud.ids["domain"]}).json()["project"]
    cloud.ask("admin", "PUT", f"/v3/projects/{second['id']}/users/{cloud.ids['user bob']}/roles/project_owner")
    first = post(cloud, key.login())
    held = {"X-Auth-Token": first.headers["X-Subject-Token"]}
    wanted = {"credential": {"type": "aksk"}}
    assert cloud.client.post("/v3/credentials", json=wanted, headers=held).status_code == 403
    body = json.dumps(wanted).encode()
    signed = key.headers("POST", "/v3/credentials", body)
    assert ask(cloud, "POST", "/v3/credentials", signed, body).status_code == 403

    def rescoped(token, scope=None):
        auth = {"identity": {"methods": ["token"], "token": {"id": token}}}
        return post(cloud, {"auth": {**auth, **({"scope": scope} if scope else {})}})

    same = rescoped(held["X-Auth-Token"], {"project": {"id": cloud.ids["project bob"]}})
    assert same.json()["token"]["expires_at"] == first.json()["token"]["expires_at"]
    assert rescoped(held["X-Auth-Token"], {"project": {"id": second["id"]}}).status_code == 401
    unscoped = rescoped(held["X-Auth-Token"])
    assert unscoped.status_code == 200
    assert rescoped(unscoped.headers["X-Subject-Token"], {"project": {"id": second["id"]}}).status_code == 401
    password = cloud.login("bob", SECRET, "bob", "dom")
    assert rescoped(password, {"project": {"id": second["id"]}}).status_code == 200
