"""What servers are connected by: VPCs, wires and networks; and what may pass: security groups."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.networkipmac import NETWORK_IP_MACS
from cloudcore.resources.network.reservedip import RESERVEDIPS
from cloudcore.resources.network.secgroup import SECGROUPS
from cloudcore.resources.network.secgrouprule import SECGROUPRULES
from cloudcore.resources.network.vpc import VPCS
from cloudcore.resources.network.wire import WIRES

RESOURCES: tuple[Resource[Any], ...] = (
    *(VPCS, WIRES, NETWORKS, RESERVEDIPS, NETWORK_IP_MACS),
    *(EIPS, SECGROUPS, SECGROUPRULES),
)
