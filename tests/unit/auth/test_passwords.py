from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.passwords import (
    DEFAULT_LOCK,
    DEFAULT_RULES,
    NO_ATTEMPTS,
    Attempts,
    LockRules,
    PasswordRules,
    after_failure,
    after_success,
    character_classes,
    check_lock,
    check_password,
    expires_at,
    random_password,
)
from cloudcore.model.errors import TooManyRequestsError, WeakPasswordError
from cloudcore.ports.password_hasher import MAX_PASSWORD_BYTES
from cloudcore_adapters.memory.secrets import MemoryPasswordHasher, counting_bytes

NOW = datetime(2026, 8, 21, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def broken(password: str, rules: PasswordRules = DEFAULT_RULES, **more) -> str | None:
    try:
        check_password(password, rules, **more)
    except WeakPasswordError as e:
        error = e
    else:
        return None
    assert error.field == "password"
    assert len(password) < 10 or password not in str(error)
    return error.data["rule"]


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("", "minimal_length"),
        ("Ab1!efghi", "minimal_length"),
        ("abcdefghij", "char_complexity"),
        ("Aaaaaaaaaa", "minimal_distinct"),
        ("Abcdefghij", None),
        ("пароль Наш 1a", None),
        ("Abcdefghij\x00", "characters"),
        ("Abcdefghij\n", "characters"),
        ("Abcdefghij\ud800", "characters"),
        ("Aa1" * 400, "maximal_length"),
        ("é" * MAX_PASSWORD_BYTES, "maximal_length"),
    ],
)
def test_default_rules_name_what_is_broken(password: str, rule: str | None):
    assert broken(password) == rule


def test_password_with_the_users_name_is_refused():
    assert broken("my-OPERATOR-1", user_name="operator") == "user_name"
    assert broken("my-OPERATOR-1", user_name="op") is None


@given(st.text(max_size=24), st.integers(0, 16), st.integers(0, 4))
def test_accepted_passwords_satisfy_every_rule_and_refused_ones_break_the_named_one(password, length, complexity):
    rules = PasswordRules(minimal_length=length, char_complexity=complexity, minimal_distinct=3)
    holds = {
        "characters": not any(ord(c) < 0x20 or ord(c) == 0x7F or 0xD800 <= ord(c) <= 0xDFFF for c in password),
        "minimal_length": len(password) >= length,
        "char_complexity": character_classes(password) >= complexity,
        "minimal_distinct": len(set(password)) >= min(3, length),
    }
    rule = broken(password, rules)
    if rule is None:
        assert all(holds.values())
    else:
        assert not holds[rule]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_character_classes_are_counted(password: str):
    expected = {
        "digit" if c.isdigit() else "upper" if c.isupper() else "lower" if c.islower() else "punctuation"
        for c in password
        if c != " "
    }
    assert character_classes(password) == len(expected)


def test_recent_passwords_are_refused_as_far_as_the_rule_goes():
    hasher = MemoryPasswordHasher()
    history = [hasher.hash(f"Sesame-Street-{n}") for n in range(3)]
    rules = PasswordRules(unique_history=2)
    assert broken("Sesame-Street-0", rules, history=history, hasher=hasher) == "unique_history"
    assert broken("Sesame-Street-1", rules, history=history, hasher=hasher) == "unique_history"
    assert broken("Sesame-Street-2", rules, history=history, hasher=hasher) is None
    assert broken("Sesame-Street-0", PasswordRules(unique_history=0), history=history, hasher=hasher) is None


@given(st.binary(min_size=1, max_size=8), st.integers(12, 40))
def test_random_passwords_pass_the_strictest_rules(seed: bytes, length: int):
    password = random_password(counting_bytes(seed), length)
    assert len(password) == length
    assert password.isascii()
    assert broken(password, PasswordRules(char_complexity=4, minimal_length=12)) is None


def test_random_passwords_differ_and_use_all_their_letters():
    source = counting_bytes()
    passwords = {random_password(source) for _ in range(200)}
    assert len(passwords) == 200
    assert len(set("".join(passwords))) == 64


def test_short_random_password_is_refused():
    with pytest.raises(ValueError, match="12"):
        random_password(counting_bytes(), 11)


def test_expiry_counts_for_people_only():
    rules = PasswordRules(expiration=timedelta(days=90))
    assert expires_at(NOW, rules) == NOW + timedelta(days=90)
    assert expires_at(NOW, rules, is_system_account=True) is None
    assert expires_at(NOW, PasswordRules()) is None


def failed(times: int, rules: LockRules = DEFAULT_LOCK, start: Attempts = NO_ATTEMPTS) -> tuple[Attempts, datetime]:
    attempts, at = start, NOW
    for _ in range(times):
        if attempts.locked_until is not None:
            at = max(at, attempts.locked_until)
        attempts = after_failure(attempts, at, rules)
    return attempts, at


def test_tenth_failure_locks_for_a_minute():
    attempts, at = failed(9)
    check_lock(attempts, at)
    attempts, at = failed(10)
    assert attempts.locked_until == at + timedelta(seconds=60)
    with pytest.raises(TooManyRequestsError) as caught:
        check_lock(attempts, at)
    assert caught.value.data == {"retry_after": 60}
    with pytest.raises(TooManyRequestsError) as caught:
        check_lock(attempts, at + timedelta(seconds=59.5))
    assert caught.value.data == {"retry_after": 1}
    check_lock(attempts, at + timedelta(seconds=60))


def test_lock_doubles_up_to_an_hour():
    lengths = []
    for times in range(10, 20):
        attempts, at = failed(times)
        assert attempts.locked_until is not None
        lengths.append((attempts.locked_until - at) // SECOND)
    assert lengths == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    attempts, at = failed(400)
    assert attempts.locked_until == at + timedelta(hours=1)


def test_attempts_during_a_lock_do_not_lengthen_it():
    attempts, at = failed(10)
    assert after_failure(attempts, at + 59 * SECOND) == attempts


def test_success_and_time_forget_failures():
    attempts, at = failed(9)
    assert after_success(attempts) == NO_ATTEMPTS
    assert after_success(NO_ATTEMPTS) is NO_ATTEMPTS
    assert after_failure(attempts, at + timedelta(hours=24)).failed_count == 1
    assert after_failure(attempts, at + timedelta(hours=23)).failed_count == 10


def test_locking_can_be_switched_off():
    attempts, _ = failed(1000, LockRules(failures=0))
    assert attempts.locked_until is None


@given(st.lists(st.integers(0, 4000), max_size=60))
def test_guesses_are_bounded_whatever_their_timing(waits: list[int]):
    attempts, at, looked_at = NO_ATTEMPTS, NOW, 0
    for wait in waits:
        at += timedelta(seconds=wait)
        try:
            check_lock(attempts, at)
        except TooManyRequestsError:
            continue
        looked_at += 1
        attempts = after_failure(attempts, at)
        if attempts.failed_count >= DEFAULT_LOCK.failures:
            assert attempts.locked_until is not None
            assert 60 * SECOND <= attempts.locked_until - at <= timedelta(hours=1)
    assert looked_at <= 10 + (at - NOW) // timedelta(seconds=60)
