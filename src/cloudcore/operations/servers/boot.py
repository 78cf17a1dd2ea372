"""In which order a server tries its disks when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError
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

    body: `disks`, an object of positions by the disks' indexes, or texts `INDEX:POSITION`; -1 is no position. `cdroms`: the
    same for the CD drive, which is 0.

    Raises:
        InvalidInputError: the server has no disk at an index, or two disks would have one position.
        InvalidStatusError: the server is in the middle of something, or a disk is frozen.
    """
    drive: Mapping[int, int] = _wanted(body["cdroms"], "cdroms") if body.get("cdroms") else {}
    if any(ordinal != 0 for ordinal in drive):
        raise InvalidInputError("a server has one CD drive, which is 0", field="cdroms")
    wanted: Mapping[int, int] = _wanted(body.get("disks"), "disks") if body.get("disks") or not drive else {}
    links = {link.index: link for link in links_of(tx, server)}
    for index in wanted:
        if index not in links:
            raise InvalidInputError(f"server {server.name} has no disk at index {index}", field="disks")
    after = {index: wanted.get(index, link.boot_index) for index, link in links.items()}
    last = drive.get(0, server.cdrom_boot_index)
    places = [place for place in (*after.values(), last) if place != LAST]
    if len(set(places)) != len(places):
        raise InvalidInputError("two would boot at one position", field="disks" if wanted else "cdroms")
    check_thawed(tx, [links[index].disk_id for index in wanted])
    for index, place in wanted.items():
        if links[index].boot_index != place:
            tx.of(GUESTDISKS, PLATFORM).save(evolve(links[index], boot_index=place), action="set_boot_index")
    start_transition(platform, tx, caller, SERVERS, evolve(server, cdrom_boot_index=last), "sync", {})


def _wanted(sent: Any, field: str) -> Mapping[int, int]:
    """Boot positions by the indexes of disks, or of drives."""
    if not sent:
        raise MissingParameterError(f"{field} is missing: send positions by index", field=field)
    pairs: list[tuple[Any, Any]]
    if isinstance(sent, dict):
        pairs = list(cast("JsonObject", sent).items())
    else:
        texts = cast("list[Any]", sent) if isinstance(sent, list) else str(sent).split(",")
        parts = [str(text).split(":") for text in texts]
        if any(len(part) != 2 for part in parts):
            raise InvalidFormatError(f"{field} must be INDEX:POSITION", field=field)
        pairs = [(part[0], part[1]) for part in parts]
    found = [(read_int(index, field, 0, MAX_INDEX), read_int(place, field, LAST, MAX_INDEX)) for index, place in pairs]
    if len({index for index, _ in found}) != len(found):
        raise InvalidInputError(f"{field} names an index twice", field=field)
    return dict(found)
