"""Hosts: those that are down, and what is on those of this data folder that should not be there, or is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.host import FoundKind
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.operations.servers.migrate import servers_to_move
from cloudcore.ports.unit_of_work import Transaction, UnitOfWork
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.host.policy import moves_guests
from cloudcore.tasks.processes import known
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.doctor.finding import Finding, failed, note, ok, warning
from cloudcore_apps.doctor.leftovers import Leftover, Verdict, in_work, leftovers, without_volume
from cloudcore_apps.doctor.places import Place, places_of
from cloudcore_apps.doctor.trouble import Trouble


def down(tx: Transaction) -> Iterator[Trouble]:
    """Each host whose lease was taken away; a person has to bring it back, and nothing here is put right by itself."""
    idents = [row[0] for row in tx.of(HOSTLEASES, PLATFORM).columns(("id",), Query(where=eq("held", 0)))]
    leases = {row.id: row for row in tx.of(HOSTLEASES, PLATFORM).find(Query(where=one_of("id", idents)))}
    for host in tx.of(HOSTS, PLATFORM).find(Query(where=one_of("id", idents))):
        waiting = tx.of(SERVERS, PLATFORM).count(both(eq("host_id", host.id), eq("pending_deleted", False)))
        running = len(servers_to_move(tx, host.id))
        if not leases[host.id].fenced:
            following = "it may still run them, so that nothing is moved until it is back or `host-evacuate --fenced`"
        elif moves_guests(host):
            following = "those whose disks others reach are started elsewhere by its policy, the others when it is back"
        else:
            following = "they stay there until it is back, or `host-evacuate` starts elsewhere those that can be"
        since = f"{host.last_ping_at:%Y-%m-%d %H:%M:%S} UTC" if host.last_ping_at is not None else "an unknown time"
        yield Trouble(
            "hosts",
            f"host {host.name} has not renewed its lease since {since}; {waiting} servers are on it, of which {running} "
            f"were on: {following}.",
            None,
        )


def misplaced(uow: UnitOfWork, folder: DataFolder, *, running: bool, fix: bool) -> Iterator[Finding]:
    """Guests, volumes and addresses of ours that no record has, and disks without a volume, on the hosts of a data folder.

    What provably ended is taken away with `fix`, while no cloud runs here.
    """
    with uow.read() as tx:
        uuids = {host.uuid: host for host in tx.of(HOSTS, PLATFORM).find(Query())}
        deployment = next((process.deployment for process in known(tx)), "")
    if not deployment:
        yield ok("things", "No cloud has run here yet.")
        return
    with ExitStack() as stack:
        if fix and not running:
            stack.enter_context(folder)
        try:
            places = stack.enter_context(places_of(folder, deployment, list(uuids)))
        except CloudcoreError as error:
            detail = f" ({error.internal})" if error.internal else ""
            yield note("things", f"What is on the host cannot be looked at: {error}{detail}.", "Is libvirtd up?")
            return
        # What is there was looked at before; of one moment are the records, and the tasks, that it is compared with.
        with uow.read() as tx:
            busy = in_work(tx)
            seen = [_compared(tx, deployment, host, p, busy) for p in places if (host := uuids.get(p.uuid))]
        names = {host.id: host.name for host in uuids.values()}
        told = [finding for one in seen for finding in _told(*one, names, running=running, fix=fix)]
    yield from told or [ok("things", "What is on the hosts of this folder is what the records say.")]


def _compared(
    tx: Transaction, deployment: str, host: Any, place: Place, busy: Collection[str]
) -> tuple[Any, Place, Sequence[Leftover], Sequence[Any]]:
    """The host and its place, with what should not be there and the disks that have no volume there."""
    left = list(leftovers(tx, deployment, host.id, place.found, busy))
    return host, place, left, list(without_volume(tx, deployment, host.id, place.found, busy))


def _told(
    host: Any,
    place: Place,
    left: Sequence[Leftover],
    empty: Sequence[Any],
    names: Mapping[str, str],
    *,
    running: bool,
    fix: bool,
) -> Iterator[Finding]:
    removed: set[tuple[str, str]] = set()
    for one in left:
        yield _leftover(one, host, place, names, removed, running=running, fix=fix)
    for disk in empty:
        said = f"disk {disk.name} ({disk.id}, {disk.status}) has no volume on host {host.name}: its bytes are gone."
        yield failed("things", said, "Bring its file back from a backup, or delete the disk; its server cannot start.")


def _leftover(
    one: Leftover,
    host: Any,
    place: Place,
    names: Mapping[str, str],
    removed: set[tuple[str, str]],
    *,
    running: bool,
    fix: bool,
) -> Finding:
    thing = one.thing
    why = {
        Verdict.DELETED: "which was deleted",
        Verdict.ELSEWHERE: f"which is on host {names.get(one.where, one.where) or 'none'} by now",
        Verdict.UNKNOWN: "of which neither records nor history know",
    }[one.verdict]
    state = f", {thing.power_state}" if thing.power_state else ""
    said = f"host {host.name} has a {thing.kind} of ours, {thing.ident} ({thing.mark.resource}{state}), {why}"
    if one.verdict is Verdict.UNKNOWN or thing.kind is FoundKind.IMAGE:
        return warning(
            "things", f"{said}; it is left alone.", "A person decides: was a backup restored? Then remove it by hand."
        )
    if running or not fix:
        how = "`cloudcore down`, then `cloudcore doctor --fix` takes it away." if running else _FIX
        return failed("things", f"{said}; it stays until it is taken away.", how)
    key = ("volume" if thing.kind is FoundKind.VOLUME else "guest", thing.mark.resource)
    if key not in removed:
        try:
            place.remove(thing)
        except CloudcoreError as error:
            return failed("things", f"{said}; it cannot be taken away: {error}.", "Look at the host.")
        removed.add(key)
    return note("things", f"{said}.", "It was taken away; volumes are in the trash.")


_FIX = "`cloudcore doctor --fix` takes it away; volumes go to the trash."
