"""All resource types of the platform, in explicit tuples.

Each area's package lists its own in `RESOURCES`. Between modules of resource types, modules are imported and not names:
hooks of types that refer to each other look at one another when they run, not when they are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources import audit, compute, identity, image, infrastructure, network, quota, storage

ALL: tuple[Resource[Any], ...] = (
    *identity.RESOURCES,
    *infrastructure.RESOURCES,
    *network.RESOURCES,
    *storage.RESOURCES,
    *compute.RESOURCES,
    *image.RESOURCES,
    *quota.RESOURCES,
    *audit.RESOURCES,
)
BY_PLURAL: Mapping[str, Resource[Any]] = MappingProxyType({r.plural: r for r in ALL})
