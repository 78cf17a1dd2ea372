"""Each member of an answer has the type into which the original's typed clients read it.

Their Go structs take a number for a text, but no text for a number, no list for an object, and nothing else for a list.
`clients/types.json` says which member is what; `[]` stands for each item, and a type may take over what others have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from tests.wire.exchange import FOLDER, World

TYPES: Mapping[str, Mapping[str, str]] = json.loads((FOLDER.parent / "clients" / "types.json").read_text())
PLACES = {
    "server": "/compute/servers",
    "disk": "/compute/disks",
    "network": "/compute/networks",
    "host": "/compute/hosts",
    "image": "/image/v1/images",
    "user": "/v3/users",
    "project": "/v3/projects",
}
READ_ONLY = ("os_type", "os_distribution", "os_version", "os_codename", "preference", "notes", "owner_name")
"""What the Python SDK computes of an image; it fails where an answer has a member of that name."""


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("Z") and datetime.fromisoformat(value) is not None


IS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "int": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "flag": lambda value: type(value) is bool,
    "time": _is_time,
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
}


@cache
def kinds(name: str) -> Mapping[str, str]:
    """The kind of each member of a type."""
    said = TYPES[name]
    found = {member: kind for part in said.get("as", "").split() for member, kind in kinds(part).items()}
    for kind, members in said.items():
        if kind != "as":
            found.update(dict.fromkeys(members.split(), kind))
    return found


def members(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All members, those of members too."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            place = f"{path}.{key}" if path else str(key)
            yield place, inner
            yield from members(inner, place)
    elif isinstance(value, list):
        for inner in value:
            yield f"{path}[]", inner
            yield from members(inner, f"{path}[]")


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def shown(world: World, name: str) -> list[Any]:
    """All of a type, as lists without and with details show them, and one by one."""
    place = PLACES[name]
    plain = world.ask("admin", "GET", f"{place}?scope=system&details=false").json()[f"{name}s"]
    rows = [*plain, *world.ask("admin", "GET", f"{place}?scope=system&details=true").json()[f"{name}s"]]
    if name == "image":
        return [*rows, *world.ask("admin", "GET", f"{place}/detail").json()["images"]]
    return [*rows, *(world.ask("admin", "GET", f"{place}/{row['id']}").json()[name] for row in plain)]


@pytest.mark.parametrize("name", PLACES)
def test_members_have_the_types_that_clients_read(world: World, name: str) -> None:
    known, seen = kinds(name), set[str]()
    for row in shown(world, name):
        for place, value in members(row):
            assert value is not None, f"{place} is null"
            if place in known:
                seen.add(place)
                assert IS[known[place]](value), f"{place} is no {known[place]}: {value!r}"
    assert {"id", "name", "created_at", "can_delete"} <= seen


def test_an_image_has_nothing_that_the_python_sdk_computes(world: World) -> None:
    for row in shown(world, "image"):
        assert not set(READ_ONLY) & set(row)
    head = world.ask("admin", "HEAD", "/image/v1/images/tiny").headers
    assert not [name for name in READ_ONLY if f"x-image-meta-{name}" in head]
    assert [row["name"] for row in world.ask("admin", "GET", "/image/v1/images?os_type=none").json()["images"]] == []
