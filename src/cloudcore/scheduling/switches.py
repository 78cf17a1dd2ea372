"""What is counted of hosts of each hypervisor: a public cloud counts its own, so there only a size has to be for sale.

Source: the filter switches of guest drivers on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from cloudcore.scheduling.request import Request


@attrs.frozen(kw_only=True)
class Switches:
    """Whether CPUs, memory and storage of hosts are counted, and whether sizes have to be for sale where a server goes."""

    cpu: bool = True
    memory: bool = True
    storage: bool = True
    sizes: bool = True


EVERYTHING = Switches()
_OWN_SIZES = Switches(sizes=False)
_FOR_SALE = Switches(cpu=False, memory=False, storage=False)
_NOTHING = Switches(cpu=False, memory=False, storage=False, sizes=False)
_WORDS = {
    _OWN_SIZES: "esxi nutanix cnware openstack",
    _FOR_SALE: "aliyun aws azure qcloud huawei google ucloud ctyun ecloud jdcloud volcengine ksyun baidu cucloud qingcloud",
    _NOTHING: "bingocloud apsara oracle incloudsphere h3c hcs hcso hcsop",
}
SWITCHES: Mapping[str, Switches] = MappingProxyType(
    {name: switches for switches, names in _WORDS.items() for name in names.split()}
)
"""By hypervisor; whichever is not among them counts everything."""


def as_counted(request: Request) -> Request:
    """The request with nothing asked for that its hypervisor does not count."""
    switches = SWITCHES.get(request.hypervisor, EVERYTHING)
    if switches == EVERYTHING:
        return request
    skipped = request.ignore_filters if switches.storage else request.ignore_filters | {"host_storage"}
    return attrs.evolve(
        request,
        vcpus=request.vcpus if switches.cpu else 0,
        memory_mib=request.memory_mib if switches.memory else 0,
        ignore_filters=skipped,
        size_zones=request.size_zones if switches.sizes else None,
    )
