from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, OutOfRangeError
from cloudcore.resources.compute.spec import collect, parse_bandwidth_mbps, parse_memory_mib, parse_vcpu_count


@pytest.mark.parametrize(
    ("value", "mib"),
    [("1g", 1024), ("256M", 256), ("2048", 2048), (2048, 2048), ("1T", 1 << 20), ("1025k", 2), ("2GiB", 2048)],
)
def test_memory_is_read_as_mib(value, mib):
    assert mib == parse_memory_mib(value)


@pytest.mark.parametrize(
    "bad", ["", "0", 0, -1, "-1", "1.5g", "1x", True, None, 1.5, "\u0661g", "17t", 10**12, [], "9" * 30, "1 g b"]
)
def test_what_is_no_memory_is_refused(bad):
    with pytest.raises(InvalidInputError) as caught:
        parse_memory_mib(bad)
    assert caught.value.field == "vmem_size"


@given(st.integers(1, 16 << 20))
def test_memory_reads_the_same_in_every_form(mib):
    assert (
        mib
        == parse_memory_mib(mib)
        == parse_memory_mib(str(mib))
        == parse_memory_mib(f"{mib}m")
        == parse_memory_mib(f"{mib * 1024}K")
    )


@pytest.mark.parametrize(("value", "mbps"), [(100, 100), ("100", 100), ("100m", 100), ("1g", 1000), (0, 0)])
def test_bandwidth_is_decimal(value, mbps):
    assert mbps == parse_bandwidth_mbps(value, "bw")


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"vcpu_count": 2}, 2),
        ({"ncpu_count": "4"}, 4),
        ({}, None),
        ({"vcpu_count": None, "ncpu_count": 1}, 1),
        ({"vcpu_count": 2, "ncpu_count": "2"}, 2),
    ],
)
def test_processors_may_be_said_by_their_old_name(body, count):
    assert count == parse_vcpu_count(body)


@pytest.mark.parametrize(
    "body", [{"vcpu_count": 0}, {"ncpu_count": 4097}, {"vcpu_count": 2, "ncpu_count": 3}, {"vcpu_count": "two"}]
)
def test_a_bad_count_of_processors_is_refused(body):
    with pytest.raises(InvalidInputError):
        parse_vcpu_count(body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"disks": ["a", "b"], "disk.0": "c"}, ["a", "b"]),
        ({"disks": [], "disk.0": "c"}, []),
        ({"disks": None, "disk.0": "c"}, ["c"]),
        ({"disks": "10g"}, ["10g"]),
        ({"disks": {"size": 1}}, [{"size": 1}]),
        ({"disk.10": "k", "disk.2": "c", "disk.0": {"size": 1}}, [{"size": 1}, "c", "k"]),
        (
            {
                "disk.x": "a",
                "disk": "b",
                "disk.": "c",
                "disk.0.size": "d",
                "xdisk.0": "e",
                "disk.-1": "f",
                "disk.\u0661": "g",
            },
            [],
        ),
        ({"disk.0": None, "disk.1": "b"}, ["b"]),
        ({}, []),
    ],
)
def test_entries_come_from_the_list_or_from_dotted_keys(body, found):
    assert found == collect(body, plural="disks", legacy="disk")


def test_too_many_entries_are_refused():
    assert len(collect({"disks": ["a"] * 64}, plural="disks", legacy="disk")) == 64
    with pytest.raises(OutOfRangeError):
        collect({"disks": ["a"] * 65}, plural="disks", legacy="disk")
    with pytest.raises(OutOfRangeError):
        collect({f"disk.{n}": "a" for n in range(65)}, plural="disks", legacy="disk")
    with pytest.raises(OutOfRangeError):
        collect({"disk.99999999999999999999": "a"}, plural="disks", legacy="disk")


def test_other_shapes_are_refused():
    with pytest.raises(InvalidFormatError):
        collect({"disks": 5}, plural="disks", legacy="disk")
    with pytest.raises(InvalidInputError, match="same number"):
        collect({"disk.1": "a", "disk.01": "b"}, plural="disks", legacy="disk")
