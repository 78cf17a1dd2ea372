"""Network cards of servers: plugged in, taken out, given other addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import IPv4Address
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.addresses import generate_mac, parse_mac
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    Contention,
    DuplicateResourceError,
    InsufficientResourceError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
)
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_flag, read_int, read_str
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.begin import start_transition
from cloudcore.operations.deciding import decide
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.functions import check_ordinary
from cloudcore.operations.servers.input import card_network, check_reserved
from cloudcore.operations.servers.unsupported import check_card
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.drivers import Driver, driver_for
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, PASSED, Guestnetwork
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import NicSpec, collect, parse_nic
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.networkipmac import bound_mac
from cloudcore.resources.network.ranges import allocate_address, range_of
from cloudcore.resources.network.reservedip import RESERVEDIPS, Reservedip
from cloudcore.resources.network.wire import WIRES
from cloudcore.scheduling import NicRequest, Request

ADDRESSES_TRIED = 20
MAX_INDEX = 127


def attach_network(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to plug cards in, all or none.

    Raises:
        ResourceNotFoundError: a network is not there, or not for the caller.
        InsufficientResourceError: the server's host reaches no such network with a free address; says why.
        ConflictError: the address or the hardware address is taken.
        OutOfRangeError: more cards than the driver allows.
        OutOfQuotaError: the project, or its domain, may have no more ports.
    """
    entries = collect(body, plural="nets", legacy="net") or collect(body, plural="net_desc", legacy="net_desc")
    if not entries:
        raise MissingParameterError("nets is missing", field="nets")
    present = cards_of(tx, server)
    driver = driver_for(server.hypervisor)
    driver.check_counts(1, len(present) + len(entries))
    used = {card.index for card in present}
    free = (index for index in range(MAX_INDEX + 1) if index not in used)
    specs = [
        _further(_spec(platform, tx, caller, entry, index), index, used)
        for entry, index in zip(entries, free, strict=False)
    ]
    if len({spec.index for spec in specs} | used) < len(specs) + len(used):
        raise InvalidInputError("there is a card at this index", field="nets")
    _check_ranges(tx, specs)
    places = _reachable(platform, tx, caller, server, specs)
    taken: set[str] = set()
    gateway = -1 if any(card.is_default for card in present) else gateway_card(specs)
    made = [
        add_card(*(platform, tx, server, driver, spec, candidates), taken=taken, is_default=spec.index == gateway)
        for spec, candidates in zip(specs, places, strict=True)
    ]
    ids = [nic.id for nic in made]
    start_transition(platform, tx, caller, SERVERS, server, "attachnetwork", {"nic_ids": ids})
    charge(tx, server.domain_id, server.tenant_id, {}, lambda: {GUESTNETWORKS.plural: ids})


def _further(spec: NicSpec, index: int, used: Collection[int]) -> NicSpec:
    """A card beside those that a server has; clients in Go send 0 for an index that was not said."""
    return attrs.evolve(spec, index=index) if spec.index == 0 and 0 in used else spec


def detach_network(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to take a card out.

    Raises:
        InvalidInputError: the server has no such card.
        ConflictError: a public address leads to it.
        ForbiddenError: its address shall be reserved, and the caller may not reserve any there.
    """
    nic = named_card(tx, server, body)
    check_ordinary(nic)
    if nic.eip_id:
        raise ConflictError("a public address leads to this card: dissociate it first", field="eip_id")
    reserve = _reserving(platform, tx, caller, nic, body)
    params = {"nic_id": nic.id, "reserve": reserve, "reserved_id": tx.new_id()}
    start_transition(platform, tx, caller, SERVERS, server, "detachnetwork", params)


def change_address(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to give a card another address, of its own network or of another that the server's host reaches.

    Raises:
        InvalidInputError: the server has no such card, or the address is outside the network.
        ConflictError: the address is taken, or a public address leads to the card.
        InsufficientResourceError: the server's host does not reach the network, or it has no free address.
    """
    nic = named_card(tx, server, body)
    check_ordinary(nic)
    if nic.eip_id:
        raise ConflictError("a public address leads to this card: dissociate it first", field="eip_id")
    wanted = body.get("net_desc") or body.get("nets")
    if not wanted:
        raise MissingParameterError("net_desc is missing", field="net_desc")
    spec = _spec(platform, tx, caller, wanted[0] if isinstance(wanted, list) else wanted, 0)
    if spec.mac or spec.driver or spec.bw_limit or spec.tx_bw_limit or spec.rx_bw_limit or spec.num_queues:
        raise NotSupportedError("only network and address of a card are changed here", field="net_desc")
    spec = attrs.evolve(spec, network=spec.network or nic.network_id)
    _check_ranges(tx, [spec])
    candidates = _reachable(platform, tx, caller, server, [spec])[0]
    network, address = _address(platform, tx, candidates, spec.address, ())
    reserve = _reserving(platform, tx, caller, nic, body)
    kept = _hold(tx, server, nic)
    try:
        tx.of(GUESTNETWORKS, PLATFORM).save(evolve(nic, network_id=network.id, ip_addr=address))
    except DuplicateResourceError as error:
        raise Contention("the address was taken meanwhile", internal=str(error)) from error
    params = {
        "nic_id": nic.id,
        "network_id": nic.network_id,
        "ip_addr": nic.ip_addr,
        "reserved_id": kept,
        "reserve": reserve,
    }
    start_transition(platform, tx, caller, SERVERS, server, "change-ipaddr", params)


def gateway_card(specs: Sequence[NicSpec]) -> int:
    """The index of the card that holds the default route: one that says so, the first on a public segment, or the first."""
    named = next((spec.index for spec in specs if spec.is_default), None)
    public = next((spec.index for spec in specs if spec.exit), None)
    return named if named is not None else public if public is not None else min(spec.index for spec in specs)


def cards_of(tx: Transaction, server: Any) -> Sequence[Any]:
    """The cards of a server, by index."""
    return tx.of(GUESTNETWORKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))


def add_card(
    platform: Platform,
    tx: Transaction,
    server: Any,
    driver: Driver,
    spec: NicSpec,
    candidates: Sequence[str],
    *,
    position: int = 0,
    taken: set[str],
    is_default: bool = False,
) -> Any:
    """The row of a new card with a free address: the next one where others take it first.

    candidates: ids of networks, the best first. position: of the server in its batch. taken: `network/address` that this
    unit has picked; it grows. is_default: whether it holds the default route.

    Raises:
        ConflictError: the wanted address or hardware address is in use.
        Contention: the addresses were taken meanwhile.
    """
    wanted = spec.address or (spec.addresses[position] if position < len(spec.addresses) else "")
    nic = Guestnetwork(
        id=tx.new_id(),
        guest_id=server.id,
        network_id="",
        mac_addr=_mac(platform, tx, spec, position),
        driver=PASSED if spec.sriov_device is not None else driver.choose("nic_drivers", spec.driver),
        num_queues=max(spec.num_queues, 1),
        bw_limit=spec.bw_limit,
        rx_bw_limit=spec.rx_bw_limit,
        tx_bw_limit=spec.tx_bw_limit,
        index=spec.index,
        ifname=spec.ifname,
        is_default=is_default,
    )
    if spec.reserved:
        _release(tx, candidates, wanted)
    for _ in range(ADDRESSES_TRIED):
        network, ip = _address(platform, tx, candidates, wanted, taken)
        taken.add(f"{network.id}/{ip}")
        mac = "" if spec.mac or position < len(spec.macs) else bound_mac(tx, network, ip)
        placed = evolve(nic, network_id=network.id, ip_addr=ip, mac_addr=mac or nic.mac_addr)
        try:
            return tx.of(GUESTNETWORKS, PLATFORM).add(placed)
        except DuplicateResourceError as error:
            if wanted or error.field != "network_id":
                raise Contention("the address was taken meanwhile", internal=str(error)) from error
    raise Contention("the addresses were taken by others")


def _release(tx: Transaction, networks: Sequence[str], address: str) -> None:
    """Give an address that was kept back, for the card that takes it."""
    repository = tx.of(RESERVEDIPS, PLATFORM)
    where = both(one_of("network_id", networks), eq("ip_addr", address))
    for kept in repository.find(Query(where=where)):
        repository.remove(kept)


def _address(
    platform: Platform, tx: Transaction, candidates: Sequence[str], wanted: str, taken: Collection[str]
) -> tuple[Any, str]:
    for ident in candidates:
        network = tx.of(NETWORKS, PLATFORM).get(ident, steady=True)
        if network is None:
            continue
        mine = [key.partition("/")[2] for key in taken if key.startswith(f"{ident}/")]
        try:
            ip = allocate_address(
                tx, network, random=platform.ids.random_bytes, wanted=wanted or None, taken_in_unit=mine
            )
        except InsufficientResourceError:
            continue
        return network, ip
    raise Contention("the addresses were taken by others")


def _mac(platform: Platform, tx: Transaction, spec: NicSpec, position: int) -> str:
    def used(mac: str) -> bool:
        return tx.of(GUESTNETWORKS, PLATFORM).count(eq("mac_addr", mac)) > 0

    wanted = spec.mac or (spec.macs[position] if position < len(spec.macs) else "")
    if not wanted:
        # Nobody has it but by the rarest chance: then the row is refused, and all is tried again with another one.
        return generate_mac(platform.ids.random_bytes, lambda _mac: False)
    if used(wanted):
        raise ConflictError(f"hardware address {wanted} is in use", field=f"nets.{spec.index}.mac")
    return str(wanted)


def _spec(platform: Platform, tx: Transaction, caller: Caller, entry: Any, index: int) -> NicSpec:
    spec = parse_nic(entry, index)
    check_card(spec)
    network = card_network(platform, tx, caller, spec) if spec.network else ""
    wire = str(fetch(platform, tx, caller, WIRES, spec.wire).id) if spec.wire else ""
    if spec.reserved:
        check_reserved(platform, tx, caller, spec, network)
    return attrs.evolve(spec, network=network, wire=wire)


def _check_ranges(tx: Transaction, specs: Sequence[NicSpec]) -> None:
    """Say that an address is outside its network: the scheduler would only say that no network suits."""
    for spec in specs:
        network = tx.of(NETWORKS, PLATFORM).get(spec.network) if spec.network and spec.address else None
        if network is not None and IPv4Address(spec.address) not in range_of(network):
            where = f"nets.{spec.index}.address"
            raise InvalidInputError(f"{where}: {spec.address} is outside network {network.name}", field=where)


def _reachable(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, specs: Sequence[NicSpec]
) -> list[Sequence[str]]:
    """The networks of each card that the server's host reaches, the best first, as the scheduler has them."""
    granted = reach(platform, caller, SERVERS, "perform", "attachnetwork")
    driver = driver_for(server.hypervisor)
    named = [spec.network for spec in specs]
    inventory = inventory_of(
        tx,
        platform.settings,
        host_type=driver.host_type,
        networks=named if all(named) else None,
        host_id=server.host_id or "",
    )
    request = Request(
        vcpus=0,
        nets=tuple(
            NicRequest(
                network_id=s.network,
                wire_id=s.wire,
                exit=s.exit,
                private=s.private,
                address=s.address,
                index=s.index,
            )
            for s in specs
        ),
        hypervisor=driver.hypervisor if driver.host_type == "hypervisor" else driver.host_type,
        prefer_host=server.host_id or "",
        project_id=server.tenant_id,
        domain_id=server.domain_id,
        is_admin=granted.scope is Scope.SYSTEM,
        is_domain_admin=granted.scope is Scope.DOMAIN,
        seed=caller.request_id,
        # The server is on its host already, whatever else that may take.
        ignore_filters=frozenset({"host_status", "host_domain", "resource_type", "class_metadata"}),
    )
    return [choice.network_ids for choice in decide(inventory, request).placements[0].nets]


def named_card(tx: Transaction, server: Any, body: JsonMapping) -> Any:
    """The one card that a body names by its address, hardware address, position or network."""
    wanted: dict[str, Any] = {}
    if body.get("mac"):
        wanted["mac_addr"] = parse_mac(read_str(body["mac"], "mac", 17), "mac")
    if body.get("ip_addr"):
        wanted["ip_addr"] = read_str(body["ip_addr"], "ip_addr", 64)
    if body.get("index") not in (None, ""):
        wanted["index"] = read_int(body["index"], "index", 0, MAX_INDEX)
    cards = cards_of(tx, server)
    if body.get("net_id"):
        network = read_str(body["net_id"], "net_id", 128)
        theirs = tx.of(NETWORKS, PLATFORM).find(Query(where=one_of("id", [card.network_id for card in cards])))
        by_name = [one.id for one in theirs if one.name == network and network not in {one.id for one in theirs}]
        wanted["network_id"] = by_name[0] if by_name else network
    if not wanted:
        raise MissingParameterError("mac is missing: name a card by mac, ip_addr, index or net_id", field="mac")
    found = [card for card in cards if all(getattr(card, k) == v for k, v in wanted.items())]
    field = next(key for key in ("mac", "ip_addr", "index", "net_id") if body.get(key) not in (None, ""))
    if not found:
        raise InvalidInputError(f"server {server.name} has no such network card", field=field)
    if len(found) > 1:
        raise InvalidInputError(f"server {server.name} has several such network cards: name one by mac", field=field)
    return found[0]


def _reserving(platform: Platform, tx: Transaction, caller: Caller, nic: Any, body: JsonMapping) -> bool:
    reserve = read_flag(body, "reserve")
    if reserve:
        fetch_for(platform, tx, caller, NETWORKS, nic.network_id, "perform", "reserve-ip")
        _drop_expired(tx, nic)
    return reserve


def _hold(tx: Transaction, server: Any, nic: Any) -> str:
    """Reserve the address that a card has now; gives the reservation's id."""
    if not nic.ip_addr:
        return ""
    _drop_expired(tx, nic)
    notes = f"of server {server.name}"
    kept = Reservedip(id=tx.new_id(), network_id=nic.network_id, ip_addr=nic.ip_addr, notes=notes)
    return str(tx.of(RESERVEDIPS, PLATFORM).add(kept).id)


def _drop_expired(tx: Transaction, nic: Any) -> None:
    """Forget an old reservation of a card's address; one that held would have kept the card from it."""
    repository = tx.of(RESERVEDIPS, PLATFORM)
    for old in repository.find(Query(where=both(eq("network_id", nic.network_id), eq("ip_addr", nic.ip_addr)))):
        repository.remove(old)
