"""Servers, their disks and network cards, and the keys that are put into them."""

from __future__ import annotations

from typing import Any

from cloudcore.model.resource import Resource
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.groupnetwork import GROUPNETWORKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS, SNAPSHOTJOINTS
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.keypair import KEYPAIRS
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.compute.schedpolicy import DYNAMICSCHEDTAGS, SCHEDPOLICIES
from cloudcore.resources.compute.schedtag import SCHEDTAGS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.serversku import SERVERSKUS
from cloudcore.resources.compute.snapshot import SNAPSHOTS
from cloudcore.resources.compute.tagging import JOINTS as MARKS

RESOURCES: tuple[Resource[Any], ...] = (
    SERVERS,
    DISKS,
    GUESTDISKS,
    GUESTNETWORKS,
    GUESTSECGROUPS,
    KEYPAIRS,
    SERVERSKUS,
    INSTANCEGROUPS,
    GROUPGUESTS,
    GROUPNETWORKS,
    ISOLATED_DEVICES,
    SCHEDTAGS,
    *MARKS.values(),
    SCHEDPOLICIES,
    DYNAMICSCHEDTAGS,
    HOSTCLAIMS,
    HOSTLEASES,
    NODECLAIMS,
    SNAPSHOTS,
    INSTANCE_SNAPSHOTS,
    SNAPSHOTJOINTS,
)
