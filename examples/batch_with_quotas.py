"""Many servers at once within a quota: all of a request or none of it, and a refusal that says by how much.

Run it: python examples/batch_with_quotas.py
"""

from __future__ import annotations

from collections import Counter

from cloudcore.model.errors import InsufficientResourceError, OutOfQuotaError
from cloudcore_apps.inprocess import simulated_cloud

SERVER = {
    "vcpu_count": 2,
    "vmem_size": "1G",
    "disks": ["tiny:1g"],
    "nets": ["default"],
    "auto_start": True,
    "disable_delete": False,
}


def main() -> None:
    place = simulated_cloud(hosts=3)
    session = place.admin
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    place.settle()
    session.perform("quotas", "projects", "system", {"count": 40, "cpu": 50})

    # See first: nothing is written, whatever the answer.
    (tried, *_) = session.create_many("servers", {**SERVER, "name": "node", "dry_run": True}, 20)
    print("20 would do:", {key: told for key, told in tried["quota"].items() if told["limit"] >= 0})
    assert session.list("servers").total == 0

    made = session.create_many("servers", {**SERVER, "name": "node"}, 20)
    place.settle()
    servers = session.list("servers", {"limit": 50}).items
    print("made:       ", len(made), Counter(server["status"] for server in servers))
    print("spread over:", sorted(Counter(server["host"] for server in servers).items()))
    assert len({server["ips"] for server in servers}) == 20

    # Ten more need 20 virtual CPUs, of which 10 are left: none is made.
    try:
        session.create_many("servers", {**SERVER, "name": "more"}, 10)
    except OutOfQuotaError as error:
        print("refused:    ", error, dict(error.data))
    else:
        raise AssertionError("the quota was overrun")
    assert session.list("servers").total == 20

    # A quota is not a promise: what no host can hold is refused as well, and the refusal says what would fit.
    try:
        session.create("servers", {**SERVER, "name": "giant", "vmem_size": "900G"})
    except InsufficientResourceError as error:
        print("refused:    ", error)
    else:
        raise AssertionError("no host is so big")

    for server in servers:
        session.delete("servers", server["id"], {"override_pending_delete": True})
    place.settle()
    (tried, *_) = session.create_many("servers", {**SERVER, "name": "again", "dry_run": True}, 25)
    print("given back: ", tried["quota"]["cpu"])
    assert tried["quota"]["cpu"]["used"] == 50


if __name__ == "__main__":
    main()
