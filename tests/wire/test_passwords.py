"""Passwords over REST: the rules, the lock, the history, and changing one's own."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest
from starlette.testclient import TestClient

from cloudcore.auth.passwords import LockRules, PasswordRules
from cloudcore.cloud import Cloud
from cloudcore.operations.platform import Settings
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.rest.app import build_app

FIRST, SECOND = "Correct-horse-1", "Battery-staple-2"
DAY = timedelta(days=1)


@attrs.define
class Place:
    """A cloud with one user."""

    core: Cloud
    clock: ManualClock
    client: TestClient
    user: str = ""

    def login(self, name: str, password: str, **scope: Any) -> httpx.Response:
        user = {"domain": {"name": "Default"}, "name": name, "password": password}
        auth = {"identity": {"methods": ["password"], "password": {"user": user}}, **scope}
        return self.client.post("/v3/auth/tokens", json={"auth": auth})

    def change(self, original: str, password: str, user: str | None = None) -> httpx.Response:
        body = {"user": {"original_password": original, "password": password}}
        return self.client.post(f"/v3/users/{user or self.user}/password", json=body)

    def works(self, password: str) -> bool:
        return self.login("bob", password).status_code == 200

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v3/users/{self.user}", headers=self.admin()).json()["user"]
        return found

    def admin(self) -> dict[str, str]:
        scope = {"scope": {"project": {"name": "system"}}}
        return {"X-Auth-Token": self.login("sysadmin", "memory-cloud-password-1", **scope).headers["X-Subject-Token"]}

    def set(self, **body: Any) -> httpx.Response:
        return self.client.put(f"/v3/users/{self.user}", json={"user": body}, headers=self.admin())


def place_with(rules: PasswordRules | None = None, lock: LockRules | None = None) -> Place:
    clock = ManualClock()
    settings = Settings(
        deployment="memory", password_rules=rules or PasswordRules(), lock_rules=lock or LockRules(failures=3)
    )
    core, _ = memory_cloud(memory_platform(clock=clock, settings=settings))
    place = Place(core, clock, TestClient(build_app(core)))
    body = {"user": {"name": "bob", "password": FIRST}}
    place.user = place.client.post("/v3/users", json=body, headers=place.admin()).json()["user"]["id"]
    return place


def test_a_user_changes_his_own_password_and_his_tokens_end() -> None:
    place = place_with()
    token = place.login("bob", FIRST).headers["X-Subject-Token"]
    done = place.change(FIRST, SECOND)
    assert (done.status_code, done.json()["user"]["id"]) == (200, place.user)
    assert place.works(SECOND)
    assert not place.works(FIRST)
    place.clock.advance(1)
    assert place.client.get("/v3/auth/projects", headers={"X-Auth-Token": token}).status_code == 401
    assert SECOND not in done.text


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("Short-1", "WeakPasswordError"),
        ("alllowercaseletters", "WeakPasswordError"),
        ("Aa-Aa-Aa-Aa-Aa", "WeakPasswordError"),
        ("bob-Has-A-Long-One-1", "WeakPasswordError"),
        ("Line\nbreak-in-it-1", "WeakPasswordError"),
        ("x" * 5000 + "-A1", "WeakPasswordError"),
        (FIRST, "InvalidInputError"),
        ("", "MissingParameterError"),
        (5, "InvalidInputError"),
        (None, "MissingParameterError"),
    ],
)
def test_a_bad_new_password_names_its_field_and_changes_nothing(password: Any, kind: str) -> None:
    place = place_with()
    refused = place.change(FIRST, password)
    assert refused.status_code == 400
    assert refused.json()["data"]["field"] == "password"
    assert kind in (refused.json()["class"], "InvalidInputError")
    assert place.works(FIRST)


def test_wrong_password_unknown_user_and_disabled_user_are_answered_alike() -> None:
    place = place_with()
    wrong = place.change("Not-the-password-1", SECOND)
    unknown = place.change(FIRST, SECOND, user="0" * 32)
    place.set(enabled=False)
    disabled = place.change(FIRST, SECOND)
    answers = [answer.json() | {"time": "", "request_id": ""} for answer in (wrong, unknown, disabled)]
    assert [a.status_code for a in (wrong, unknown, disabled)] == [401] * 3
    assert answers[0] == answers[1] == answers[2]


def test_changing_counts_as_guessing_and_a_lock_tells_nothing() -> None:
    place = place_with()
    first = place.change("Not-the-password-1", SECOND)
    for _ in range(2):
        place.change("Not-the-password-1", SECOND)
    locked, unknown = place.login("bob", FIRST), place.login("nobody", FIRST)
    assert locked.status_code == unknown.status_code == 401
    said = [a.json() | {"time": "", "request_id": ""} for a in (first, locked, unknown)]
    assert said[0] == said[1] == said[2]
    assert place.change(FIRST, SECOND).status_code == 401
    assert place.shown()["failed_auth_count"] == 3
    place.clock.advance(61)
    assert place.works(FIRST)
    assert place.shown()["failed_auth_count"] == 0


def test_an_administrator_unlocks_by_enabling() -> None:
    place = place_with()
    for _ in range(3):
        place.login("bob", "Not-the-password-1")
    assert not place.works(FIRST)
    done = place.client.post(f"/v3/users/{place.user}/enable", json={}, headers=place.admin())
    assert done.status_code == 200
    assert place.works(FIRST)


def test_recent_passwords_are_not_taken_again() -> None:
    place = place_with(PasswordRules(unique_history=2))
    passwords = [f"Correct-horse-{n}" for n in range(1, 5)]
    for before, after in itertools.pairwise(passwords):
        assert place.change(before, after).status_code == 200
        assert place.change(after, before).json()["class"] == "WeakPasswordError"
    assert place.set(password=passwords[2]).json()["class"] == "WeakPasswordError"
    assert place.change(passwords[3], passwords[0]).status_code == 200


def test_a_password_that_has_expired_only_serves_to_change_it() -> None:
    place = place_with(PasswordRules(expiration=30 * DAY))
    assert place.login("bob", FIRST).json()["token"]["user"]["password_expires_at"].startswith("2030-01-31")
    place.clock.advance((30 * DAY).total_seconds())
    refused, wrong = place.login("bob", FIRST), place.login("bob", "Not-the-password-1")
    assert refused.status_code == wrong.status_code == 401
    assert "expired" in refused.json()["details"]
    assert "expired" not in wrong.json()["details"]
    assert (place.shown()["need_reset_password"], place.shown()["password_reset_hint"]) == (True, "expire")
    assert place.change(FIRST, SECOND).status_code == 200
    assert place.works(SECOND)
    assert place.shown()["need_reset_password"] is False


def test_a_weak_password_set_by_an_administrator_asks_to_be_changed() -> None:
    place = place_with()
    assert place.set(password="weak").json()["class"] == "WeakPasswordError"
    assert place.set(password="weak", skip_password_complexity_check=True).status_code == 200
    assert place.shown()["password_reset_hint"] == "admin_reset"
    assert place.change("weak", SECOND).status_code == 200
    assert "password_reset_hint" not in place.shown()


def test_the_library_changes_a_password_too() -> None:
    place = place_with()
    session = place.core.login("bob", FIRST)
    session.perform("users", place.user, "password", {"original_password": FIRST, "password": SECOND})
    assert place.core.login("bob", SECOND).caller.user_id == place.user
    assert not place.works(FIRST)


def test_a_token_alone_does_not_change_its_users_password() -> None:
    place = place_with()
    scope = {"scope": {"project": {"name": "bobs"}}}
    place.client.post("/v3/projects", json={"project": {"name": "bobs"}}, headers=place.admin())
    place.core.grant(
        place.core.login("sysadmin", "memory-cloud-password-1", project="system"),
        "bobs", "users", "bob", "domain_viewer", remove=False,
    )  # fmt: skip
    for asked in ({}, scope):
        token = {"X-Auth-Token": place.login("bob", FIRST, **asked).headers["X-Subject-Token"]}
        body = {"user": {"password": SECOND}}
        refused = place.client.put(f"/v3/users/{place.user}", json=body, headers=token)
        assert refused.status_code == 403, refused.text
        assert place.works(FIRST)
    assert place.set(password=SECOND).status_code == 200
    assert place.works(SECOND)


def test_no_password_or_hash_is_in_answers_or_the_action_log() -> None:
    place = place_with()
    place.change(FIRST, SECOND)
    place.core.number_history()
    log = place.client.get("/log/actions?limit=100", headers=place.admin()).text
    assert "set-password" in log or "password" in log
    for secret in (FIRST, SECOND, "test-sha256$"):
        assert secret not in log
        assert secret not in str(place.shown())
