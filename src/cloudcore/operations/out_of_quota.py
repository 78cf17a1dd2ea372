"""Servers that only a limit of a region or zone keeps out: what would become of them, and the error that says so."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cloudcore.model.errors import CloudcoreError, Contention, InsufficientResourceError, OutOfQuotaError
from cloudcore.model.json import JsonObject
from cloudcore.quotas.places import has_place
from cloudcore.scheduling import Decision, schedule


def but_for_quota(decision: Decision | None) -> Decision | None:
    """Where servers would go if no limit kept them out; None where something else does, too.

    Charging for them fails then, and says by how much which limit is exceeded.
    """
    if decision is None or not decision.request.allowances:
        return None
    found = schedule(decision.walk.inventory, attrs.evolve(decision.request, allowances=()))
    return found if found.refusal is None else None


def retold(error: OutOfQuotaError, told: InsufficientResourceError | None, *, again: bool) -> CloudcoreError:
    """What to raise for it: contention where there may be room elsewhere; else itself, with what the scheduler says.

    told: why the scheduler found no place; None: it had found one. again: whether it may be decided once more.
    """
    exceeded: Sequence[JsonObject] = error.data.get("exceeded", ())
    if told is None and again and all(has_place(one.get("keys", {})) for one in exceeded):
        return Contention("the limit of a place has been reached", internal=str(error))
    if told is None:
        return error
    return OutOfQuotaError(f"{error}; {told}", internal=error.internal, data={**told.data, **error.data})
