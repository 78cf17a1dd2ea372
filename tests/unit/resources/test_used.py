"""What is shown of every row about its users is what a deletion meets, over a cloud with something of most types."""

from __future__ import annotations

from typing import Any

from cloudcore.model.errors import CloudcoreError, NotEmptyError
from cloudcore.model.resource import Verb
from cloudcore.ports.session import Session
from cloudcore.resources.registry import ALL
from cloudcore_apps.inprocess import simulated_cloud


def test_what_is_shown_as_used_is_refused_and_what_is_refused_is_shown() -> None:
    admin = _lived_in()
    used = set()
    for resource in reversed(ALL):
        if resource.joint is not None or not {Verb.GET, Verb.LIST, Verb.DELETE} <= resource.verbs:
            continue
        for row in admin.list(resource.plural, {"scope": "system", "limit": "20", "show_fail_reason": "true"}).items:
            shown = admin.get(resource.plural, row["id"])
            assert (row["can_delete"], _reason(row)) == (shown["can_delete"], _reason(shown))
            refusal = _refusal(admin, resource.plural, row["id"])
            assert shown["can_delete"] is (refusal is None), (resource.plural, row.get("name"), refusal)
            if isinstance(refusal, NotEmptyError):
                assert shown["delete_fail_reason"]["class"] == "NotEmptyError"
                used.add(resource.plural)
    assert used >= {"disks", "keypairs", "networks", "roles", "secgroups", "storages", "wires", "zones"}


def _reason(row: dict[str, Any]) -> str:
    return str(row.get("delete_fail_reason", {}).get("details", ""))


def _refusal(admin: Session, plural: str, ident: str) -> CloudcoreError | None:
    try:
        admin.delete(plural, ident)
    except CloudcoreError as error:
        return error
    return None


def _lived_in() -> Session:
    place = simulated_cloud()
    admin = place.admin
    admin.create("keypairs", {"name": "key", "scheme": "RSA"})
    admin.create("secgroups", {"name": "group"})
    admin.create("domains", {"name": "dep"})
    admin.create("projects", {"name": "shop", "domain": "dep"})
    admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(510) + b"\x55\xaa"])
    place.settle()
    wanted = {"name": "web", "vcpu_count": 1, "vmem_size": "256M", "disks": ["tiny:1g"], "nets": ["default"]}
    admin.create("servers", {**wanted, "keypair": "key", "secgroups": ["group"]})
    place.settle()
    assert admin.get("servers", "web")["status"] == "ready"
    return admin


def test_what_is_shown_may_be_sent_back_and_changes_nothing() -> None:
    admin = _lived_in()
    tried = 0
    for resource in ALL:
        if resource.joint is not None or not {Verb.GET, Verb.LIST, Verb.UPDATE} <= resource.verbs:
            continue
        for row in admin.list(resource.plural, {"scope": "system", "limit": "2"}).items:
            shown = admin.get(resource.plural, row["id"])
            told = admin.update(resource.plural, row["id"], shown)
            changing = {"updated_at", "update_version"}
            assert {k: v for k, v in told.items() if k not in changing} == {
                k: v for k, v in shown.items() if k not in changing
            }, resource.plural
            tried += 1
    assert tried > 20


def test_a_reason_names_class_and_number_as_the_refusal_does() -> None:
    admin = _lived_in()
    reason = admin.get("keypairs", "key")["delete_fail_reason"]
    refusal = _refusal(admin, "keypairs", "key")
    assert isinstance(refusal, NotEmptyError)
    assert reason == {"class": "NotEmptyError", "code": 406, "details": "1 servers still use it"}
    assert str(refusal) == reason["details"]
