"""Whatever is taken away ends the tokens that had it: within a second, on every process, and for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest
from starlette.testclient import TestClient

from cloudcore.cloud import Cloud
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.rest.app import build_app

SECRET = "Correct-horse-1"
BOUND_S = 1.0


@attrs.frozen
class Two:
    """Two processes of one deployment; administration happens on the first."""

    clock: ManualClock
    near: TestClient
    far: TestClient
    ids: dict[str, str]

    def login(self, name: str, project: str, *, domain: str = "Default", password: str = SECRET) -> httpx.Response:
        user = {"domain": {"name": domain}, "name": name, "password": password}
        scope = {"project": {"domain": {"name": domain}, "name": project}}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        return self.far.post("/v3/auth/tokens", json={"auth": auth})

    def token(self, name: str, project: str, **more: Any) -> str:
        return self.login(name, project, **more).headers["X-Subject-Token"]

    def statuses(self, token: str) -> set[int]:
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        # The second time what is remembered answers.
        paths = ("/compute/keypairs", "/v3/auth/tokens", "/v3/auth/tokens")
        return {c.get(path, headers=headers).status_code for c in (self.near, self.far) for path in paths}


@pytest.fixture
def two() -> Two:
    clock = ManualClock()
    core, password = memory_cloud(memory_platform(clock=clock))
    near, far = TestClient(build_app(core)), TestClient(build_app(Cloud(core.platform)))
    both = Two(clock, near, far, {})
    near.headers["X-Auth-Token"] = both.token("sysadmin", "system", password=password)
    made = near.post("/v3/domains", json={"domain": {"name": "dom"}}).json()["domain"]
    for name in ("bob", "eve"):
        for kind in ("user", "project"):
            body = {"name": name, "domain_id": made["id"], **({"password": SECRET} if kind == "user" else {})}
            both.ids[f"{kind} {name}"] = near.post(f"/v3/{kind}s", json={kind: body}).json()[kind]["id"]
        grant(near, both.ids[f"project {name}"], "users", both.ids[f"user {name}"], "project_editor")
    both.ids["domain"] = made["id"]
    both.ids["group"] = near.post("/v3/groups", json={"group": {"name": "crew"}}).json()["group"]["id"]
    return both


def grant(client: TestClient, project: str, kind: str, actor: str, role: str) -> None:
    assert client.put(f"/v3/projects/{project}/{kind}/{actor}/roles/{role}", json={}).status_code == 200


def put(path: str, body: Any) -> Callable[[Two], httpx.Response]:
    return lambda two: two.near.put(path.format(**named(two)), json=body)


def post(path: str, body: Any | None = None) -> Callable[[Two], httpx.Response]:
    return lambda two: two.near.post(path.format(**named(two)), json=body or {})


def delete(path: str) -> Callable[[Two], httpx.Response]:
    return lambda two: two.near.delete(path.format(**named(two)))


def named(two: Two) -> dict[str, str]:
    return {key.replace(" ", "_"): value for key, value in two.ids.items()}


USER, PROJECT, DOMAIN = "/v3/users/{user_bob}", "/v3/projects/{project_bob}", "/v3/domains/{domain}"
ROLE = PROJECT + "/users/{user_bob}/roles/project_editor"
PAST = "2029-12-31T00:00:00Z"
FUTURE = "2040-01-01T00:00:00Z"

TAKEN: dict[str, tuple[Callable[[Two], httpx.Response], Callable[[Two], httpx.Response] | None]] = {
    "password set by an administrator": (put(USER, {"user": {"password": SECRET + "x"}}), None),
    "user disabled by attribute": (put(USER, {"user": {"enabled": False}}), put(USER, {"user": {"enabled": True}})),
    "user disabled by action": (post(USER + "/disable"), post(USER + "/enable")),
    "user has expired": (put(USER, {"user": {"expired_at": PAST}}), put(USER, {"user": {"expired_at": FUTURE}})),
    "user deleted": (delete(USER), None),
    "project disabled": (post(PROJECT + "/disable"), post(PROJECT + "/enable")),
    "project deleted": (delete(PROJECT), None),
    "domain disabled": (post(DOMAIN + "/disable"), put(DOMAIN, {"domain": {"enabled": True}})),
    "role taken": (delete(ROLE), put(ROLE, {})),
    "role left by the user": (
        post(USER + "/leave", {"user": {"project_roles": [{"project": "bob", "role": "project_editor"}]}}),
        put(ROLE, {}),
    ),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_ends_tokens_everywhere_within_a_second_and_for_good(two: Two, what: str) -> None:
    take, give_back = TAKEN[what]
    token, other = two.token("bob", "bob", domain="dom"), two.token("eve", "eve", domain="dom")
    assert two.statuses(token) == two.statuses(other) == {200}
    done = take(two)
    assert done.status_code == 200, done.text
    two.clock.advance(BOUND_S)
    assert two.statuses(token) == {401}
    if what != "domain disabled":
        assert two.statuses(other) == {200}
    if give_back is None:
        return
    assert give_back(two).status_code == 200
    two.clock.advance(BOUND_S)
    assert two.statuses(token) == {401}
    assert two.statuses(two.token("bob", "bob", domain="dom")) == {200}


GROUP_TAKEN = {
    "membership": delete("/v3/groups/{group}/users/{user_bob}"),
    "membership by action": post("/v3/groups/{group}/remove-users", {"group": {"user_ids": ["bob"]}}),
    "role of the group": delete("/v3/projects/{project_eve}/groups/{group}/roles/project_viewer"),
    "group": delete("/v3/groups/{group}"),
}


@pytest.mark.parametrize("what", GROUP_TAKEN)
def test_roles_had_by_a_group_end_with_the_way_they_were_had(two: Two, what: str) -> None:
    grant(two.near, two.ids["project eve"], "groups", two.ids["group"], "project_viewer")
    two.near.put("/v3/groups/{group}/users/{user_bob}".format(**named(two)), json={})
    token = two.token("bob", "eve", domain="dom")
    assert two.statuses(token) == {200}
    done = GROUP_TAKEN[what](two)
    assert done.status_code == 200, done.text
    two.clock.advance(BOUND_S)
    assert two.statuses(token) == {401}
    assert two.login("bob", "eve", domain="dom").status_code == 401


@pytest.mark.parametrize("way", ["unbound", "disabled", "deleted", "changed", "deleted binding of another role"])
def test_what_a_role_may_do_changes_within_a_second_and_logs_nobody_out(two: Two, way: str) -> None:
    near = two.near
    allow = {"policy": {"compute": {"secgroups": {"*": "allow"}}}}
    policy = near.post("/v3/policies", json={"policy": {"name": "pol", "scope": "project", "blob": allow}})
    near.post("/v3/roles", json={"role": {"name": "rol"}})
    near.post("/v3/roles", json={"role": {"name": "rol2"}})
    for role in ("rol", "rol2"):
        near.post(f"/v3/roles/{role}/add-policy", json={"role": {"policy_id": "pol"}})
    near.post("/v3/roles/rol/public", json={})
    grant(near, two.ids["project bob"], "users", two.ids["user bob"], "rol")
    headers = {"X-Auth-Token": two.token("bob", "bob", domain="dom")}
    two.near.delete(ROLE.format(**named(two)))
    two.clock.advance(BOUND_S)
    headers = {"X-Auth-Token": two.token("bob", "bob", domain="dom")}

    def allowed() -> set[int]:
        answers = (client.get("/compute/secgroups", headers=headers) for client in (two.near, two.far))
        return {answer.status_code for answer in answers}

    assert allowed() == {200}
    ident = policy.json()["policy"]["id"]
    deny = {"policy": {"compute": {"secgroups": {"*": "deny"}}}}
    {
        "unbound": lambda: near.post("/v3/roles/rol/remove-policy", json={"role": {"policy_id": "pol"}}),
        "disabled": lambda: near.put(f"/v3/policies/{ident}", json={"policy": {"enabled": False}}),
        "deleted": lambda: near.delete(f"/v3/policies/{ident}"),
        "changed": lambda: near.put(f"/v3/policies/{ident}", json={"policy": {"blob": deny}}),
        "deleted binding of another role": lambda: near.post(
            "/v3/roles/rol2/remove-policy", json={"role": {"policy_id": "pol"}}
        ),
    }[way]()
    two.clock.advance(BOUND_S)
    assert allowed() == ({200} if way.startswith("deleted binding") else {403})


def test_a_revoked_token_is_void_elsewhere_with_all_that_came_of_it(two: Two) -> None:
    token, same_user = two.token("bob", "bob", domain="dom"), two.token("bob", "bob", domain="dom")
    scope = {"project": {"id": two.ids["project bob"]}}
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}, "scope": scope}}
    child = two.far.post("/v3/auth/tokens", json=body).headers["X-Subject-Token"]
    assert two.statuses(child) == {200}
    assert two.near.delete("/v3/auth/tokens", headers={"X-Subject-Token": token}).status_code == 204
    two.clock.advance(BOUND_S)
    assert two.statuses(token) == two.statuses(child) == {401}
    assert two.statuses(same_user) == {200}


def test_a_void_token_makes_no_new_one_even_before_the_process_has_noticed(two: Two) -> None:
    token = two.token("bob", "bob", domain="dom")
    assert two.statuses(token) == {200}
    assert two.near.put(USER.format(**named(two)), json={"user": {"password": SECRET + "x"}}).status_code == 200
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
    assert two.far.get("/compute/keypairs", headers={"X-Auth-Token": token}).status_code == 200  # not noticed yet
    assert two.far.post("/v3/auth/tokens", json=body).status_code == 401


def test_a_key_that_was_switched_off_works_again_but_its_old_tokens_do_not(two: Two) -> None:
    from cloudcore.auth.accesskey import sign_login

    headers = {"X-Auth-Token": two.token("bob", "bob", domain="dom")}
    made = two.near.post("/v3/credentials", json={"credential": {"type": "aksk"}}, headers=headers).json()["credential"]
    secret = httpx.Response(200, content=made["blob"]).json()["secret"]

    def enter() -> httpx.Response:
        text = sign_login(made["access_key"], secret, "http://cloud/v3/auth/tokens", two.clock.now())
        body = {"auth": {"identity": {"methods": ["aksk"], "access_key_secret": text}}}
        return two.far.post("/v3/auth/tokens", json=body)

    first = enter().headers["X-Subject-Token"]
    assert two.statuses(first) == {200}
    path = f"/v3/credentials/{made['id']}"
    assert two.near.put(path, json={"credential": {"enabled": False}}, headers=headers).status_code == 200
    two.clock.advance(BOUND_S)
    assert two.statuses(first) == {401}
    assert enter().status_code == 401
    assert two.near.put(path, json={"credential": {"enabled": True}}, headers=headers).status_code == 200
    two.clock.advance(BOUND_S)
    second = enter().headers["X-Subject-Token"]
    assert two.statuses(first) == {401}
    assert two.statuses(second) == {200}
    assert two.near.delete(path, headers=headers).status_code == 200
    two.clock.advance(BOUND_S)
    assert two.statuses(second) == {401}
    assert two.statuses(headers["X-Auth-Token"]) == {200}
