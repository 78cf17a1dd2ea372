"""Devices of hosts that servers have for themselves: asked for at create, given later, taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    Contention,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Order, Query, eq
from cloudcore.model.reading import read_flag, read_list_of_str
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import start_transition
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.functions import check_no_card
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES, VENDORS
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.compute.spec import collect, parse_device
from cloudcore.scheduling import DeviceRequest, DeviceRow

MOST = 16
_ROW = (
    "id",
    "host_id",
    "dev_type",
    "model",
    "vendor_device_id",
    "device_path",
    "wire_id",
    "memory_size",
    "guest_id",
    "addr",
    "mdev_id",
)


def read_devices(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> tuple[DeviceRequest, ...]:
    """The devices of a create body, for the scheduler.

    Raises:
        ResourceNotFoundError: one is named that is not there, or not for the caller.
        InvalidInputError: names the field.
    """
    entries = collect(body, plural="isolated_devices", legacy="isolated_device")
    if len(entries) > MOST:
        raise InvalidInputError(f"a server has at most {MOST} devices", field="isolated_devices")
    found: list[DeviceRequest] = []
    for index, entry in enumerate(entries):
        wish = parse_device(entry, index)
        ident = _seen(platform, tx, caller, wish.id, f"isolated_devices.{index}.id") if wish.id else ""
        if ident and ident in [device.device_id for device in found]:
            raise InvalidInputError("a device is named twice", field=f"isolated_devices.{index}.id")
        found.append(
            DeviceRequest(
                device_id=ident,
                dev_type=wish.dev_type,
                model=wish.model,
                vendor=_vendor(wish.vendor),
                path=wish.device_path,
                memory_mib=wish.memory_mib,
                index=index,
            )
        )
    return tuple(found)


def device_rows(tx: Transaction) -> list[DeviceRow]:
    """All devices as the scheduler sees them; one that no host can pass on is not free."""
    rows = tx.of(ISOLATED_DEVICES, PLATFORM).columns(_ROW)
    return [
        DeviceRow(
            id=ident,
            host_id=host,
            dev_type=kind,
            model=model,
            vendor=vendor.partition(":")[0].lower(),
            path=path,
            wire_id=wire,
            memory_mib=memory,
            free=guest is None and bool(address or mdev),
        )
        for ident, host, kind, model, vendor, path, wire, memory, guest, address, mdev in rows
    ]


def claim_devices(
    tx: Transaction,
    server: Any,
    choices: Iterable[Sequence[str]],
    cards: Iterable[tuple[int, Sequence[str]]] = (),
) -> None:
    """Give a server the first of each choice that is still free.

    cards: positions of its network cards, and what each may be; nothing for an ordinary one.

    Raises:
        Contention: others were faster.
    """
    repository = tx.of(ISOLATED_DEVICES, PLATFORM)
    wanted = [(-1, candidates) for candidates in choices] + [card for card in cards if card[1]]
    for card, candidates in wanted:
        rows = (repository.get(ident) for ident in candidates)
        free = next((row for row in rows if row is not None and row.guest_id is None), None)
        if free is None:
            raise Contention("the device was taken by others")
        repository.save(evolve(free, guest_id=server.id, network_index=card), action="attach")


def attach_devices(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to give a server devices of its host: `device`, an id or name, or several.

    Raises:
        ResourceNotFoundError: one is not there, or not for the caller.
        ConflictError: another server has it.
        InvalidInputError: it is in another host, or the server has it.
        NotSupportedError: what is to go is a network card of the server.
        InvalidStatusError: the server runs, and the device cannot be plugged in.
    """
    _begin(platform, tx, caller, server, _named_in(body, "device"), [])


def detach_devices(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to take devices from a server: `device`, or with `detach_all` all that it has but for its network cards.

    Raises:
        As `attach_devices`.
    """
    if read_flag(body, "detach_all"):
        plain = [device.id for device in devices_of(tx, server) if device.network_index < 0]
        _begin(platform, tx, caller, server, [], plain)
        return
    _begin(platform, tx, caller, server, [], _named_in(body, "device"))


def set_devices(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to give a server `add_devices` and to take `del_devices` from it.

    Raises:
        As `attach_devices`.
    """
    added, removed = (read_list_of_str(body.get(key) or [], key, MOST, 128) for key in ("add_devices", "del_devices"))
    if not added and not removed:
        raise MissingParameterError("add_devices is missing, or del_devices", field="add_devices")
    _begin(platform, tx, caller, server, added, removed)


def devices_of(tx: Transaction, server: Any) -> Sequence[Any]:
    """The devices that a server has, in order."""
    return tx.of(ISOLATED_DEVICES, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("id"),)))


def _begin(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, added: Sequence[str], removed: Sequence[str]
) -> None:
    mine = {key: device.id for device in devices_of(tx, server) for key in (device.id, device.name)}
    strange = next((name for name in removed if name not in mine), None)
    if strange is not None:
        raise InvalidInputError(f"server {server.name} has no device {strange[:64]}", field="device")
    gone = sorted({mine[name] for name in removed})
    fresh = [_free(platform, tx, caller, server, name) for name in dict.fromkeys(added)]
    repository = tx.of(ISOLATED_DEVICES, PLATFORM)
    if len(set(mine.values())) - len(gone) + len(fresh) > MOST:
        raise InvalidInputError(f"a server has at most {MOST} devices", field="device")
    leaving = [device for ident in gone if (device := repository.get(ident)) is not None]
    for device in leaving:
        check_no_card(device)
    for device in (*fresh, *leaving):
        if server.power_states != PowerState.OFF and not device.hot_pluggable:
            raise InvalidStatusError(f"device {device.name} is changed while the server is off only", field="status")
    params = {"added": [device.id for device in fresh], "removed": gone}
    known = evolve(server, had_devices=server.had_devices or bool(fresh))
    start_transition(platform, tx, caller, SERVERS, known, "set-isolated-device", params)
    for device in fresh:
        repository.save(evolve(device, guest_id=server.id), action="attach")
    if fresh:
        ids = [device.id for device in fresh]
        charge(tx, server.domain_id, server.tenant_id, {}, lambda: {ISOLATED_DEVICES.plural: ids})


def _free(platform: Platform, tx: Transaction, caller: Caller, server: Any, name: str) -> Any:
    device = tx.of(ISOLATED_DEVICES, PLATFORM).get(_seen(platform, tx, caller, name, "device"))
    if device is None or device.host_id != server.host_id:
        raise InvalidInputError(f"device {name[:64]} is not in the server's host", field="device")
    if device.guest_id is not None:
        raise ConflictError(f"a server has device {device.name} already", field="device")
    if not (device.addr or device.mdev_id):
        raise InvalidInputError(f"device {device.name} has no address on its host", field="device")
    return device


def _seen(platform: Platform, tx: Transaction, caller: Caller, name: str, field: str) -> str:
    try:
        return str(fetch(platform, tx, caller, ISOLATED_DEVICES, name).id)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"device {name[:64]} not found", field=field) from error


def _named_in(body: JsonMapping, key: str) -> Sequence[str]:
    names = read_list_of_str(body.get(key) or body.get(f"{key}s") or [], key, MOST, 128)
    if not names:
        raise MissingParameterError(f"{key} is missing", field=key)
    return names


def _vendor(name: str) -> str:
    """The PCI id of a vendor that is named."""
    ids = {known.lower(): ident for ident, known in VENDORS.items()}
    return ids.get(name.lower(), name.lower())
