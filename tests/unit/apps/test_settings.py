"""What `cloudcore up` accepts."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from cloudcore.model.errors import InvalidInputError
from cloudcore_apps.settings import Settings, check, default_data, is_loopback, parse_listen

GOOD = Settings(data=Path("/tmp/data"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:30300", ("127.0.0.1", 30300)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:80", ("localhost", 80)),
        ("cloud.example:65535", ("cloud.example", 65535)),
    ],
)
def test_listen_is_a_host_and_a_port(text: str, expected: tuple[str, int]) -> None:
    assert parse_listen(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "30300", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "a b:80", "h:8x", "h:80\n", "h:٣"],
)
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_listen(text)
    assert refused.value.field == "listen"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_tls(host: str) -> None:
    assert is_loopback(host)
    check(attrs.evolve(GOOD, host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "cloud.example", "127.0.0.1.example"])
def test_others_are_served_with_tls_or_a_flag_only(host: str) -> None:
    with pytest.raises(InvalidInputError, match="clear") as refused:
        check(attrs.evolve(GOOD, host=host))
    assert refused.value.field == "listen"
    check(attrs.evolve(GOOD, host=host, insecure_http=True))
    check(attrs.evolve(GOOD, host=host, certificate=__file__, key=__file__))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"certificate": "/c.pem"}, "certificate"),
        ({"key": "/k.pem"}, "certificate"),
        ({"key": "/no/k.pem", "certificate": "/no/c.pem"}, "certificate"),
        ({"public_url": "ftp://cloud.example"}, "public_url"),
        ({"public_url": "https://cloud.example/path"}, "public_url"),
        ({"database": "oracle://x"}, "database"),
        ({"database": "cloud.sqlite"}, "database"),
        ({"virt": "xen"}, "virt"),
        ({"simulated_hosts": -1}, "simulated_hosts"),
        ({"simulated_hosts": 1001}, "simulated_hosts"),
        ({"simulated_nodes": 65}, "simulated_nodes"),
        ({"simulated_delay_s": -1.0}, "simulated_delay"),
        ({"simulated_delay_s": float("nan")}, "simulated_delay"),
        ({"data": Path("relative")}, "data"),
        ({"shared": Path("relative")}, "shared"),
        ({"data": Path("/tmp/a\nb")}, "data"),
    ],
)
def test_settings_that_cannot_work_are_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        check(attrs.evolve(GOOD, **change))
    assert refused.value.field == field


def test_the_data_folder_follows_its_variable_then_xdg() -> None:
    assert default_data({"CLOUDCORE_DATA": "/srv/cloud", "XDG_DATA_HOME": "/xdg"}) == Path("/srv/cloud")
    assert default_data({"XDG_DATA_HOME": "/xdg"}) == Path("/xdg/cloudcore")
    assert default_data({"XDG_DATA_HOME": "relative"}) == Path.home() / ".local/share/cloudcore"
    assert default_data({}) == Path.home() / ".local/share/cloudcore"
