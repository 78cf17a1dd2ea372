"""The rows of servers whose places are decided: with claims, addresses and tasks, and what their owners are charged for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    Contention,
    DuplicateNameError,
    InsufficientResourceError,
)
from cloudcore.model.json import JsonObject
from cloudcore.model.names import derive_hostname
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.operations.access import check_limits
from cloudcore.operations.begin import begin
from cloudcore.operations.deciding import seats
from cloudcore.operations.decisions import keep
from cloudcore.operations.placement import Seat, admit
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.bonds import bind, check_room
from cloudcore.operations.servers.cards import add_card, gateway_card
from cloudcore.operations.servers.devices import claim_devices
from cloudcore.operations.servers.disks import add_disk
from cloudcore.operations.servers.existing import take
from cloudcore.operations.servers.input import Wanted
from cloudcore.operations.servers.media import store_for
from cloudcore.operations.servers.names import names_of, pattern_of
from cloudcore.operations.shares import check_kept
from cloudcore.operations.staying import keep_owner
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import hold_hosts
from cloudcore.quotas.counting import Charged, charged_of
from cloudcore.quotas.holdings import server_amounts
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import SERVERS, Server, ServerStatus
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Answer, Decision, Placement
from cloudcore.scheduling.pool import Terms


def insert_rows(
    platform: Platform, tx: Transaction, caller: Caller, wanted: Wanted, decision: Decision | Answer
) -> list[Any]:
    """The servers of a wish in their places, each with the task that makes it; their owner is to be charged for them still.

    Raises:
        Contention: a place or name was taken by others.
    """
    names = names_of(platform, tx, wanted)
    if len(names) > 1:
        hold_hosts(tx, {one.host_id for one in decision.placements})
    candidates = seats(decision)
    terms: Mapping[str, Terms] = decision.terms if isinstance(decision, Answer) else {}
    taken: set[str] = set()
    made = [
        _one(platform, tx, caller, wanted, name, _seat(platform, tx, wanted, candidates, terms), position, taken)
        for position, name in enumerate(names)
    ]
    check_room(tx, wanted.bonds)
    check_limits(platform, tx, caller, SERVERS, [server.id for server in made])
    placed = [(server.id, server.host_id) for server in made]
    keep(tx, caller, decision, wanted.request, name=made[0].name, placed=placed)
    return made


def charge_rows(tx: Transaction, rows: Sequence[tuple[Wanted, Sequence[Any]]]) -> None:
    """Charge owners for servers that were inserted, each owner once. Quota rows come last in the order of locks, and are the
    hottest: held for the shortest time.

    Raises:
        OutOfQuotaError: a limit would be exceeded.
    """
    owners: dict[tuple[str, str], list[tuple[Wanted, Sequence[Any]]]] = {}
    for wanted, made in rows:
        owners.setdefault((wanted.owner["domain_id"], wanted.owner["tenant_id"]), []).append((wanted, made))
    for (domain, project), theirs in sorted(owners.items()):
        total: Counter[str] = Counter()
        for wanted, made in theirs:
            total.update({key: value * len(made) for key, value in server_amounts(made[0]).items()})
            total["storage"] += sum(wanted.sizes) * len(made)
        charge(tx, domain, project, total, partial(_charged, tx, theirs))
    for _, made in rows:
        keep_owner(tx, made[0], charged=True)
    # Details look at parts of these rows twice, and need not ask for what the unit knows.
    servers = [server for _, made in rows for server in made]
    hosts = sorted({one.host_id for one in servers})
    check_kept(servers, tx.of(HOSTS, PLATFORM).find(Query(where=one_of("id", hosts))))


def _charged(tx: Transaction, rows: Sequence[tuple[Wanted, Sequence[Any]]]) -> Charged:
    """What is charged anew: disks that were there are charged already."""
    found = charged_of(tx, [server.id for _, made in rows for server in made])
    before = {one.disk_id for wanted, _ in rows for one in wanted.existing}
    return {**found, DISKS.plural: [ident for ident in found[DISKS.plural] if ident not in before]}


def _seat(
    platform: Platform,
    tx: Transaction,
    wanted: Wanted,
    candidates: Iterator[Placement],
    terms: Mapping[str, Terms],
) -> Seat:
    for placement in candidates:
        try:
            extra = int(wanted.draft.get("extra_cpu_count") or 0)
            seat = admit(tx, platform.settings, placement, wanted.request, terms, extra=extra)
        except InsufficientResourceError as error:
            raise Contention("the place was taken by others", internal=str(error)) from error
        if seat is not None:
            return seat
    raise Contention("the places were taken by others")


def _one(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    wanted: Wanted,
    name: str,
    seat: Seat,
    position: int,
    taken: set[str],
) -> Any:
    try:
        server = tx.of(SERVERS, PLATFORM).add(_server(tx, wanted, name, seat))
    except DuplicateNameError as error:
        if not pattern_of(wanted):
            raise
        raise Contention("others took the name that was made up", internal=name) from error
    _add_disks(tx, wanted, server, seat)
    take(tx, server, wanted.driver, wanted.existing)
    _add_nics(platform, tx, wanted, server, seat, position, taken)
    claim_devices(tx, server, seat.devices, zip([nic.index for nic in wanted.nics], seat.functions, strict=True))
    bind(platform, tx, caller, server, wanted.bonds)
    params: JsonObject = {"auto_start": wanted.auto_start}
    if wanted.existing:
        params["existing"] = [one.disk_id for one in wanted.existing]
    begin(platform, tx, caller, SERVERS, server, "server-create", params, is_new=True)
    return server


def _server(tx: Transaction, wanted: Wanted, name: str, seat: Seat) -> Server:
    values: JsonObject = {
        "hostname": derive_hostname(name, windows=str(wanted.draft.get("os_type") or "").lower() == "windows"),
        **{key: value for key, value in wanted.draft.items() if value not in (None, "")},
        **wanted.owner,
        "secgrp_id": wanted.bonds.secgroups[0] if wanted.bonds.secgroups else "",
        "id": tx.new_id(),
        "name": name,
        "host_id": seat.host_id,
        "cpu_numa_pin": seat.pins,
        "had_devices": wanted.request.has_devices,
        **_in_drive(tx, wanted, seat),
        "status": ServerStatus.SCHEDULE.value,
    }
    return Server(**values)


def _in_drive(tx: Transaction, wanted: Wanted, seat: Seat) -> JsonObject:
    if wanted.medium is None:
        return {}
    return {
        "cdrom_image_id": wanted.medium.image_id,
        "cdrom_storage_id": store_for(tx, seat.host_id, seat.storages[0]),
        "cdrom_boot_index": wanted.medium.boot_index,
    }


def _add_disks(tx: Transaction, wanted: Wanted, server: Any, seat: Seat) -> None:
    for spec, size, source, storage_id in zip(wanted.disks, wanted.sizes, wanted.sources, seat.storages, strict=True):
        add_disk(tx, server, wanted.driver, spec, size, source, storage_id, is_new=True)


def _add_nics(
    platform: Platform, tx: Transaction, wanted: Wanted, server: Any, seat: Seat, position: int, taken: set[str]
) -> None:
    gateway = gateway_card(wanted.nics)
    for spec, candidates in zip(wanted.nics, seat.networks, strict=True):
        add_card(
            *(platform, tx, server, wanted.driver, spec, candidates),
            position=position,
            taken=taken,
            is_default=spec.index == gateway,
        )
