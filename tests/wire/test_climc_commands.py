"""The original's `climc`, command by command: what each of them sends, and what its printer reads in the answer.

`clients/climc.json` has the types (service, plural, columns that lists print, and of these those that have nothing in
them here) and stories, which are commands in an order that makes sense. A command has its words, its type, what the SDK does for it, that one's arguments, and perhaps:

    reads    paths of members that the command reads
    rows     how many rows there are
    keep     members of the answer, under names that later commands use in braces
    refused  the classes of the error that it gets, where the platform does not offer it
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.wire.exchange import FOLDER, World
from tests.wire.go_client import GoError, GoSession, Manager
from tests.wire.test_go_client import login_body

TABLE: Mapping[str, Any] = json.loads((FOLDER.parent / "clients" / "climc.json").read_text())
OPTIONS = {"reads", "rows", "keep", "refused"}
VERBS: Mapping[str, Callable[..., Any]] = {
    "list": Manager.list,
    "of": Manager.related,
    "pair": Manager.pair,
    "show": Manager.get,
    "spec": Manager.specific,
    "property": Manager.get,
    "property_of": Manager.specific,
    "head": Manager.head,
    "create": Manager.create,
    "batch": Manager.batch_create,
    "update": Manager.update,
    "do": Manager.perform,
    "class": Manager.perform_class,
    "delete": Manager.delete,
    "rows": Manager.rows_at,
    "usage": Manager.usage,
    "capabilities": Manager.whole,
    "call": Manager.call,
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def go(world: World) -> GoSession:
    return GoSession.login(world.client, login_body(project={"name": "system", "domain": {"name": "Default"}}))


PRINTED = [kind for kind, said in TABLE["types"].items() if len(said) > 3]
"""Types of which there are some from the start."""


@pytest.mark.parametrize("kind", PRINTED)
def test_lists_have_the_columns_that_are_printed(go: GoSession, kind: str) -> None:
    service, plural, columns, absent = TABLE["types"][kind]
    seen: set[str] = set()
    for details in (False, True):
        for row in Manager(go, service, kind, plural).list({"details": details, "scope": "system"}):
            seen |= {name for name, value in row.items() if value is not None}
    assert set(columns.split()) - seen <= set(absent.split())


@pytest.mark.parametrize("story", TABLE["stories"])
def test_commands_get_what_they_read(world: World, go: GoSession, story: str) -> None:
    words = dict(world.words)
    for command in TABLE["stories"][story]:
        try:
            run(go, words, command)
        except (AssertionError, KeyError, LookupError, GoError, pytest.fail.Exception) as error:
            error.add_note(f"at: {command[0]}")
            raise
        world.place.settle()


def run(go: GoSession, words: dict[str, str], command: list[Any]) -> None:
    """Do what a command does; look at what it reads."""
    _, kind, verb, *given = command
    options = given.pop() if given and isinstance(given[-1], dict) and set(given[-1]) & OPTIONS else {}
    service, plural = TABLE["types"][kind][:2]
    manager = Manager(go, service, kind, plural)
    if "refused" in options:
        with pytest.raises(GoError) as caught:
            offered = VERBS[verb](manager, *filled(given, words))
            pytest.fail(f"it is offered now: take `refused` out of its line ({offered})")
        assert caught.value.kind in options["refused"].split(), caught.value
        return
    answer = VERBS[verb](manager, *filled(given, words))
    several = verb in ("list", "of", "batch", "rows") or "property" in verb
    assert verb == "call" or isinstance(answer, list if several else Mapping), answer
    for path in options.get("reads", "").split():
        assert found(answer, path) is not None, f"{path} in {answer}"
    if "rows" in options:
        assert len(answer) == options["rows"], answer
    words.update({name: str(found(answer, path)) for name, path in options.get("keep", {}).items()})


def found(value: Any, path: str) -> Any:
    """What stands at a path; of a list its first item, unless the path says which."""
    for part in path.split("."):
        if isinstance(value, list) and not part.isdigit():
            value = value[0]
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """The value with the words of this cloud in the place of names in braces."""
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"{{{name}}}", word)
        return value
    if isinstance(value, list):
        return [filled(one, words) for one in value]
    return {filled(key, words): filled(one, words) for key, one in value.items()} if isinstance(value, dict) else value
