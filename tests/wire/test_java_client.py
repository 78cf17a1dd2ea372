"""What users do with the original's Java SDK."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.wire.exchange import PASSWORD, SECRET, World
from tests.wire.java_client import JavaError, JavaSession

FORM = {"vcpu_count": 1, "vmem_size": 256, "disks": [{"image_id": "tiny", "size": 10240, "index": 0}]}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def java(world: World) -> JavaSession:
    return JavaSession.login(world.client, "sysadmin", PASSWORD, "system")


def test_it_logs_in_switches_and_verifies(world: World, java: JavaSession) -> None:
    assert java.token.roles == ["admin"]
    assert java.token.expires > datetime.now(UTC).replace(tzinfo=None)
    bob = JavaSession.login(world.client, "bob", SECRET, "proj1", "Default")
    assert (bob.token.user["name"], bob.token.project["name"]) == ("bob", "proj1")
    assert bob.switch("proj1").list("compute", "zones")[1] == 1
    assert java.verify(bob.token.value).user["name"] == "bob"
    for user, password, project in (("bob", "wrong", "proj1"), ("bob", SECRET, "system"), ("nobody", SECRET, "proj1")):
        with pytest.raises(JavaError) as refused:
            JavaSession.login(world.client, user, password, project)
        assert refused.value.code == 401
    with pytest.raises(JavaError) as refused:
        bob.switch("system")
    assert refused.value.code == 401


@pytest.mark.parametrize(
    ("service", "plural", "keyword"),
    [
        ("compute", "servers", "server"),
        ("compute", "disks", "disk"),
        ("compute", "hosts", "host"),
        ("compute", "networks", "network"),
        ("image", "images", "image"),
        ("identity", "users", "user"),
        ("identity", "projects", "project"),
    ],
)
def test_lists_have_pages(java: JavaSession, service: str, plural: str, keyword: str) -> None:
    rows, total, page = java.list(service, plural, scope="system", limit=1, details=True)
    assert (len(rows), page) == (1, 1)
    if total > 1:
        second, again, page = java.list(service, plural, scope="system", limit=1, offset=1)
        assert (again, page) == (total, 2)
        assert second[0]["id"] != rows[0]["id"]
    if service != "image":
        assert java.get(service, plural, rows[0]["name"], keyword)["id"] == rows[0]["id"]
    assert java.list(service, plural, name="nobody", scope="system") == ([], 0, 1)


def test_a_server_lives(world: World, java: JavaSession) -> None:
    made = java.create("compute", "servers", "server", {"name": "java", "disable_delete": False, **FORM})
    world.place.settle()
    path = f"servers/{made['id']}"
    for action, status, body in (
        ("start", "running", None),
        ("stop", "ready", {"is_force": True}),
        ("syncstatus", "ready", None),
    ):
        assert java.change("POST", "compute", f"{path}/{action}", "server", body)["id"] == made["id"]
        world.place.settle()
        assert java.get("compute", "servers", made["id"], "server")["status"] == status
    assert java.change("PUT", "compute", path, "server", {"description": "ä"})["description"] == "ä"
    assert java.change("PATCH", "compute", path, "server", {"name": "java2"})["name"] == "java2"
    (link,) = java.ask("GET", "compute", f"{path}/disks")["guestdisks"]
    assert java.ask("GET", "compute", f"{path}/disks/{link['disk_id']}")["guestdisk"]["index"] == 0
    several = java.create("compute", "servers", "server", {"name": "javas", "disable_delete": False, **FORM}, count=2)
    assert [row["name"] for row in several] == ["javas", "javas-2"]
    world.place.settle()
    for ident in (made["id"], *(row["id"] for row in several)):
        java.delete("compute", f"servers/{ident}", "server", override_pending_delete=True)
        world.place.settle()
        with pytest.raises(JavaError) as gone:
            java.get("compute", "servers", ident, "server")
        assert gone.value.code == 404
