"""Recorded exchanges are answered as they were, but for the differences that are written down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.wire.exchange import FOLDER, Exchange, World, observed, recorded

EXCHANGES = recorded()
DIFFERENCES: list[dict[str, Any]] = json.loads((FOLDER / "differences.json").read_text(encoding="utf-8"))
ROOT = FOLDER.parents[2]
OF_ERRORS = frozenset({"status", "class"})


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def concerned(exchange: Exchange) -> list[dict[str, Any]]:
    """The differences that speak of an exchange."""
    return [one for one in DIFFERENCES if any(fnmatchcase(exchange.name, where) for where in one["where"])]


def expected(exchange: Exchange) -> dict[str, Any]:
    """What we answer: what was recorded, with the differences."""
    found = dict(exchange.facts["answer"])
    for one in concerned(exchange):
        changes = {**one["ours"], **_own(one, exchange)}
        found.update(changes)
        if "adds" in one:
            found["envelope"] = sorted([*found["envelope"], *one["adds"]])
        found["reads"] = _less(found.get("reads"), one.get("without", ()))
        found["headers"] = _less(found.get("headers"), one.get("without_headers", ()))
    if found["status"] >= 400:
        found = {name: value for name, value in found.items() if name in OF_ERRORS}
    return {name: value for name, value in found.items() if value is not None}


def _own(one: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """What a difference says of this exchange alone."""
    return {name: one[name][exchange.name] for name in OF_ERRORS if exchange.name in one.get(name, {})}


def _less(names: list[str] | None, patterns: Any) -> list[str] | None:
    return names and [name for name in names if not any(fnmatchcase(name, pattern) for pattern in patterns)]


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.name)
def test_it_is_answered_as_it_was(world: World, exchange: Exchange) -> None:
    wanted, answer = expected(exchange), world.answer(exchange)
    asked = {name: value for name, value in exchange.facts["answer"].items() if name in wanted}
    found = observed(answer, {**asked, **wanted}, reads=asked.get("reads", ()), headers=asked.get("headers", ()))
    assert found == wanted, answer.text[:2000]


def test_no_stray_headers_come_along(world: World) -> None:
    for exchange in EXCHANGES:
        if expected(exchange)["status"] >= 400 and "given" not in exchange.facts:
            answer = world.answer(exchange)
            assert "Location" not in answer.headers
            assert "X-Subject-Token" not in answer.headers


@pytest.mark.parametrize("one", DIFFERENCES, ids=lambda one: one["what"])
def test_a_difference_is_one(one: Mapping[str, Any]) -> None:
    assert {"what", "where", "theirs", "ours", "why"} <= set(one)
    assert one["where"] or one["test"]
    if "test" in one:
        path, _, name = one["test"].partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8"), one["test"]
    for where in one["where"]:
        assert any(fnmatchcase(exchange.name, where) for exchange in EXCHANGES), where
    for kind, key in (("without", "reads"), ("without_headers", "headers")):
        for pattern in one.get(kind, ()):
            recorded_names = [n for e in EXCHANGES if one in concerned(e) for n in e.facts["answer"].get(key, ())]
            assert any(fnmatchcase(name, pattern) for name in recorded_names), pattern
    for exchange in EXCHANGES:
        if one in concerned(exchange):
            for name, ours in {**one["ours"], **_own(one, exchange)}.items():
                assert exchange.facts["answer"].get(name) != ours, (exchange.name, name)
