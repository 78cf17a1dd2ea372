"""One program on the Session interface, run twice: in process, and against a server over HTTP.

Run it: python examples/one_program_two_clouds.py
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cloudcore.model.errors import DuplicateNameError, ResourceNotFoundError
from cloudcore.ports.session import Session
from cloudcore_adapters.client import connect, pages, wait_for
from cloudcore_adapters.memory.cloud import PASSWORD, memory_platform
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_apps.inprocess import InProcess, simulated_cloud
from cloudcore_apps.runner import Runner


def program(session: Session) -> list[str]:
    """What does not know where its cloud is; what it saw."""
    session.upload(None, {"name": "tiny", "disk_format": "raw", "size": 1 << 20}, [bytes(1 << 20)])
    wait_for(session, "images", session.get("images", "tiny")["id"])

    wanted = {"name": "web", "vcpu_count": 1, "vmem_size": "256M", "disks": ["tiny:1g"], "nets": ["default"]}
    made = session.create_many("servers", {**wanted, "auto_start": True, "disable_delete": False}, 3)
    for server in made:
        done = wait_for(session, "servers", server["id"], timeout_s=60)
        assert done is not None
        assert done["status"] == "running"

    # An iterator over all pages, however many there are.
    names = sorted(server["name"] for server in pages(session, "servers", {"order_by": "name"}, page_size=2))

    # The same errors, with the same classes, wherever the cloud is.
    try:
        session.create("keypairs", {"name": "me"})
        session.create("keypairs", {"name": "me"})
    except DuplicateNameError as error:
        names.append(f"{type(error).__name__}: {error}")
    try:
        session.get("servers", "nobody")
    except ResourceNotFoundError as error:
        names.append(f"{type(error).__name__}: {error}")

    session.delete("servers", made[0]["id"], {"override_pending_delete": True})
    assert wait_for(session, "servers", made[0]["id"], timeout_s=60) is None
    return names


@contextmanager
def driven(place: InProcess) -> Iterator[InProcess]:
    """Threads that drive the tasks of a cloud, as `cloudcore up` has them."""
    runner = Runner(place.worker())
    runner.start()
    try:
        yield place
    finally:
        runner.stop()


def main() -> None:
    with driven(simulated_cloud()) as place:
        here = program(place.admin)
    print("in process:", here)

    with driven(simulated_cloud()) as place, BackgroundServer(build_app(place.cloud)) as server:
        point_to(place, server.url)
        with connect(f"{server.url}/identity/v3", username="sysadmin", password=PASSWORD, project="system") as session:
            there = program(session)
    print("over HTTP: ", there)
    assert here == there


def point_to(place: InProcess, url: str) -> None:
    """Say in the catalogue where the cloud is served: its port is known only now."""
    before = memory_platform().settings.base_url
    for endpoint in place.admin.list("endpoints").items:
        place.admin.update("endpoints", endpoint["id"], {"url": url + endpoint["url"].removeprefix(before)})


if __name__ == "__main__":
    main()
