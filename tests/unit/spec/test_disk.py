from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidInputError
from cloudcore.resources.compute.spec import DeviceSpec, DiskSpec, SchedtagSpec, parse_disk


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("500M", {"size_mib": 500}),
        ("10g", {"size_mib": 10240}),
        ("100G", {"size_mib": 102400}),
        ("2t", {"size_mib": 2 << 20}),
        ("512", {"size_mib": 512}),
        ("-1", {}),
        ("autoextend", {}),
        ("swap:4g", {"fs": "swap", "size_mib": 4096}),
        ("ext4", {"fs": "ext4"}),
        ("hfsplus", {"fs": "hfsplus"}),
        ("qcow2", {"format": "qcow2"}),
        ("vmdkflatver1", {"format": "vmdkflatver1"}),
        ("iso", {"format": "iso"}),
        ("virtio", {"driver": "virtio"}),
        ("pvscsi", {"driver": "pvscsi"}),
        ("none", {"cache": "none"}),
        ("hybrid", {"medium": "hybrid"}),
        ("rbd", {"backend": "rbd"}),
        ("autoreset", {"auto_reset": True}),
        ("/data", {"mountpoint": "/data"}),
        ("8a5e-image-id", {"image_id": "8a5e-image-id"}),
        ("CentOS 7.9", {"image_id": "CentOS 7.9"}),
        ("cirros,10g,rbd,ssd,scsi,writeback,raw,xfs,/mnt/a", {
            "image_id": "cirros", "size_mib": 10240, "backend": "rbd", "medium": "ssd", "driver": "scsi", "cache": "writeback",
            "format": "raw", "fs": "xfs", "mountpoint": "/mnt/a",
        }),
        ("image_id=abc,size=10g,backend=rbd", {"image_id": "abc", "size_mib": 10240, "backend": "rbd"}),
        ("image=abc:type=sys", {"image_id": "abc", "disk_type": "sys"}),
        ("snapshot=s1", {"snapshot_id": "s1"}),
        ("disk=d1:storage=st1", {"disk_id": "d1", "storage_id": "st1"}),
        ("cache_mode=none,storage_type=cloud_essd,medium=ssd", {"cache": "none", "backend": "cloud_essd", "medium": "ssd"}),
        ("existing_path=/opt/disks/a,boot_index=2", {"existing_path": "/opt/disks/a", "boot_index": 2}),
        ("nvme-device-id=n1,nvme-device-model=m", {"nvme_device": DeviceSpec(id="n1", model="m")}),
        ("iops=3000,throughput=125,preallocation=falloc,auto_delete=yes", {
            "iops": 3000, "throughput": 125, "preallocation": "falloc", "auto_delete": True,
        }),
        ("fs=ext4,fs_features=ext4.casefold+quota", {"fs": "ext4", "fs_features": (("ext4", ("casefold", "quota")),)}),
        ("10g,,ssd,", {"size_mib": 10240, "medium": "ssd"}),
    ],
)  # fmt: skip
def test_the_text_form_is_read(text, fields):
    assert DiskSpec(index=3, **fields) == parse_disk(text, 3)


def test_the_object_form_is_read():
    value = {
        "disk_type": "sys", "index": "0", "size": "30720", "image_id": "x", "backend": "local", "medium": "ssd", "auto_reset": "on",
        "schedtags": ["ssd:require:storages", {"id": "t", "strategy": "avoid", "weight": "5"}], "os_arch": "x86_64",
        "fs_features": {"ext4": {"casefold": True, "quota": False}}, "image_properties": {"os_type": "Linux", "min": 5},
        "nvme_device": {"id": "n"}, "unknown": {"a": 1}, "snapshot_id": None,
    }  # fmt: skip

    assert parse_disk(value, 0) == DiskSpec(
        index=0,
        disk_type="sys",
        size_mib=30720,
        image_id="x",
        backend="local",
        medium="ssd",
        auto_reset=True,
        os_arch="x86_64",
        schedtags=(
            SchedtagSpec(id="ssd", strategy="require", resource_type="storages"),
            SchedtagSpec(id="t", strategy="avoid", weight=5),
        ),
        fs_features=(("ext4", ("casefold",)),),
        image_properties=(("min", "5"), ("os_type", "Linux")),
        nvme_device=DeviceSpec(id="n"),
    )


def test_an_alias_counts_only_without_its_name():
    assert parse_disk({"image": "a"}, 0).image_id == "a"
    assert parse_disk({"image": "a", "image_id": "b"}, 0).image_id == "b"


@pytest.mark.parametrize("size", [-1, 0, "0", "-1", "autoextend", None])
def test_a_size_may_be_left_to_the_image(size):
    assert parse_disk({"image_id": "x", "size": size}, 0).size_mib is None


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"size": -2}, "disks.1.size"), ({"size": "ten"}, "disks.1.size"), ({"size": True}, "disks.1.size"), ({"size": 1.5}, "disks.1.size"),
        ({"size": "\u0661\u0660g"}, "disks.1.size"), ({"size": 65 << 20}, "disks.1.size"), ({"size": "99999999t"}, "disks.1.size"),
        ({"size": float("nan")}, "disks.1.size"), ({"size": 2**70}, "disks.1.size"), ({"format": "exe"}, "disks.1.format"),
        ({"driver": "floppy"}, "disks.1.driver"), ({"cache": "unsafe"}, "disks.1.cache"), ({"medium": "tape"}, "disks.1.medium"),
        ({"disk_type": "root"}, "disks.1.disk_type"), ({"fs": "zfs"}, "disks.1.fs"), ({"image_id": "a\r\nb"}, "disks.1.image_id"),
        ({"image_id": "x" * 129}, "disks.1.image_id"), ({"image_id": {}}, "disks.1.image_id"), ({"mountpoint": "/a/../b"}, "disks.1.mountpoint"),
        ({"mountpoint": "a"}, "disks.1.mountpoint"), ({"existing_path": "/x/../../etc/shadow"}, "disks.1.existing_path"),
        ({"backend": "rbd; rm"}, "disks.1.backend"), ({"backend": "a/b"}, "disks.1.backend"), ({"iops": -1}, "disks.1.iops"),
        ({"schedtags": [":require"]}, "disks.1.schedtags.0.id"), ({"schedtags": ["t:must"]}, "disks.1.schedtags.0.strategy"),
        ({"schedtags": ["a:prefer:b:c"]}, "disks.1.schedtags.0"), ({"schedtags": [5]}, "disks.1.schedtags.0"), ({"schedtags": 5}, "disks.1.schedtags"),
        ({"schedtags": ["a"] * 17}, "disks.1.schedtags"), ({"nvme_device": "x"}, "disks.1.nvme_device"), ({"auto_reset": "si"}, "disks.1.auto_reset"),
        ({"fs_features": {"zfs": {}}}, "disks.1.fs_features"), ({"fs_features": "casefold"}, "disks.1.fs_features"),
        ({"image_properties": {f"k{n}": "v" for n in range(65)}}, "disks.1.image_properties"),
        ({"image_properties": {"k": []}}, "disks.1.image_properties.k"), ({"index": 64}, "disks.1.index"), ({"boot_index": -2}, "disks.1.boot_index"),
        ({"snapshot_id": "a", "disk_id": "b"}, "disks.1.disk_id"), ("10g,20g", "disks.1.size"), ("ubuntu:22.04", "disks.1.image_id"),
        ("", "disks.1"), (":,:", "disks.1"), ("colour=red", "disks.1"), ("[10g", "disks.1"), ("a\x00b", "disks.1"), ("a" * 5000, "disks.1"),
        ("size=", "disks.1.size"), (None, "disks.1"), (5, "disks.1"), ([], "disks.1"), ("nvme_device=x", "disks.1"), ("index=1", "disks.1"),
        ("fs_features=ext4", "disks.1.fs_features"),
    ],
)  # fmt: skip
def test_a_bad_entry_is_refused_by_field(value, field):
    with pytest.raises(InvalidInputError) as caught:
        parse_disk(value, 1)

    assert field == caught.value.field


WORDS = st.text("abcdefghijklmnop", min_size=9, max_size=20)
SPECS = st.builds(
    DiskSpec,
    index=st.just(0),
    boot_index=st.none() | st.integers(-1, 127),
    image_id=WORDS,
    snapshot_id=WORDS | st.just(""),
    disk_type=st.sampled_from(["", "sys", "data", "swap", "volume"]),
    size_mib=st.none() | st.integers(1, 64 << 20),
    fs=st.sampled_from(["", "swap", "ext4", "xfs"]),
    auto_delete=st.none() | st.booleans(),
    format=st.sampled_from(["", "qcow2", "raw", "vmdk"]),
    driver=st.sampled_from(["", "virtio", "scsi"]),
    cache=st.sampled_from(["", "none", "writeback"]),
    medium=st.sampled_from(["", "ssd", "rotate"]),
    backend=st.sampled_from(["", "local", "rbd"]),
    iops=st.integers(0, 10**7),
)
KEYS = {"size_mib": "size"}


def _said(spec):
    return {
        KEYS.get(name, name): value
        for name, value in attrs.asdict(spec).items()
        if value not in ("", None, ()) and name != "index"
    }


@given(SPECS)
def test_an_object_reads_back(spec):
    assert spec == parse_disk(_said(spec), 0)
    assert spec == parse_disk({key: str(value) for key, value in _said(spec).items()}, 0)


@given(SPECS, st.sampled_from(",:"))
def test_a_text_reads_back(spec, separator):
    text = separator.join(f"{key}={value}" for key, value in _said(spec).items() if key != "auto_reset")

    assert spec == parse_disk(text, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.text(max_size=40)
    | JSON
    | st.dictionaries(
        st.sampled_from([*(field.name for field in attrs.fields(DiskSpec)), "size", "image", "nvme_device_id"]),
        JSON,
        max_size=4,
    )
)
def test_any_entry_is_read_or_refused(value):
    try:
        assert isinstance(parse_disk(value, 0), DiskSpec)
    except InvalidInputError as error:
        assert error.field.startswith("disks.0")  # noqa: PT017
        assert str(error).isprintable()  # noqa: PT017


def test_an_empty_text_says_nothing():
    names = ("image_id", "size", "disk_type", "auto_reset", "iops", "schedtags", "nvme_device", "boot_index", "format")
    assert parse_disk(dict.fromkeys(names, ""), 1) == parse_disk({}, 1) == DiskSpec(index=1)
    assert parse_disk({"image_id": "", "image": "tiny"}, 0).image_id == "tiny"
