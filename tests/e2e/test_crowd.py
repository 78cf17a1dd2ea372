"""Many clients at once over HTTP: each server gets a place and an address of its own, up to the quota."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cloudcore.model.errors import ResourceBusyError
from cloudcore_adapters.client.session import HttpSession

from .processes import Launcher, eventually, server_body, upload_image

SERVERS = 200
CLIENTS = 10
HOSTS = 20


@pytest.mark.system
def test_a_crowd_over_http_gets_servers_that_run(launcher: Launcher, tmp_path: Path) -> None:
    cloud = launcher.up(tmp_path / "data", "--simulated-hosts", str(HOSTS))
    admin = cloud.session()
    upload_image(admin)
    begun = time.monotonic()

    def client(number: int) -> None:
        session = cloud.session()
        for n in range(SERVERS // CLIENTS):
            _create(session, f"web-{number}-{n}")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))

    def statuses() -> Counter[str]:
        found = admin.list("servers", {"limit": "500", "details": "false"}).items
        return Counter(str(server["status"]) for server in found)

    eventually(lambda: statuses() == Counter(running=SERVERS), timeout_s=120)
    print(f"{SERVERS} servers over HTTP in {time.monotonic() - begun:.1f} s")
    cards = admin.list("guestnetworks", {"limit": "500", "details": "false"}).items
    assert (
        len(cards) == len({card["ip_addr"] for card in cards}) == len({card["mac_addr"] for card in cards}) == SERVERS
    )
    hosts = admin.list("hosts", {"limit": "50"}).items
    assert len(hosts) == HOSTS
    placed = Counter(str(s["host_id"]) for s in admin.list("servers", {"limit": "500", "details": "false"}).items)
    assert len(placed) == HOSTS
    assert cloud.stop() == 0


def _create(session: HttpSession, name: str) -> None:
    """A busy platform is asked again, as clients do."""
    for _ in range(20):
        try:
            session.create("servers", server_body(name))
        except ResourceBusyError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{name} found the platform busy each time")
