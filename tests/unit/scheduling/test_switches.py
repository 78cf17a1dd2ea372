"""What each hypervisor counts of its hosts."""

from __future__ import annotations

import pytest

from cloudcore.scheduling import DiskRequest, HostRow, Inventory, Request, schedule
from cloudcore.scheduling.switches import as_counted

WISH = {"vcpus": 64, "memory_mib": 1 << 20, "disks": [DiskRequest(size_mib=1 << 30)], "size_zones": ["z1"]}


def filters_of(hypervisor: str, **place: str) -> list[str]:
    """Which filters refuse a host of the hypervisor that has nothing."""
    host = HostRow(id="h", host_type=hypervisor.replace("kvm", "hypervisor"), cpu_count=1, mem_size=1, **place)
    request = as_counted(Request(hypervisor=hypervisor, **WISH))
    removed: list[str] = []
    while (refusal := schedule(Inventory.build([host]), request).refusal) is not None:
        (one,) = [one.filter for one in refusal.removals if one.removed]
        removed.append(one)
        request = Request(**{**_fields(request), "ignore_filters": {*request.ignore_filters, one}})
    return removed


def _fields(request: Request) -> dict[str, object]:
    names = ("vcpus", "memory_mib", "disks", "size_zones", "hypervisor", "ignore_filters")
    return {name: getattr(request, name) for name in names}


@pytest.mark.parametrize(
    ("hypervisor", "wanted"),
    [
        ("kvm", ["instance_type", "host_memory", "host_cpu", "host_storage"]),
        ("esxi", ["host_memory", "host_cpu", "host_storage"]),
        ("aliyun", ["instance_type"]),
        ("aws", ["instance_type"]),
        ("bingocloud", []),
    ],
)
def test_only_what_is_counted_is_looked_at(hypervisor, wanted):
    assert filters_of(hypervisor) == wanted


def test_a_public_cloud_places_where_the_size_is_for_sale():
    assert filters_of("azure", zone_id="z1") == []
    assert filters_of("azure", zone_id="z2") == ["instance_type"]


def test_a_request_that_counts_everything_stays_as_it_is():
    request = Request(**WISH)
    assert as_counted(request) is request
