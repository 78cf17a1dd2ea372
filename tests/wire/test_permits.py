"""What says of itself that it cannot be deleted is refused for that reason, and all else is deleted."""

from __future__ import annotations

import pytest
from tests.wire.attacks import SECRET, target


@pytest.fixture(scope="module")
def cloud():
    return target()


KEPT = (
    ("/v3/users", "user", "sysadmin"),
    ("/v3/projects", "project", "system"),
    ("/v3/domains", "domain", "default"),
    ("/v3/roles", "role", "admin"),
    ("/v3/policies", "policy", "sysadmin"),
    ("/compute/vpcs", "vpc", "default"),
    ("/compute/cloudregions", "cloudregion", "default"),
)


@pytest.mark.parametrize(("path", "word", "ident"), KEPT)
def test_what_cannot_be_deleted_says_why_beforehand(cloud, path, word, ident):
    shown = cloud.ask("admin", "GET", f"{path}/{ident}").json()[word]
    assert shown["can_delete"] is False
    refused = cloud.ask("admin", "DELETE", f"{path}/{ident}")
    reason = shown["delete_fail_reason"]
    assert (refused.status_code, refused.json()["class"]) == (reason["code"], reason["class"])
    assert reason["details"] in refused.json()["details"]
    plural = path.rpartition("/")[2]
    rows = cloud.ask("admin", "GET", f"{path}?scope=system&details=true&filter=id.equals({shown['id']})").json()[plural]
    assert [row["delete_fail_reason"] for row in rows] == [reason]


def test_reasons_are_told_in_a_plain_list_that_asks_for_them(cloud):
    path = "/v3/users?scope=system&details=false&system=true&name=sysadmin"
    (plain,) = cloud.ask("admin", "GET", path).json()["users"]
    assert "can_delete" not in plain
    (told,) = cloud.ask("admin", "GET", f"{path}&show_fail_reason=true").json()["users"]
    assert (told["can_delete"], told["delete_fail_reason"]["code"]) == (False, 403)


def test_a_domain_can_be_deleted_when_it_is_disabled(cloud):
    made = cloud.create("admin", "domains", {"name": "passing"}).json()["domain"]
    assert (made["can_delete"], made["delete_fail_reason"]["class"]) == (False, "InvalidStatusError")
    path = f"/v3/domains/{made['id']}"
    changed = cloud.ask("admin", "PUT", path, {"domain": {"enabled": False}}).json()["domain"]
    assert changed["can_delete"] is True
    assert "delete_fail_reason" not in changed
    assert cloud.ask("admin", "DELETE", path).status_code == 200


def test_an_ordinary_user_and_an_unused_role_can_be_deleted(cloud):
    for plural, body in (("users", {"name": "leaver", "password": SECRET}), ("roles", {"name": "unused"})):
        shown = next(iter(cloud.create("admin", plural, body).json().values()))
        assert (shown["can_delete"], "delete_fail_reason" in shown) == (True, False), plural
        assert cloud.ask("admin", "DELETE", f"/v3/{plural}/{shown['id']}").status_code == 200


def test_what_others_use_says_who_where_it_is_shown_or_reasons_are_asked_for(cloud):
    zone = cloud.ask("admin", "GET", "/compute/zones?scope=system&limit=1").json()["zones"][0]
    shown = cloud.ask("admin", "GET", f"/compute/zones/{zone['id']}").json()["zone"]
    assert shown["can_delete"] is False
    refused = cloud.ask("admin", "DELETE", f"/compute/zones/{zone['id']}")
    assert shown["delete_fail_reason"] == {
        "class": refused.json()["class"], "code": refused.status_code, "details": refused.json()["details"]
    }  # fmt: skip
    asked = "/compute/zones?scope=system&details={}&show_fail_reason=true"
    for details in ("true", "false"):
        rows = cloud.ask("admin", "GET", asked.format(details)).json()["zones"]
        assert [row["can_delete"] for row in rows if row["id"] == zone["id"]] == [False]
