"""A real guest goes to another machine while it runs: what counts in it goes on counting, and it was never off, nor there twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_image import PASSWORD
from .libvirtd import missing_parts
from .machine import CREATE
from .pair import Pair, Users, two_machines
from .test_first_server import BOOT_S, Terminal
from .up import wait_for

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
COUNT = b"i=0; while :; do i=$((i+1)); echo at-$i-of $(cat /proc/sys/kernel/random/boot_id); sleep 1; done\r"
SAID = re.compile(rb"at-([0-9]+)-of ([0-9a-f-]{36})")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, guest_image: Path) -> Iterator[Pair]:
    if reason := missing_parts():
        pytest.skip(reason)
    with two_machines(tmp_path_factory.mktemp("pair"), guest_image) as made:
        made.sites[0].up.climc("server-create", *CREATE, "web", "--wait")
        yield made


def counted(terminal: Terminal) -> tuple[int, bytes]:
    """The next number that the guest says, and its boot."""
    terminal.said = b""
    found = SAID.search(terminal.read_until(b"at-", b"\r\n", b"-of"))
    while found is None:
        found = SAID.search(terminal.read_until(b"at-", b"\r\n", b"-of"))
    return int(found[1]), found[2]


def test_a_guest_that_counts_goes_on_counting_on_the_other_machine_and_back(pair: Pair) -> None:
    owner, other = pair.owner_and_other()
    terminal = Terminal(owner.up, "web")
    terminal.read_until(b"BOOT-DONE", b"login:", timeout_s=BOOT_S)
    terminal.type(b"root\r")
    terminal.read_until(b"Password:")
    terminal.type(PASSWORD.encode() + b"\r")
    terminal.read_until(b"# ")
    terminal.type(COUNT)
    terminal.read_until(b"of ")
    before, boot = counted(terminal)
    assert terminal.leave() == 0
    ident = pair.server(owner)["id"]

    with Users(pair.disk()) as users:
        wait_for(lambda: len(users.now) == 1, 30, pair.explain)
        for here, there in ((owner, other), (other, owner)):
            here.up.climc("server-live-migrate", "web", "--wait")
            told = pair.server(there)
            assert (told["status"], told["host"]) == ("running", there.host), (told, pair.explain())
            assert there.machine.virsh("domstate", f"cloudcore-{ident}").strip() == "running"
            assert here.machine.virsh("list", "--all", "--name").split() == []
            terminal = Terminal(there.up, "web")
            after, same = counted(terminal)
            assert terminal.leave() == 0
            assert same == boot, "it was started again"
            assert after > before
            before = after
        assert len(users.now) == 1
    refused = owner.up.try_climc("server-live-migrate", "--prefer-host-id", owner.host, "web")
    assert "it is the host that the server is on" in refused.stderr
