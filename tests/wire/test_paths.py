"""Which service a URL means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore_adapters.rest.paths import Target, compile_prefixes, parts_of, resource_parts, target_of
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES

ALL = compile_prefixes(DEFAULT_PREFIXES)


@pytest.mark.parametrize(
    ("path", "service", "parts"),
    [
        (b"/compute/servers", "compute", ("servers",)),
        (b"/compute//servers", "compute", ("servers",)),
        (b"//compute/servers/", "compute", ("servers",)),
        (b"/compute/v2/servers/a", "compute", ("servers", "a")),
        (b"/identity/v3/users", "identity", ("users",)),
        (b"/v3/users", "identity", ("users",)),
        (b"/image/v1/images/a%2Fb", "image", ("images", "a/b")),
        (b"/log/actions", "log", ("actions",)),
        (b"/scheduler/scheduler/test", "scheduler", ("scheduler", "test")),
        (b"/api/s/compute_v2/r/Region0/zones", "compute", ("zones",)),
        (b"/api/s/compute/r/Region0/z/zone0/servers/x", "compute", ("servers", "x")),
        (b"/api/s/identity/v3/users", "identity", ("users",)),
        (b"/api/s/image/v1/images", "image", ("images",)),
        ("/compute/servers/größe".encode(), "compute", ("servers", "größe")),
    ],
)
def test_path_means_a_service_and_the_segments_behind_its_version(path, service, parts):
    target = target_of(parts_of(path, limit=12), ALL)
    assert (target.service, resource_parts(target)) == (service, parts)


def test_identity_and_image_need_their_version():
    assert resource_parts(Target("identity", ("users",))) is None
    assert resource_parts(Target("image", ("images",))) is None


def test_root_belongs_to_nobody_unless_a_service_has_the_empty_prefix():
    assert target_of(("servers",), ALL).service == ""
    assert target_of(("servers",), compile_prefixes({"compute": ""})).service == "compute"
    assert target_of(("v3", "users"), compile_prefixes({"compute": "/compute"})).service == ""


def test_gateway_leads_only_to_services_that_are_served():
    prefixes = compile_prefixes({"compute": "/compute"})
    assert target_of(("api", "s", "image", "v1", "images"), prefixes).service == ""
    assert target_of(("api", "s", "compute_v2", "zones"), prefixes) == Target("compute", ("zones",))


def test_longer_prefix_wins():
    prefixes = compile_prefixes({"compute": "/a", "image": "/a/b"})
    assert target_of(("a", "b", "v1"), prefixes) == Target("image", ("v1",))
    assert target_of(("a", "c"), prefixes) == Target("compute", ("c",))


@pytest.mark.parametrize("path", [b"/compute/%ff", b"/compute/a%00b", b"/compute/a%0d%0ab", b"/" + b"x" * 257])
def test_segments_that_are_no_text_are_refused(path):
    with pytest.raises((InvalidFormatError, OutOfRangeError)):
        parts_of(path, limit=12)


def test_too_many_segments_are_refused():
    with pytest.raises(OutOfRangeError):
        parts_of(b"/a" * 13, limit=12)


@given(st.binary(max_size=64))
def test_any_bytes_are_segments_or_a_clean_refusal(path):
    try:
        parts = parts_of(path, limit=12)
    except (InvalidFormatError, OutOfRangeError):
        return
    assert all(parts)
    target_of(parts, ALL)
