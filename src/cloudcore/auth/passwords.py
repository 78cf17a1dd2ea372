"""Rules for passwords, random passwords, and the lock after failed attempts."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import attrs

from cloudcore.model.errors import TooManyRequestsError, WeakPasswordError
from cloudcore.ports.password_hasher import MAX_PASSWORD_BYTES, PasswordHasher

_CLASSES = (string.digits, string.ascii_uppercase, string.ascii_lowercase, string.punctuation)
_READABLE = (
    "23456789",
    "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "abcdefghijkmnopqrstuvwxyz",
    "-_.+=@%",
)


@attrs.frozen(kw_only=True)
class PasswordRules:
    """What a password must be like.

    minimal_length: in characters.
    char_complexity: how many of the four classes digit, upper case, lower case and punctuation must occur, 0 to 4.
    unique_history: the password must differ from this many earlier ones; 0 for off.
    minimal_distinct: how many different characters it must have.
    expiration: after which it must be changed; None for never. System accounts' passwords do not expire.
    """

    minimal_length: int = 10
    char_complexity: int = 2
    unique_history: int = 3
    minimal_distinct: int = 5
    expiration: timedelta | None = None


DEFAULT_RULES = PasswordRules()


def check_password(
    password: str,
    rules: PasswordRules = DEFAULT_RULES,
    *,
    user_name: str = "",
    history: Sequence[str] = (),
    hasher: PasswordHasher | None = None,
) -> None:
    """Refuse a password that breaks a rule; the error never repeats the password.

    history: hashes of earlier passwords, newest first; compared with `hasher` as far as `rules.unique_history` says.

    Raises:
        WeakPasswordError: `data["rule"]` names the first rule that it breaks.
    """
    broken = _broken_rule(password, rules, user_name)
    if broken is not None:
        raise _weak(*broken)
    if rules.unique_history and hasher is not None:
        for hashed in history[: rules.unique_history]:
            if hasher.verify(password, hashed):
                raise _weak("unique_history", f"must differ from the last {rules.unique_history} passwords")


def character_classes(password: str) -> int:
    """How many of digit, upper case, lower case and punctuation occur; only ASCII counts."""
    return sum(any(character in letters for character in password) for letters in _CLASSES)


def random_password(random_bytes: Callable[[int], bytes], length: int = 20) -> str:
    """A password of characters that are told apart easily, with all four classes; about 6 bits a character.

    random_bytes: a source fit for secrets: `random_bytes(n)` gives n bytes.

    Raises:
        ValueError: `length` is below 12.
    """
    if length < 12:
        raise ValueError("a random password has at least 12 characters")
    letters = "".join(_READABLE)
    while True:
        password = "".join(letters[_below(len(letters), random_bytes)] for _ in range(length))
        if all(any(character in part for character in password) for part in _READABLE):
            return password


def expires_at(changed_at: datetime, rules: PasswordRules, *, is_system_account: bool = False) -> datetime | None:
    """When a password that was set at `changed_at` must be changed; None for never."""
    return None if rules.expiration is None or is_system_account else changed_at + rules.expiration


@attrs.frozen(kw_only=True)
class LockRules:
    """When failed attempts lock, and for how long.

    failures: attempts that may fail before the first lock; 0 for never.
    first_lock: the length of the first lock; each further failure after it doubles the length.
    longest_lock: the bound of the doubling.
    forget_after: failures are forgotten after this time without another.
    """

    failures: int = 10
    first_lock: timedelta = timedelta(seconds=60)
    longest_lock: timedelta = timedelta(hours=1)
    forget_after: timedelta = timedelta(hours=24)


DEFAULT_LOCK = LockRules()


@attrs.frozen(kw_only=True)
class Attempts:
    """The failed attempts on one login name; times are aware UTC.

    Keep it by domain and name rather than by user, for names without a user too: then a lock tells nobody which names
    exist. A lock ends by itself; nobody can shut another out for good.
    """

    failed_count: int = 0
    failed_at: datetime | None = None
    locked_until: datetime | None = None


NO_ATTEMPTS = Attempts()


def check_lock(attempts: Attempts, now: datetime) -> None:
    """Refuse an attempt while locked, before the password is looked at.

    Raises:
        TooManyRequestsError: `data["retry_after"]` is the rest of the lock in seconds.
    """
    if attempts.locked_until is not None and now < attempts.locked_until:
        rest = -((now - attempts.locked_until) // timedelta(seconds=1))
        raise TooManyRequestsError("too many failed attempts; try again later", data={"retry_after": rest})


def after_failure(attempts: Attempts, now: datetime, rules: LockRules = DEFAULT_LOCK) -> Attempts:
    """The state after an attempt that failed; attempts during a lock leave the state as it is."""
    if attempts.locked_until is not None and now < attempts.locked_until:
        return attempts
    stale = attempts.failed_at is not None and now - attempts.failed_at >= rules.forget_after
    count = 1 if stale else attempts.failed_count + 1
    until = None
    if rules.failures and count >= rules.failures:
        doublings = min(count - rules.failures, 32)
        until = now + min(rules.first_lock * 2**doublings, rules.longest_lock)
    return Attempts(failed_count=count, failed_at=now, locked_until=until)


def after_success(attempts: Attempts) -> Attempts:
    """The state after the right password: everything is forgotten."""
    return attempts if attempts == NO_ATTEMPTS else NO_ATTEMPTS


def _broken_rule(password: str, rules: PasswordRules, user_name: str) -> tuple[str, str] | None:
    if any(
        0xD800 <= ord(character) <= 0xDFFF or ord(character) < 0x20 or ord(character) == 0x7F for character in password
    ):
        return "characters", "must not have control characters"
    if len(password.encode("utf-8")) > MAX_PASSWORD_BYTES:
        return "maximal_length", f"must not be longer than {MAX_PASSWORD_BYTES} bytes"
    if len(password) < rules.minimal_length:
        return "minimal_length", f"must have at least {rules.minimal_length} characters"
    if character_classes(password) < rules.char_complexity:
        wanted = rules.char_complexity
        return "char_complexity", f"must have {wanted} of: digit, upper-case letter, lower-case letter, punctuation"
    if len(set(password)) < min(rules.minimal_distinct, rules.minimal_length):
        return "minimal_distinct", f"must have at least {rules.minimal_distinct} different characters"
    if len(user_name) >= 3 and user_name.casefold() in password.casefold():
        return "user_name", "must not contain the user's name"
    return None


def _weak(rule: str, reason: str) -> WeakPasswordError:
    return WeakPasswordError(f"the password {reason}", field="password", data={"rule": rule})


def _below(bound: int, random_bytes: Callable[[int], bytes]) -> int:
    """A number below `bound` (at most 256), each equally likely: bytes past the last whole multiple are thrown away."""
    limit = 256 - 256 % bound
    while True:
        number = random_bytes(1)[0]
        if number < limit:
            return number % bound
