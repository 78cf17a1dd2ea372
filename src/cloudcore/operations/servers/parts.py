"""The parts of a server's request to the scheduler: its disks and cards, and what of it nobody can give up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.reading import read_int
from cloudcore.operations.servers.bonds import Bonds
from cloudcore.operations.servers.functions import function_wanted
from cloudcore.operations.servers.marks import Marks
from cloudcore.operations.servers.source import Source
from cloudcore.resources.compute.drivers import Driver
from cloudcore.resources.compute.spec import DiskSpec, NicSpec
from cloudcore.scheduling import DiskRequest, NicRequest

MOST_NODES = 64


def given_of(draft: JsonObject, sources: Sequence[Source | None], bonds: Bonds) -> frozenset[str]:
    """What follows from what it is made of, and from a size by name, so that nobody can give it up alone."""
    found = {"arch", *(mark.name for mark in bonds.marks if mark.strategy == "require")}
    if draft.get("instance_type"):
        found.add("size")
    if any(one is not None and one.storage_id for one in sources):
        found.add("storages")
    return frozenset(found)


def read_nodes(body: JsonMapping) -> tuple[int, ...]:
    """The NUMA nodes that are taken first where they do, best first.

    Raises:
        InvalidFormatError, OutOfRangeError: it is no list of numbers of nodes.
    """
    sent: Json = body.get("prefer_numa_nodes")
    if sent in (None, "", []):
        return ()
    if not isinstance(sent, list):
        raise InvalidFormatError("prefer_numa_nodes must be a list of numbers", field="prefer_numa_nodes")
    wanted = cast("list[Json]", sent)
    if len(wanted) > MOST_NODES:
        raise OutOfRangeError(f"prefer_numa_nodes: more than {MOST_NODES} nodes", field="prefer_numa_nodes")
    found = [read_int(one, f"prefer_numa_nodes.{place}", 0, 1023) for place, one in enumerate(wanted)]
    return tuple(dict.fromkeys(found))


def disk_requests(
    disks: Sequence[DiskSpec], sizes: Sequence[int], sources: Sequence[Source | None], marks: Marks, driver: Driver
) -> tuple[DiskRequest, ...]:
    """The disks that are to be made. sizes: in MiB."""
    return tuple(
        DiskRequest(
            size_mib=size,
            backend=d.backend,
            medium=d.medium,
            storage_id=d.storage_id,
            marks=tags,
            index=d.index,
            least_mib=max(source.least if source is not None else 1, driver.min_root_mib if d.index == 0 else 1),
        )
        for d, size, source, tags in zip(disks, sizes, sources, marks.disks, strict=True)
    )


def nic_requests(nics: Sequence[NicSpec], marks: Marks) -> tuple[NicRequest, ...]:
    """The cards."""
    return tuple(
        NicRequest(
            network_id=n.network,
            wire_id=n.wire,
            exit=n.exit,
            private=n.private,
            address=n.address,
            device=function_wanted(n.sriov_device),
            marks=tags,
            index=n.index,
        )
        for n, tags in zip(nics, marks.nics, strict=True)
    )
