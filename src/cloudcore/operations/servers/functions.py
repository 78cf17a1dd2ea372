"""Network cards of servers that are devices of the host: virtual functions of its own cards (SR-IOV)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, NotSupportedError, ResourceNotFoundError
from cloudcore.operations.access import fetch
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.guestnetwork import PASSED
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.spec import DeviceSpec, NicSpec
from cloudcore.scheduling import DeviceRequest
from cloudcore.scheduling.virtual import CARD


def read_function(
    platform: Platform, tx: Transaction, caller: Caller, spec: DeviceSpec | None, index: int
) -> DeviceSpec | None:
    """What a card asks to be of its host, with the id of a device that it names.

    Raises:
        ResourceNotFoundError: it is not there, or not for the caller.
        InvalidInputError: it is no network card, or on no wire.
    """
    if spec is None or not spec.id:
        return spec
    where = f"nets.{index}.sriov_device.id"
    try:
        device: Any = fetch(platform, tx, caller, ISOLATED_DEVICES, spec.id)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"device {spec.id[:64]} not found", field=where) from error
    if device.dev_type != CARD or not device.wire_id:
        reason = "is on no wire" if device.dev_type == CARD else f"is of type {device.dev_type} and not {CARD}"
        raise InvalidInputError(f"device {device.name} {reason}", field=where)
    return attrs.evolve(spec, id=str(device.id))


def check_functions(nics: Sequence[NicSpec]) -> None:
    """Refuse two cards that are to be one device.

    Raises:
        InvalidInputError: names the second one.
    """
    known: set[str] = set()
    for nic in nics:
        ident = nic.sriov_device.id if nic.sriov_device is not None else ""
        if ident and ident in known:
            raise InvalidInputError("a device is named twice", field=f"nets.{nic.index}.sriov_device.id")
        known.add(ident)


def function_wanted(spec: DeviceSpec | None) -> DeviceRequest | None:
    """The same for the scheduler."""
    return None if spec is None else DeviceRequest(device_id=spec.id, dev_type=CARD, model=spec.model)


def check_ordinary(nic: Any) -> None:
    """Refuse to change a card that is a device of the host.

    Raises:
        NotSupportedError: it is.
    """
    if nic.driver == PASSED:
        raise NotSupportedError(
            f"card {nic.index} is a device of the host: it stays as the server was made", field="index"
        )


def check_no_card(device: Any) -> None:
    """Refuse to take a device from a server that is one of its network cards.

    Raises:
        NotSupportedError: it is.
    """
    if device.network_index >= 0:
        raise NotSupportedError(
            f"device {device.name} is network card {device.network_index} of the server: it goes when the server goes",
            field="device",
        )
