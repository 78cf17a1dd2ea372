"""The history as a feed: a program that keeps its own picture of the cloud, and misses nothing when it was away.

Run it: python examples/history_as_a_feed.py
"""

from __future__ import annotations

from cloudcore.ports.session import Session
from cloudcore_adapters.client.feed import follow, position
from cloudcore_apps.inprocess import InProcess, simulated_cloud


class Inventory:
    """What servers there are and in which status, from the feed alone. A program keeps `place` and `status` on disk."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.place = position(session)
        self.status: dict[str, str] = {}

    def catch_up(self) -> int:
        """Take in what has happened since; how many changes. Each is told once, in the order in which they were made."""
        changes = 0
        for page in follow(self.session, self.place, {"obj_type": "server"}, timeout_s=0.5):
            if not page.items:
                break
            for record in page.items:
                changes += 1
                if record["action"] == "delete" and "after" not in record:
                    self.status.pop(record["obj_name"], None)
                elif "status" in record.get("after", {}):
                    self.status[record["obj_name"]] = record["after"]["status"]
            self.place = page.next_marker
        return changes


def main() -> None:
    place = simulated_cloud()
    session = place.admin
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    place.settle()
    inventory = Inventory(session)

    for name in ("web", "db"):
        create(place, name)
    print(inventory.catch_up(), "changes:", inventory.status)
    assert inventory.status == {"web": "running", "db": "running"}

    # Nobody listens meanwhile; nothing is lost.
    session.perform("servers", "db", "stop")
    place.settle()
    session.delete("servers", "web", {"override_pending_delete": True})
    place.settle()
    print(inventory.catch_up(), "changes:", inventory.status)
    assert inventory.status == {"db": "ready"}
    assert inventory.catch_up() == 0

    (last, *_) = session.list("actions", {"obj_name": "db", "action": "stop"}).items
    print("who stopped db:", last["user"], "at", last["ops_time"], "by request", last.get("request_id", "in process"))


def create(place: InProcess, name: str) -> None:
    """Make a server and start it."""
    wanted = {"name": name, "vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}
    place.admin.create("servers", {**wanted, "auto_start": True, "disable_delete": False})
    place.settle()


if __name__ == "__main__":
    main()
