"""Servers of different shapes made together, where a batch plan puts them: all of them or none, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count as count_from
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InsufficientResourceError, NotSupportedError, OutOfQuotaError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.reading import read_flag, read_int
from cloudcore.operations.allowances import with_allowances
from cloudcore.operations.batch_plan import in_shape, inventories_of, shapes_of
from cloudcore.operations.deciding import refused
from cloudcore.operations.idempotency import once, remembered
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.out_of_quota import retold
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import again, reading, write_once
from cloudcore.operations.servers.create import LOOKS, MOST_IN_ONE_UNIT
from cloudcore.operations.servers.input import Wanted, read_wanted
from cloudcore.operations.servers.inserting import charge_rows, insert_rows
from cloudcore.operations.veil import veiled_refusal
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import hold_hosts
from cloudcore.resources.compute.server import SERVERS
from cloudcore.scheduling import Answer, Batch, Inventory, Placement, Request, plan_batch
from cloudcore.scheduling.replay import seen_of


def create_together(platform: Platform, caller: Caller, body: JsonMapping, *, key: str = "") -> JsonObject:
    """Make `servers`, each the body of a server with `count`, upon as few empty hosts as `plan_batch` finds.

    The answer has the `servers` in the order of the bodies. Claims, quota and tasks of all stand in one commit; each owner is
    charged once. Whoever loses a place to somebody else plans all of it anew.

    key: as of `create_servers`.

    Raises:
        InsufficientResourceError: they don't fit together; says of which body, why, and what would help.
        OutOfQuotaError: a limit would be exceeded by all of them.
        OutOfRangeError: they are more than one commit makes.
        Others of `create_servers`; the field begins with the place, such as `servers.3.disks.0`.
    """
    asked: Json = ["perform_class", "scheduler", "batch", dict(body)]
    looks = count_from(1)

    def attempt() -> Sequence[JsonObject]:
        known = reading(platform, lambda tx: remembered(tx, caller, key, asked)) if key else None
        if known is not None:
            return known
        planned = reading(platform, lambda tx: _planned(platform, tx, caller, body))
        look = next(looks)

        def insert(tx: Transaction) -> Sequence[JsonObject]:
            def make() -> Sequence[JsonObject]:
                return _insert(platform, tx, caller, planned)

            return once(tx, caller, key, asked, make) if key else make()

        try:
            return write_once(platform, caller, insert)
        except OutOfQuotaError as error:
            raise retold(error, None, again=look <= LOOKS) from error

    return {"servers": list(again(platform, attempt))}


def _insert(
    platform: Platform, tx: Transaction, caller: Caller, planned: Sequence[tuple[Wanted, Answer]]
) -> Sequence[JsonObject]:
    hold_hosts(tx, {one.host_id for _, answer in planned for one in answer.placements})
    rows: list[tuple[Wanted, Sequence[Any]]] = []
    for place, (wanted, answer) in enumerate(planned):
        with in_shape(place):
            rows.append((wanted, insert_rows(platform, tx, caller, wanted, answer)))
    charge_rows(tx, rows)
    return detail_rows(platform, tx, SERVERS, [server for _, made in rows for server in made])


def _planned(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> list[tuple[Wanted, Answer]]:
    """What is wanted, and where each of it goes."""
    wishes = _wishes(platform, tx, caller, body)
    found: dict[int, Answer] = {}
    for host_type, inventory in inventories_of(platform, tx, [one.request for one in wishes]).items():
        places = [place for place, one in enumerate(wishes) if one.request.host_type == host_type]
        requests = [wishes[place].request for place in places]
        batch = plan_batch(inventory, requests)
        _check(platform, tx, caller, batch, places)
        for place, request, placements in zip(places, requests, batch.placements, strict=True):
            found[place] = _answer(inventory, request, placements)
    return [(wish, found[place]) for place, wish in enumerate(wishes)]


def _answer(inventory: Inventory, request: Request, placements: tuple[Placement, ...]) -> Answer:
    return Answer(placements, seen=seen_of(inventory, request, placements))


def _check(platform: Platform, tx: Transaction, caller: Caller, batch: Batch, places: Sequence[int]) -> None:
    """Check that all have a place.

    Raises:
        InsufficientResourceError: the first has none.
    """
    for nth, refusal in sorted(batch.refusals.items()):
        decision = batch.decisions[nth]
        error = refused(decision, refusal, occupants_of(platform, tx, caller, decision.request))
        told = veiled_refusal(platform, tx, caller, error)
        with in_shape(places[nth]):
            raise InsufficientResourceError(f"beside the others {told}", internal=told.internal, data=told.data)


def _wishes(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> list[Wanted]:
    found: list[Wanted] = []
    for place, one in enumerate(shapes_of(body)):
        with in_shape(place):
            count = read_int(one.get("count") or 1, "count", 1, MOST_IN_ONE_UNIT)
            if read_flag(one, "best_effort"):
                raise NotSupportedError("all servers are made or none", field="best_effort")
            wanted = read_wanted(platform, tx, caller, one, count)
        extra = int(wanted.draft.get("extra_cpu_count") or 0)
        request = with_allowances(tx, wanted.request, extra_cpus=extra)
        found.append(attrs.evolve(wanted, request=attrs.evolve(request, seed=f"{caller.request_id}.{place}")))
    if sum(one.request.count for one in found) > MOST_IN_ONE_UNIT:
        raise OutOfRangeError(f"at most {MOST_IN_ONE_UNIT} servers are made at once", field="servers")
    return found
