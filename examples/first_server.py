"""A whole cloud inside this program: no server, no database, a simulated hypervisor.

Run it: python examples/first_server.py
"""

from __future__ import annotations

from cloudcore.operations.hosts import register_host
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.router import SimulatedHosts

MIB = 1 << 20


def main() -> None:
    """Make an image and a server, use it, delete it."""
    cloud, password = memory_cloud()

    # One simulated host, reached through the same port as a real one.
    host = SimulatedHost(SystemClock(), deployment=cloud.platform.settings.deployment)
    host_id = register_host(cloud.platform, host.facts())
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
    effects = RoutedEffects({"host": SimulatedHosts({host_id: host}), "image": images})
    worker = cloud.worker(effects, "first-server", lambda task, error: print(f"defect in {task.flow}: {error}"))

    session = cloud.login("sysadmin", password, project="system")
    session.upload(None, {"name": "tiny", "disk_format": "raw", "protected": False}, [bytes(MIB)])
    drive(worker)
    print("image: ", session.get("images", "tiny")["status"])

    wanted = {
        "name": "web",
        "vcpu_count": 1,
        "vmem_size": "256M",
        "disks": ["tiny:1g"],
        "nets": ["default"],
        "auto_start": True,
        "disable_delete": False,
    }
    session.create("servers", wanted)
    drive(worker)
    server = session.get("servers", "web")
    print("server:", server["status"], server["ips"], "on", server["host"])
    assert server["status"] == "running"

    session.perform("servers", "web", "stop")
    drive(worker)
    print("server:", session.get("servers", "web")["status"])

    session.delete("servers", "web")
    drive(worker)
    print("left:  ", session.list("servers").total, "servers")
    assert session.list("servers").total == 0

    cloud.number_history()
    for entry in reversed(session.list("actions", {"obj_type": "server", "limit": "100"}).items):
        print(f"  {entry['ops_time']}  {entry['action']:<8} {entry['obj_name']}")


def drive(worker: Worker) -> None:
    """Run every task that is due. A server program does this in threads of its own."""
    for task in worker.due():
        worker.run(task)


if __name__ == "__main__":
    main()
