from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.condition import MAX_DEPTH, MAX_WORDS, parse_condition
from cloudcore.model.errors import InvalidFormatError

DOCUMENT: dict[str, Any] = {
    "server": {"vcpu_count": 8, "os_type": "Windows", "disks": [{"size": 10}], "tags": {"a": "1"}, "on": True},
    "host": {"rate": 4.5, "name": "gpu-1", "count": "7"},
}


@pytest.mark.parametrize(
    "text",
    [
        "server.vcpu_count > 4",
        'host.rate > 4 && server.os_type == "Windows"',
        "host.rate < 4 || server.vcpu_count == 8",
        "!(server.vcpu_count < 8)",
        "server.disks[0].size == 10",
        'host.name.startswith("gpu") && host.name.endswith("-1") && host.name.contains("u-")',
        'server.os_type.in("Linux", "Windows")',
        "server.os_type.len() == 7 && server.disks.len() == 1",
        'server.tags.contains("a") && server.tags.keys() == "a"',
        'host.name.substr(0, 3) == "gpu"',
        "server.vcpu_count * 2 + 1 == 17 && server.vcpu_count / 2 - 1 == 3",
        "host.count == 7",
        "server.on",
        "server.on == true",
        "host.rate > -1",
        "missing.path > 1 || server.on",
    ],
)
def test_conditions_that_hold(text: str) -> None:
    assert parse_condition(text).holds(DOCUMENT)


@pytest.mark.parametrize(
    "text",
    [
        "server.vcpu_count > 8",
        "missing > 1",
        "!missing",
        "server.disks[3].size == 1",
        "server.os_type > 3",
        "server.vcpu_count",
        "server.vcpu_count / 0 > 1",
        'server.vcpu_count.startswith("8")',
        "server.tags.keys() == 'b'",
        "server.disks && server.on",
    ],
)
def test_what_is_missing_or_unsuitable_does_not_hold(text: str) -> None:
    assert not parse_condition(text).holds(DOCUMENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a >",
        "a b",
        "(a",
        "a)",
        "a.",
        "a[b]",
        "a = 1",
        "a.f(b)",
        "a.f(1",
        "__import__('os').system()()",
        "-a",
        "a; b",
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        " && ".join(["a"] * MAX_WORDS),
        "a" * 2000,
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidFormatError) as caught:
        parse_condition(text, "where")
    assert caught.value.field == "where"


@given(st.text(alphabet="ab.()[]&|!=<>+-*/'\"1 ,", max_size=40))
def test_any_text_parses_to_an_answer_or_is_refused(text: str) -> None:
    try:
        condition = parse_condition(text)
    except InvalidFormatError:
        return
    assert condition.holds({"a": 1, "b": {"a": [1]}}) in (True, False)
