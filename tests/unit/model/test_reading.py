from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, OutOfRangeError
from cloudcore.model.reading import (
    format_time,
    parse_query,
    read_bool,
    read_float,
    read_int,
    read_list_of_str,
    read_str,
    read_time,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
BIG = 2**62


@given(st.integers(-BIG, BIG))
def test_whole_numbers_read_the_same_as_text(number):
    assert number == read_int(number, "n", -BIG, BIG) == read_int(str(number), "n", -BIG, BIG)


@pytest.mark.parametrize(
    "bad",
    [
        True,
        False,
        None,
        "",
        " ",
        "\u0663",
        "1_000",
        "0x10",
        "1.5",
        1.5,
        math.nan,
        math.inf,
        "1e3",
        [],
        {},
        "9" * 5000,
        b"1",
    ],
)
def test_what_is_no_whole_number_is_refused(bad):
    with pytest.raises(InvalidInputError) as caught:
        read_int(bad, "disks.0.size", 0, 100)

    assert caught.value.field == "disks.0.size"


@pytest.mark.parametrize("bad", [-1, 101, "101", 10**30, -(10**30)])
def test_numbers_outside_their_bounds_are_refused(bad):
    with pytest.raises(OutOfRangeError):
        read_int(bad, "n", 0, 100)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_numbers_read_the_same_as_text(number):
    assert number == read_float(number, "n") == pytest.approx(read_float(f"{number:.17f}", "n"))


@pytest.mark.parametrize(
    "bad",
    [math.nan, math.inf, -math.inf, "nan", "inf", "1e999", "\u0663.\u0665", True, None, "1,5", [], "1_0", 10**400],
)
def test_what_is_no_finite_number_is_refused(bad):
    with pytest.raises(InvalidInputError):
        read_float(bad, "n")


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (True, True),
        (False, False),
        ("TRUE", True),
        ("On", True),
        ("yes", True),
        ("1", True),
        (1, True),
        ("off", False),
        ("No", False),
        (0, False),
    ],
)
def test_booleans_come_in_many_words(value, meaning):
    assert read_bool(value, "b") is meaning


@pytest.mark.parametrize("bad", ["", "ja", 2, None, [], "trueish", "\uff11", 1.0])
def test_other_words_are_no_booleans(bad):
    with pytest.raises(InvalidFormatError):
        read_bool(bad, "b")


@pytest.mark.parametrize(
    "bad", ["a\r\nb", "a\x00", "\x7f", "\x85", "\u2028", "\ud800", "\ufffe", "\x1b[2J", None, True, 1.5, [], {}]
)
def test_hostile_texts_are_refused(bad):
    with pytest.raises(InvalidFormatError):
        read_str(bad, "name")


def test_newlines_are_admitted_only_where_asked():
    assert read_str("a\r\n\tb", "user_data", allow_newlines=True) == "a\r\n\tb"
    with pytest.raises(InvalidFormatError):
        read_str("a\x00b", "user_data", allow_newlines=True)


def test_a_text_that_is_too_long_is_refused():
    assert read_str("é" * 128, "name", 128) == "é" * 128
    with pytest.raises(OutOfRangeError):
        read_str("é" * 129, "name", 128)


def test_a_bare_text_is_a_list_of_one():
    assert read_list_of_str("default", "secgroups") == ["default"]
    assert read_list_of_str(["a", 1], "x") == ["a", "1"]
    assert read_list_of_str(None, "x") == []


def test_a_bad_item_of_a_list_is_named():
    with pytest.raises(InvalidFormatError) as caught:
        read_list_of_str(["a", {}], "secgroups")

    assert caught.value.field == "secgroups.1"
    with pytest.raises(OutOfRangeError):
        read_list_of_str(["a"] * 3, "x", max_items=2)


@given(JSON)
def test_readers_raise_nothing_but_input_errors(value):
    for reader in (read_int, read_float, read_bool, read_str, read_list_of_str, read_time):
        try:
            reader(value, "f")
        except InvalidInputError as error:
            assert error.field is not None  # noqa: PT017
            str(error).encode()


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_formatted_time_reads_back(moment):
    text = format_time(moment)

    assert len(text) == 27
    assert moment == read_time(text, "t")


@given(st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9990, 1, 1)), st.integers(-23 * 60, 23 * 60))  # noqa: DTZ001
def test_times_of_other_zones_become_utc(naive, minutes):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert moment == read_time(moment.isoformat(), "t")
    assert read_time(moment.isoformat(), "t").utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-21T03:04:05.000000Z",
        "2026-08-21T03:04:05Z",
        "2026-08-21 03:04:05",
        "2026-08-21T03:04:05.000000999",
        "2026-08-21T05:04:05+02:00",
        "2026-08-20T22:04:05 -0500",
        "20260821T030405Z",
        "20260821030405",
        "Fri, 21 Aug 2026 03:04:05 GMT",
        "Fri, 21 Aug 2026 05:04:05 +0200",
        "21 Aug 2026 03:04:05",
    ],
)
def test_every_form_of_a_time_is_read(text):
    assert datetime(2026, 8, 21, 3, 4, 5, tzinfo=UTC) == read_time(text, "t")


def test_times_may_be_short():
    assert datetime(2026, 8, 21, 3, 4, tzinfo=UTC) == read_time("2026-08-21T03:04", "t")
    assert datetime(2026, 8, 21, tzinfo=UTC) == read_time("2026-08-21", "t")


@pytest.mark.parametrize(
    "bad",
    ["", "now", "2026-02-30", "2026-13-01", "2026-08-21T25:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-08-21T00:00+99:99",
     "\uff12\uff10\uff12\uff16-08-21", 20260821030405, None, "2026-08-21T03:04:05Z\n", "Fri, 21 Foo 2026 03:04:05 GMT"],
)  # fmt: skip
def test_what_is_no_time_is_refused(bad):
    with pytest.raises(InvalidFormatError):
        read_time(bad, "t")


def test_a_time_without_a_zone_has_no_wire_form():
    with pytest.raises(ValueError, match="zone"):
        format_time(datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([("a", "1")], {"a": "1"}),
        ([("a", "1"), ("a", "2")], {"a": ["1", "2"]}),
        ([("a.1", "2"), ("a.0", "1")], {"a": ["1", "2"]}),
        ([("scope.project.id", "x")], {"scope": {"project": {"id": "x"}}}),
        ([("flag", None)], {"flag": None}),
        ([("tags.0.key", "user:env"), ("tags.0.value", "prod")], {"tags": [{"key": "user:env", "value": "prod"}]}),
        ([("0", "x")], {"0": "x"}),
        ([("a.0.0", "x"), ("a.0.1", "y")], {"a": [["x", "y"]]}),
        ([], {}),
    ],
)
def test_a_query_becomes_a_tree(pairs, tree):
    assert tree == parse_query(pairs)


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "1"), ("a.b", "2")],
        [("a.b", "1"), ("a", "2")],
        [("a.0", "1"), ("a.2", "2")],
        [("a.1", "1")],
        [("a.0", "1"), ("a.x", "2")],
        [("a.2049", "1")],
        [("a.999999999", "1")],
        [("", "1")],
        [("a..b", "1")],
        [("a.", "1")],
        [("a.b.c.d.e.f.g", "1")],
        [("a\r\nb", "1")],
        [("a", "\ud800")],
        [("k" * 257, "1")],
        [(f"k{n}", "1") for n in range(2001)],
    ],
)
def test_a_hostile_query_is_refused(pairs):
    with pytest.raises(InvalidInputError):
        parse_query(pairs)


TREES = st.dictionaries(
    st.text("abc:", min_size=1, max_size=3),
    st.recursive(
        st.text(max_size=5) | st.none(),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=4)
            | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, min_size=1, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


def _flat(tree, prefix=""):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for name, child in items:
        path = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(child, dict | list):
            yield from _flat(child, path)
        else:
            yield path, child


@given(TREES)
def test_a_tree_survives_its_query(tree):
    pairs = list(_flat(tree))
    if any(key.count(".") >= 6 for key, _ in pairs):
        with pytest.raises(OutOfRangeError):
            parse_query(pairs)
    else:
        assert tree == parse_query(pairs)


@given(st.lists(st.tuples(st.text("ab.01\x00", max_size=8), st.none() | st.text(max_size=2)), max_size=12))
def test_a_query_raises_nothing_but_input_errors(pairs):
    try:
        parse_query(pairs)
    except InvalidInputError as error:
        assert str(error)  # noqa: PT017


def test_a_number_outside_its_bounds_is_refused():
    with pytest.raises(OutOfRangeError):
        read_float("1.5", "ratio", 0.0, 1.0)
    assert read_int(4.0, "n") == 4
