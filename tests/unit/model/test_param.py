"""Parameters of actions as clients send them."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.errors import InvalidInputError, MissingParameterError
from cloudcore.model.param import param, read_params

GROUPS = param("group_ids", "Groups", list, of=str, alias=("groups", "group"), required=True)


@pytest.mark.parametrize(
    ("body", "groups"),
    [
        ({"group_ids": ["a"], "group.0": "b"}, ["a"]),
        ({"groups": ["a", "b"]}, ["a", "b"]),
        ({"group.0": "a"}, ["a"]),
        ({"group.10": "c", "group.2": "b", "group.0": "a"}, ["a", "b", "c"]),
        ({"group.x": "c", "group.1": "b"}, ["b"]),
    ],
    ids=str,
)
def test_a_list_may_come_by_numbers(body: dict[str, Any], groups: list[str]) -> None:
    assert read_params((GROUPS,), body)["group_ids"] == groups


@pytest.mark.parametrize("body", [{}, {"group": ""}, {"group.x": "a"}, {"group_ids": None}], ids=str)
def test_a_list_that_is_not_there_is_missing(body: dict[str, Any]) -> None:
    with pytest.raises(MissingParameterError, match="group_ids"):
        read_params((GROUPS,), body)


def test_what_comes_by_numbers_is_checked() -> None:
    with pytest.raises(InvalidInputError, match="group_ids"):
        read_params((GROUPS,), {"group.0": {"id": "a"}})
