"""The filters, in the order they run: cheap and selective first.

To add one: a file with a function, its words and its `Filter` value; its line here; a test for its own rule.
Every filter in the tuple is tested for the properties that all of them share.
"""

from __future__ import annotations

from cloudcore.scheduling.filters.architecture import ARCHITECTURE
from cloudcore.scheduling.filters.baremetal import BAREMETAL
from cloudcore.scheduling.filters.bonding import BONDING
from cloudcore.scheduling.filters.boot import CDROM_BOOT, UEFI_IMAGE
from cloudcore.scheduling.filters.cpu import CPU
from cloudcore.scheduling.filters.device import DEVICE
from cloudcore.scheduling.filters.disk_schedtag import DISK_SCHEDTAG
from cloudcore.scheduling.filters.domain import DOMAIN
from cloudcore.scheduling.filters.group import GROUP
from cloudcore.scheduling.filters.hypervisor import HYPERVISOR
from cloudcore.scheduling.filters.image import IMAGE
from cloudcore.scheduling.filters.instance_type import INSTANCE_TYPE
from cloudcore.scheduling.filters.kind import KIND
from cloudcore.scheduling.filters.live import LIVE
from cloudcore.scheduling.filters.memory import MEMORY
from cloudcore.scheduling.filters.migrate import MIGRATE
from cloudcore.scheduling.filters.network import NETWORK
from cloudcore.scheduling.filters.network_schedtag import NETWORK_SCHEDTAG
from cloudcore.scheduling.filters.numa import NUMA
from cloudcore.scheduling.filters.prefer import PREFER
from cloudcore.scheduling.filters.quota import QUOTA
from cloudcore.scheduling.filters.raid import RAID
from cloudcore.scheduling.filters.resource_type import RESOURCE_TYPE
from cloudcore.scheduling.filters.schedtag import SCHEDTAG
from cloudcore.scheduling.filters.status import STATUS
from cloudcore.scheduling.filters.storage import STORAGE
from cloudcore.scheduling.verdict import Filter

FILTERS: tuple[Filter, ...] = (
    PREFER,
    MIGRATE,
    LIVE,
    STATUS,
    HYPERVISOR,
    RESOURCE_TYPE,
    DOMAIN,
    KIND,
    IMAGE,
    INSTANCE_TYPE,
    ARCHITECTURE,
    SCHEDTAG,
    DISK_SCHEDTAG,
    NETWORK_SCHEDTAG,
    GROUP,
    QUOTA,
    BAREMETAL,
    UEFI_IMAGE,
    CDROM_BOOT,
    RAID,
    BONDING,
    MEMORY,
    CPU,
    NUMA,
    DEVICE,
    STORAGE,
    NETWORK,
)
