"""Names of resources and of guests: what is a name, and how a new one is made from a pattern."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from cloudcore.model.errors import DuplicateNameError, InvalidFormatError, MissingParameterError, OutOfRangeError
from cloudcore.model.reading import read_str

MAX_NAME_LENGTH = 128
MAX_HOSTNAME_LENGTH = 253
MAX_LABEL_LENGTH = 63
MAX_WINDOWS_HOSTNAME_LENGTH = 15
MAX_COUNTER_TRIES = 100_000
MAX_RANDOM_TRIES = 1000

_COUNTER = re.compile(r"(?P<run>#+)(?:(?P<base>[0-9]{1,9})#)?", re.ASCII)
_RANDOM = re.compile(r"\?+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_NOT_LABEL = re.compile(r"[^A-Za-z0-9]+", re.ASCII)


def validate_name(name: str, *, field: str = "name", max_length: int = MAX_NAME_LENGTH) -> str:
    """The name, if it is one: not empty, no blank at an end, no control or direction-changing characters.

    max_length: in code points.

    Raises:
        MissingParameterError: it is empty.
        InvalidFormatError: it has a forbidden character; CR, LF and NUL are among them.
        OutOfRangeError: it is too long.
    """
    name = read_str(name, field, max_length)
    if not name:
        raise MissingParameterError(f"{field}: must not be empty", field=field)
    if name != name.strip():
        raise InvalidFormatError(f"{field}: must not begin or end with a blank", field=field)
    for char in name:
        if not char.isascii() and unicodedata.category(char) == "Cf":
            raise InvalidFormatError(f"{field}: contains the character U+{ord(char):04X}", field=field)
    return name


def generate_name(pattern: str, taken: Callable[[str], bool], random: Callable[[int], bytes], *, base: int = 1) -> str:
    """The first free name of a pattern.

    `web` gives `web`, or `web-<n>` with n counting up from `base`; `web-##` a counter of that width;
    `web-##66#` the same from 66, whatever the base; `web-???` that many random letters.
    Only the first run of marks counts, and `#` before `?`.

    taken: whether a name is in use in the scope, those given out earlier in the same batch included.
    random: `n → n random bytes`.
    base: position in a batch, from 1.

    Raises:
        DuplicateNameError: no free name within the bounded number of tries.
        InvalidInputError: the pattern or the name made from it is not a valid name.

    Source: the wire's `generate_name`.
    """
    validate_name(pattern, field="generate_name")
    counter = _COUNTER.search(pattern)
    if counter is not None:
        width, start = len(counter["run"]), int(counter["base"]) if counter["base"] else base
        before, after = pattern[: counter.start()], pattern[counter.end() :]
        return _first_counted(lambda number: f"{before}{number:0{width}d}{after}", start, taken)
    letters = _RANDOM.search(pattern)
    if letters is not None:
        return _first_random(pattern, letters, taken, random)
    if not taken(pattern):
        return pattern
    return _first_counted(lambda number: f"{pattern}-{number}", base, taken)


def validate_hostname(name: str, *, windows: bool = False, field: str = "hostname") -> str:
    """The host name, if the guest's system can bear it.

    Letters, digits, hyphens and dots; labels of at most 63, in all at most 253 characters. Windows: one label of at
    most 15 that is not a number.

    Raises:
        InvalidFormatError: it is no host name.
        OutOfRangeError: it is too long.

    Source: RFC 1123 §2.1; NetBIOS computer names.
    """
    limit = MAX_WINDOWS_HOSTNAME_LENGTH if windows else MAX_HOSTNAME_LENGTH
    name = read_str(name, field, limit)
    labels = name.split(".")
    good = all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    if not good or (windows and len(labels) > 1):
        raise InvalidFormatError(f"{field}: {name[:64]!a} is not a host name", field=field)
    return name


def derive_hostname(name: str, *, windows: bool = False, fallback: str = "guest") -> str:
    """A valid host name of one label that resembles the name.

    Runs of other characters than ASCII letters and digits become one hyphen; the result is cut to 63 (Windows: 15)
    characters. A name of which nothing but digits or nothing at all remains is put behind `fallback`.
    """
    limit = MAX_WINDOWS_HOSTNAME_LENGTH if windows else MAX_LABEL_LENGTH
    label = _NOT_LABEL.sub("-", name).strip("-")
    if not label:
        label = fallback
    elif label.isdigit():
        label = f"{fallback}-{label}"
    return label[:limit].rstrip("-")


def _first_counted(make: Callable[[int], str], start: int, taken: Callable[[str], bool]) -> str:
    for number in range(start, start + MAX_COUNTER_TRIES):
        name = _checked(make(number))
        if not taken(name):
            return name
    raise DuplicateNameError("generate_name: every name of the pattern is taken", field="generate_name")


def _first_random(
    pattern: str, run: re.Match[str], taken: Callable[[str], bool], random: Callable[[int], bytes]
) -> str:
    width = run.end() - run.start()
    for _ in range(MAX_RANDOM_TRIES):
        letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in random(width))
        name = pattern[: run.start()] + letters + pattern[run.end() :]
        if not taken(name):
            return name
    raise DuplicateNameError("generate_name: every name of the pattern that was tried is taken", field="generate_name")


def _checked(name: str) -> str:
    if len(name) > MAX_NAME_LENGTH:
        raise OutOfRangeError(f"generate_name: the name would be longer than {MAX_NAME_LENGTH}", field="generate_name")
    return name
