"""Passcodes at the gateway and at identity, and what nobody gets without one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient
from tests.wire.test_cloud import Cloud
from tests.wire.test_gateway import Gateway

from cloudcore.auth.totp import AROUND, matching_step, passcode, read_secret, step_of
from cloudcore.cloud import Cloud as Core
from cloudcore.model.errors import InvalidFormatError
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.rest.app import build_app

NOW = datetime(2030, 1, 1, tzinfo=UTC)
QUESTIONS = [{"question": "first pet", "answer": "Rex"}, {"question": "street", "answer": "Elm"}]


class Clocked(Cloud):
    """A cloud whose clock stands."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.core: Core
        self.core, self.password = memory_cloud(memory_platform(clock=self.clock))
        self.app = build_app(self.core)


class Person(Gateway):
    """Somebody who is asked for passcodes."""

    def __init__(self, cloud: Clocked, name: str = "ann") -> None:
        super().__init__(cloud)
        self.name, self.word = name, self.make_user(name, f"{name}-home")
        self.admin = cloud.core.platform_session("test")
        self.admin.update("users", name, {"enable_mfa": True})
        self.secret = ""

    def enter(self, *, client: TestClient | None = None) -> TestClient:
        client = client or self.client
        answer = client.post("/api/v1/auth/login", json={"username": self.name, "password": self.word})
        assert answer.status_code == 200, answer.text
        return client

    def begin(self) -> None:
        made = self.client.post("/api/v1/auth/initcredential", json={})
        assert made.status_code == 200, made.text
        self.secret = made.json()["secret"]
        assert base64.b64decode(made.json()["qrcode"]).startswith(b"\x89PNG")
        assert f"secret={self.secret}" in made.json()["uri"]

    def code(self, steps: int = 0) -> str:
        return passcode(read_secret(self.secret), step_of(self.cloud.clock.now()) + steps)

    def prove(self, code: str | None = None):
        return self.client.post("/api/v1/auth/passcode", json={"passcode": self.code() if code is None else code})

    def works(self) -> int:
        return self.client.get("/api/v2/secgroups").status_code

    def flags(self) -> tuple[bool, bool, bool]:
        shown = self.shown()
        return shown["totp_on"], shown["totp_init"], shown["totp_verified"]


@pytest.fixture
def person():
    return Person(Clocked())


@pytest.fixture
def proved(person):
    person.enter()
    person.begin()
    assert person.prove().status_code == 200
    person.cloud.clock.advance(60)
    return person


def test_a_session_is_good_after_the_passcode_and_for_nothing_before(person):
    person.enter()
    assert person.flags() == (True, False, False)
    for method, path in (
        ("GET", "/api/v2/secgroups"),
        ("POST", "/api/v2/secgroups"),
        ("GET", "/api/v1/auth/user"),
        ("GET", "/api/v1/auth/permissions"),
        ("POST", "/api/v1/auth/policies"),
        ("POST", "/api/v1/auth/recovery"),
        ("GET", "/api/v1/rpc/secgroups/x/status"),
        ("GET", "/api/v1/imageutils/download/x"),
    ):
        answer = person.client.request(method, path, json={} if method == "POST" else None)
        assert (answer.status_code, answer.json()["class"]) == (401, "UnauthorizedError"), path
        assert answer.json()["data"]["second_factor"] == "passcode"
    person.begin()
    assert person.works() == 401
    assert person.prove().status_code == 200
    assert person.flags() == (True, True, True)
    assert person.works() == 200
    told = person.client.get("/api/v1/auth/user").json()["data"]
    assert (told["enable_mfa"], told["system_totp_on"]) == (True, True)
    other = person.admin.create("projects", {"name": "second", "domain_id": "default"})
    person.admin.perform("users", "ann", "join", {"projects": [other["id"]], "roles": ["project_owner"]})
    assert person.client.post("/api/v1/auth/login", json={"tenantId": other["id"]}).status_code == 200
    assert (person.works(), person.flags()[2]) == (200, True)
    person.client.post("/api/v1/auth/logout")
    assert person.works() == 401


def test_who_is_not_asked_for_passcodes_is_not(person):
    person.make_user("bob", "bobs")
    other = Gateway(person.cloud)
    other.client.post("/api/v1/auth/login", json={"username": "bob", "password": "Secret-word-12345"})
    assert other.client.get("/api/v2/secgroups").status_code == 200
    assert (other.shown()["totp_on"], other.shown()["totp_verified"]) == (False, False)


def test_answers_make_another_second_factor(proved):
    assert proved.client.get("/api/v1/auth/recovery").status_code == 404
    assert proved.client.post("/api/v1/auth/recovery", json=QUESTIONS).status_code == 200
    assert proved.client.get("/api/v1/auth/recovery").json()["data"] == ["first pet", "street"]
    lost = Person.__new__(Person)
    lost.__dict__ |= {**proved.__dict__, "client": TestClient(proved.cloud.app)}
    lost.enter()
    assert lost.client.get("/api/v1/auth/recovery").json()["data"] == ["first pet", "street"]
    wrong = [QUESTIONS[0], {"question": "street", "answer": "Oak"}]
    for answers in (wrong, QUESTIONS[:1]):
        assert lost.client.post("/api/v1/auth/credential", json=answers).status_code == 400
    again = [{**one, "answer": f" {one['answer'].upper()} "} for one in QUESTIONS]
    made = lost.client.post("/api/v1/auth/credential", json=again)
    assert made.status_code == 200, made.text
    old, lost.secret = lost.secret, made.json()["secret"]
    assert lost.prove(passcode(read_secret(old), step_of(lost.cloud.clock.now()))).status_code == 400
    assert lost.prove().status_code == 200
    assert lost.works() == 200


@pytest.mark.parametrize("sent", [[], {}, [{"question": "a"}], [QUESTIONS[0]] * 2, "x", [1], [{"question": 1}]])
def test_questions_that_are_none_are_refused(proved, sent):
    answer = proved.client.post("/api/v1/auth/recovery", json=sent)
    assert answer.status_code == 400, answer.text


def test_programs_log_in_to_identity_with_both(proved):
    def login(methods, **proof):
        user = {"name": "ann", "password": proved.word, "domain": {"name": "Default"}}
        identity = {"methods": methods, "password": {"user": user}, **proof}
        return proved.client.post("/v3/auth/tokens", json={"auth": {"identity": identity}})

    right = login(["password", "totp"], totp={"user": {"name": "ann", "passcode": proved.code()}})
    assert right.status_code == 200, right.text
    assert sorted(right.json()["token"]["methods"]) == ["password", "totp"]
    assert login(["password", "totp"], totp={"user": {"passcode": "000000"}}).status_code == 401
    assert login(["password", "totp"]).status_code == 400
    assert login(["totp"], totp={"user": {"passcode": proved.code(1)}}).status_code == 406
    assert login(["password"]).json()["token"]["methods"] == ["password"]
    bob = {"name": "sysadmin", "password": proved.cloud.password}
    none = {"methods": ["password", "totp"], "password": {"user": bob}, "totp": {"user": {"passcode": "123456"}}}
    assert proved.client.post("/v3/auth/tokens", json={"auth": {"identity": none}}).status_code == 401


# Attacks


def test_one_passcode_is_good_once(person):
    person.enter()
    person.begin()
    code = person.code()
    assert person.prove(code).status_code == 200
    thief = Person.__new__(Person)
    thief.__dict__ |= {**person.__dict__, "client": TestClient(person.cloud.app)}
    thief.enter()
    assert thief.prove(code).status_code == 400
    assert thief.prove(person.code(-1)).status_code == 400
    assert thief.works() == 401
    assert thief.prove(person.code(1)).status_code == 200


def test_guesses_are_bounded_whatever_session_they_come_by(proved):
    answers = []
    for turn in range(12):
        guesser = Person.__new__(Person)
        guesser.__dict__ |= {**proved.__dict__, "client": TestClient(proved.cloud.app)}
        guesser.enter()
        answers.append(guesser.prove(f"00000{turn % 10}").status_code)
    assert set(answers[:5]) == {400}
    assert set(answers[5:]) == {429}
    assert guesser.prove().status_code == 429
    proved.cloud.clock.advance(360)
    assert guesser.enter() is guesser.client
    assert guesser.prove().status_code == 200


def test_answers_are_guessed_as_little(proved):
    proved.client.post("/api/v1/auth/recovery", json=QUESTIONS)
    wrong = [{**one, "answer": "no"} for one in QUESTIONS]
    answers = [proved.client.post("/api/v1/auth/credential", json=wrong).status_code for _ in range(7)]
    assert answers == [400] * 5 + [429] * 2
    assert proved.client.post("/api/v1/auth/credential", json=QUESTIONS).status_code == 429


def test_a_second_factor_is_not_made_twice_nor_by_the_password_alone(proved):
    thief = Person.__new__(Person)
    thief.__dict__ |= {**proved.__dict__, "client": TestClient(proved.cloud.app)}
    thief.enter()
    assert thief.client.post("/api/v1/auth/initcredential", json={}).status_code == 409
    assert thief.client.post("/api/v1/auth/recovery", json=QUESTIONS).status_code == 401
    assert thief.client.post("/api/v1/auth/credential", json=QUESTIONS).status_code == 404
    # Identity itself takes the password alone, as its clients expect; but not for this.
    token = direct(proved)
    held = {"X-Auth-Token": token}
    (kept,) = proved.client.get("/v3/credentials?type=totp", headers=held).json()["credentials"]
    url = f"/v3/credentials/{kept['id']}"
    assert "blob" not in kept
    assert proved.client.delete(url, headers=held).status_code == 403
    assert proved.client.put(url, json={"credential": {"enabled": False}}, headers=held).status_code == 403
    for body in ({"type": "totp"}, {"type": "recovery_secret", "blob": "{}"}):
        assert proved.client.post("/v3/credentials", json={"credential": body}, headers=held).status_code == 403
    proved.admin.perform("users", "ann", "join", {"projects": ["system"], "roles": ["admin"]})
    held = {"X-Auth-Token": direct(proved, "system")}
    user = f"/v3/users/{thief.shown()['user_id']}"
    assert proved.client.put(user, json={"user": {"enable_mfa": False}}, headers=held).status_code == 403
    assert proved.client.post(f"{user}/reset-credentials", json={}, headers=held).status_code == 403
    assert proved.prove().status_code == 200
    assert proved.works() == 200


def direct(person, project=""):
    """A token had from identity by the password alone."""
    user = {"name": person.name, "password": person.word, "domain": {"name": "Default"}}
    scope = {"scope": {"project": {"name": project, "domain": {"id": "default"}}}} if project else {}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, **scope}
    return person.client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]


def test_a_token_had_by_the_password_alone_is_no_session(proved):
    client = TestClient(proved.cloud.app)
    bearer = {"Authorization": f"Bearer {direct(proved, 'ann-home')}"}
    assert client.get("/api/v2/secgroups", headers=bearer).status_code == 401
    shown = {"X-Auth-Token": direct(proved, "ann-home")}
    assert client.get("/api/v2/secgroups", headers=shown).status_code == 401


def test_an_administrator_removes_a_lost_second_factor(proved):
    proved.admin.perform("users", "ann", "reset-credentials", {})
    proved.enter()
    assert proved.flags() == (True, False, False)
    proved.begin()
    assert proved.prove().status_code == 200


def test_a_passcode_is_taken_about_its_time_and_later_than_the_last():
    secret = read_secret("GEZD GNBV GY3T QOJQ gezd gnbv gy3t qojq")
    assert passcode(secret, step_of(datetime.fromtimestamp(1111111109, UTC))) == "081804"
    present = step_of(NOW)
    taken = [
        steps
        for steps in range(-4, 5)
        if matching_step(secret, passcode(secret, present + steps), NOW, after=0) == present + steps
    ]
    assert taken == list(range(-AROUND, AROUND + 1))
    assert matching_step(secret, passcode(secret, present), NOW, after=present) is None
    assert matching_step(secret, passcode(secret, present), NOW, after=present - 1) == present
    assert matching_step(secret, "١٢٣٤٥٦", NOW, after=0) is None


@pytest.mark.parametrize("text", ["", "1", "GEZDGNBV", "0" * 32, "é" * 32])
def test_a_secret_that_is_none_is_refused(text):
    with pytest.raises(InvalidFormatError):
        read_secret(text)
