"""What every password hasher keeps."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from cloudcore.model.errors import BackendError, InvalidInputError
from cloudcore.ports.password_hasher import MAX_PASSWORD_BYTES, PasswordHasher
from cloudcore_adapters.crypto.passwords import Argon2PasswordHasher
from cloudcore_adapters.memory.secrets import MemoryPasswordHasher


@attrs.frozen
class Case:
    name: str
    weak: Callable[[], PasswordHasher]
    strong: Callable[[], PasswordHasher]


CASES = (
    Case("memory", MemoryPasswordHasher, lambda: MemoryPasswordHasher(generation=2)),
    Case(
        "argon2",
        lambda: Argon2PasswordHasher(time_cost=1, memory_kib=64, parallelism=1),
        lambda: Argon2PasswordHasher(time_cost=2, memory_kib=128, parallelism=1),
    ),
)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.mark.parametrize("password", ["Sesame-1", "", "пароль", "a\x00b", "a\x00c", " space ", "\U0001f511" * 200])
def test_hash_verifies_only_its_password(case: Case, password: str):
    hasher = case.weak()
    hashed = hasher.hash(password)
    assert hasher.verify(password, hashed)
    assert not hasher.verify(password + "x", hashed)
    assert not hasher.verify(password[:-1] if password else "x", hashed)


def test_hash_does_not_contain_password_and_is_salted(case: Case):
    hasher = case.weak()
    first, second = hasher.hash("Sesame-1"), hasher.hash("Sesame-1")
    assert first != second
    assert "Sesame" not in first
    assert first.isascii()


def test_text_after_a_nul_counts(case: Case):
    hasher = case.weak()
    assert not hasher.verify("a\x00c", hasher.hash("a\x00b"))


@pytest.mark.parametrize("password", ["x" * (MAX_PASSWORD_BYTES + 1), "é" * MAX_PASSWORD_BYTES, "\ud800"])
def test_unhashable_password_is_refused_and_never_verifies(case: Case, password: str):
    hasher = case.weak()
    with pytest.raises(InvalidInputError) as caught:
        hasher.hash(password)
    assert caught.value.field == "password"
    assert not hasher.verify(password, hasher.hash(""))


def test_longest_password_works(case: Case):
    hasher = case.weak()
    password = "x" * MAX_PASSWORD_BYTES
    assert hasher.verify(password, hasher.hash(password))


@pytest.mark.parametrize("hashed", ["", "plain", "$argon2id$broken", "test-sha256$x$y$z", "a$b$c$d", "é$1$2$3"])
def test_damaged_record_is_an_error_and_not_a_mismatch(case: Case, hashed: str):
    hasher = case.weak()
    with pytest.raises(BackendError) as caught:
        hasher.verify("Sesame-1", hashed)
    assert "Sesame" not in str(caught.value)
    with pytest.raises(BackendError):
        hasher.needs_rehash(hashed)


def test_stronger_parameters_ask_for_rehash_and_still_verify(case: Case):
    weak, strong = case.weak(), case.strong()
    hashed = weak.hash("Sesame-1")
    assert not weak.needs_rehash(hashed)
    assert strong.needs_rehash(hashed)
    assert strong.verify("Sesame-1", hashed)
    assert not strong.needs_rehash(strong.hash("Sesame-1"))


@pytest.mark.parametrize("password", ["", "nobody has this password", "\ud800", "x" * 5000])
def test_dummy_verify_is_always_false(case: Case, password: str):
    assert case.weak().dummy_verify(password) is False
