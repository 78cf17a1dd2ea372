"""Where things run: regions, zones and hosts."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.process import PROCESSES
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES
from cloudcore.resources.infrastructure.zone import ZONES

RESOURCES: tuple[Resource[Any], ...] = (CLOUDREGIONS, ZONES, HOSTS, PROCESSES, SHAREDRESOURCES)
