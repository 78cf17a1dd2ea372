"""Deleting servers."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_flag
from cloudcore.operations.access import fetch_for
from cloudcore.operations.begin import start_transition
from cloudcore.operations.generic import check_deletable, check_not_frozen
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import goes_to_bin, purge_server
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.servers.disks import check_thawed, take_disks_along
from cloudcore.operations.servers.eips import take_address_along
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import doomed_disks
from cloudcore.resources.compute.server import SERVER_LIFECYCLE, SERVERS
from cloudcore.resources.compute.snapshot import check_none_copied, check_none_lost

RECYCLABLE = SERVER_LIFECYCLE.transition("recycle").sources


def delete_server(platform: Platform, tx: Transaction, caller: Caller, ident: str, options: JsonMapping) -> JsonObject:
    """Begin to delete a server, or to put it into the recycle bin; its details come back with the status of deletion.

    Raises:
        InvalidStatusError: deletion is switched off, a disk that would go with it is frozen, or its status does not allow it.
        ResourceBusyError: another long operation holds it.
        NotEmptyError: there are snapshots of its disks, and `delete_snapshots` was not sent.
        InvalidInputError: its host cannot be reached.
        ForbiddenError: `delete_eip` or `delete_disks` was sent, and the caller may not delete what would go with it.
    """
    server = fetch_for(platform, tx, caller, SERVERS, ident, "delete")
    check_not_frozen(server)
    if read_flag(options, "purge"):
        return purge_server(platform, tx, caller, server, {})
    check_deletable(server)
    SERVERS.check_delete(tx, caller, server)
    if read_flag(options, "delete_eip"):
        take_address_along(platform, tx, caller, server)
    if read_flag(options, "delete_disks"):
        take_disks_along(platform, tx, caller, server)
    doomed = doomed_disks(tx, server.id)
    check_thawed(tx, doomed)
    if not read_flag(options, "delete_snapshots"):
        check_none_lost(tx, doomed, f"server {server.name}")
    check_none_copied(tx, doomed)
    way = "recycle" if goes_to_bin(platform, server, options) and server.status in RECYCLABLE else "delete"
    params = {"doomed": doomed} if way == "delete" else {}
    moved = start_transition(platform, tx, caller, SERVERS, server, way, params)
    return detail_rows(platform, tx, SERVERS, [moved])[0]
