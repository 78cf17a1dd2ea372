"""A whole cloud inside this program: no server, no database, a simulated hypervisor.

Run it: python examples/first_server.py
"""

from __future__ import annotations

from cloudcore_apps.inprocess import simulated_cloud


def main() -> None:
    """Make an image and a server, use it, delete it."""
    place = simulated_cloud()
    session = place.admin
    session.upload(None, {"name": "tiny", "disk_format": "raw", "protected": False}, [bytes(1 << 20)])
    place.settle()
    wanted = {"name": "web", "vcpu_count": 1, "vmem_size": "256M", "disks": ["tiny:1g"], "nets": ["default"]}
    session.create("servers", {**wanted, "auto_start": True, "disable_delete": False})
    place.settle()
    server = session.get("servers", "web")
    print("server:", server["status"], server["ips"], "on", server["host"])
    assert server["status"] == "running"

    session.perform("servers", "web", "stop")
    place.settle()
    print("server:", session.get("servers", "web")["status"])

    session.delete("servers", "web", {"override_pending_delete": True})
    place.settle()
    print("left:  ", session.list("servers").total, "servers")
    assert session.list("servers").total == 0

    for entry in reversed(session.list("actions", {"obj_type": "server", "limit": "100"}).items):
        print(f"  {entry['ops_time']}  {entry['action']:<8} {entry['obj_name']}")


if __name__ == "__main__":
    main()
