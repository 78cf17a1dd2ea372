"""The same as `test_chaos.py`, with real guests: two machines with libvirt and QEMU, and a control process with an agent on each.

Processes and agents, libvirt, PostgreSQL and disks fail while servers come, go, start, stop and are kept; in the end
guests, volumes, snapshots and reserved addresses on both machines are those of the records, and the user's own are as they were.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest
from tests.contracts.postgres import controlled
from tests.e2e.processes import server_body

from cloudcore.ports.session import Session
from cloudcore.tasks.engine import LEASE_S
from cloudcore_adapters.client.connect import connect

from . import chaos
from .chaos_books import Books, real
from .guest_image import cache_folder
from .libvirtd import Launcher, missing_parts
from .machine import Foreign, Machine
from .up import Up, wait_for

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(1800)]
CLIENTS = 3
MOST = 6
"""So many servers at once, those that are on their way included."""
UNHEARD_S = 90.0
"""So long a server may still appear that was asked for and not answered."""
PAUSE_S = 1.0
MINUTES_S = (120.0, 200.0)
"""So long a process stands still once in each round."""
SETTLE_S = 420.0
AGREE_S = 150.0
"""Hosts are asked for the states of their guests every minute."""
CLONE_NEWNET = 0x40000000
T = TypeVar("T")


@attrs.define
class Site:
    """One machine with its process, its host's name, and what is the user's own there."""

    machine: Machine
    up: Up
    host: str = ""
    foreign: Foreign | None = None

    def enter(self) -> None:
        """Move the thread that calls this into the machine's network, for good."""
        with Path(f"/proc/{self.machine.libvirtd.init}/ns/net").open() as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "cannot enter the network of the machine")

    def session(self) -> Session:
        """A session of the administrator, for a thread that is in the machine's network."""
        return connect(**json.loads((self.up.data / "local.json").read_text()), light=True, timeout_s=30, attempts=2)

    def within(self, work: Callable[[Session], T]) -> T:
        """Do something with a session, in the machine's network."""

        def done() -> T:
            self.enter()
            return work(self.session())

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(done).result()


@attrs.define(kw_only=True)
class Fleet(chaos.Fleet):
    """The machines by the name of their process.

    making: servers that were asked for and not promised yet, by name, and until when they count as being there.
    """

    sites: dict[str, Site] = attrs.field(factory=dict)
    making: dict[str, float] = attrs.field(factory=dict)

    @property
    def names(self) -> Sequence[str]:
        return sorted(self.sites)

    def session(self, name: str) -> Session:
        self.sites[name].enter()
        return self.sites[name].session()

    def any_site(self, rng: random.Random) -> Site:
        return self.sites[rng.choice(self.names)]

    def takes(self, session: Session, name: str) -> bool:
        """Whether there is room for one more server, which is counted from now on."""
        rows = session.list("servers", {"scope": "system", "limit": 0, "details": False}).items
        there = {row["id"]: row["name"] for row in rows}
        with self.lock:
            now = time.monotonic()
            self.making = {one: until for one, until in self.making.items() if until > now}
            others = self.making.keys() - set(there.values())
            unseen = {ident for ident, going in self.asked.items() if not going} - there.keys()
            if len(there) + len(others) + len(unseen) >= MOST:
                return False
            self.making[name] = now + UNHEARD_S
            return True

    def books(self) -> Books:
        return Books(self.server.url, real({site.host: site.machine for site in self.sites.values()}))

    def disagreement(self) -> str:
        """What is on the hosts and not in the records, or the other way round; empty where they agree."""
        try:
            self.books().check()
        except AssertionError as error:
            return str(error) or repr(error)
        return ""

    def explain(self) -> str:
        """What the processes said, for a failing test."""
        return "\n".join(site.up.explain() for site in self.sites.values())


def ask(fleet: Fleet, session: Session, rng: random.Random, name: str) -> None:
    """Ask for a server, that one changes or goes, or that what is on its disk is kept or no longer."""
    time.sleep(rng.uniform(0.0, PAUSE_S))
    mine = fleet.staying()
    if len(mine) < 3 or rng.random() < 0.2:
        if fleet.takes(session, name):
            fleet.promised(session.create("servers", {**server_body(name), "vmem_size": 128})["id"])
        return
    ident = rng.choice(mine)
    action = rng.choice(("stop", "start", "delete", "snapshot", "instance-snapshot", "forget"))
    if action == "delete":
        fleet.going(ident)
        session.delete("servers", ident)
    elif action == "snapshot":
        disks = session.list("disks", {"scope": "system", "limit": 0, "details": False}).items
        session.create("snapshots", {"name": name, "disk": rng.choice([disk["id"] for disk in disks])})
    elif action == "forget":
        plural = rng.choice(("snapshots", "instance_snapshots"))
        kept = session.list(plural, {"scope": "system", "limit": 0, "details": False}).items
        for row in kept[:1]:
            session.delete(plural, row["id"])
    else:
        bodies: dict[str, dict[str, Any]] = {
            "stop": {"timeout_secs": rng.choice((1, 20))}, "start": {}, "instance-snapshot": {"name": name}
        }  # fmt: skip
        session.perform("servers", ident, action, bodies[action])


def kill(fleet: Fleet, rng: random.Random) -> None:
    """A process dies with its agent, and comes back at once or when others have taken over."""
    site = fleet.any_site(rng)
    site.up.kill()
    time.sleep(rng.choice((0.0, 2.0, LEASE_S + 2.0)))
    site.up.start(CLOUDCORE_DATABASE=fleet.server.url)


def freeze(fleet: Fleet, rng: random.Random) -> None:
    """A process stands still with its agent, longer than the leases of its tasks."""
    site = fleet.any_site(rng)
    os.kill(site.up.pid, signal.SIGSTOP)
    try:
        time.sleep(LEASE_S + rng.uniform(1.0, 20.0))
    finally:
        site.up.thaw()


def freeze_for_minutes(fleet: Fleet, rng: random.Random) -> None:
    """A process stands still with its agent for minutes: longer than its host's lease, and than most deadlines."""
    site = fleet.any_site(rng)
    os.kill(site.up.pid, signal.SIGSTOP)
    try:
        time.sleep(rng.uniform(*MINUTES_S))
    finally:
        site.up.thaw()


def kill_libvirt(fleet: Fleet, rng: random.Random) -> None:
    """libvirt dies and comes back; guests go on."""
    fleet.any_site(rng).machine.libvirtd.kill_daemon()


FAULTS: tuple[chaos.Fault, ...] = (
    kill, freeze, freeze_for_minutes, kill_libvirt, chaos.cut, chaos.fill_disk, chaos.restart_database
)  # fmt: skip


@pytest.fixture
def fleet(tmp_path: Path, guest_image: Path) -> Iterator[Fleet]:
    """Two machines, each with a small disk for its process and something of the user's own, and an image."""
    if reason := missing_parts():
        pytest.skip(reason)
    with contextlib.ExitStack() as stack:
        found = Fleet(stack.enter_context(controlled()), tmp_path)
        names = ("first", "second")
        for name in names:
            # Before the machines are there: they see no file system that is mounted later.
            stack.enter_context(chaos.small_disk(tmp_path / name))
        for name in names:
            machine = Machine(stack.enter_context(Launcher(cache_folder() / "libvirt")), tmp_path)
            up = machine.up(name)
            up.options = [*up.options, "--shared", str(found.shared)]
            stack.callback(up.kill)
            up.start(CLOUDCORE_DATABASE=found.server.url)
            site = Site(machine, up)
            known = {other.host for other in found.sites.values()}
            hosts = site.within(lambda session: session.list("hosts", {"scope": "system"}).items)
            (site.host,) = {host["name"] for host in hosts} - known
            site.foreign = Foreign.made(machine)
            found.sites[name] = site
        found.sites["first"].within(lambda session: _upload(session, guest_image))
        yield found


def _upload(session: Session, path: Path) -> None:
    image = session.upload(None, {"name": "tiny", "disk_format": "qcow2"}, [path.read_bytes()])
    wait_for(lambda: session.get("images", image["id"])["status"] == "active", 60)


def _delete_all(session: Session) -> None:
    for plural in ("instance_snapshots", "snapshots", "servers", "disks"):
        for row in session.list(plural, {"scope": "system", "limit": 0, "details": False}).items:
            with contextlib.suppress(*chaos.REFUSED):
                session.delete(plural, row["id"])
        wait_for(lambda: chaos.settled(session), SETTLE_S)


@pytest.mark.parametrize(("seed", "rounds"), [(1, 1), (2, 2)])
def test_whatever_fails_on_real_hosts_is_what_the_records_say(fleet: Fleet, seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    with chaos.under_load(fleet, ask, seed, CLIENTS):
        for _ in range(rounds):
            for fault in rng.sample(FAULTS, len(FAULTS)):
                time.sleep(rng.uniform(2.0, 6.0))
                fault(fleet, rng)
    assert len(fleet.asked) > 2 * rounds, (len(fleet.asked), fleet.refused)
    first = fleet.sites["first"]
    wait_for(lambda: first.within(chaos.settled), SETTLE_S, fleet.explain)
    first.within(lambda session: chaos.check_promises(fleet, session))
    wait_for(lambda: fleet.books().numbered, 60)
    _agree(fleet)

    first.within(_delete_all)
    _agree(fleet)
    assert not fleet.books().rows("servers")
    assert not fleet.books().rows("disks")
    assert [site.up.interrupt() for site in fleet.sites.values()] == [0, 0]
    for site in fleet.sites.values():
        assert site.foreign is not None
        site.foreign.check_untouched()


def _agree(fleet: Fleet) -> None:
    """Wait until hosts and records say the same; what they say otherwise is told in the end."""
    deadline = time.monotonic() + AGREE_S
    while (wrong := fleet.disagreement()) and time.monotonic() < deadline:
        time.sleep(5)
    assert not wrong, f"{wrong}\n{fleet.explain()}"
