from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.resources.image.inspect import FORMATS, READ_LIMIT, inspect

_spec = importlib.util.spec_from_file_location("image_samples", Path(__file__).with_name("samples.py"))
assert _spec is not None
assert _spec.loader is not None
s = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(s)

MIB, GOOD, Quarantine, look = s.MIB, s.GOOD, s.Quarantine, s.look


SEEDS = sorted(GOOD)


@settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 2047), st.sampled_from([0, 1, 2, 3, 4, 8, 16, 127, 128, 255]) | st.integers(0, 255)),
        max_size=12,
    ),
    st.sampled_from(["", *FORMATS]),
    st.sampled_from([0, 512, 32768, 65536, 131072, 196608, 2 << 20, -512, -1024]),
    st.none() | st.integers(0, 1 << 20),
)
def test_a_mutated_image_is_refused_cleanly_within_the_bound(seed, changes, declared, base, cut):
    image = bytearray(GOOD[seed])
    for offset, value in changes:
        place = base + offset
        if -len(image) <= place < len(image):
            image[place] = value
    data = bytes(image if cut is None else image[:cut])
    reader = Quarantine(data)

    try:
        found = inspect(reader, len(data), declared)
    except (InvalidFormatError, OutOfRangeError) as error:
        assert str(error).isprintable()  # noqa: PT017
    else:
        assert found.format in FORMATS
        assert 0 < found.virtual_size <= 64 << 40
    assert reader.read_bytes <= READ_LIMIT


@settings(max_examples=examples(100), deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(s.QCOW2_FIELDS)), st.integers(0, 2**64 - 1), max_size=4),
    st.binary(max_size=200),
)
def test_any_qcow2_header_is_judged_within_the_bound(fields, extensions):
    limits = {"Q": 2**64, "I": 2**32, "B": 256}
    reader = Quarantine(
        s.qcow2(extensions, **{name: value % limits[s.QCOW2_FIELDS[name][1]] for name, value in fields.items()})
    )

    try:
        inspect(reader, reader.size, "qcow2")
    except (InvalidFormatError, OutOfRangeError):
        reader.read_bytes += 0
    assert reader.read_bytes <= READ_LIMIT


@settings(max_examples=examples(100), deadline=None)
@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_any_vmdk_descriptor_is_judged(text):
    for body in (s.descriptor(more=text), s.descriptor(extents=text), text):
        try:
            assert look(s.vmdk(body), "vmdk").virtual_size == 10 * MIB
        except (InvalidFormatError, OutOfRangeError) as error:
            assert str(error).isprintable()  # noqa: PT017


MADE = [
    ("qcow2", "qcow2", "-o", "compat=1.1"), ("qcow2", "qcow2", "-o", "compat=0.10"), ("qcow2", "qcow2", "-o", "cluster_size=512"),
    ("qcow2", "qcow2", "-o", "cluster_size=2M,lazy_refcounts=on"), ("qcow2", "qcow2", "-o", "extended_l2=on,compression_type=zstd"),
    ("raw", "raw"), ("vmdk", "vmdk"), ("vmdk", "vmdk", "-o", "subformat=streamOptimized"), ("vpc", "vhd"),
    ("vpc", "vhd", "-o", "subformat=fixed,force_size=on"), ("vhdx", "vhdx"), ("vhdx", "vhdx", "-o", "subformat=fixed"),
]  # fmt: skip


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not on this machine")
@pytest.mark.system
@pytest.mark.parametrize("made", MADE, ids=" ".join)
@pytest.mark.parametrize("filled", [False, True])
def test_images_of_qemu_are_judged_as_qemu_does(made, filled, tmp_path):
    qemu_format, ours, *options = made
    path, source = tmp_path / "image", tmp_path / "source"
    if filled:
        source.write_bytes(bytes(range(256)) * 4096 * 9 + bytes(7 * MIB))
        command = ["qemu-img", "convert", "-f", "raw", "-O", qemu_format, *options, str(source), str(path)]
    else:
        command = ["qemu-img", "create", "-q", "-f", qemu_format, *options, str(path), "16M"]
    subprocess.run(command, check=True)
    told = json.loads(
        subprocess.run(
            ["qemu-img", "info", "--output=json", "-f", qemu_format, str(path)], check=True, capture_output=True
        ).stdout
    )

    found = look(path.read_bytes(), ours)

    assert told["virtual-size"] == found.virtual_size


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not on this machine")
@pytest.mark.system
@pytest.mark.parametrize(
    ("options", "declared"),
    [(["-f", "qcow2", "-b", "base", "-F", "raw"], "qcow2"), (["-f", "qcow2", "-o", "data_file=data,data_file_raw=on"], "qcow2"),
     (["-f", "vmdk", "-o", "subformat=monolithicFlat"], "vmdk"), (["-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"], "vmdk"),
     (["-f", "qed"], "raw"), (["-f", "vdi"], "raw"), (["-f", "parallels"], "raw"), (["-f", "qcow"], "qcow2")],
)  # fmt: skip
def test_images_of_qemu_that_reach_elsewhere_are_refused(options, declared, tmp_path):
    (tmp_path / "base").write_bytes(bytes(16 * MIB))
    subprocess.run(["qemu-img", "create", "-q", *options, "image", "16M"], check=True, cwd=tmp_path)

    with pytest.raises(InvalidFormatError):
        look((tmp_path / "image").read_bytes(), declared)
