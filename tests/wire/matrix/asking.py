"""What an operation of the matrix is: how it is called, and what is sent to whom about what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from tests.wire.matrix.world import TARGETS, World

from cloudcore.model.resource import Resource

PREFIX = {"compute": "/compute", "identity": "/v3", "image": "/image/v1"}
OWNERS = {"own": ("alpha", "red"), "peer": ("alpha", "blue"), "foreign": ("beta", "green"), "missing": ("none", "none")}


@attrs.frozen
class Request:
    """What is sent. listed: the ids to look for in the answer instead of its status, by target; rows: where its rows stand.

    each: the answer has one for each of several; its first one counts.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = attrs.field(factory=dict)
    listed: Mapping[str, str] = attrs.field(factory=dict)
    rows: str = ""
    each: bool = False


@attrs.frozen
class Operation:
    """One operation. group: the type or service; name: what it is called in the table.

    ask: `(world, who, target) -> Request`, or None where no row stands in that relation.
    """

    group: str
    name: str
    ask: Callable[[World, str, str], Request | None]
    targets: tuple[str, ...] = TARGETS


def url(resource: Resource[Any], *parts: str) -> str:
    return "/".join((PREFIX[resource.service], resource.plural, *parts))
