"""Every operation that answers with something of its own says with what, and no other does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from cloudcore.cloud import TYPES
from cloudcore.model.resource import Action, ActionKind, Resource
from cloudcore.operations.answers import ANSWERS
from cloudcore.operations.plans.planning import apply_plan
from cloudcore.operations.table import ALONE, DETAIL, MAKING, PERFORM, PERFORM_CLASS

TABLES = {
    ActionKind.PERFORM: (ALONE, MAKING, PERFORM),
    ActionKind.CLASS: (PERFORM_CLASS,),
    ActionKind.SPEC: (DETAIL,),
    ActionKind.PROPERTY: (),
}


def operations() -> Iterator[tuple[str, str, Any]]:
    for resource in TYPES:
        for action in resource.actions:
            work = serving(resource, action)
            if work is not None:
                yield resource.plural, action.name, work


def serving(resource: Resource[Any], action: Action) -> Any:
    key = resource.plural, action.name
    if key == ("plans", "apply"):  # the session does it itself
        return apply_plan
    found = next((table[key] for table in TABLES[action.kind] if key in table), action.run)
    while isinstance(found, partial):
        found = found.func
    return found


OPERATIONS = list(operations())


@pytest.mark.parametrize(("plural", "name", "work"), OPERATIONS, ids=[f"{p}-{n}" for p, n, _ in OPERATIONS])
def test_what_gives_an_answer_is_in_the_table_of_answers(plural: str, name: str, work: Any) -> None:
    gives = work.__annotations__["return"] != "None"

    assert ((plural, name) in ANSWERS) == gives


def test_the_table_names_nothing_else() -> None:
    assert set(ANSWERS) <= {(plural, name) for plural, name, _ in OPERATIONS}
