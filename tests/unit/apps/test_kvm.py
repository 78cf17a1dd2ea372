"""What `--with-kvm` installs, and the subnet that it takes."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from cloudcore.model.errors import ConflictError
from cloudcore_adapters.libvirt.requirements import REQUIREMENTS
from cloudcore_apps.installing import BINDING, Plan, plan
from cloudcore_apps.kvm import free_subnet, routed_subnets

NEEDED = IPv4Network("10.99.0.0/24")


def test_nothing_missing_installs_nothing() -> None:
    nothing = plan((), binding=False, headers=True)
    assert not nothing
    assert (nothing.commands(), nothing.text()) == ([], "")


def test_packages_come_before_the_binding_that_is_built_with_them() -> None:
    wanted = plan(REQUIREMENTS[:2], binding=True, headers=True)
    apt, pip = wanted.commands("/venv/bin/python")
    assert apt[:2] == ["apt-get", "install"]
    assert apt[-6:] == ["libvirt-daemon-system", "libvirt-clients", "libvirt-dev", "gcc", "pkg-config", "python3-dev"]
    assert pip == ["/venv/bin/python", "-m", "pip", "install", BINDING]
    assert "libvirt-daemon-system" in wanted.text()
    assert "libvirt-python" in wanted.text()


def test_headers_that_are_there_are_not_installed() -> None:
    assert "python3-dev" not in plan((), binding=True, headers=False).packages
    assert Plan(packages=("a",)).commands() == [["apt-get", "install", "--yes", "--no-install-recommends", "a"]]


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ([], "10.99.0.0/24"),
        (["10.99.0.0/24"], "10.99.1.0/24"),
        (["10.99.0.0/22", "10.99.5.128/25"], "10.99.4.0/24"),
        (["192.168.0.0/16", "10.98.0.0/16"], "10.99.0.0/24"),
    ],
)
def test_the_first_subnet_that_nobody_uses_is_taken(used: list[str], expected: str) -> None:
    assert free_subnet([IPv4Network(text) for text in used]) == IPv4Network(expected)


def test_no_subnet_left_is_an_error() -> None:
    with pytest.raises(ConflictError):
        free_subnet([IPv4Network("10.0.0.0/8")])


def test_routes_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
        "virbr0\t0000630A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    assert routed_subnets(table) == [IPv4Network("192.0.2.0/24"), NEEDED]
