"""Two machines with real QEMU share a storage; the process of one is frozen or killed, and its server starts on the other.

Until the old guest is off no other may start, whatever happens: who has the disk in use is looked at all the time.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudcore.model.lease import GRACE_S, RENEW_S, TERM_S
from cloudcore_apps.watchdog import AGENT_GRACE_S, started

from .libvirtd import missing_parts
from .machine import CREATE
from .pair import Pair, Users, two_machines
from .up import wait_for

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
SLACK_S = 8.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, guest_image: Path) -> Iterator[Pair]:
    if reason := missing_parts():
        pytest.skip(reason)
    with two_machines(tmp_path_factory.mktemp("pair"), guest_image) as made:
        first = made.sites[0].up
        for site in made.sites:
            first.climc("host-auto-migrate-on-host-down", "--auto-migrate-on-host-down", "enable", site.host)
        first.climc("server-create", *CREATE, "web", "--wait")
        yield made


def test_a_frozen_agents_guest_is_ended_and_its_server_starts_on_the_other_machine(pair: Pair) -> None:
    owner, other = pair.owner_and_other()
    assert pair.fences() == [1, 1]
    with Users(pair.disk()) as users:
        wait_for(lambda: len(users.now) == 1, 30, pair.explain)
        frozen = owner.up.pid
        os.kill(frozen, signal.SIGSTOP)
        began = time.monotonic()

        wait_for(lambda: not users.now, TERM_S + SLACK_S, pair.explain)
        ended = time.monotonic() - began
        assert ended > TERM_S - RENEW_S - SLACK_S, "not before its lease is over"
        wait_for(lambda: not started(frozen), AGENT_GRACE_S + SLACK_S, pair.explain)
        owner.up.follow()

        def elsewhere() -> bool:
            told = pair.server(other)
            return (told["status"], told["host"]) == ("running", other.host)

        wait_for(elsewhere, GRACE_S + 3 * RENEW_S + 120, pair.explain)
        assert time.monotonic() - began > TERM_S + GRACE_S - RENEW_S, "not before the lease was taken away"
        assert users.most == len(users.now) == 1, "never two copies of one disk"
    ident = pair.server(other)["id"]
    assert other.machine.virsh("domstate", f"cloudcore-{ident}").strip() == "running"

    owner.up.start(CLOUDCORE_DATABASE=pair.database)
    wait_for(lambda: other.up.show("host", owner.host)["host_status"] == "online", 60, pair.explain)
    assert owner.machine.virsh("list", "--all", "--name").split() == []
    assert pair.server(other)["host"] == other.host
    assert pair.fences() == [1, 1]


@pytest.mark.slow
def test_a_killed_agents_guest_is_ended_too_and_one_that_ends_in_order_leaves_its_guests(pair: Pair) -> None:
    owner, other = pair.owner_and_other()
    with Users(pair.disk()) as users:
        wait_for(lambda: len(users.now) == 1, 30, pair.explain)
        assert owner.up.interrupt() == 0
        assert sorted(pair.fences()) == [0, 1]
        time.sleep(TERM_S + SLACK_S)
        assert len(users.now) == 1, "it goes on, as nobody may start it elsewhere"
        owner.up.start(CLOUDCORE_DATABASE=pair.database)
        wait_for(lambda: pair.fences() == [1, 1], 30, pair.explain)
        wait_for(lambda: pair.server(other)["status"] == "running", 60, pair.explain)
        assert (len(users.now), pair.server(other)["host"]) == (1, owner.host)

        owner.up.kill()
        wait_for(lambda: not users.now, TERM_S + SLACK_S, pair.explain)
        wait_for(lambda: pair.server(other)["host"] == other.host, GRACE_S + 3 * RENEW_S + 120, pair.explain)
        wait_for(lambda: pair.server(other)["status"] == "running", 120, pair.explain)
        assert users.most == 1
