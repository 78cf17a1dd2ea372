"""The shapes in which the wire's scheduler API answers, as functions of a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from cloudcore.model.json import JsonObject
from cloudcore.scheduling.columns import UNLIMITED, FloatArray
from cloudcore.scheduling.decision import Decision, Placement, Refusal, Walk
from cloudcore.scheduling.nodes import NodeChoice
from cloudcore.scheduling.relaxation import Relaxation
from cloudcore.scheduling.weighers import WEIGHERS
from cloudcore.scheduling.weighers.weigher import counting

OUT_OF_RESOURCE = "Out of resource"
MAX_FILTERED = 100
DECIMALS = 6


def candidates(decision: Decision, *, session_id: str = "") -> list[JsonObject]:
    """Shape the answer of `POST /scheduler`: one element per requested server, errors for those without a place."""
    placed = [candidate(placement, session_id) for placement in decision.placements]
    return placed + [{"error": OUT_OF_RESOURCE}] * (decision.request.count - len(placed))


def forecast(decision: Decision, *, session_id: str = "", limit: int = MAX_FILTERED) -> JsonObject:
    """Shape the answer of `POST /scheduler/forecast`.

    allow_count: servers that could be placed, also when that is fewer than wanted. limit: the most refused hosts that
    are listed, in the order in which filters removed them; each comes with the words of every filter that refuses it,
    the first to do so first.
    """
    wanted = decision.request.count
    return {
        "can_create": decision.fitting >= wanted,
        "candidates": [candidate(placement, session_id) for placement in decision.placements],
        "req_count": wanted,
        "allow_count": decision.fitting,
        "not_allow_reasons": reasons(decision),
        "filtered_candidates": _filtered(decision.walk, limit),
    }


def reasons(decision: Decision) -> list[str]:
    """Why not all fit: a line for each filter that removed hosts, or one for all; none where they do."""
    if decision.fitting >= decision.request.count:
        return []
    refusal = decision.refusal or Refusal.of(decision.walk, decision.fitting)
    lines = [f"{one.removed} host filter by {one.filter}: {one.text}" for one in refusal.removals if one.removed]
    return lines or [refusal.summary()]


def explanation(refusal: Refusal, proposals: Iterable[Relaxation] = ()) -> JsonObject:
    """Shape a refusal as JSON, for the `data` of an `InsufficientResourceError`.

    filters: those that removed a host or bound how many fit, in the order in which they ran.
    """
    return {
        "summary": refusal.summary(),
        "requested": refusal.requested,
        "fitting": refusal.fitting,
        "hosts": refusal.hosts,
        "filters": [
            {
                "filter_name": one.filter,
                "reason": one.reason,
                "removed": one.removed,
                "alone": one.alone,
                "limits": one.limits,
                "text": one.text,
                "examples": [
                    {"id": each.host_id, "name": each.host_name, "reason": each.text} for each in one.examples
                ],
            }
            for one in refusal.removals
            if one.removed or one.limits
        ],
        "relaxations": [one.text for one in proposals],
    }


def suggestions(decision: Decision, *, details: bool = False) -> list[JsonObject]:
    """Shape the rows of `POST /scheduler/test`: hosts in the order in which they would be taken.

    count: how many of the wanted servers go there; 0 for hosts that could take one instead. capacity: how many fit there
    by what each filter says for itself. Sizes of storages in MiB. With `details` capacity_details has the capacity by
    each filter that bounds it, and score_details the share of each weigher in the score; without, null and nothing.
    """
    shares: Mapping[str, str] = _shares(decision.walk) if details else {}
    found: dict[str, JsonObject] = {}
    for place, placement in enumerate((*decision.placements, *decision.alternatives)):
        if placement.host_id not in found:
            found[placement.host_id] = {
                **_suggestion(decision, placement),
                "capacity_details": _bounds(decision.walk, placement.host_id) if details else None,
                "score_details": shares.get(placement.host_id, ""),
            }
        found[placement.host_id]["count"] += place < len(decision.placements)
    return list(found.values())


def _bounds(walk: Walk, host_id: str) -> JsonObject:
    """The capacity of a host by each filter that bounds it."""
    row = walk.inventory.hosts.index[host_id]
    found = {step.filter.name: int(step.capacity[row]) for step in walk.steps if step.capacity is not None}
    return {name: capacity for name, capacity in found.items() if capacity < UNLIMITED}


def _shares(walk: Walk) -> Mapping[str, str]:
    """Host → its score as a sum, `spread: 1.25, capacity: 0.9375`."""
    rows = np.flatnonzero(walk.kept)
    weighed: list[tuple[str, FloatArray]] = []
    for one, counts in counting(WEIGHERS, walk.inventory.hosts.packs.take(rows)):
        score = one.weight * one.score(walk.request, walk.inventory, rows, walk.fits[rows])
        weighed.append((one.name, score if counts is None else score * counts))
    names = walk.inventory.hosts.ids
    return {
        names[row]: ", ".join(f"{name}: {round(float(scores[place]), DECIMALS):g}" for name, scores in weighed)
        for place, row in enumerate(rows.tolist())
    }


def _suggestion(decision: Decision, placement: Placement) -> JsonObject:
    inventory, walk = decision.walk.inventory, decision.walk
    storages = inventory.storages
    chosen = [
        {
            "index": disk.index,
            "storages": [
                {
                    "id": ident,
                    "name": storages.names[storages.index[ident]],
                    "free_capacity": int(storages.free_mib[storages.index[ident]]),
                }
                for ident in disk.storage_ids
            ],
        }
        for disk in placement.disks
    ]
    return {
        "id": placement.host_id,
        "name": placement.host_name,
        "count": 0,
        "capacity": int(walk.capacity[inventory.hosts.index[placement.host_id]]),
        "score": placement.score,
        "data": {"score": placement.score},
        "disks": chosen,
        "nets": [{"index": nic.index, "network_ids": list(nic.network_ids)} for nic in placement.nets],
    }


def candidate(placement: Placement, session_id: str) -> JsonObject:
    """Shape one placement as `POST /scheduler` does."""
    return {
        "session_id": session_id,
        "host_id": placement.host_id,
        "name": placement.host_name,
        "disks": [{"index": disk.index, "storage_ids": list(disk.storage_ids)} for disk in placement.disks],
        "nets": [{"index": nic.index, "network_ids": list(nic.network_ids)} for nic in placement.nets],
        # Which CPUs they are is chosen when the place is taken.
        **({"cpu_numa_pin": [_part(one) for one in placement.nodes]} if placement.nodes else {}),
    }


def _part(one: NodeChoice) -> JsonObject:
    return {"node_id": one.node, "vcpu_count": one.vcpus, "mem_size_mb": one.memory_mib}


def _filtered(walk: Walk, limit: int) -> list[JsonObject]:
    refusing = [(step.filter, frozenset(walk.alone(step).tolist())) for step in walk.steps]
    hosts = walk.inventory.hosts
    found: list[JsonObject] = []
    for at, step in enumerate(walk.steps):
        for row in step.removed.tolist()[: max(limit - len(found), 0)]:
            words = [
                one.explain(walk.request, walk.inventory, np.array([row])) for one, rows in refusing[at:] if row in rows
            ]
            found.append(
                {"id": hosts.ids[row], "name": hosts.names[row], "filter_name": step.filter.name, "reasons": words}
            )
    return found
