"""The gateway adds no rights: whoever asks through it is answered as at the service, and nobody without a session is.

What the gateway does itself stands in the committed table of the matrix, see `test_matrix`.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterable, Iterator

import pytest
from tests.wire.matrix.asking import Operation, Request
from tests.wire.matrix.calls import operations
from tests.wire.matrix.gateway import ABSENT, OPEN, at_the_gateway, refusal, through, without_envelope
from tests.wire.matrix.world import ANONYMOUS, BY_PLURAL, CALLERS, TARGETS, World, build

from cloudcore.quotas.family import FAMILIES
from cloudcore_adapters.memory.world import ManualClock

SAMPLE = ("compute secgroups", "identity policies")
SOME = ("admin", "domain_viewer@alpha", "project_owner", "project_viewer", ANONYMOUS)
WORDS = {name: resource for resource in BY_PLURAL.values() for name in (resource.plural, resource.singular)}
ENVELOPES = {**WORDS, **FAMILIES}
Form = Callable[[Request], Request | None]
FORMS: dict[str, Form] = {
    "passed on": through,
    "without envelopes": lambda request: without_envelope(request, ENVELOPES),
}
TYPES_OF_THE_GATEWAY = frozenset(resource.plural for resource in BY_PLURAL.values() if resource.service != "internal")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = build()
    yield made
    made.loop.close()


def differing(world: World, form: Form, chosen: Iterable[Operation], callers: Iterable[str]) -> tuple[list[str], int]:
    """Where the gateway lets somebody in, or refuses him, otherwise than the service does; and how often it was asked."""
    told: list[str] = []
    asked = 0
    for operation, target, who in itertools.product(chosen, TARGETS, callers):
        request = operation.ask(world, who, target) if target in operation.targets else None
        behind = form(request) if request is not None else None
        if request is None or behind is None:
            continue
        asked += 1
        direct = refusal(world, world.ask(who, request.method, request.path, request.body, request.headers))
        found = refusal(world, world.ask(who, behind.method, behind.path, behind.body, behind.headers))
        if direct != found:
            told.append(f"{operation.group} {operation.name} {target} {who}: {found}, and {direct} at the service")
    return told[:40], asked


@pytest.mark.parametrize("form", FORMS)
def test_the_gateway_answers_as_the_service_does(world: World, form: str) -> None:
    chosen = [each for each in operations() if each.group in SAMPLE and not each.name.startswith(("property:", "list"))]
    told, asked = differing(world, FORMS[form], chosen[::3], SOME)
    assert told == []
    assert asked > 200


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("form", FORMS)
def test_every_operation_is_answered_at_the_gateway_as_at_the_service(world: World, form: str) -> None:
    chosen = [each for each in operations() if not each.group.startswith("gateway")]
    told, asked = differing(world, FORMS[form], chosen, CALLERS[::4])
    assert told == []
    assert asked > 10_000


def test_a_door_that_lets_more_in_is_found(world: World) -> None:
    chosen = [each for each in operations() if each.group == "compute secgroups" and each.name == "get"]
    told, _ = differing(world, lambda request: Request(request.method, "/ping"), chosen, ("project_viewer",))
    assert len(told) == MOST_OF_SECGROUPS


MOST_OF_SECGROUPS = 3
"""Of the five relations, those in which a viewer of a project finds nothing."""

# What shows no session, or one that is none


def _cookie(value: str) -> dict[str, str]:
    return {"Cookie": f"cloudcore_session={value}"}


def _shown(value: str) -> dict[str, str]:
    told = base64.urlsafe_b64encode(json.dumps({"session": value}).encode()).decode().rstrip("=")
    return {"Cookie": f"yunionauth={told}"}


def _forged(token: str) -> str:
    """The same with another letter in its signature."""
    place = len(token) - 10
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def proofs(world: World) -> dict[str, dict[str, str]]:
    token = world.tokens["admin"]
    forged = _forged(token)
    return {
        "no cookie": {},
        "an empty cookie": _cookie(""),
        "a forged cookie": _cookie(forged),
        "a forged cookie behind a good root": _cookie(f"{token}~{forged}"),
        "a forged cookie for scripts": _shown(forged),
        "a forged bearer": {"Authorization": f"Bearer {forged}"},
        "a mark without its session": {"Authorization": f"Bearer b.{'0' * 64}"},
        "a forged token": {"X-Auth-Token": forged},
        "the cookie of another place": {"Cookie": f"session={token}"},
    }


def inside() -> list[Operation]:
    return [each for each in at_the_gateway() if (each.group, each.name) not in OPEN and each.group != ABSENT]


@pytest.mark.parametrize(
    "kind",
    [
        *("no cookie", "an empty cookie", "a forged cookie", "a forged cookie behind a good root"),
        *("a forged cookie for scripts", "a forged bearer", "a mark without its session", "a forged token"),
        "the cookie of another place",
    ],
)
def test_no_route_is_open_without_a_good_session(world: World, kind: str) -> None:
    let_in = [
        f"{operation.name}: {status}"
        for operation in inside()
        if (status := _status(world, operation, proofs(world)[kind])) != 401
    ]
    assert let_in == []


def test_a_good_session_is_let_in(world: World) -> None:
    good = _cookie(world.tokens["admin"])
    refused = [each.name for each in inside() if _status(world, each, good) == 401 and "password" not in each.name]
    # A project in which the administrator has no role; and services behind the door read tokens, and no cookies.
    there = ("list", "get", "update")
    assert refused == ["choose project", *(f"{word} as at the service" for word in there)]


def test_a_session_that_has_ended_is_let_in_nowhere(world: World) -> None:
    shown = _cookie(world.tokens["admin"])
    clock = world.cloud.platform.clock
    before = clock.now()
    assert isinstance(clock, ManualClock)
    clock.advance(2 * 86_400)
    try:
        statuses = {each.name: _status(world, each, shown) for each in inside()}
    finally:
        clock.advance((before - clock.now()).total_seconds())
    assert {name for name, status in statuses.items() if status != 401} == set()


def _status(world: World, operation: Operation, headers: dict[str, str]) -> int:
    request = operation.ask(world, "admin", "own")
    assert request is not None
    return world.ask(ANONYMOUS, request.method, request.path, request.body, headers)
