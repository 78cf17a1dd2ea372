"""Logins, cloud-init data and new system disks of servers, through the public operations on simulated hosts."""

from __future__ import annotations

import base64
import json
from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check

from cloudcore.cloud import Cloud as Facade
from cloudcore.model.effects import Effect, Failed
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InvalidStatusError,
    NotEmptyError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.resources.compute.keypair import KEYPAIRS, Keypair
from cloudcore.resources.image.image import IMAGES

PASSWORD = "Right-horse-42"


class Lab:
    """One server on a simulated host, and a key pair `mine`."""

    def __init__(self, *, on: bool = False, **body: Any) -> None:
        self.failing = ""
        self.cloud = Cloud(hosts=1, failures=self._fail)
        self.facade = Facade(self.cloud.platform)
        self.session = CoreSession(self.cloud.platform, CALLER)
        key = Keypair(id="k1", name="mine", owner_id="u1", public_key="ssh-ed25519 AAAA me")
        writing(self.cloud.platform, CALLER, lambda tx: tx.of(KEYPAIRS, PLATFORM).add(key))
        self.ident = str(self.session.create("servers", server_body("web", auto_start=on, **body))["id"])
        self.cloud.settle()

    def do(self, action: str, **body: Any) -> str:
        self.session.perform("servers", self.ident, action, body)
        self.cloud.settle()
        return str(self.row().status)

    def row(self) -> Any:
        return self.cloud.row("servers", self.ident)

    def seed(self) -> dict[str, str]:
        """What the guest would find; the part that hosts are sent is completed as a program does it."""
        desc = self.cloud.machines["h1"].machine.domains[self.ident].desc
        seed = dict(desc.seed)
        return {**seed, "user-data": self.facade.user_data_of(self.ident, seed["user-data"])}

    def instance(self) -> str:
        return str(json.loads(self.seed()["meta-data"])["instance-id"])

    def login(self) -> Any:
        return self.session.perform("servers", self.ident, "login-info", {})

    def _fail(self, effect: Effect, _tried: int) -> Failed | None:
        return Failed("it does not work here") if effect.kind == self.failing else None


def test_a_server_is_created_with_a_password_that_only_login_info_tells() -> None:
    lab = Lab(password=PASSWORD, login_account="admin")

    told = lab.login()
    assert (told["username"], told["password"]) == ("admin", PASSWORD)
    assert told["updated"] is not None
    assert PASSWORD in lab.seed()["user-data"]
    assert PASSWORD not in json.dumps(lab.session.get("servers", "web"), default=str)
    for plural in ("tasks", "history"):
        assert PASSWORD not in str([row.__dict__ for row in lab.cloud.rows(plural)])
    assert PASSWORD not in str(lab.cloud.machines["h1"].journal)


def test_a_deploy_gives_another_login_and_another_instance() -> None:
    lab = Lab()
    first = lab.instance()

    assert lab.do("deploy", reset_password=True, keypair="mine") == "ready"

    assert lab.instance() != first
    assert "ssh-ed25519 AAAA me" in lab.seed()["meta-data"]
    assert len(lab.login()["password"]) >= 12
    assert lab.login()["keypair"] == "mine"
    assert lab.do("deploy", delete_keypair=True, auto_start=True) == "running"
    assert "AAAA" not in lab.seed()["meta-data"]
    check(lab.cloud)


@pytest.mark.parametrize("on", [False, True])
def test_a_password_is_set_by_the_agent_or_by_a_deploy(on: bool) -> None:
    lab = Lab(on=on)
    before = lab.instance()

    assert lab.do("set-password", username="admin", password=PASSWORD) == ("running" if on else "ready")

    assert (lab.login()["username"], lab.login()["password"]) == ("admin", PASSWORD)
    assert (lab.instance() == before) is on
    assert lab.row().next_password == ""
    assert PASSWORD not in str([row.__dict__ for row in (*lab.cloud.rows("tasks"), *lab.cloud.rows("history"))])


def test_a_password_that_the_guest_did_not_take_is_not_recorded() -> None:
    lab = Lab(on=True, password=PASSWORD)
    lab.failing = "guest-set-password"

    assert lab.do("set-password", password="Another-horse-43") == "qga_exec_command_failed"

    assert lab.login()["password"] == PASSWORD
    assert lab.row().next_password == ""
    lab.failing = ""
    assert lab.do("set-password", password="Another-horse-43") == "running"
    assert lab.login()["password"] == "Another-horse-43"


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("set-password", {}, "password"),
        ("set-password", {"password": "short"}, "password"),
        ("set-password", {"password": "with\nnewline-42X"}, "password"),
        ("set-password", {"password": PASSWORD, "username": "root; reboot"}, "username"),
        ("set-password", {"password": PASSWORD, "username": "-x"}, "username"),
        ("deploy", {"login_account": "a:b"}, "login_account"),
        ("deploy", {"reset_password": "perhaps"}, "reset_password"),
        ("deploy", {"keypair": "nobodys"}, None),
        ("deploy", {"deploy_configs": [{"path": "x"}]}, "deploy_configs.0.path"),
        ("rebuild-root", {"image_id": "none"}, None),
        ("rebuild-root", {"all_disks": "perhaps"}, "all_disks"),
        ("user-data", {}, "user_data"),
        ("user-data", {"user_data": "#" * 65_537}, "user_data"),
        ("user-data", {"user_data": "a\x00b"}, "user_data"),
        ("qga-set-password", {"username": "root", "password": PASSWORD}, "status"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(action: str, body: dict[str, Any], field: str | None) -> None:
    lab = Lab()
    before = lab.row()

    with pytest.raises(CloudcoreError) as caught:
        lab.do(action, **body)

    assert caught.value.field == field or field is None
    assert lab.row() is before
    assert "horse" not in str(caught.value)


def test_user_data_stands_beside_our_part() -> None:
    lab = Lab(user_data="#!/bin/sh\necho hi\n")

    assert lab.seed()["user-data"].startswith("Content-Type: multipart/mixed")
    lab.do("user-data", user_data="")
    assert lab.seed()["user-data"].startswith("#cloud-config")


def test_files_are_written_once_for_each_deployment() -> None:
    files = [
        {"path": "/etc/motd", "content": "hällo\n"},
        {"path": "/etc/hosts", "content": "::1 x", "action": "append"},
    ]
    lab = Lab(deploy_configs=files, user_data="#!/bin/sh\n")
    held = lab.cloud.machines["h1"].machine.domains[lab.ident].desc
    assert "motd" not in dict(held.seed)["user-data"], "a host's description holds no contents"
    assert "deploy_configs" not in lab.session.get("servers", lab.ident)
    parts = [base64.b64decode(part.split("\n\n", 1)[1]).decode() for part in lab.seed()["user-data"].split("--")[1:3]
             if "base64" in part]  # fmt: skip
    assert parts[0].startswith("#cloud-config")
    assert '  - path: "/etc/motd"\n    encoding: b64\n' in parts[0]
    assert base64.b64encode("hällo\n".encode()).decode() in parts[0]
    assert parts[0].count("append: true") == 1

    assert lab.do("deploy", deploy_configs=[{"path": "/root/x", "content": "", "action": "create"}]) == "ready"
    assert "motd" not in lab.row().deploy_configs
    first = lab.instance()
    assert lab.do("rebuild-root", auto_start=False) == "ready"
    assert "/root/x" in lab.row().deploy_configs
    assert lab.do("set-password", password=PASSWORD) == "ready"
    assert lab.row().deploy_configs == ""
    assert (
        lab.do("deploy", **{"deploy.0.path": "/old", "deploy.0.content": "x", "deploy.0.action": "append"}) == "ready"
    )
    assert json.loads(lab.row().deploy_configs) == [{"path": "/old", "content": "x", "append": True}]
    assert lab.instance() != first


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([{"path": "etc/motd", "content": "x"}], "deploy_configs.0.path"),
        ([{"path": "/etc/../x", "content": "x"}], "deploy_configs.0.path"),
        ([{"content": "x"}], "deploy_configs.0.path"),
        ([{"path": "/x", "content": "x", "action": "delete"}], "deploy_configs.0.action"),
        ([{"path": "/x", "content": "x" * 40_000}] * 2, "deploy_configs"),
        ([{"path": "/x", "content": "x"}] * 17, "deploy_configs"),
        (["/x"], "deploy_configs.0"),
        (7, "deploy_configs"),
    ],
)
def test_files_that_cannot_be_are_refused(files: Any, field: str) -> None:
    lab = Lab()
    before = lab.row()
    with pytest.raises(CloudcoreError) as caught:
        lab.do("deploy", deploy_configs=files)
    assert caught.value.field == field
    assert lab.row() is before
    with pytest.raises(CloudcoreError) as caught:
        lab.session.create("servers", server_body("other", deploy_configs=files))
    assert caught.value.field == field


def test_the_system_disk_is_made_anew_from_another_image() -> None:
    lab = Lab(on=True)
    with pytest.raises(InvalidStatusError):
        lab.do("rebuild-root")
    lab.do("stop")

    def another(tx: Any) -> None:
        image = tx.of(IMAGES, PLATFORM).get("i1")
        tx.of(IMAGES, PLATFORM).add(evolve(image, id="i2", name="other", store_key="images/i2", update_version=0))

    writing(lab.cloud.platform, CALLER, another)
    lab.cloud.images.write("images/i2", [b"other"])
    first = lab.instance()
    disks = {disk.id: disk for disk in lab.cloud.rows("disks")}
    root = next(link.disk_id for link in lab.cloud.rows("guestdisks") if link.index == 0)

    assert lab.do("rebuild-root", image_id="other", auto_start=True, password=PASSWORD) == "running"

    machine = lab.cloud.machines["h1"].machine
    assert machine.volumes["/sim/storage", root].backing_image_id == "i2"
    assert [volume.volume_id for volume in machine.trash] == [root]
    assert lab.cloud.row("disks", root).template_id == "i2"
    assert {disk.id for disk in lab.cloud.rows("disks")} == set(disks)
    assert lab.instance() != first
    assert lab.login()["password"] == PASSWORD
    check(lab.cloud)


def test_all_disks_are_made_anew_where_that_is_asked_for() -> None:
    lab = Lab()
    client = CoreSession(lab.cloud.platform, CALLER)
    client.perform("servers", lab.ident, "createdisk", {"disks": [{"size": 64}, {"size": 1024, "image_id": "i1"}]})
    lab.cloud.settle()
    machine = lab.cloud.machines["h1"].machine
    links = {link.index: link.disk_id for link in lab.cloud.rows("guestdisks")}
    for ident in links.values():
        key = ("/sim/storage", ident)
        machine.volumes[key] = attrs.evolve(machine.volumes[key], data="old")
    client.create("snapshots", {"name": "kept", "disk_id": links[2]})
    lab.cloud.settle()
    with pytest.raises(NotEmptyError):
        lab.do("rebuild-root", all_disks=True)
    client.delete("snapshots", "kept")
    lab.cloud.settle()

    assert lab.do("rebuild-root", all_disks=True) == "ready"

    volumes = [machine.volumes["/sim/storage", links[index]] for index in sorted(links)]
    assert [volume.backing_image_id for volume in volumes] == ["i1", None, None, "i1"]
    assert all(volume.data != "old" for volume in volumes)
    assert sorted(volume.volume_id for volume in machine.trash) == sorted(links.values())
    assert {disk.status for disk in lab.cloud.rows("disks")} == {"ready"}
    check(lab.cloud)


def test_a_rebuild_that_failed_is_done_again() -> None:
    lab = Lab()
    lab.failing = "volume-create"

    assert lab.do("rebuild-root") == "rebuild_root_fail"
    with pytest.raises(InvalidStatusError):
        lab.do("start")
    lab.failing = ""
    assert lab.do("rebuild-root", auto_start=True) == "running"
    check(lab.cloud)


def test_an_image_that_does_not_fit_or_snapshots_that_would_go_are_refused() -> None:
    lab = Lab()

    def large(tx: Any) -> None:
        image = tx.of(IMAGES, PLATFORM).get("i1")
        large = evolve(image, id="i2", name="large", virtual_size=2 << 30, store_key="images/i2", update_version=0)
        tx.of(IMAGES, PLATFORM).add(large)

    writing(lab.cloud.platform, CALLER, large)
    with pytest.raises(OutOfRangeError, match="needs a disk of 2048 MiB"):
        lab.do("rebuild-root", image_id="large")
    root = next(link.disk_id for link in lab.cloud.rows("guestdisks") if link.index == 0)
    lab.session.create("snapshots", {"name": "kept", "disk_id": root})
    lab.cloud.settle()
    with pytest.raises(NotEmptyError):
        lab.do("rebuild-root")


def test_who_may_not_see_a_server_does_not_get_its_password() -> None:
    lab = Lab(password=PASSWORD)
    stranger = CoreSession(lab.cloud.platform, attrs.evolve(CALLER, is_platform=False, project_id="p2", user_id="u2"))

    with pytest.raises((ResourceNotFoundError, ForbiddenError)):
        stranger.perform("servers", lab.ident, "login-info", {})
