"""Application credentials and EC2 credentials: what they are good for, and what they must not be good for."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.wire.attacks import SECRET, target

from cloudcore.auth.accesskey import sign_login


@pytest.fixture
def cloud():
    found = target()
    place = f"/v3/projects/{found.ids['project bob']}/users/{found.ids['user bob']}/roles"
    assert found.ask("admin", "PUT", f"{place}/project_viewer", {}).status_code == 200
    found.tokens["bob"] = found.login("bob", SECRET, "bob", "dom")
    return found


def path(cloud, name="bob"):
    return f"/v3/users/{cloud.ids[f'user {name}']}/application_credentials"


def make(cloud, who="bob", **body):
    return cloud.ask(who, "POST", path(cloud), {"application_credential": {"name": "robot", **body}})


def login(cloud, scope=None, **credential):
    auth = {"identity": {"methods": ["application_credential"], "application_credential": credential}}
    if scope is not None:
        auth["scope"] = scope
    return cloud.client.post("/v3/auth/tokens", json={"auth": auth})


def use(cloud, made, who="robot"):
    answer = login(cloud, id=made["id"], secret=made["secret"])
    assert answer.status_code == 200, answer.text
    cloud.tokens[who] = answer.headers["X-Subject-Token"]
    return answer.json()["token"]


def test_it_logs_in_with_its_roles_and_no_others(cloud):
    made = make(cloud, roles=[{"name": "project_viewer"}], description="reads")
    assert made.status_code == 201
    robot = made.json()["application_credential"]
    assert [role["name"] for role in robot["roles"]] == ["project_viewer"]
    assert (robot["project_id"], robot["unrestricted"]) == (cloud.ids["project bob"], False)
    token = use(cloud, robot)
    assert [role["name"] for role in token["roles"]] == ["project_viewer"]
    assert (token["project"]["id"], token["methods"]) == (cloud.ids["project bob"], ["application_credential"])
    assert cloud.ask("robot", "GET", "/compute/servers").status_code == 200
    refused = cloud.create("robot", "secgroups", {"name": "wall"})
    assert refused.status_code == 403
    assert cloud.create("bob", "secgroups", {"name": "wall"}).status_code == 200
    user = {"name": "bob", "domain": {"name": "dom"}}
    assert login(cloud, name="robot", user=user, secret=robot["secret"]).status_code == 200


def test_the_secret_is_shown_once_and_kept_as_a_hash(cloud):
    robot = make(cloud, secret="a secret of my own choice").json()["application_credential"]
    assert robot["secret"] == "a secret of my own choice"
    (stored,) = cloud.rows("application_credentials").values()
    assert robot["secret"] not in stored.secret
    for url in (f"{path(cloud)}/{robot['id']}", f"{path(cloud)}/robot", path(cloud), "/v3/application_credentials"):
        answer = cloud.ask("bob", "GET", url)
        assert answer.status_code == 200
        assert "robot" in answer.text
        assert "secret" not in answer.text
    history = cloud.ask("admin", "GET", "/log/history?limit=200").text
    assert robot["secret"] not in history
    assert stored.secret not in history


def test_a_wrong_secret_and_an_unknown_one_are_answered_alike(cloud):
    robot = make(cloud).json()["application_credential"]
    wrong = login(cloud, id=robot["id"], secret="x" * 64)
    unknown = login(cloud, id="f" * 32, secret="x" * 64)
    named = login(cloud, name="nosuch", user={"name": "bob", "domain": {"name": "dom"}}, secret="x" * 64)
    assert {answer.status_code for answer in (wrong, unknown, named)} == {401}
    assert wrong.json()["details"] == unknown.json()["details"] == named.json()["details"]
    assert login(cloud, id=robot["id"]).status_code == 400
    assert login(cloud, secret="x").status_code == 400
    assert login(cloud, {"project": {"id": cloud.ids["project bob"]}}, **_named(robot)).status_code == 401


def void(cloud, who="robot"):
    """Whether a token is refused within the second that revocation takes at most."""
    for _ in range(30):
        if cloud.ask(who, "GET", "/compute/servers").status_code == 401:
            return True
        time.sleep(0.1)
    return False


def _named(made):
    return {"id": made["id"], "secret": made["secret"]}


@pytest.mark.parametrize("unrestricted", [False, True])
def test_it_makes_nothing_that_is_stronger(cloud, unrestricted):
    roles = [{"name": "project_viewer"}]
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    robot = make(cloud, roles=roles, unrestricted=unrestricted, expires_at=end).json()["application_credential"]
    assert use(cloud, robot)["expires_at"] == f"{robot['expires_at']}Z"
    wider = make(cloud, "robot", name="wide", roles=[{"name": "project_owner"}])
    assert wider.status_code == (404 if unrestricted else 403)
    later = make(cloud, "robot", name="late", expires_at="2190-01-01T00:00:00Z")
    assert later.status_code == (400 if unrestricted else 403)
    child = make(cloud, "robot", name="child")
    assert child.status_code == (201 if unrestricted else 403)
    if unrestricted:
        assert child.json()["application_credential"]["expires_at"] == robot["expires_at"]
    for body in ({"type": "aksk"}, {"type": "totp", "blob": '{"totp": "x"}'}):
        assert cloud.create("robot", "credentials", body).status_code == 403
    assert cloud.ask("robot", "POST", f"/v3/users/{cloud.ids['user bob']}/credentials/OS-EC2", {}).status_code == 403
    for scope in (None, "unscoped", {"project": {"id": cloud.ids["project bob"]}}):
        auth = {"identity": {"methods": ["token"], "token": {"id": cloud.tokens["robot"]}}}
        body = {"auth": auth if scope is None else {**auth, "scope": scope}}
        assert cloud.client.post("/v3/auth/tokens", json=body).status_code == 401
    gone = cloud.ask("robot", "DELETE", f"{path(cloud)}/{robot['id']}")
    assert gone.status_code == (204 if unrestricted else 403)


def test_an_access_key_makes_none(cloud):
    key = cloud.create("bob", "credentials", {"type": "aksk"}).json()["credential"]
    secret = json.loads(key["blob"])["secret"]
    text = sign_login(key["id"], secret, "http://testserver/v3/auth/tokens", datetime.now(UTC))
    auth = {"identity": {"methods": ["aksk"], "access_key_secret": text}}
    cloud.tokens["key"] = cloud.client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]
    assert make(cloud, "key").status_code == 403


def test_it_ends_with_its_roles_its_user_and_itself(cloud):
    place = f"/v3/projects/{cloud.ids['project bob']}/users/{cloud.ids['user bob']}/roles"
    both = make(cloud).json()["application_credential"]
    one = make(cloud, name="one", roles=[{"name": "project_viewer"}]).json()["application_credential"]
    use(cloud, both)
    assert cloud.ask("admin", "DELETE", f"{place}/project_owner").status_code == 200
    assert void(cloud)
    assert login(cloud, **_named(both)).status_code == 401
    use(cloud, one)
    cloud.tokens["bob"] = cloud.login("bob", SECRET, "bob", "dom")
    assert cloud.ask("bob", "DELETE", f"{path(cloud)}/one").status_code == 204
    assert void(cloud)
    assert login(cloud, **_named(one)).status_code == 401
    last = make(cloud, name="last").json()["application_credential"]
    use(cloud, last)
    assert (
        cloud.ask("admin", "PATCH", f"/v3/users/{cloud.ids['user bob']}", {"user": {"enabled": False}}).status_code
        == 200
    )
    assert login(cloud, **_named(last)).status_code == 401
    assert cloud.ask("admin", "DELETE", f"/v3/users/{cloud.ids['user bob']}").status_code == 200
    assert not cloud.rows("application_credentials")


def test_nobody_reaches_those_of_others(cloud):
    robot = make(cloud).json()["application_credential"]
    assert make(cloud, "eve").status_code == 403
    assert make(cloud, "admin").status_code == 403
    for who in ("eve", "dora"):
        for url in (f"{path(cloud)}/{robot['id']}", f"/v3/application_credentials/{robot['id']}"):
            assert cloud.ask(who, "GET", url).status_code == 404
            assert cloud.ask(who, "DELETE", url).status_code == 404
        assert cloud.ask(who, "GET", path(cloud)).status_code == 403
        assert cloud.ask(who, "GET", path(cloud, who)).json()["application_credentials"] == []
    assert cloud.ask("admin", "GET", path(cloud)).json()["application_credentials"][0]["id"] == robot["id"]
    assert cloud.ask("admin", "DELETE", f"{path(cloud)}/{robot['id']}").status_code == 204


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": ""}, 400, "name"),
        ({"secret": "short"}, 400, "secret"),
        ({"expires_at": "2001-01-01T00:00:00"}, 400, "expires_at"),
        ({"expires_at": "soon"}, 400, "expires_at"),
        ({"roles": [{"name": "admin"}]}, 404, "roles.0"),
        ({"roles": "admin"}, 400, "roles"),
        ({"unrestricted": "perhaps"}, 400, "unrestricted"),
        ({"access_rules": [{"method": "GET", "path": "/", "service": "compute"}]}, 406, "access_rules"),
    ],
)
def test_bad_input_is_named_and_makes_nothing(cloud, body, status, field):
    answer = make(cloud, **body)
    assert (answer.status_code, answer.json()["data"]["field"]) == (status, field)
    assert not cloud.rows("application_credentials")


def test_a_name_is_used_once(cloud):
    assert make(cloud).status_code == 201
    assert make(cloud).status_code == 409


def test_ec2_credentials_are_access_keys(cloud):
    url = f"/v3/users/{cloud.ids['user bob']}/credentials/OS-EC2"
    made = cloud.ask("bob", "POST", url, {"tenant_id": cloud.ids["project bob"]})
    assert made.status_code == 201
    key = made.json()["credential"]
    assert (len(key["secret"]) > 30, key["tenant_id"]) == (True, cloud.ids["project bob"])
    assert key["access"] in cloud.rows("credentials")
    (listed,) = cloud.ask("bob", "GET", url).json()["credentials"]
    assert (listed["access"], listed["secret"]) == (key["access"], "")
    assert cloud.ask("bob", "GET", f"{url}/{key['access']}").json()["credential"]["user_id"] == cloud.ids["user bob"]
    assert cloud.ask("eve", "GET", f"{url}/{key['access']}").status_code == 404
    assert cloud.ask("eve", "DELETE", f"{url}/{key['access']}").status_code == 404
    assert cloud.ask("eve", "GET", url).status_code == 403
    assert cloud.ask("bob", "DELETE", f"{url}/{key['access']}").status_code == 204
    assert cloud.ask("bob", "GET", f"{url}/{key['access']}").status_code == 404
