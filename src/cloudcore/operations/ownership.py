"""Servers and disks given to another project, with all that hangs on them and what it counts for, in one commit.

With a server go its disks, their snapshots, its instance snapshots and its public address. It leaves groups, security
groups and snapshot policies of the old project; its networks and its host have to be there for the new one too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ConflictError, DuplicateNameError, InvalidStatusError
from cloudcore.model.json import JsonMapping
from cloudcore.model.names import generate_name
from cloudcore.model.query import PLATFORM, Expr, Query, both, either, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.begin import check_idle
from cloudcore.operations.generic import check_in_use
from cloudcore.operations.ladder import Call, new_project
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import shared_with
from cloudcore.operations.staying import keep_tenant
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import charged_of
from cloudcore.quotas.holdings import disk_amounts, server_amounts
from cloudcore.quotas.ledger import charge, refund
from cloudcore.resources.compute.disk import DISKS, USABLE, DiskStatus
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS, Guestsecgroup
from cloudcore.resources.compute.instancesnapshot import (
    INSTANCE_SNAPSHOTS,
    SNAPSHOTJOINTS,
    InstanceSnapshotStatus,
)
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.server.lifecycle import MADE
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus, check_not_copied
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.secgroup import SECGROUPS, default_for
from cloudcore.resources.storage.snapshotpolicy import SNAPSHOTPOLICYDISKS, SNAPSHOTPOLICYSERVERS


def give_server(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Give a server to another project.

    Raises:
        ResourceNotFoundError: there is no such project, or not for the caller.
        ForbiddenError: only administrators of a domain may, and of the system into another domain.
        InvalidStatusError: it, or something that goes with it, is in the middle of something, frozen or recycled.
        ConflictError: the new project may not use one of its networks, or its host.
        DuplicateNameError: the new project has a server of that name.
        OutOfQuotaError: the new project has no room for it all; nothing is moved.
    """
    move = _Move(platform, tx, caller, SERVERS, server, body)
    check_idle(tx, SERVERS, server)
    if server.status not in MADE:
        raise InvalidStatusError(f"server {server.name} is {server.status}", field="status")
    _check_name(tx, server, move.project.id)
    _check_places(tx, server, move.project)
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id)))
    disks = tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [link.disk_id for link in links])))
    move.take(SERVERS, evolve(server, secgrp_id=_leave(tx, server, disks, move.project.id)), server_amounts(server))
    for disk in disks:
        move.take_disk(disk)
    for kept in tx.of(INSTANCE_SNAPSHOTS, PLATFORM).find(Query(where=eq("guest_id", server.id))):
        held = kept.status != InstanceSnapshotStatus.CREATE_FAILED
        move.take(INSTANCE_SNAPSHOTS, kept, {"instance_snapshot": 1} if held else {}, rename=True)
    where = both(eq("associate_type", "server"), eq("associate_id", server.id))
    for eip in tx.of(EIPS, PLATFORM).find(Query(where=where)):
        move.take(EIPS, eip, {"eip": 1}, rename=True)
    move.settle()


def give_disk(platform: Platform, tx: Transaction, caller: Caller, disk: Any, body: JsonMapping) -> None:
    """Give a disk that no server has to another project, with its snapshots.

    Raises:
        ConflictError: a server has it, or a snapshot of a whole server has one of its snapshots.
        Others of `give_server`.
    """
    move = _Move(platform, tx, caller, DISKS, disk, body)
    if tx.of(GUESTDISKS, PLATFORM).count(eq("disk_id", disk.id)):
        raise ConflictError(f"disk {disk.name} goes with the server that has it", field="guest_id")
    mine = [row[0] for row in tx.of(SNAPSHOTS, PLATFORM).columns(("id",), Query(where=eq("disk_id", disk.id)))]
    if tx.of(SNAPSHOTJOINTS, PLATFORM).count(one_of("snapshot_id", mine)):
        raise ConflictError(f"a snapshot of a whole server needs disk {disk.name}: delete that", field="disk_id")
    _drop(tx, SNAPSHOTPOLICYDISKS, one_of("disk_id", [disk.id]))
    move.take_disk(disk)
    move.settle()


class _Move:
    """One change of owner: what goes, and what it counts for."""

    def __init__(
        self, platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], row: Any, body: JsonMapping
    ) -> None:
        call = Call(platform=platform, tx=tx, caller=caller, resource=resource, body=body)
        self.project = new_project(call, row)
        self._platform, self._tx = platform, tx
        self._from = (row.domain_id, row.tenant_id)
        self._amounts: Counter[str] = Counter()
        self._moved: dict[str, list[str]] = {}

    def take(self, resource: Resource[Any], row: Any, amounts: Any, *, rename: bool = False) -> None:
        """Move one row. rename: give it another name where the new project has that already."""
        if row is None:
            return
        check_in_use(row)
        changes = {"tenant_id": self.project.id, "domain_id": self.project.domain_id, "project_src": "local"}
        if rename:
            changes["name"] = self._name(resource, row)
        self._tx.of(resource, PLATFORM).save(evolve(row, **changes), action="change-owner")
        self._amounts.update(amounts)
        self._moved.setdefault(resource.plural, []).append(row.id)

    def take_disk(self, disk: Any) -> None:
        """Move a disk with its snapshots, none of which anything is just done with."""
        if disk.status not in (*USABLE, DiskStatus.ALLOC_FAILED):
            raise InvalidStatusError(f"disk {disk.name} is {disk.status}", field="disk_id")
        check_idle(self._tx, DISKS, disk)
        self.take(DISKS, disk, disk_amounts(disk) if disk.status != DiskStatus.ALLOC_FAILED else {})
        kept = self._tx.of(SNAPSHOTS, PLATFORM).find(Query(where=eq("disk_id", disk.id)))
        check_not_copied(self._tx, [row.id for row in kept])
        for row in kept:
            if row.status in (SnapshotStatus.CREATING, SnapshotStatus.DELETING):
                raise InvalidStatusError(f"snapshot {row.name} is {row.status}", field="status")
            held = row.status != SnapshotStatus.CREATE_FAILED
            self.take(SNAPSHOTS, row, {"snapshot": 1} if held else {}, rename=True)

    def settle(self) -> None:
        """Move what it all counts for."""
        refund(self._tx, *self._from, self._amounts)
        to = (self.project.domain_id, self.project.id)
        servers = self._moved.get(SERVERS.plural, [])
        charge(self._tx, *to, self._amounts, lambda: {**charged_of(self._tx, servers), **self._moved})
        keep_tenant(self._tx, *to)

    def _name(self, resource: Resource[Any], row: Any) -> str:
        def taken(name: str) -> bool:
            there = both(eq("tenant_id", self.project.id), eq("name", name))
            return self._tx.of(resource, PLATFORM).count(there) > 0

        return generate_name(row.name, taken, self._platform.ids.random_bytes) if taken(row.name) else str(row.name)


def _check_name(tx: Transaction, server: Any, project_id: str) -> None:
    there = both(eq("tenant_id", project_id), eq("name", server.name), eq("name_key", ""))
    if project_id != server.tenant_id and tx.of(SERVERS, PLATFORM).count(there):
        raise DuplicateNameError(f"the project has a server {server.name} already", field="name")


def _check_places(tx: Transaction, server: Any, project: Any) -> None:
    """Refuse where the new project may not use the server's networks, or its domain not the host."""
    cards = tx.of(GUESTNETWORKS, PLATFORM).columns(("network_id",), Query(where=eq("guest_id", server.id)))
    idents = list(dict.fromkeys(card[0] for card in cards))
    usable = either(eq("tenant_id", project.id), shared_with(NETWORKS, project.id, project.domain_id))
    for network in tx.of(NETWORKS, PLATFORM).find(Query(where=one_of("id", idents))):
        if not tx.of(NETWORKS, PLATFORM).count(both(eq("id", network.id), usable)):
            raise ConflictError(f"the project may not use network {network.name}: detach the card", field="nets")
    own = either(eq("domain_id", project.domain_id), shared_with(HOSTS, "", project.domain_id))
    if server.host_id and not tx.of(HOSTS, PLATFORM).count(both(eq("id", server.host_id), own)):
        raise ConflictError("the project's domain may not use the server's host", field="host_id")


def _leave(tx: Transaction, server: Any, disks: Sequence[Any], project_id: str) -> str:
    """Take a server out of what stays with the old project; gives the new one's usual security group, which it gets."""
    _drop(tx, GROUPGUESTS, eq("guest_id", server.id))
    _drop(tx, SNAPSHOTPOLICYSERVERS, eq("server_id", server.id))
    _drop(tx, SNAPSHOTPOLICYDISKS, one_of("disk_id", [disk.id for disk in disks]))
    _drop(tx, GUESTSECGROUPS, eq("guest_id", server.id))
    usual = default_for(tx, project_id)
    if tx.of(SECGROUPS, PLATFORM).get(usual, steady=True) is not None:
        tx.of(GUESTSECGROUPS, PLATFORM).add(Guestsecgroup(id=tx.new_id(), guest_id=server.id, secgroup_id=usual))
        return str(usual)
    return ""


def _drop(tx: Transaction, joint: Resource[Any], where: Expr) -> None:
    repository = tx.of(joint, PLATFORM)
    for row in repository.find(Query(where=where)):
        repository.remove(row)
