"""Families of quotas: what clients see as `quotas`, `region_quotas` and so on are counters of one ledger.

A family that has projects limits each project and, as a whole, its domain; the others limit domains only. A limit may
be narrowed by the family's keys: it then counts only what matches them.

Most counters have a ledger, charged and refunded. Some are counted from the rows themselves while their owner's ledger is
held, which is as exact and needs no refund; and of some there is nothing yet that could be made: their limits are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs


@attrs.frozen(kw_only=True)
class Family:
    """One family.

    service: who serves it.
    counters: name on the wire → field of the limits.
    keys: what its limits can be narrowed by; `narrowed`: the counters that know these keys.
    """

    plural: str
    singular: str
    service: str
    counters: Mapping[str, str]
    has_projects: bool = True
    keys: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Its counters as fields of the limits."""
        return tuple(self.counters.values())


def _same(*names: str) -> Mapping[str, str]:
    return MappingProxyType({name: name for name in names})


CLOUD_KEYS = ("provider", "brand", "cloud_env")
"""Keys that say whose cloud something is in: all that there is, is on the premises."""

_OF_SERVERS = ("count", "cpu", "memory", "storage", "isolated_device")
_OF_REGIONS = (
    *("eip", "port", "eport", "snapshot", "instance_snapshot"),
    *("bucket", "object_gb", "object_cnt", "rds", "cache", "mongodb", "loadbalancer"),
)
_IDENTITY = ("user", "group", "project", "role", "policy")

_FAMILIES = (
    Family(
        plural="quotas",
        singular="quota",
        service="compute",
        counters=MappingProxyType({**_same(*_OF_SERVERS), "group": "instancegroup"}),
        keys=("region_id", "zone_id", "hypervisor", *CLOUD_KEYS),
        narrowed=_OF_SERVERS,
    ),
    Family(
        plural="region_quotas",
        singular="region_quota",
        service="compute",
        counters=_same(*_OF_REGIONS),
        keys=("region_id", *CLOUD_KEYS),
        narrowed=_OF_REGIONS,
    ),
    Family(plural="zone_quotas", singular="zone_quota", service="compute", counters=_same()),
    Family(plural="project_quotas", singular="project_quota", service="compute", counters=_same("secgroup")),
    Family(
        plural="domain_quotas",
        singular="domain_quota",
        service="compute",
        counters=_same("cloudaccount", "globalvpc", "dns_zone"),
        has_projects=False,
    ),
    Family(
        plural="infras_quotas",
        singular="infras_quota",
        service="compute",
        counters=_same("host", "vpc"),
        has_projects=False,
        keys=("region_id", *CLOUD_KEYS),
        narrowed=("host", "vpc"),
    ),
    Family(
        plural="image_quotas",
        singular="image_quota",
        service="image",
        counters=_same("image"),
        keys=("type",),
        narrowed=("image",),
    ),
    Family(
        plural="identity_quotas",
        singular="identity_quota",
        service="identity",
        counters=MappingProxyType({name: f"identity_{name}" for name in _IDENTITY}),
        has_projects=False,
    ),
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.plural: family for family in _FAMILIES})
"""By plural."""

COUNTED = ("port", "eport", "isolated_device")
"""Fields that have a limit and no ledger: they are counted from what is there."""

LATER = (
    *("bucket", "object_gb", "object_cnt", "rds", "cache", "mongodb", "loadbalancer"),
    *("cloudaccount", "globalvpc", "dns_zone"),
)
"""Fields that have a limit, and of which nothing can be made here yet: 0 are in use."""

LIMITED: tuple[str, ...] = tuple(field for family in _FAMILIES for field in family.fields)
"""Every field of the limits; each belongs to one family."""

COUNTERS: tuple[str, ...] = tuple(field for field in LIMITED if field not in (*COUNTED, *LATER))
"""Every field of the ledger."""

WIRE_NAMES: Mapping[str, str] = MappingProxyType(
    {field: name for family in _FAMILIES for name, field in family.counters.items()}
)
"""Field of the limits → what clients call it."""
