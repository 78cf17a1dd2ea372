"""What of a guest is another on the host that it goes to, and which hosts can be reached at all."""

from __future__ import annotations

import threading
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest

from cloudcore.model.errors import ConflictError, InvalidInputError
from cloudcore_adapters.libvirt import migration
from cloudcore_adapters.libvirt.migration import as_there, check_uri

RUNNING = """
<domain><devices>
<disk type="file" device="disk"><driver name="qemu"/><source file="/a/v1" index="2"/><target dev="vda"/></disk>
<disk type="file" device="cdrom"><source file="/a/seed.iso"/><target dev="hda"/></disk>
<disk type="file" device="cdrom"><target dev="hdb"/></disk>
<interface type="network"><mac address="52:54:00:00:00:01"/><source network="net-a" bridge="virbr0"/><target dev="vnet0"/></interface>
<serial type="pty"><source path="/dev/pts/3"/><log file="/a/console.log"/><target port="0"/></serial>
</devices></domain>"""
AWAITED = """
<domain><devices>
<disk type="file" device="disk"><source file="/b/v1"/><target dev="vda"/></disk>
<disk type="file" device="cdrom"><source file="/b/seed.iso"/><target dev="hda"/></disk>
<interface type="network"><mac address="52:54:00:00:00:01"/><source network="net-b"/></interface>
<serial type="pty"><log file="/b/console.log"/><target port="0"/></serial>
</devices></domain>"""


def test_files_networks_and_logs_are_those_of_the_other_host_and_all_else_stays() -> None:
    made = ET.fromstring(as_there(ET.fromstring(RUNNING), ET.fromstring(AWAITED)))
    assert [one.get("file") for one in made.iter("source") if one.get("file")] == ["/b/v1", "/b/seed.iso"]
    assert [one.attrib for one in made.iterfind("devices/interface/source")] == [{"network": "net-b"}]
    assert [one.get("file") for one in made.iter("log")] == ["/b/console.log"]
    assert made.find("devices/serial/source") is None
    assert [one.get("dev") for one in made.iter("target") if one.get("dev")] == ["vda", "hda", "hdb", "vnet0"]
    assert made.find("devices/disk/driver") is not None


@pytest.mark.parametrize("what", ["vda", "52:54:00:00:00:01"])
def test_a_guest_with_other_devices_there_is_not_sent(what: str) -> None:
    with pytest.raises(ConflictError, match="without its"):
        as_there(ET.fromstring(RUNNING), ET.fromstring(AWAITED.replace(what, "other")))


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu+tls://host-2.example.com/system",
        "qemu+tls://host:16514/system?pkipath=/etc/pki/cloud",
        "qemu+ssh://root@10.0.0.2/system?keyfile=/root/.ssh/id",
        "qemu+tcp://[fd00::1]:16509/system",
        "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
    ],
)
def test_daemons_are_reached_by_their_addresses(uri: str) -> None:
    assert check_uri(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "host",
        "test:///default",
        "qemu+ext:///system?command=/bin/sh",
        "qemu+ssh://host/system?command=/bin/sh",
        "qemu+ssh://host/system?netcat=sh",
        "qemu+ssh://-oProxyCommand=sh/system",
        "qemu+ssh://-l@host/system",
        "qemu+ssh://host/session",
        "qemu+tls://host/system#x",
        "qemu+tls://ho st/system",
        "qemu+tls://host/system?no_verify=1",
        "qemu:///system\n",
    ],
)
def test_what_runs_a_command_or_is_no_daemon_is_refused(uri: str) -> None:
    with pytest.raises(InvalidInputError):
        check_uri(uri)


class Leaving:
    """A domain whose way ends between a look at its state and one at its way."""

    def __init__(self, libvirt: Any) -> None:
        self._libvirt = libvirt
        self.is_gone = False
        self.arrives = threading.Event()
        self.way = threading.Thread(target=self.arrives.wait)

    def state(self) -> list[int]:
        return [self._libvirt.VIR_DOMAIN_RUNNING, 0]

    def jobInfo(self) -> list[int]:  # noqa: N802 - libvirt's
        if self.way.is_alive():
            self.arrives.set()
            self.way.join()
            self.is_gone = True
        return [self._libvirt.VIR_DOMAIN_JOB_NONE]


class Watched(migration._Sending):
    """Sends such a domain, which arrives."""

    def _begin(self, domain: Any) -> None:
        self._thread = domain.way
        domain.way.start()

    def _state_there(self) -> str:
        return "on"


def test_a_way_that_ends_between_two_looks_has_not_failed() -> None:
    domain = Leaving(pytest.importorskip("libvirt"))
    find = cast("Any", lambda _: None if domain.is_gone else domain)
    sending = Watched("g1", "d1", find, cast("Any", None), most_mib_s=0, hurry=False)
    assert sending.send(lambda _: None, lambda: False) == "on"
