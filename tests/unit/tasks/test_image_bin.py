"""The recycle bin of images and guest images, through the public operations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check

from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    DuplicateNameError,
    InvalidStatusError,
    OutOfQuotaError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.recycling import expire
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit

DAYS_3 = 259_200
BYTES = bytes(1 << 20)


class Lab:
    """A cloud whose recycle bin keeps things for three days."""

    def __init__(self, recycle_s: int = DAYS_3) -> None:
        self.cloud = Cloud(hosts=1, recycle_s=recycle_s)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.refused: list[tuple[str, CloudcoreError]] = []

    def image(self, name: str = "tiny") -> str:
        about = {"name": name, "disk_format": "raw", "protected": False}
        ident = str(self.session.upload(None, about, [BYTES])["id"])
        self.cloud.settle()
        return ident

    def guest_image(self, name: str = "whole") -> tuple[str, list[str]]:
        members = [self.image(f"{name}-root"), self.image(f"{name}-data")]
        body = {"name": name, "protected": False, "images": members}
        return str(self.session.create("guestimages", body)["id"]), members

    def delete(self, plural: str, ident: str, **options: Any) -> dict[str, Any]:
        answer = self.session.delete(plural, ident, options)
        self.cloud.settle()
        return answer

    def expire(self) -> int:
        begun = expire(self.cloud.platform, lambda ident, error: self.refused.append((ident, error)))
        self.cloud.settle()
        return begun

    def count(self) -> int:
        return int(self.cloud.row("quotausages", "d1/p1").image)

    def names(self, plural: str = "images", **params: Any) -> list[str]:
        return sorted(str(item["name"]) for item in self.session.list(plural, params).items)


def test_a_deleted_image_is_hidden_counts_for_nobody_and_keeps_its_bytes() -> None:
    lab = Lab()
    before = lab.names()
    ident = lab.image()
    counted = lab.count()
    answer = lab.delete("images", ident)

    assert (answer["status"], answer["pending_deleted"]) == ("pending_delete", True)
    since, until = (datetime.fromisoformat(answer[key]) for key in ("pending_deleted_at", "auto_delete_at"))
    assert (until - since).total_seconds() == DAYS_3
    row = lab.cloud.row("images", ident)
    assert lab.cloud.platform.image_store.size(row.store_key) == len(BYTES)
    assert lab.count() == counted - 1
    assert lab.names() == before
    assert lab.names(pending_delete=True) == ["tiny"]
    with pytest.raises(ResourceNotFoundError):
        lab.session.get("images", "tiny")
    assert lab.session.get("images", ident)["status"] == "pending_delete"
    check(lab.cloud)


def test_its_name_is_free_and_it_comes_out_under_one_that_is() -> None:
    lab = Lab()
    first = lab.image()
    lab.delete("images", first)
    second = lab.image()
    with pytest.raises(DuplicateNameError):
        lab.session.create("images", {"name": "tiny"})
    assert lab.session.create("images", {"generate_name": "fresh"})["name"] == "fresh"
    restored = lab.session.perform("images", first, "cancel-delete", {})

    assert (restored["name"], restored["status"], restored["pending_deleted"]) == ("tiny-1", "active", False)
    assert "auto_delete_at" not in restored
    assert lab.session.get("images", second)["name"] == "tiny"
    with pytest.raises(InvalidStatusError, match="not in the recycle bin"):
        lab.session.perform("images", first, "cancel-delete", {})
    check(lab.cloud)


def test_what_is_in_the_bin_cannot_be_used() -> None:
    lab = Lab()
    ident = lab.image()
    lab.delete("images", ident)
    for action, body in (
        ("convert", {"format": "qcow2"}),
        ("public", {}),
        ("probe", {}),
        ("user-metadata", {"a": "b"}),
    ):
        with pytest.raises(InvalidStatusError, match="recycle bin"):
            lab.session.perform("images", ident, action, body)
    with pytest.raises(InvalidStatusError, match="recycle bin"):
        lab.session.update("images", ident, {"description": "x"})
    with pytest.raises(InvalidStatusError, match="pending_delete"):
        lab.session.download(ident)
    with pytest.raises(InvalidStatusError, match="pending_delete"):
        lab.session.upload(ident, {}, [BYTES])
    with pytest.raises(CloudcoreError, match="not active"):
        lab.session.create("servers", server_body("web", disks=[{"image_id": ident, "size": 1024}]))
    with pytest.raises(InvalidStatusError, match="recycle bin"):
        lab.session.create("guestimages", {"name": "g", "images": [ident]})
    check(lab.cloud)


def test_what_is_over_is_deleted_for_good_and_nothing_before() -> None:
    lab = Lab()
    ident = lab.image()
    guest, members = lab.guest_image()
    lab.delete("images", ident)
    lab.delete("guestimages", guest)
    lab.cloud.clock.advance(DAYS_3 - 3600)
    assert lab.expire() == 0
    lab.cloud.clock.advance(3601)
    key = lab.cloud.row("images", ident).store_key

    assert lab.expire() == 2
    assert lab.refused == []
    assert [lab.cloud.row("images", one) for one in (ident, *members)] == [None, None, None]
    assert lab.cloud.row("guestimages", guest) is None
    with pytest.raises(ResourceNotFoundError):
        lab.cloud.platform.image_store.size(key)
    check(lab.cloud)


@pytest.mark.parametrize("options", [{"override_pending_delete": True}, {}], ids=["at once", "twice"])
def test_deleting_at_once_or_again_passes_the_bin(options: dict[str, Any]) -> None:
    lab = Lab()
    ident = lab.image()
    if not options:
        lab.delete("images", ident)
    assert lab.delete("images", ident, **options)["status"] == "deleting"
    assert lab.cloud.row("images", ident) is None
    check(lab.cloud)


def test_what_never_became_active_and_a_cloud_without_a_bin_keep_nothing() -> None:
    lab = Lab()
    queued = lab.session.create("images", {"name": "queued", "protected": False})["id"]
    assert lab.delete("images", queued)["status"] == "deleting"
    assert lab.cloud.row("images", queued) is None
    bare = Lab(recycle_s=0)
    ident = bare.image()
    assert bare.delete("images", ident)["status"] == "deleting"
    assert bare.cloud.row("images", ident) is None


def test_a_guest_image_goes_and_comes_with_its_images() -> None:
    lab = Lab()
    guest, members = lab.guest_image()
    counted = lab.count()
    assert lab.delete("guestimages", guest)["status"] == "pending_delete"
    assert lab.count() == counted - 2
    assert lab.names("guestimages") == []
    assert {lab.cloud.row("images", one).status for one in members} == {"pending_delete"}
    with pytest.raises(ConflictError, match="part of a guest image"):
        lab.session.perform("images", members[0], "cancel-delete", {})
    other, _ = lab.guest_image()
    restored = lab.session.perform("guestimages", guest, "cancel-delete", {})

    assert (restored["name"], restored["status"], restored["pending_deleted"]) == ("whole-1", "active", False)
    assert restored["root_image"]["name"] == "whole-root-1"
    assert lab.session.get("guestimages", other)["status"] == "active"
    with pytest.raises(InvalidStatusError, match="not in the recycle bin"):
        lab.session.perform("guestimages", guest, "cancel-delete", {})
    assert lab.count() == counted + 2
    check(lab.cloud)


def test_coming_out_is_checked_against_the_quota_and_changes_nothing_when_refused() -> None:
    lab = Lab()
    ident = lab.image()
    lab.delete("images", ident)

    def limit(tx: Any) -> None:
        row = Quotalimit(id="l1", domain_id="d1", tenant_id="p1", image=lab.count())
        tx.of(QUOTALIMITS, PLATFORM).add(row)

    writing(lab.cloud.platform, CALLER, limit)
    with pytest.raises(OutOfQuotaError):
        lab.session.perform("images", ident, "cancel-delete", {})
    row = lab.cloud.row("images", ident)
    assert (row.status, row.pending_deleted, row.quota_held) == ("pending_delete", True, False)
    check(lab.cloud)
