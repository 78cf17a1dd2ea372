"""In which order a server tries its disks when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError, NotSupportedError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_int
from cloudcore.operations.begin import start_transition
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.disks import MAX_INDEX, check_thawed, links_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS

LAST = -1
"""The boot position of disks that are tried by their index, after all that have a position."""


def set_boot_index(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Give disks other places in the boot order, and tell the host; a server that is on takes it up at its next start.

    body: `disks`, an object of positions by the disks' indexes, or texts `INDEX:POSITION`; -1 is no position.

    Raises:
        InvalidInputError: the server has no disk at an index, or two disks would have one position.
        NotSupportedError: the order of CD drives.
        InvalidStatusError: the server is in the middle of something, or a disk is frozen.
    """
    if body.get("cdroms"):
        raise NotSupportedError("CD drives have no place in the boot order here", field="cdroms")
    wanted = _wanted(body.get("disks"))
    links = {link.index: link for link in links_of(tx, server)}
    for index in wanted:
        if index not in links:
            raise InvalidInputError(f"server {server.name} has no disk at index {index}", field="disks")
    after = {index: wanted.get(index, link.boot_index) for index, link in links.items()}
    places = [place for place in after.values() if place != LAST]
    if len(set(places)) != len(places):
        raise InvalidInputError("two disks would boot at one position", field="disks")
    check_thawed(tx, [links[index].disk_id for index in wanted])
    for index, place in wanted.items():
        if links[index].boot_index != place:
            tx.of(GUESTDISKS, PLATFORM).save(evolve(links[index], boot_index=place), action="set_boot_index")
    start_transition(platform, tx, caller, SERVERS, server, "sync", {})


def _wanted(sent: Any) -> Mapping[int, int]:
    """Boot positions by the indexes of disks."""
    if not sent:
        raise MissingParameterError("disks is missing: send positions by index", field="disks")
    pairs: list[tuple[Any, Any]]
    if isinstance(sent, dict):
        pairs = list(cast("JsonObject", sent).items())
    else:
        texts = cast("list[Any]", sent) if isinstance(sent, list) else str(sent).split(",")
        parts = [str(text).split(":") for text in texts]
        if any(len(part) != 2 for part in parts):
            raise InvalidFormatError("disks must be INDEX:POSITION", field="disks")
        pairs = [(part[0], part[1]) for part in parts]
    found = [
        (read_int(index, "disks", 0, MAX_INDEX), read_int(place, "disks", LAST, MAX_INDEX)) for index, place in pairs
    ]
    if len({index for index, _ in found}) != len(found):
        raise InvalidInputError("disks names an index twice", field="disks")
    return dict(found)
