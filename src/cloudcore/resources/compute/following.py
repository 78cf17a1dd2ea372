"""Which snapshot policies hold for disks and their servers, as details of disks tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.ports.unit_of_work import Transaction


def policies_of(
    tx: Transaction, disks: Sequence[str], servers: Sequence[str]
) -> Callable[[str, Sequence[str]], JsonObject]:
    """For a page of disks and the servers that have them: the keys of one of the disks; three queries."""
    from cloudcore.resources.storage.snapshotpolicy import (
        SNAPSHOTPOLICIES,
        SNAPSHOTPOLICYDISKS,
        SNAPSHOTPOLICYSERVERS,
    )

    query = Query(where=one_of("disk_id", disks))
    links = tx.of(SNAPSHOTPOLICYDISKS, PLATFORM).columns(("disk_id", "snapshotpolicy_id"), query)
    named = Query(where=one_of("id", list(dict.fromkeys(link[1] for link in links))))
    names = dict(tx.of(SNAPSHOTPOLICIES, PLATFORM).columns(("id", "name"), named))
    rows = tx.of(SNAPSHOTPOLICYSERVERS, PLATFORM).totals(one_of("server_id", servers), by=("server_id",))
    numbers = {row["server_id"]: int(row["count"]) for row in rows}
    held: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for disk, policy in links:
        held[disk].append({"id": policy, "name": names.get(policy, "")})

    def keys(disk: str, guests: Sequence[str]) -> JsonObject:
        shown = sorted(held[disk], key=lambda one: str(one["name"]))
        return {"snapshotpolicies": shown, "guest_snapshotpolicy_count": sum(numbers.get(g, 0) for g in guests)}

    return keys
