"""The recycle bin: what goes in, comes out again, and is deleted for good when its time is over. Images: see `image_bin`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import attrs

from cloudcore.auth.caller import Caller, platform_caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    InsufficientResourceError,
    InvalidStatusError,
    NotEmptyError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import generate_name
from cloudcore.model.query import EVERYTHING, PLATFORM, Compare, Expr, IsNull, Op, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_flag
from cloudcore.operations.begin import check_idle
from cloudcore.operations.deciding import decide
from cloudcore.operations.generic import check_deletable
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import limits_for
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.moving import described
from cloudcore.operations.shares import claim_share
from cloudcore.operations.sharing import need
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import charged_of
from cloudcore.quotas.holdings import disk_amounts, doomed_disks, drop_server, server_amounts
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.resources.image.guestimage import GUESTIMAGES
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus
from cloudcore.scheduling import Request

AT_ONCE = 50
"""How many expired things one round begins to delete."""


def goes_to_bin(platform: Platform, row: Any, options: JsonMapping) -> bool:
    """Whether deleting this puts it into the recycle bin; what is there already, or is deleted at once, does not."""
    at_once = read_flag(options, "override_pending_delete")
    return platform.settings.recycle_s > 0 and not at_once and not row.pending_deleted


def restore_server(platform: Platform, tx: Transaction, caller: Caller, server: Any, _body: JsonMapping) -> JsonObject:
    """Take a server with its disks out of the recycle bin; its name gets a number where another has it by now.

    Raises:
        InvalidStatusError: it is not in the bin, or its deletion has begun.
        InsufficientResourceError: its host has no room for it any more.
        OutOfQuotaError: a limit would be exceeded.
    """
    check_in_bin(server)
    check_idle(tx, SERVERS, server)
    if server.status != ServerStatus.READY:
        raise InvalidStatusError(f"server {server.name} is {server.status}: its deletion has begun", field="status")
    host = tx.of(HOSTS, PLATFORM).get(server.host_id)
    if host is None:
        raise InvalidStatusError("its host is gone", field="host_id")
    changed = evolve(server, name=free_name(platform, tx, SERVERS, server), **OUT, name_key="")
    changed = evolve(changed, cpu_numa_pin=_claimed(platform, tx, caller, server, host))
    restored = tx.of(SERVERS, PLATFORM).save(changed, action="cancel_delete")
    disks = [tx.of(DISKS, PLATFORM).get(ident) for ident in doomed_disks(tx, server.id)]
    recycled = [disk for disk in disks if disk is not None and disk.pending_deleted]
    for disk in recycled:
        tx.of(DISKS, PLATFORM).save(evolve(disk, **OUT), action="cancel_delete")
    amounts = {**server_amounts(server), "storage": sum(disk.disk_size for disk in recycled)}
    charge(tx, server.domain_id, server.tenant_id, amounts, lambda: charged_of(tx, [restored.id]))
    return detail_rows(platform, tx, SERVERS, [restored])[0]


def _claimed(platform: Platform, tx: Transaction, caller: Caller, server: Any, host: Any) -> list[JsonObject]:
    """Take the server's share of its host again; what it has of NUMA nodes."""
    request = Request(vcpus=int(server.vcpu_count + server.extra_cpu_count), memory_mib=server.vmem_size)
    # Its devices went when it did.
    limits = limits_for(tx, host, platform.settings, has_devices=False)
    pins = claim_share(tx, platform.settings, host, request, limits=limits, extra=int(server.extra_cpu_count))
    if pins is None:
        raise _no_room(platform, tx, caller, server, host)
    return pins


def _no_room(platform: Platform, tx: Transaction, caller: Caller, server: Any, host: Any) -> InsufficientResourceError:
    """Why the host of a server does not take it back, and whose end would help."""
    (guest,) = described(platform, tx, [server])
    # It was there: only the room is asked for.
    request = attrs.evolve(
        guest.request,
        present_host="",
        prefer_host=host.id,
        given=guest.request.given | {"size"},
        ignore_filters=frozenset({"resource_type", "host_domain", "class_metadata"}),
    )
    inventory = inventory_of(tx, platform.settings, host_type=request.host_type, networks=[], host_id=host.id)
    text = f"the host of server {server.name} has no room for it any more"
    try:
        decide(inventory, request, lambda: occupants_of(platform, tx, caller, request))
    except InsufficientResourceError as error:
        shown = veil(error.data, hosts_shown(platform, tx, caller))
        return InsufficientResourceError(f"{text}: {error}", field="host_id", data=shown)
    return InsufficientResourceError(text, field="host_id")


def restore_disk(platform: Platform, tx: Transaction, _caller: Caller, disk: Any, _body: JsonMapping) -> JsonObject:
    """Take a disk out of the recycle bin.

    Raises:
        InvalidStatusError: it is not there.
        NotEmptyError: it lies there with its server.
        OutOfQuotaError: a limit would be exceeded.
    """
    check_in_bin(disk)
    check_idle(tx, DISKS, disk)
    if tx.of(GUESTDISKS, PLATFORM).count(eq("disk_id", disk.id)):
        raise NotEmptyError(f"disk {disk.name} belongs to a server in the recycle bin: take that out")
    restored = tx.of(DISKS, PLATFORM).save(evolve(disk, **OUT), action="cancel_delete")
    charge(tx, disk.domain_id, disk.tenant_id, disk_amounts(disk), lambda: {DISKS.plural: [disk.id]})
    return detail_rows(platform, tx, DISKS, [restored])[0]


def purge_server(platform: Platform, tx: Transaction, caller: Caller, server: Any, _body: JsonMapping) -> JsonObject:
    """Forget a server whose host cannot be asked; what is on the host is told of as unknown when that is back.

    Raises:
        ForbiddenError: only administrators of the whole cloud may.
        InvalidStatusError: its host answers, or deletion is switched off.
        ResourceBusyError: a long operation holds it.
    """
    need(platform, caller, SERVERS, "purge", Scope.SYSTEM)
    check_deletable(server)
    check_idle(tx, SERVERS, server)
    host = tx.of(HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    if host is not None and host.enabled and host.host_status == AgentStatus.ONLINE:
        raise InvalidStatusError(f"host {host.name} is enabled and online: delete the server", field="host_id")
    (last,) = detail_rows(platform, tx, SERVERS, [server])
    drop_server(tx, server, doomed_disks(tx, server.id))
    return last


def expire(platform: Platform, on_refused: Callable[[str, CloudcoreError], None]) -> int:
    """Begin to delete what has been in the recycle bin for long enough; how many.

    on_refused: called with the id of what cannot be deleted now, such as for a host that is offline, and why; the next
        round tries it again.
    """
    from cloudcore.operations.disks import delete_disk
    from cloudcore.operations.guest_images import delete_guest_image
    from cloudcore.operations.image_records import delete_image
    from cloudcore.operations.servers.delete import delete_server

    begun = 0
    for resource, delete, alone in (
        (SERVERS, delete_server, EVERYTHING),
        (DISKS, delete_disk, EVERYTHING),
        (GUESTIMAGES, delete_guest_image, EVERYTHING),
        (IMAGES, delete_image, IsNull("guest_image_id")),
    ):
        for ident in reading(platform, partial(_expired, platform, resource, alone)):
            begun += _begun(platform, delete, ident, on_refused)
    return begun


def _begun(
    platform: Platform,
    delete: Callable[..., JsonObject],
    ident: str,
    on_refused: Callable[[str, CloudcoreError], None],
) -> bool:
    caller = platform_caller("recycle bin")
    options = {"override_pending_delete": True, "delete_snapshots": True}
    try:
        writing(platform, caller, lambda tx: delete(platform, tx, caller, ident, options))
    except CloudcoreError as error:
        on_refused(ident, error)
        return False
    return True


def _expired(platform: Platform, resource: Any, alone: Expr, tx: Transaction) -> Sequence[str]:
    """What has been there for long enough, oldest first. alone: what does not go with something else."""
    if platform.settings.recycle_s <= 0:
        return []
    before = tx.now - timedelta(seconds=platform.settings.recycle_s)
    where = both(eq("pending_deleted", True), Compare("pending_deleted_at", Op.LE, before), alone)
    rows = tx.of(resource, PLATFORM).find(Query(where=where, order=(Order("pending_deleted_at"),), limit=AT_ONCE))
    idents = [row.id for row in rows]
    return _unattached(tx, idents) if resource is DISKS else idents


def _unattached(tx: Transaction, disks: Sequence[str]) -> Sequence[str]:
    """Those that do not go with a server."""
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=one_of("disk_id", disks)))
    attached = {link.disk_id for link in links}
    return [ident for ident in disks if ident not in attached]


def check_in_bin(row: Any) -> None:
    """Refuse to take out what is not in the recycle bin.

    Raises:
        InvalidStatusError: it is not there.
    """
    if not row.pending_deleted:
        raise InvalidStatusError(f"{row.name} is not in the recycle bin", field="pending_deleted")


def free_name(platform: Platform, tx: Transaction, resource: Any, row: Any) -> str:
    """The name under which something comes out: its own, with a number where another of its project has that by now."""
    siblings = both(eq("tenant_id", row.tenant_id), eq("name_key", ""))

    def taken(name: str) -> bool:
        return tx.of(resource, PLATFORM).count(both(eq("name", name), siblings)) > 0

    return generate_name(row.name, taken, platform.ids.random_bytes) if taken(row.name) else row.name


OUT: JsonObject = {"pending_deleted": False, "pending_deleted_at": None}
"""What is not in the bin."""
