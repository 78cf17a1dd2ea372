from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import (
    DuplicateNameError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    OutOfRangeError,
)
from cloudcore.model.names import derive_hostname, generate_name, validate_hostname, validate_name

RANDOM = random.Random(7).randbytes


def batch(pattern: str, count: int, taken: tuple[str, ...] = ()) -> list[str]:
    names = list(taken)
    for base in range(1, count + 1):
        names.append(generate_name(pattern, names.__contains__, RANDOM, base=base))
    return names[len(taken) :]


@pytest.mark.parametrize(
    ("pattern", "taken", "names"),
    [
        ("web", (), ["web", "web-2", "web-3"]),
        ("web", ("web",), ["web-1", "web-2", "web-3"]),
        ("web-##", (), ["web-01", "web-02", "web-03"]),
        ("web-##", ("web-02",), ["web-01", "web-03", "web-04"]),
        ("web-##66#", (), ["web-66", "web-67", "web-68"]),
        ("web-##66#.x", (), ["web-66.x", "web-67.x", "web-68.x"]),
        ("w#x", (), ["w1x", "w2x", "w3x"]),
        ("#99#", (), ["99", "100", "101"]),
        ("a#b#", (), ["a1b#", "a2b#", "a3b#"]),
    ],
)
def test_a_pattern_gives_a_batch_of_names(pattern, taken, names):
    assert names == batch(pattern, 3, taken)


def test_question_marks_become_letters():
    names = batch("web-???", 50)

    assert len(set(names)) == 50
    for name in names:
        assert name.startswith("web-")
        assert name[4:].isalpha()
        assert name[4:].islower()
        assert len(name) == 7


def test_random_letters_are_drawn_again_until_free():
    draws = iter([b"\0", b"\0", b"\1"])

    assert generate_name("n?", {"na"}.__contains__, lambda _: next(draws)) == "nb"


@pytest.mark.parametrize("pattern", ["web", "web-#", "?"])
def test_a_pattern_of_which_all_is_taken_is_refused(pattern):
    with pytest.raises(DuplicateNameError):
        generate_name(pattern, lambda _: True, RANDOM)


def test_a_generated_name_is_not_longer_than_a_name():
    with pytest.raises(OutOfRangeError):
        generate_name("n" * 127, {"n" * 127}.__contains__, RANDOM)


@given(
    st.text("ab#?19-", min_size=1, max_size=8), st.integers(1, 50), st.sets(st.text("ab19-", min_size=1, max_size=4))
)
def test_a_generated_name_is_always_free(pattern, base, taken):
    name = generate_name(pattern, taken.__contains__, RANDOM, base=base)

    assert name not in taken
    assert name == validate_name(name)


@pytest.mark.parametrize(
    "bad",
    ["a\r\nSet-Cookie: x", "a\n", "\x00", "\x1b[2J", "a\u202eb", "\u200b", "\ud800", " a", "a ", "a\u2028b", "\ufeffa"],
)
def test_hostile_names_are_refused(bad):
    with pytest.raises(InvalidFormatError) as caught:
        validate_name(bad)
    assert caught.value.field == "name"


def test_empty_and_long_names_are_refused():
    with pytest.raises(MissingParameterError):
        validate_name("")
    with pytest.raises(OutOfRangeError):
        validate_name("é" * 129)
    assert validate_name("Überraschung 5 <b>&") == "Überraschung 5 <b>&"


@pytest.mark.parametrize("good", ["web-1", "a", "A9", "web.example.org", "1and1", "a" * 63])
def test_good_host_names_are_accepted(good):
    assert good == validate_hostname(good)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "-a",
        "a-",
        "a_b",
        "a..b",
        "a.",
        ".a",
        "a b",
        "ä",
        "a\n",
        "a" * 64,
        "a." * 127 + "a",
        "123",
        "10.0.0.1",
        "$(id)",
        "\u0661a",
    ],
)
def test_bad_host_names_are_refused(bad):
    with pytest.raises(InvalidInputError):
        validate_hostname(bad)


@pytest.mark.parametrize("bad", ["a" * 16, "a.b", "12345", "a_b"])
def test_windows_is_stricter(bad):
    with pytest.raises(InvalidInputError):
        validate_hostname(bad, windows=True)


@pytest.mark.parametrize(
    ("name", "windows", "hostname"),
    [("batch-3", False, "batch-3"), ("web 1_b", False, "web-1-b"), ("Größe", False, "Gr-e"), ("名前", False, "guest"), ("42", False, "guest-42"),
     ("a" * 14 + "-b-c", True, "a" * 14), ("x" * 80, False, "x" * 63)],
)  # fmt: skip
def test_a_host_name_is_derived_from_a_name(name, windows, hostname):
    assert hostname == derive_hostname(name, windows=windows)


@given(st.text(max_size=140), st.booleans())
def test_a_derived_host_name_is_valid(name, windows):
    hostname = derive_hostname(name, windows=windows)

    assert hostname == validate_hostname(hostname, windows=windows)
