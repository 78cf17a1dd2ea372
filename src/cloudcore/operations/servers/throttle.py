"""Bounds of what a server's disks and cards may carry, which its host keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.reading import read_int
from cloudcore.operations.begin import start_transition
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.cards import cards_of, named_card
from cloudcore.operations.servers.disks import links_of
from cloudcore.operations.servers.functions import check_ordinary
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, MOST_QUEUES, check_queues
from cloudcore.resources.compute.server import CHANGEABLE, SERVERS
from cloudcore.resources.compute.spec import parse_bandwidth_mbps

_BOUNDS = ("bps", "iops")
MOST = 1 << 40
_ALL = ""


def io_throttle(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to bound disks: `bps` in bytes a second, `iops`; each a number for all disks, an object of numbers by the ids
    (or names, or indexes) of disks, or texts DISK=NUMBER. 0 takes a bound away.

    Raises:
        MissingParameterError: neither is sent.
        InvalidInputError: a value is none, or names a disk that the server does not have.
    """
    sent = {name: _bounds(body[name], name) for name in _BOUNDS if body.get(name) not in (None, "", [], {})}
    if not sent:
        raise MissingParameterError("bps is missing, or iops", field="bps")
    links = links_of(tx, server)
    wanted: dict[str, dict[str, int]] = {}
    for name, bounds in sent.items():
        for disk, value in bounds.items():
            for link in links if disk == _ALL else [_link(tx, server, links, disk, name)]:
                wanted.setdefault(link.id, {})[name] = value
    changed = [link for link in links if link.id in wanted]
    before = [[GUESTDISKS.plural, link.id, {name: getattr(link, name) for name in wanted[link.id]}] for link in changed]
    for link in changed:
        tx.of(GUESTDISKS, PLATFORM).save(evolve(link, **wanted[link.id]), action="io_throttle")
    start_transition(platform, tx, caller, SERVERS, server, "io-throttle", {"before": before})


def change_bandwidth(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Bound a card (Mbps, 0: no bound); a server that can be changed now takes it up at once, another at its next start.

    Raises:
        MissingParameterError: no bound is sent.
        InvalidInputError: the server has no such card.
    """
    nic = named_card(tx, server, body)
    check_ordinary(nic)
    sent = {
        "bw_limit": body.get("bandwidth", body.get("bw_limit")),
        "rx_bw_limit": body.get("rx_bw_limit"),
        "tx_bw_limit": body.get("tx_bw_limit"),
    }
    limits = {key: parse_bandwidth_mbps(value, key) for key, value in sent.items() if value not in (None, "")}
    if not limits:
        raise MissingParameterError("bandwidth is missing", field="bandwidth")
    before: JsonObject = {key: getattr(nic, key) for key in limits}
    tx.of(GUESTNETWORKS, PLATFORM).save(evolve(nic, **limits), action="change-bandwidth")
    if server.status in CHANGEABLE:
        params = {"before": [[GUESTNETWORKS.plural, nic.id, before]]}
        start_transition(platform, tx, caller, SERVERS, server, "change-bandwidth", params)


def set_queues(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Give a card other queues; a server that can be changed now takes them up, at the latest when it starts next.

    Raises:
        MissingParameterError: no number is sent, or no card is named and there are several.
        InvalidInputError: the server has no such card.
        NotSupportedError: a card of this model has one queue.
    """
    if body.get("num_queues") in (None, ""):
        raise MissingParameterError("num_queues is missing", field="num_queues")
    wanted = read_int(body["num_queues"], "num_queues", 1, MOST_QUEUES)
    cards = cards_of(tx, server)
    named = body.get("mac_addr")
    nic = cards[0] if not named and len(cards) == 1 else named_card(tx, server, {"mac": named or ""})
    check_queues(nic.driver, wanted, "num_queues")
    before = [[GUESTNETWORKS.plural, nic.id, {"num_queues": nic.num_queues}]]
    tx.of(GUESTNETWORKS, PLATFORM).save(evolve(nic, num_queues=wanted), action="set_num_queues")
    if server.status in CHANGEABLE:
        start_transition(platform, tx, caller, SERVERS, server, "set-network-num-queues", {"before": before})


def _bounds(sent: Any, name: str) -> Mapping[str, int]:
    """Bounds by what names a disk; an empty name is all of them."""
    if isinstance(sent, int | str) and "=" not in str(sent):
        return {_ALL: read_int(sent, name, 0, MOST)}
    if isinstance(sent, dict):
        pairs = list(cast("JsonObject", sent).items())
    else:
        texts = cast("Sequence[Any]", sent) if isinstance(sent, list) else str(sent).split(",")
        parts = [str(text).partition("=") for text in texts]
        if not all(equals for _, equals, _ in parts):
            raise InvalidFormatError(f"{name}: must be a number, or DISK=NUMBER", field=name)
        pairs = [(disk, value) for disk, _, value in parts]
    return {disk.strip(): read_int(value, name, 0, MOST) for disk, value in pairs}


def _link(tx: Transaction, server: Any, links: Sequence[Any], disk: str, field: str) -> Any:
    rows = tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [link.disk_id for link in links])))
    names = {row.name: row.id for row in rows}
    ident = names.get(disk, disk)
    found = next((link for link in links if ident in (link.disk_id, str(link.index))), None)
    if found is None:
        raise InvalidInputError(f"{field}: server {server.name} has no disk {disk[:64]}", field=field)
    return found
