"""The names of servers that are made together."""

from __future__ import annotations

from cloudcore.model.errors import MissingParameterError
from cloudcore.model.names import generate_name, validate_name
from cloudcore.model.query import PLATFORM, Like, Match, both, either, eq
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.input import Wanted
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS


def pattern_of(wanted: Wanted) -> str:
    """What names are made up from; empty where the name is given."""
    return wanted.generate_name or (wanted.name if wanted.request.count > 1 else "")


def names_of(platform: Platform, tx: Transaction, wanted: Wanted) -> list[str]:
    """One name for each server, that nobody else of the project has as far as is known; made up where a pattern is given.

    Raises:
        MissingParameterError: there is neither.
    """
    count = wanted.request.count
    project = both(eq("tenant_id", wanted.owner["tenant_id"]), eq("name_key", ""))
    pattern = pattern_of(wanted)
    if not pattern:
        if not wanted.name:
            raise MissingParameterError("name or generate_name is missing", field="name")
        # Whether somebody has it is seen when the row is inserted.
        return [validate_name(wanted.name)]
    stem = pattern.split("#", 1)[0].split("?", 1)[0]
    like = either(eq("name", pattern), Match("name", Like.STARTSWITH, stem))
    used = {row["name"] for row in tx.of(SERVERS, PLATFORM).totals(both(like, project), by=("name",))}
    names: list[str] = []
    for position in range(1, count + 1):
        name = generate_name(pattern, used.__contains__, platform.ids.random_bytes, base=position)
        used.add(name)
        names.append(validate_name(name))
    return names
