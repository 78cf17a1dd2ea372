"""Failed logins from one address are bounded; those that succeed are not, and do not suffer."""

from __future__ import annotations

import pytest
from tests.wire.attacks import SECRET, target

from cloudcore.auth.request import AuthRequest
from cloudcore.model.errors import InvalidCredentialError, TooManyRequestsError
from cloudcore.operations.identity import guessing
from cloudcore.operations.identity.guessing import MOST_FAILURES, WINDOW, Guesses
from cloudcore_adapters.memory.world import ManualClock


def attempt(guesses, peer, user, *, right):
    with guesses.watched(AuthRequest(method="password", user_name=user), peer):
        if not right:
            raise InvalidCredentialError("no")


def fail(guesses, peer, count, user="u{}"):
    for number in range(count):
        with pytest.raises(InvalidCredentialError):
            attempt(guesses, peer, user.format(number), right=False)


def test_guesses_at_many_accounts_are_stopped_for_a_while():
    clock = ManualClock()
    guesses = Guesses(clock)
    fail(guesses, "192.0.2.1", MOST_FAILURES)
    with pytest.raises(TooManyRequestsError) as refused:
        attempt(guesses, "192.0.2.1", "other", right=True)
    assert 0 < refused.value.data["retry_after"] <= WINDOW.total_seconds()
    attempt(guesses, "192.0.2.2", "other", right=True)
    clock.advance(WINDOW.total_seconds() + 1)
    attempt(guesses, "192.0.2.1", "other", right=True)


def test_who_has_logged_in_from_there_still_may_until_he_fails():
    guesses = Guesses(ManualClock())
    for number in range(100):
        attempt(guesses, "192.0.2.1", f"client{number}", right=True)
    fail(guesses, "192.0.2.1", MOST_FAILURES)
    for number in range(100):
        attempt(guesses, "192.0.2.1", f"client{number}", right=True)
    fail(guesses, "192.0.2.1", 1, "client7")
    with pytest.raises(TooManyRequestsError):
        attempt(guesses, "192.0.2.1", "client7", right=True)


def test_addresses_of_one_network_of_the_sixth_version_count_together():
    guesses = Guesses(ManualClock())
    for number in range(MOST_FAILURES):
        fail(guesses, f"2001:db8::{number:x}", 1)
    with pytest.raises(TooManyRequestsError):
        attempt(guesses, "2001:db8::ffff", "other", right=True)
    attempt(guesses, "2001:db8:0:1::1", "other", right=True)


def test_it_remembers_no_more_than_it_may():
    guesses = Guesses(ManualClock())
    for number in range(guessing.MOST_REMEMBERED + 10):
        fail(guesses, f"peer{number}", 1)
        attempt(guesses, f"peer{number}", "u", right=True)
    assert len(guesses._failed) <= guessing.MOST_REMEMBERED
    assert len(guesses._known) <= guessing.MOST_REMEMBERED


def test_over_the_wire_it_is_429_and_says_when():
    cloud = target()

    def login(name, secret):
        credential = {"id": name, "secret": secret}
        auth = {"identity": {"methods": ["application_credential"], "application_credential": credential}}
        return cloud.client.post("/v3/auth/tokens", json={"auth": auth})

    assert [login(f"n{number}", "x" * 20).status_code for number in range(MOST_FAILURES)] == [401] * MOST_FAILURES
    refused = login("one more", "x" * 20)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW.total_seconds()
    assert len(cloud.login("bob", SECRET, "bob", "dom")) > 100
