"""What servers and disks are tied to: groups, policies, devices, public addresses. Taken apart before they go."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counted import count_out
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.storage.snapshotpolicy import SNAPSHOTPOLICYDISKS, SNAPSHOTPOLICYSERVERS

_OF_SERVERS: tuple[tuple[Resource[Any], str], ...] = (
    (GUESTSECGROUPS, "guest_id"),
    (GROUPGUESTS, "guest_id"),
    (SNAPSHOTPOLICYSERVERS, "server_id"),
)


GOING: Mapping[str, tuple[Resource[Any], str]] = MappingProxyType(
    {"servers": (SERVERS, "vcpu_count"), "disks": (DISKS, "disk_size")}
)
"""By plural: what is removed by tasks, and a number of it."""


def hold(tx: Transaction, plural: str, ident: str) -> bool:
    """Keep others from removing a server or disk, or tying something to it, until the unit ends; False when it is gone.

    Who ties and who removes both begin with this: otherwise something could be tied to what is removed at the same time.
    """
    if plural not in GOING:
        return True
    resource, number = GOING[plural]
    return tx.of(resource, PLATFORM).adjust(ident, {number: 0})


def untie_server(tx: Transaction, server_id: str) -> None:
    """Take a server out of its groups and policies, and free its devices and public addresses.

    A public address that goes with its server is removed.
    """
    hold(tx, "servers", server_id)
    for joint, field in _OF_SERVERS:
        _remove(tx, joint, field, server_id)
    free_devices(tx, server_id)
    eips = tx.of(EIPS, PLATFORM)
    for eip in eips.find(Query(where=both(eq("associate_type", "server"), eq("associate_id", server_id)))):
        if eip.auto_dellocate or eip.mode == "public_ip":
            eips.remove(eip)
            count_out(tx, EIPS, eip)
        else:
            eips.save(evolve(eip, associate_type="", associate_id=""), action="dissociate")


def free_devices(tx: Transaction, server_id: str) -> None:
    """Let others have the devices of a server. A card of it that was one becomes an ordinary card."""
    devices = tx.of(ISOLATED_DEVICES, PLATFORM)
    cards = tx.of(GUESTNETWORKS, PLATFORM)
    for device in devices.find(Query(where=eq("guest_id", server_id))):
        if device.network_index >= 0:
            where = both(eq("guest_id", server_id), eq("index", device.network_index))
            for card in cards.find(Query(where=where)):
                cards.save(evolve(card, driver="virtio"))
        devices.save(evolve(device, guest_id=None, network_index=-1, disk_index=-1), action="detach")


def untie_disk(tx: Transaction, disk_id: str) -> None:
    """Take a disk out of its snapshot policies."""
    hold(tx, "disks", disk_id)
    _remove(tx, SNAPSHOTPOLICYDISKS, "disk_id", disk_id)


def _remove(tx: Transaction, joint: Resource[Any], field: str, ident: str) -> None:
    repository = tx.of(joint, PLATFORM)
    for row in repository.find(Query(where=eq(field, ident))):
        repository.remove(row)
