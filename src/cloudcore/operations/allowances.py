"""What limits leave where: told to the scheduler with a request, so that servers go where there is room under them.

Limits are charged and checked in the commit that makes a server. What stands here only lets a decision avoid regions and zones
that are full while others are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.arriving import Arrivals, amounts_of
from cloudcore.quotas.family import CLOUD_KEYS, COUNTED
from cloudcore.quotas.ledger import owners, under_way, usage_of
from cloudcore.quotas.limits import Limits, limits_of, narrowed_owners
from cloudcore.quotas.narrowing import read_keys
from cloudcore.quotas.places import PLACED, Spot, has_place, held_in, knows, spots_of_hosts
from cloudcore.scheduling import Allowance, Request
from cloudcore.scheduling.moving import Guest

PLACES = ("region_id", "zone_id")


def is_narrowed(request: Request, narrowed: frozenset[tuple[str, str]]) -> bool:
    """Whether any of these may bound a request."""
    return not narrowed.isdisjoint((request.domain_id, owner) for owner in owners(request.project_id))


def with_allowances(tx: Transaction, request: Request, *, extra_cpus: int = 0, everywhere: bool = False) -> Request:
    """The request with what limits leave that are narrowed to regions and zones; one statement where there are none.

    extra_cpus: of each server, which no limit counts. everywhere: also with limits that no choice of a host avoids.
    """
    found: list[Allowance] = []
    for owner, limits in limits_of(tx, request.domain_id, owners(request.project_id), PLACED).items():
        found += _allowances(tx, request, owner, limits, everywhere=everywhere)
    if extra_cpus:
        more = extra_cpus * request.count
        found = [attrs.evolve(one, free={k: n + more * (k == "cpu") for k, n in one.free.items()}) for one in found]
    return attrs.evolve(request, allowances=tuple(found))


def for_move(tx: Transaction, server: Any, request: Request) -> Request:
    """The request of a server that moves, with what limits leave where it is not yet."""
    guest = Guest(id=server.id, name=server.name, host_id=server.host_id, request=request)
    return for_moves(tx, [guest])[0].request


def for_moves(tx: Transaction, guests: Sequence[Guest]) -> list[Guest]:
    """Servers that move, with what limits leave where each is not yet; one statement where none is narrowed, and else as many
    for each owner who has such limits.
    """
    narrowed = narrowed_owners(tx) if guests else frozenset[tuple[str, str]]()
    bound = [one for one in guests if is_narrowed(one.request, narrowed)]
    if not bound:
        return list(guests)
    amounts = amounts_of(tx, [one.id for one in bound])
    known: dict[tuple[str, str, str], list[Allowance]] = {}
    hosts = spots_of_hosts(tx)
    found: dict[str, Request] = {}
    for one in bound:
        request = one.request
        key = request.domain_id, request.project_id, request.hypervisor
        if key not in known:
            limits = limits_of(tx, request.domain_id, owners(request.project_id), PLACED)
            known[key] = [each for owner in limits for each in _allowances(tx, request, owner, limits[owner])]
        here = hosts.get(one.host_id, Spot("", ""))
        away = [each for each in known[key] if not here.matches(_place(each))]
        allowances = [attrs.evolve(each, each=amounts[one.id]) for each in away if amounts.get(one.id)]
        found[one.id] = attrs.evolve(request, allowances=tuple(allowances))
    return [attrs.evolve(one, request=found[one.id]) if one.id in found else one for one in guests]


def _place(allowance: Allowance) -> Mapping[str, str]:
    return {key: value for key, value in zip(PLACES, (allowance.region, allowance.zone), strict=True) if value}


def _allowances(
    tx: Transaction, request: Request, owner: str, limits: Limits, *, everywhere: bool = False
) -> list[Allowance]:
    here = Spot("", "", frozenset({request.hypervisor}))
    rows: list[tuple[Mapping[str, str], dict[str, int]]] = []
    for text, numbers in limits.narrowed.items():
        keys = read_keys(text)
        others = {name: value for name, value in keys.items() if name not in PLACES}
        bounds = {name: numbers[name] for name in PLACED if numbers[name] >= 0 and knows(name, keys)}
        if bounds and here.matches(others) and (everywhere or has_place(keys)):
            rows.append((keys, bounds))
    found = _narrowed(tx, request.domain_id, owner, rows)
    if everywhere:
        found += _whole(tx, request.domain_id, owner, limits)
    return found


def _narrowed(
    tx: Transaction, domain_id: str, owner: str, rows: Sequence[tuple[Mapping[str, str], Mapping[str, int]]]
) -> list[Allowance]:
    if not rows:
        return []
    fields = [name for name in PLACED if any(name in bounds for _, bounds in rows)]
    growing = under_way(tx, (domain_id, owner), dict.fromkeys(fields, 0))
    arrivals = Arrivals(tx, domain_id, owner)
    held = held_in(tx, domain_id, owner, fields, [keys for keys, _ in rows])
    found: list[Allowance] = []
    for (keys, bounds), there in zip(rows, held, strict=True):
        used = Counter(there) + Counter(growing) + Counter(arrivals.amounts(keys))
        at = " ".join(f"{name} {value}" for name, value in keys.items() if name not in CLOUD_KEYS)
        found.append(
            Allowance(
                name=f"{_scope(owner)} ({at})" if at else _scope(owner),
                owner=f"{domain_id}/{owner}",
                region=keys.get("region_id", ""),
                zone=keys.get("zone_id", ""),
                free={name: limit - used[name] for name, limit in bounds.items()},
            )
        )
    return found


def _whole(tx: Transaction, domain_id: str, owner: str, limits: Limits) -> list[Allowance]:
    bounds = {name: limits.whole[name] for name in PLACED if limits.whole[name] >= 0}
    if not bounds:
        return []
    used = {**usage_of(tx, domain_id, owner)}
    if counted := [name for name in bounds if name in COUNTED]:
        used |= held_in(tx, domain_id, owner, counted, [{}])[0]
    free = {name: limit - used.get(name, 0) for name, limit in bounds.items()}
    return [Allowance(name=_scope(owner), owner=f"{domain_id}/{owner}", free=free)]


def _scope(owner: str) -> str:
    return "project" if owner else "domain"
