"""Servers of different shapes placed together: where they would go so that few empty hosts are opened. Nothing is claimed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import CloudcoreError, Contention, InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_bool, read_int
from cloudcore.operations.allowances import with_allowances
from cloudcore.operations.deciding import refused
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading
from cloudcore.operations.servers.devices import device_rows
from cloudcore.operations.servers.input import read_wanted
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.scheduling import Batch, Inventory, Request, plan_batch, stranded
from cloudcore.scheduling.claims import with_devices
from cloudcore.scheduling.forecast import OUT_OF_RESOURCE, candidate

MOST_SERVERS = 2000
MOST_SHAPES = 500
MOST_EXPLAINED = 10
"""Requests of which it is said what would help: each is tried many times."""


def batch_of(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    """Say where `servers`, each the body of a server with `count`, would go together; see `plan_batch`.

    `candidates` has a row for each server that has a place, and for each request that has none one with the reason; `index`
    says of which request. `opened`: hosts that were empty; `opened_singly`: when placed one after the other. `stranded`: shares
    of CPU and memory that nothing could use then, of the hosts in use.

    Raises:
        InvalidInputError and others: as for making a server; the field begins with its place, such as `servers.3.disks.0`.
    """

    def work(tx: Transaction) -> JsonObject:
        wanted = _requests(platform, tx, caller, body)
        inventories = inventories_of(platform, tx, [one for _, one in wanted])
        return veil(_planned(inventories, wanted), hosts_shown(platform, tx, caller))

    return reading(platform, work)


def _planned(inventories: dict[str, Inventory], wanted: Sequence[tuple[str, Request]]) -> JsonObject:
    """Plan each type of host by itself, for no server can go to another."""
    rows: list[tuple[int, JsonObject]] = []
    batches: list[Batch] = []
    explained = MOST_EXPLAINED
    for host_type, inventory in inventories.items():
        places = [place for place, (_, one) in enumerate(wanted) if one.host_type == host_type]
        batch = plan_batch(inventory, [wanted[place][1] for place in places])
        batches.append(batch)
        for nth, place in enumerate(places):
            rows += [
                (place, {"index": place, "server": wanted[place][0], **candidate(one, "")})
                for one in batch.placements[nth]
            ]
            refusal = batch.refusals.get(nth)
            if refusal is not None:
                told: JsonObject = {
                    "error": OUT_OF_RESOURCE,
                    "reason": refusal.summary(),
                    "filters": [],
                    "relaxations": [],
                }
                if explained:
                    explained -= 1
                    found = refused(batch.decisions[nth], refusal).data
                    told |= {name: found[name] for name in ("filters", "relaxations")}
                rows.append((place, {"index": place, "server": wanted[place][0], **told}))
    rows.sort(key=lambda row: row[0])
    placed = sum(len(one) for batch in batches for one in batch.placements)
    shares = [stranded(batch.left) for batch in batches]
    return {
        "candidates": [row for _, row in rows],
        "req_count": sum(one.count for _, one in wanted),
        "allow_count": placed,
        "opened": sum(batch.opened for batch in batches),
        "opened_singly": sum(batch.singly for batch in batches),
        "stranded": {
            "cpu": round(max(cpu for cpu, _ in shares), 4),
            "memory": round(max(memory for _, memory in shares), 4),
        },
    }


def inventories_of(platform: Platform, tx: Transaction, requests: Sequence[Request]) -> dict[str, Inventory]:
    """The columns of each type of host that any of these requests is for."""
    some = any(one.has_devices for one in requests)
    found: dict[str, Inventory] = {}
    for host_type in dict.fromkeys(one.host_type for one in requests):
        columns = inventory_of(tx, platform.settings, host_type=host_type, networks=None)
        found[host_type] = with_devices(columns, device_rows(tx)) if some else columns
    return found


def shapes_of(body: JsonMapping) -> list[JsonObject]:
    """The bodies of the servers of a batch.

    Raises:
        MissingParameterError, InvalidInputError, OutOfRangeError: there are none, or it is no list of up to `MOST_SHAPES`.
    """
    sent: Any = body.get("servers")
    if sent in (None, []):
        raise MissingParameterError("servers is missing: a list of what the servers are to be", field="servers")
    if not isinstance(sent, list) or not all(isinstance(one, dict) for one in cast("list[Any]", sent)):
        raise InvalidInputError("servers must be a list of objects", field="servers")
    servers = cast("list[JsonObject]", sent)
    if len(servers) > MOST_SHAPES:
        raise OutOfRangeError(
            f"at most {MOST_SHAPES} servers at once; say count for those that are alike", field="servers"
        )
    return servers


@contextmanager
def in_shape(place: int) -> Generator[None]:
    """Let errors say of which body they are; whoever tries again what was lost to others is not told."""
    try:
        yield
    except Contention:
        raise
    except CloudcoreError as error:
        where = f"servers.{place}.{error.field}" if error.field else f"servers.{place}"
        raise type(error)(f"servers.{place}: {error}", internal=error.internal, field=where, data=error.data) from error


def _requests(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> list[tuple[str, Request]]:
    """Name and request of each of the servers."""
    found: list[tuple[str, Request]] = []
    for place, one in enumerate(shapes_of(body)):
        with in_shape(place):
            count = read_int(one.get("count") or 1, "count", 1, MOST_SERVERS)
            wanted = read_wanted(platform, tx, caller, one, count, placing=True)
            some = read_bool(one.get("best_effort") or False, "best_effort")
        request = with_allowances(tx, wanted.request)
        request = attrs.evolve(request, best_effort=some, seed=f"{caller.request_id}.{place}")
        found.append((wanted.name or wanted.generate_name, request))
    if sum(one.count for _, one in found) > MOST_SERVERS:
        raise OutOfRangeError(f"at most {MOST_SERVERS} servers at once", field="servers")
    return found
