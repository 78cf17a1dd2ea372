"""What users of the original's Python SDK do with it, one thing after another, against a cloud with an image `tiny`.

Prints the name of each thing once it is done; ends with a traceback at the first that fails. Settings: OS_AUTH_URL,
OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME, and the folder for files as its argument.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yunionclient.api.client import Client
from yunionclient.common import exceptions

PASSWORD = "Correct-horse-1"
DISK = bytes(510) + b"\x55\xaa" + bytes(1 << 19)
LISTED = (
    "keypairs zones hosts vpcs wires storages cachedimages networks disks guests images users projects domains groups "
    "roles services endpoints secgroups reservedips schedtags logs actionlogs"
)


def log_in(**more: Any) -> Client:
    client = Client(os.environ["OS_AUTH_URL"], os.environ["OS_USERNAME"], os.environ["OS_PASSWORD"], "Default", **more)
    assert client.set_project(os.environ["OS_PROJECT_NAME"])
    assert client.get_default_tenant().get_name() == os.environ["OS_PROJECT_NAME"]
    return client


def value(row: Any, name: str) -> Any:
    """A member of an answer, which is an object of the SDK's or a dictionary."""
    return row[name] if isinstance(row, dict) else getattr(row, name)


def until(what: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return found


def gone(manager: Any, ident: str) -> bool:
    try:
        manager.get(ident)
    except exceptions.NotFound:
        return True
    return False


def lists(client: Client, _folder: Path) -> None:
    for name in LISTED.split():
        manager = getattr(client, name)
        rows, _total, _limit, _offset = manager.list()
        whole = manager.list(details=True, limit=2) if name != "images" else manager.list()
        for row in [*rows[:2], *whole[0][:2]]:
            assert value(row, "id"), name
            if name not in ("logs", "actionlogs"):
                assert value(manager.get(value(row, "id")), "id") == value(row, "id"), name


def servers(client: Client, _folder: Path) -> None:
    guests = client.guests
    network = value(client.networks.list()[0][0], "name")
    form = {"vcpu_count": 1, "vmem_size": "256M", "disk.0": "tiny", "disk.1": "1G:xfs", "net.0": network}
    made = guests.create(name="py", auto_start=True, disable_delete=False, **form)
    until(lambda: guests.get(made.id).status == "running")
    shown = guests.get(made.id)
    assert (shown.vcpu_count, shown.vmem_size, len(shown.disks_info)) == (1, 256, 2)
    assert shown.ips
    assert sorted(row["index"] for row in client.guestdisks.list_descendent(made.id)[0]) == [0, 1]
    assert [row["guest_id"] for row in client.guestnetworks.list_descendent(made.id)[0]] == [made.id]
    for action, status, body in (
        ("stop", "ready", {"is_force": True}),
        ("start", "running", {}),
        ("restart", "running", {}),
        ("stop", "ready", {}),
    ):
        guests.perform_action(made.id, action, **body)
        until(lambda wanted=status: guests.get(made.id).status == wanted)
    assert guests.update(made.id, name="py2", description="changed").name == "py2"
    guests.set_user_metadata(made.id, env="prod")
    assert "prod" in str(guests.get_metadata(made.id))
    found = guests.list(filter=["name.contains(py)", "status.equals(ready)"], order_by="name", order="asc", limit=5)
    assert [(row.name, found[1]) for row in found[0]] == [("py2", 1)]
    assert sorted(vars(guests.list(field=["id", "name"])[0][0])) == ["_client_api", "id", "name"]
    several = guests.batch_create(2, name="pys", disable_delete=False, **form)
    assert [(value(row, "status"), value(row, "body")["name"]) for row in several] == [(200, "pys"), (200, "pys-2")]
    for ident in [made.id, *(value(row, "body")["id"] for row in several)]:
        until(lambda one=ident: guests.get(one).status == "ready")
        guests.delete(ident, override_pending_delete=True)
        until(lambda one=ident: gone(guests, one))


def images(client: Client, folder: Path) -> None:
    source = folder / "source.img"
    source.write_bytes(DISK)
    # Its upload asks for the name first, by a call that its own list does not take.
    client.images.get_by_name = _nothing
    made = client.images.upload(str(source), "pyimage", "raw", False)
    until(lambda: client.images.get_by_id(made.id).status == "active")
    client.images.update_properties(made.id, os_type="Linux", os_version="1 ü+%")
    client.images.update(made.id, {"min_disk": "100", "protected": "false"})
    shown = client.images.get_by_id(made.id)
    assert (shown.os_type, shown.os_version, shown.min_disk) == ("Linux", "1 ü+%", "100")
    client.images.delete(made.id)


def _nothing(_name: str) -> None:
    raise exceptions.NotFound(404)


def records(client: Client, _folder: Path) -> None:
    key = client.keypairs.create(name="pykey")
    assert client.keypairs.get_specific(value(key, "id"), "privatekey")["private_key"]
    client.keypairs.delete(value(key, "id"))
    rule = {"direction": "in", "protocol": "tcp", "ports": "22", "action": "allow", "cidr": "0.0.0.0/0", "priority": 1}
    group = client.secgroups.create(name="pygroup", rules=[rule])
    assert value(client.secgroups.get(value(group, "id")), "rules")[0]["ports"] == "22"
    client.secgroups.delete(value(group, "id"))
    tag = client.schedtags.create(name="pytag", strategy="prefer")
    assert (value(tag, "default_strategy"), value(tag, "resource_type")) == ("prefer", "hosts")
    client.schedtags.delete(value(tag, "id"))
    vpc = value(client.vpcs.list()[0][0], "id")
    wire = client.wires.create(name="pywire", bandwidth=1000, vpc=vpc, zone=value(client.zones.list()[0][0], "id"))
    ends = {"guest_ip_start": "10.9.0.2", "guest_ip_end": "10.9.0.9", "guest_gateway": "10.9.0.1"}
    network = client.networks.create(name="pynet", wire=value(wire, "id"), guest_ip_mask=24, **ends)
    assert value(client.networks.get("pynet"), "ports") == 8
    client.networks.delete(value(network, "id"))
    client.wires.delete(value(wire, "id"))


def people(client: Client, _folder: Path) -> None:
    project = client.projects.create(name="pyproject")
    user = client.users.create(name="pyuser", password=PASSWORD)
    assert value(client.projects.update(value(project, "id"), description="x"), "description") == "x"
    assert client.users.update(value(user, "id"), enabled=False) is not None
    client.users.delete(value(user, "id"))
    client.projects.delete(value(project, "id"))


def numbers(client: Client, folder: Path) -> None:
    assert client.usages.get_usage_general()
    assert isinstance(client.quotas.get(None, None), list)
    client.to_file(str(folder / "session.json"))
    again = Client("", "", "", "")
    again.from_file(str(folder / "session.json"))
    assert again.guests.list()[1] == client.guests.list()[1]
    assert gone(client.guests, "nobody")


def main() -> None:
    for kind in ("internalURL", "publicURL"):
        client = log_in(endpoint_type=kind)
    for step in (lists, servers, images, records, people, numbers):
        step(client, Path(sys.argv[1]))
        print(step.__name__)


if __name__ == "__main__":
    main()
