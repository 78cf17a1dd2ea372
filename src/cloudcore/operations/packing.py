"""Which hosts pack: as a scheduling tag of theirs says, else their zone, else the deployment."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from cloudcore.model.query import PLATFORM, Compare, Op, Query, both, eq, one_of
from cloudcore.operations.platform import Settings
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.schedtag import SCHEDTAGS
from cloudcore.resources.compute.tagging import SCHEDTAGHOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.placement import Placement


@attrs.frozen(kw_only=True)
class Packing:
    """What was said of hosts and zones, by id; of the others, nothing was."""

    usual: str
    hosts: Mapping[str, str]
    zones: Mapping[str, str]

    def packs(self, host_id: str, zone_id: str) -> bool:
        """Whether a host packs."""
        return (self.hosts.get(host_id) or self.zones.get(zone_id) or self.usual) == Placement.PACK


def packing_of(tx: Transaction, settings: Settings) -> Packing:
    """What was said so far; two statements, and one more where a tag says something.

    A host with two tags that differ packs.
    """
    said = Query(where=Compare("placement", Op.GT, ""))
    zones = tx.of(ZONES, PLATFORM).columns(("id", "placement"), said)
    tags = dict(
        tx.of(SCHEDTAGS, PLATFORM).columns(
            ("id", "placement"), Query(where=both(said.where, eq("resource_type", "hosts")))
        )
    )
    marked = Query(where=one_of("schedtag_id", sorted(tags)))
    pairs = tx.of(SCHEDTAGHOSTS, PLATFORM).columns(("host_id", "schedtag_id"), marked) if tags else ()
    hosts: dict[str, str] = {}
    for host, tag in pairs:
        if hosts.get(host) != Placement.PACK:
            hosts[host] = tags[tag]
    return Packing(usual=settings.placement, hosts=hosts, zones=dict(zones))
