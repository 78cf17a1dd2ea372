"""Where bytes of guests lie: storages and what hosts have of them, disks, image caches."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.resources.storage.snapshotpolicy import SNAPSHOTPOLICIES, SNAPSHOTPOLICYDISKS, SNAPSHOTPOLICYSERVERS
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.resources.storage.storagecache import STORAGECACHES
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS

RESOURCES: tuple[Resource[Any], ...] = (
    STORAGES,
    STORAGECACHES,
    CACHEDIMAGES,
    STORAGECACHEDIMAGES,
    HOSTSTORAGES,
    HOSTWIRES,
    STORAGECLAIMS,
    SNAPSHOTPOLICIES,
    SNAPSHOTPOLICYDISKS,
    SNAPSHOTPOLICYSERVERS,
)
