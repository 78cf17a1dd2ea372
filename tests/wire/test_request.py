"""Reading queries, bodies and envelopes."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, TooLargeError
from cloudcore_adapters.rest.request import optional_envelope, read_object, read_query, required_envelope

KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (b"", {}),
        (b"a=1&a=2", {"a": ["1", "2"]}),
        (b"field.0=id&field.1=name", {"field": ["id", "name"]}),
        (b"scope.project.id=x", {"scope": {"project": {"id": "x"}}}),
        (b"include_names", {"include_names": None}),
        (b"name=a+b%2Bc", {"name": "a b+c"}),
        (b"filter.0=name.equals(net0)&&", {"filter": ["name.equals(net0)"]}),
        (
            b"obj_tags.0.0.key=user:env&obj_tags.0.0.value=prod",
            {"obj_tags": [[{"key": "user:env", "value": "prod"}]]},
        ),
        (b"name=%C3%A4", {"name": "ä"}),
    ],
)
def test_query_is_a_tree(text, tree):
    assert read_query(text, limit=65536) == tree


@pytest.mark.parametrize("text", [b"a=%ff", b"%ff=a", b"a=1&a.b=2", b"a..b=1"])
def test_query_that_contradicts_itself_is_refused(text):
    with pytest.raises(InvalidInputError):
        read_query(text, limit=65536)


def test_query_has_a_limit():
    with pytest.raises(TooLargeError):
        read_query(b"a=" + b"x" * 100, limit=100)


@pytest.mark.parametrize("text", [b"", b"null", b"{}"])
def test_nothing_is_an_empty_object(text):
    assert read_object(text, depth=8) == {}


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"\x0b",
        b"\xa0",
        b"[]",
        b"1",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b'{"a": 1} x',
        b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"a": ' + b"[" * 5000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"{'a': 1}",
    ],
)
def test_body_that_is_no_proper_object_is_refused(text):
    with pytest.raises(InvalidFormatError):
        read_object(text, depth=32)


def test_depth_is_counted_in_levels():
    assert read_object(b'{"a": {"b": {}}}', depth=3) == {"a": {"b": {}}}
    with pytest.raises(InvalidFormatError, match="2 levels"):
        read_object(b'{"a": {"b": {}}}', depth=2)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_proper_object_is_read_as_it_was_written(value):
    assert read_object(orjson.dumps(value), depth=64) == value


@pytest.mark.parametrize(
    "body", [{}, {"servers": {}}, {"server": None}, {"server": "x"}, {"server": []}, {"name": "a"}]
)
def test_create_needs_its_envelope(body):
    with pytest.raises(InvalidInputError) as caught:
        required_envelope(body, "server")
    assert caught.value.field == "server"


def test_update_takes_an_envelope_or_none():
    assert optional_envelope({"server": {"name": "a"}}, "server") == {"name": "a"}
    assert optional_envelope({"name": "a"}, "server") == {"name": "a"}
    assert optional_envelope({"server": None}, "server") == {}


def test_an_envelope_that_is_no_object_is_refused():
    with pytest.raises(InvalidInputError) as caught:
        optional_envelope({"server": "srv-1", "force": True}, "server")
    assert caught.value.field == "server"


def test_class_action_takes_the_plural_or_the_singular():
    assert optional_envelope({"servers": {"a": 1}}, "servers", "server") == {"a": 1}
    assert optional_envelope({"server": {"a": 1}}, "servers", "server") == {"a": 1}
