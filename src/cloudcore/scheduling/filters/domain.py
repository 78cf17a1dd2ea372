"""Keep hosts that the owner's domain may use."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "host belongs to another domain"


def domain(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the host to be the domain's own, public to all, or shared with the domain; also for administrators."""
    hosts, domain_id = inventory.hosts, request.domain_id
    return Verdict(alive & hosts.memo.recall(("domain", domain_id), lambda: hosts.sharing.for_domain(domain_id)))


def explain(_request: Request, _inventory: Inventory, _rows: IntArray) -> str:
    """Say so, without naming the domain that owns the host."""
    return "host is not shared with the domain of the request"


DOMAIN = Filter(name="host_domain", reason=REASON, apply=domain, explain=explain, reads=Reads.FIXED)
