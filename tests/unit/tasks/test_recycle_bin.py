"""The recycle bin of servers and disks, through the public operations on simulated hosts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check

from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    DuplicateNameError,
    InsufficientResourceError,
    InvalidStatusError,
    NotEmptyError,
    OutOfQuotaError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.recycling import expire
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit

DAYS_3 = 259_200


class Lab:
    """A cloud whose recycle bin keeps things for three days."""

    def __init__(self, **options: Any) -> None:
        self.cloud = Cloud(hosts=1, **{"recycle_s": DAYS_3, **options})
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.refused: list[tuple[str, CloudcoreError]] = []

    def server(self, name: str = "web", **body: Any) -> str:
        ident = str(self.session.create("servers", server_body(name, auto_start=True, **body))["id"])
        self.cloud.settle()
        return ident

    def delete(self, plural: str, ident: str, **options: Any) -> None:
        self.session.delete(plural, ident, options)
        self.cloud.settle()

    def restore(self, plural: str, ident: str) -> Any:
        return self.session.perform(plural, ident, "cancel-delete", {})

    def expire(self) -> int:
        begun = expire(self.cloud.platform, lambda ident, error: self.refused.append((ident, error)))
        self.cloud.settle()
        return begun

    def usage(self) -> dict[str, int]:
        row = self.cloud.row("quotausages", "d1/p1")
        return {key: getattr(row, key) for key in ("count", "cpu", "memory", "storage")}

    def names(self, plural: str = "servers", **params: Any) -> list[str]:
        return [str(item["name"]) for item in self.session.list(plural, params).items]

    def state(self, **changes: Any) -> None:
        def work(tx: Any) -> None:
            tx.of(HOSTS, PLATFORM).save(evolve(tx.of(HOSTS, PLATFORM).get("h1"), **changes))

        writing(self.cloud.platform, CALLER, work)


def test_a_deleted_server_counts_for_nobody_and_keeps_its_address_and_disks() -> None:
    lab = Lab()
    ident = lab.server()
    (nic,) = lab.cloud.rows("guestnetworks")
    lab.delete("servers", ident)

    row = lab.cloud.row("servers", ident)
    assert (row.name, row.status, row.power_states, row.pending_deleted) == ("web", "ready", "off", True)
    assert lab.usage() == {"count": 0, "cpu": 0, "memory": 0, "storage": 0}
    assert lab.cloud.row("hostclaims", "h1").guests == 0
    assert lab.cloud.row("storageclaims", "s-h1").size_mib == 3072
    assert lab.cloud.rows("guestnetworks") == [nic]
    assert lab.cloud.machines["h1"].power_state(ident) == "off"
    check(lab.cloud)


def test_what_is_in_the_bin_is_hidden_and_its_name_is_free() -> None:
    lab = Lab()
    first = lab.server()
    lab.delete("servers", first)

    assert lab.names() == []
    assert lab.names("disks") == []
    assert lab.names(pending_delete=True) == ["web"]
    assert len(lab.names("disks", pending_delete=True)) == 2
    with pytest.raises(ResourceNotFoundError):
        lab.session.get("servers", "web")
    assert lab.session.get("servers", first)["pending_deleted"] is True
    second = lab.server()
    with pytest.raises(DuplicateNameError):
        lab.session.create("servers", server_body("web"))
    lab.delete("servers", second)
    assert lab.names(pending_delete="all") == ["web", "web"]
    check(lab.cloud)


def test_a_restored_server_is_what_it_was_under_a_name_that_is_free() -> None:
    lab = Lab()
    ident = lab.server()
    before = lab.usage()
    lab.delete("servers", ident)
    other = lab.server()
    lab.delete("servers", other, override_pending_delete=True)

    assert lab.cloud.row("servers", other) is None
    assert lab.restore("servers", ident)["name"] == "web"
    assert lab.usage() == before
    check(lab.cloud)
    lab.session.perform("servers", "web", "start", {})
    lab.cloud.settle()
    assert lab.cloud.row("servers", ident).status == "running"
    lab.delete("servers", ident)
    lab.server()
    assert lab.restore("servers", ident)["name"] == "web-1"
    check(lab.cloud)


@pytest.mark.parametrize(("action", "body"), [("start", {}), ("syncstatus", {}), ("user-metadata", {"a": "b"})])
def test_what_is_in_the_bin_cannot_be_used(action: str, body: dict[str, Any]) -> None:
    lab = Lab()
    ident = lab.server()
    lab.delete("servers", ident)
    row = lab.cloud.row("servers", ident)

    with pytest.raises(InvalidStatusError, match="recycle bin"):
        lab.session.perform("servers", ident, action, body)
    with pytest.raises(InvalidStatusError, match="recycle bin"):
        lab.session.update("servers", ident, {"description": "x"})
    assert lab.cloud.row("servers", ident) is row


def test_restoring_is_checked_against_quota_and_room() -> None:
    lab = Lab(cpus=1)
    ident = lab.server()
    lab.delete("servers", ident)
    other = lab.server("other")

    with pytest.raises(InsufficientResourceError, match="no room"):
        lab.restore("servers", ident)
    lab.delete("servers", other)
    limit = Quotalimit(id="q1", domain_id="d1", tenant_id="p1", count=0, cpu=-1, memory=-1, storage=-1)
    writing(lab.cloud.platform, CALLER, lambda tx: tx.of(QUOTALIMITS, PLATFORM).add(limit))
    with pytest.raises(OutOfQuotaError):
        lab.restore("servers", ident)
    assert lab.cloud.row("servers", ident).pending_deleted
    check(lab.cloud)


def test_what_is_not_in_the_bin_cannot_be_restored() -> None:
    lab = Lab()
    ident = lab.server()

    with pytest.raises(InvalidStatusError, match="not in the recycle bin"):
        lab.restore("servers", ident)


def test_when_its_time_is_over_it_is_deleted_for_good() -> None:
    lab = Lab()
    ident = lab.server()
    lab.delete("servers", ident)
    disk = str(lab.session.create("disks", {"name": "data", "size": 1024})["id"])
    lab.cloud.settle()
    lab.delete("disks", disk)

    lab.cloud.clock.advance(DAYS_3 - 3600)
    assert lab.expire() == 0
    lab.cloud.clock.advance(3601)
    assert lab.expire() == 2
    assert (lab.cloud.rows("servers"), lab.cloud.rows("disks"), lab.cloud.rows("guestnetworks")) == ([], [], [])
    assert [f.kind.value for f in lab.cloud.machines["h1"].inventory()] == ["image"]
    check(lab.cloud)


def test_what_cannot_be_deleted_yet_is_told_and_tried_again() -> None:
    lab = Lab()
    ident = lab.server()
    lab.delete("servers", ident)
    lab.cloud.clock.advance(DAYS_3 + 1)
    lab.state(host_status=AgentStatus.OFFLINE)

    assert lab.expire() == 0
    assert [told for told, _ in lab.refused] == [ident]
    lab.state(host_status=AgentStatus.ONLINE)
    assert lab.expire() == 1
    assert lab.cloud.rows("servers") == []


def test_deleting_again_deletes_for_good() -> None:
    lab = Lab()
    ident = lab.server()
    lab.delete("servers", ident)
    lab.delete("servers", ident)

    assert lab.cloud.row("servers", ident) is None
    check(lab.cloud)


def test_a_disk_goes_to_the_bin_and_comes_back() -> None:
    lab = Lab()
    ident = str(lab.session.create("disks", {"name": "data", "size": 1024})["id"])
    server = lab.server()
    lab.delete("disks", ident)

    assert lab.usage()["storage"] == 3072
    with pytest.raises(InvalidStatusError, match="recycle bin"):
        lab.session.perform("servers", server, "attachdisk", {"disk_id": ident})
    lab.restore("disks", ident)
    assert lab.usage()["storage"] == 4096
    lab.session.perform("servers", server, "attachdisk", {"disk_id": ident})
    lab.cloud.settle()
    lab.delete("servers", server)
    with pytest.raises(NotEmptyError):
        lab.restore("disks", lab.cloud.rows("guestdisks")[0].disk_id)
    check(lab.cloud)


def test_protection_holds_with_the_bin_too() -> None:
    lab = Lab()
    ident = lab.server(disable_delete=True)

    with pytest.raises(InvalidStatusError, match="locked"):
        lab.delete("servers", ident)
    assert not lab.cloud.row("servers", ident).pending_deleted


def test_without_a_bin_servers_are_deleted_at_once() -> None:
    lab = Lab(recycle_s=0)
    ident = lab.server()
    lab.delete("servers", ident)

    assert lab.cloud.row("servers", ident) is None
    assert lab.expire() == 0


def test_a_server_whose_host_is_gone_is_purged_and_its_things_stay_there() -> None:
    lab = Lab()
    ident = lab.server()
    with pytest.raises(InvalidStatusError, match="online"):
        lab.session.perform("servers", ident, "purge", {})
    lab.state(enabled=False)

    assert lab.session.delete("servers", ident, {"purge": True})["id"] == ident
    assert lab.cloud.rows("servers") == []
    assert lab.usage() == {"count": 0, "cpu": 0, "memory": 0, "storage": 0}
    assert lab.cloud.machines["h1"].power_state(ident) == "on"
