"""What is known of images, who sees them, and how many somebody may have."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InvalidInputError,
    OutOfQuotaError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.ledger import usage_of
from cloudcore.resources.image.os import guess_os
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.converter import MemoryImageConverter

DISK = bytes(510) + b"\x55\xaa" + bytes(512)


@pytest.mark.parametrize(
    ("name", "kind", "distribution", "version", "arch"),
    [
        ("debian-12-genericcloud-amd64-20240901-1857", "Linux", "Debian", "12", "x86_64"),
        ("ubuntu-24.04-server-cloudimg-arm64.img", "Linux", "Ubuntu", "24.04", "aarch64"),
        ("Ubuntu 22.04 LTS", "Linux", "Ubuntu", "22.04", None),
        ("CentOS-Stream-GenericCloud-9-latest.x86_64", "Linux", "CentOS", None, "x86_64"),
        ("CentOS-7-x86_64-GenericCloud-2009.qcow2", "Linux", "CentOS", "7", "x86_64"),
        ("Rocky-9.4-GenericCloud-Base.latest.aarch64", "Linux", "Rocky", "9.4", "aarch64"),
        ("AlmaLinux-9-GenericCloud-latest", "Linux", "AlmaLinux", "9", None),
        ("Fedora-Cloud-Base-40-1.14.x86_64", "Linux", "Fedora", None, "x86_64"),
        ("openSUSE-Leap-15.6.x86_64", "Linux", "openSUSE", "15.6", "x86_64"),
        ("openEuler-22.03-LTS-SP4-aarch64", "Linux", "openEuler", "22.03", "aarch64"),
        ("cirros-0.6.2-x86_64-disk", "Linux", "CirrOS", "0.6.2", "x86_64"),
        ("alpine-3.20", "Linux", "Alpine", "3.20", None),
        ("FreeBSD-14.1-RELEASE-amd64", "Freebsd", "FreeBSD", "14.1", "x86_64"),
        ("windows_server_2022_datacenter", "Windows", "Windows", "2022", None),
        ("Win2019 std", "Windows", "Windows", "2019", None),
        ("VMware-VMvisor-8", "VMWare", "ESXi", "8", None),
        ("my linux box", "Linux", None, None, None),
        ("tiny", None, None, None, None),
        ("archive of my searches", None, None, None, None),
        ("darwin", None, None, None, None),
        ("", None, None, None, None),
    ],
)
def test_an_image_is_known_by_its_name(
    name: str, kind: str | None, distribution: str | None, version: str | None, arch: str | None
) -> None:
    expected = {"os_type": kind, "os_distribution": distribution, "os_version": version, "os_arch": arch}
    assert guess_os([name]) == {key: value for key, value in expected.items() if value is not None}


def test_the_first_hint_that_tells_something_counts() -> None:
    assert guess_os(["mine-arm64", "Debian 12.5.0 amd64 n"]) == {
        "os_type": "Linux", "os_distribution": "Debian", "os_version": "12.5.0", "os_arch": "aarch64",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a" * 5000, "windows " * 500, "-" * 5000, "1." * 3000])
def test_long_names_take_no_time(text: str) -> None:
    guess_os([text])


def settle(people: Any) -> None:
    store = people.cloud.platform.image_store
    performer = ImagePerformer(store, converter=MemoryImageConverter(store))
    effects = RoutedEffects({"image": InlineEffects(performer=performer)})
    defects: list[Any] = []
    worker = people.cloud.worker(effects, "test", lambda *defect: defects.append(defect))
    for _ in range(20):
        for ident in worker.due():
            worker.run(ident)
    assert defects == []


def upload(people: Any, session: Any, name: str, **body: Any) -> str:
    made = session.upload(None, {"name": name, "disk_format": "raw", "protected": False, **body}, [DISK])
    settle(people)
    return str(made["id"])


def names(session: Any, **params: Any) -> list[str]:
    return sorted(item["name"] for item in session.list("images", params).items)


def test_what_is_told_counts_before_what_is_guessed(people: Any) -> None:
    ident = upload(people, people.bob, "debian-12-amd64", properties={"os_version": "12.5", "os_type": "linux"})
    image = people.bob.get("images", ident)
    facts = {"os_type": "Linux", "os_distribution": "Debian", "os_version": "12.5", "os_arch": "x86_64"}
    assert {name: image["properties"][name] for name in facts} == facts
    assert image["properties"] == facts

    changed = people.bob.update("images", ident, {"properties": {"os_version": "", "note": "x"}, "os_arch": "arm64"})
    assert (changed.get("os_version", ""), changed["os_arch"], changed["properties"]["note"]) == ("", "aarch64", "x")
    assert "os_version" not in changed["properties"]


def test_lists_are_narrowed_by_what_images_are(people: Any) -> None:
    upload(people, people.bob, "debian-12-amd64", properties={"uefi_support": "true"})
    ubuntu = upload(people, people.bob, "ubuntu-24.04-arm64")
    people.bob.perform("images", ubuntu, "convert", {"format": "qcow2"})
    settle(people)

    assert names(people.bob, os_types=["lin"]) == ["debian-12-amd64", "ubuntu-24.04-arm64"]
    assert names(people.bob, os_types=["lin"], os_type_precise_match="true") == []
    assert names(people.bob, distributions=["Debian"], distribution_precise_match="true") == ["debian-12-amd64"]
    assert names(people.bob, os_archs=["aarch"]) == ["ubuntu-24.04-arm64"]
    assert names(people.bob, uefi="true") == ["debian-12-amd64"]
    assert names(people.bob, disk_formats=["raw"]) == ["debian-12-amd64", "ubuntu-24.04-arm64"]
    assert names(people.bob, subFormats=["qcow2"]) == ["ubuntu-24.04-arm64"]
    assert names(people.bob, subFormats=["vmdk"]) == []
    with pytest.raises(InvalidInputError):
        names(people.bob, os_types=["x"], os_type_precise_match="perhaps")


@pytest.mark.parametrize("field", ["min_disk", "min_ram"])
def test_demands_are_not_negative(people: Any, field: str) -> None:
    with pytest.raises(CloudcoreError) as refused:
        people.bob.create("images", {"name": "i", field: -1})
    assert refused.value.field == field


def test_what_is_private_is_not_there_for_others(people: Any) -> None:
    ident = upload(people, people.bob, "mine")
    asked: list[Any] = [
        lambda: people.eve.get("images", ident),
        lambda: people.eve.get("images", "mine"),
        lambda: people.eve.get("images", ident, {"format": "raw"}),
        lambda: people.eve.download(ident),
        lambda: people.eve.download(ident, {"format": "raw"}),
        lambda: people.eve.upload(ident, {}, [DISK]),
        lambda: people.eve.update("images", ident, {"name": "x"}),
        lambda: people.eve.update("images", ident, {"copy_from": "https://example.com/"}),
        lambda: people.eve.delete("images", ident),
        lambda: people.eve.perform("images", ident, "convert", {"format": "qcow2"}),
        lambda: people.eve.perform("images", ident, "public", {}),
        lambda: people.eve.detail("images", ident, "subformats"),
    ]
    for ask in asked:
        with pytest.raises(ResourceNotFoundError):
            ask()
    assert names(people.eve) == []
    assert people.bob.get("images", ident)["name"] == "mine"


def test_what_is_shared_is_read_and_not_changed(people: Any) -> None:
    ident = upload(people, people.bob, "mine")
    people.admin.perform("images", ident, "public", {"scope": "project", "shared_projects": ["eve"]})

    assert names(people.eve) == ["mine"]
    assert people.eve.download(ident).read(0, 4096) == DISK
    for ask in (
        lambda: people.eve.update("images", ident, {"name": "x"}),
        lambda: people.eve.delete("images", ident),
        lambda: people.eve.perform("images", ident, "convert", {"format": "qcow2"}),
        lambda: people.eve.upload(ident, {}, [DISK]),
    ):
        with pytest.raises(ForbiddenError):
            ask()
    people.admin.perform("images", ident, "private", {})
    assert names(people.eve) == []


def test_only_who_may_shares_with_everybody_at_once(people: Any) -> None:
    for wish in ({"is_public": True}, {"is_standard": True}):
        with pytest.raises(ForbiddenError):
            people.bob.upload(None, {"name": "i", "disk_format": "raw", **wish}, [DISK])
        with pytest.raises(ForbiddenError):
            people.bob.create("images", {"name": "i", **wish})
    assert names(people.bob) == []

    ident = upload(people, people.admin, "ours", is_public="true", is_standard="true")
    seen = people.eve.get("images", ident)
    assert (seen["is_public"], seen["public_scope"], seen["is_standard"]) == (True, "system", True)


def test_only_who_may_calls_an_image_standard(people: Any) -> None:
    ident = upload(people, people.bob, "mine")
    with pytest.raises(ForbiddenError):
        people.bob.perform("images", ident, "mark-standard", {"is_standard": True})
    assert people.admin.perform("images", ident, "mark-standard", {})["is_standard"] is True


def used(people: Any, session: Any) -> int:
    caller = session.caller
    with people.cloud.platform.uow.read() as tx:
        return usage_of(tx, caller.project_domain_id, caller.project_id)["image"]


def limit(people: Any, session: Any, most: int) -> None:
    caller = session.caller
    with people.cloud.platform.uow.write(Author()) as tx:
        owner = {"domain_id": caller.project_domain_id, "tenant_id": caller.project_id}
        tx.of(QUOTALIMITS, PLATFORM).add(Quotalimit(id="limit", image=most, **owner))
        tx.commit()


def test_images_count_once_and_are_given_back_once(people: Any) -> None:
    limit(people, people.bob, 2)
    first = upload(people, people.bob, "one")
    people.bob.create("images", {"name": "two", "protected": False})
    for ask in (
        lambda: people.bob.create("images", {"name": "three"}),
        lambda: people.bob.upload(None, {"name": "three", "disk_format": "raw"}, [DISK]),
    ):
        with pytest.raises(OutOfQuotaError, match="image: limit 2, used 2, requested 1"):
            ask()
    assert names(people.bob) == ["one", "two"]

    people.bob.delete("images", first)
    settle(people)
    assert used(people, people.bob) == 1
    people.bob.upload("two", {}, [DISK])
    settle(people)
    assert used(people, people.bob) == 1


def test_what_failed_counts_no_more_until_it_is_tried_again(people: Any) -> None:
    made = people.bob.create("images", {"name": "one", "protected": False})
    with pytest.raises(InvalidInputError):
        people.bob.upload(made["id"], {"checksum": "0" * 32}, [DISK])
    assert used(people, people.bob) == 0
    people.bob.upload(made["id"], {}, [DISK])
    assert used(people, people.bob) == 1
    settle(people)
    people.bob.delete("images", made["id"])
    settle(people)
    assert used(people, people.bob) == 0


def test_an_image_counts_for_its_new_owner(people: Any) -> None:
    ident = upload(people, people.bob, "mine")
    people.admin.perform("images", ident, "change-owner", {"project": "eve"})
    assert (used(people, people.bob), used(people, people.eve)) == (0, 1)
    limit(people, people.bob, 0)
    with pytest.raises(OutOfQuotaError):
        people.admin.perform("images", ident, "change-owner", {"project": "bob"})
    assert names(people.eve) == ["mine"]
