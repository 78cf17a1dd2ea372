"""Families of quotas: what clients see as `quotas`, `region_quotas` and so on are counters of one ledger.

A family that has projects limits each project and, as a whole, its domain; the others limit domains only. A limit may
be narrowed by the family's keys: it then counts only what matches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs


@attrs.frozen(kw_only=True)
class Family:
    """One family.

    service: who serves it.
    counters: name on the wire → field of the ledger.
    keys: what its limits can be narrowed by; `narrowed`: the counters that know these keys.
    """

    plural: str
    singular: str
    service: str
    counters: Mapping[str, str]
    has_projects: bool = True
    keys: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()


def _same(*names: str) -> Mapping[str, str]:
    return MappingProxyType({name: name for name in names})


_FAMILIES = (
    Family(
        plural="quotas",
        singular="quota",
        service="compute",
        counters=MappingProxyType({**_same("count", "cpu", "memory", "storage"), "group": "instancegroup"}),
        keys=("zone_id", "hypervisor"),
        narrowed=("count", "cpu", "memory"),
    ),
    Family(
        plural="region_quotas",
        singular="region_quota",
        service="compute",
        counters=_same("eip", "snapshot", "instance_snapshot"),
    ),
    Family(plural="zone_quotas", singular="zone_quota", service="compute", counters=_same()),
    Family(plural="project_quotas", singular="project_quota", service="compute", counters=_same("secgroup")),
    Family(
        plural="infras_quotas",
        singular="infras_quota",
        service="compute",
        counters=_same("host", "vpc"),
        has_projects=False,
    ),
    Family(plural="image_quotas", singular="image_quota", service="image", counters=_same("image")),
    Family(
        plural="identity_quotas",
        singular="identity_quota",
        service="identity",
        counters=MappingProxyType(
            {name: f"identity_{name}" for name in ("user", "group", "project", "role", "policy")}
        ),
        has_projects=False,
    ),
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.plural: family for family in _FAMILIES})
"""By plural."""

COUNTERS: tuple[str, ...] = tuple(field for family in _FAMILIES for field in family.counters.values())
"""Every field of the ledger; each belongs to one family."""

WIRE_NAMES: Mapping[str, str] = MappingProxyType(
    {field: name for family in _FAMILIES for name, field in family.counters.items()}
)
"""Field of the ledger → what clients call it."""
