from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.resources.conftest import SECRET

from cloudcore.auth.accesskey import is_right, read_signed, sign_login, signature_of
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidCredentialError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
    UnauthorizedError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.idempotency import PARAMETER
from cloudcore.resources.audit.idempotency import IDEMPOTENCIES

URL = "http://cloud/identity/v3/auth/tokens"


def test_a_user_has_the_roles_of_his_groups(people: Any) -> None:
    admin = people.admin
    admin.create("users", {"name": "ann", "password": SECRET})
    admin.create("groups", {"name": "crew"})
    admin.perform("groups", "crew", "add-users", {"user_ids": ["ann"]})
    with pytest.raises(UnauthorizedError):
        people.cloud.login("ann", SECRET, project="bob")
    admin.perform("groups", "crew", "join", {"projects": ["bob"], "roles": ["project_viewer"]})
    shown = admin.get("groups", "crew")
    assert (shown["user_count"], shown["project_count"]) == (1, 1)
    ann = people.cloud.login("ann", SECRET, project="bob")
    assert ann.caller.roles == ("project_viewer",)
    assert ann.list("servers").total == 0
    with pytest.raises(ForbiddenError):
        ann.create("secgroups", {"name": "x"})
    admin.perform("groups", "crew", "leave", {"project_roles": [{"project": "bob", "role": "project_viewer"}]})
    with pytest.raises(UnauthorizedError):
        people.cloud.login("ann", SECRET, project="bob")


def test_members_are_listed_and_filtered_from_both_sides(people: Any) -> None:
    admin = people.admin
    group = admin.create("groups", {"name": "crew"})["id"]
    admin.perform("groups", "crew", "add-users", {"user_ids": ["bob", "eve", "bob"]})
    assert names(admin.list("users", context=(("groups", "crew"),))) == ["bob", "eve"]
    assert names(admin.list("groups", context=(("users", "bob"),))) == ["crew"]
    assert names(admin.list("users", {"group_id": group})) == ["bob", "eve"]
    assert names(admin.list("users", {"project": "bob"})) == ["bob"]
    assert names(admin.list("projects", {"user_id": "eve"})) == ["eve"]
    admin.perform("groups", "crew", "remove-users", {"user_ids": ["bob"]})
    assert names(admin.list("users", {"group_id": group})) == ["eve"]


def names(listing: Any) -> list[str]:
    return sorted(item["name"] for item in listing.items)


def test_a_group_that_goes_takes_its_roles_along(people: Any) -> None:
    admin = people.admin
    admin.create("groups", {"name": "crew"})
    admin.perform("projects", "eve", "join", {"groups": ["crew"], "users": ["bob"], "roles": ["project_editor"]})
    assert admin.get("projects", "eve")["group_count"] == 1
    listed = people.cloud.assignments(admin, {"groups": [admin.get("groups", "crew")["id"]]})
    assert [a["group"]["name"] for a in listed.items] == ["crew"]
    admin.perform("groups", "crew", "add-users", {"user_ids": ["bob"]})
    bob = admin.get("users", "bob")["id"]
    effective = people.cloud.assignments(admin, {"users": [bob], "effective": ""})
    assert sorted(a["scope"]["project"]["name"] for a in effective.items) == ["bob", "eve"]
    admin.delete("groups", "crew")
    assert admin.get("projects", "eve")["group_count"] == 0


def test_a_group_that_goes_voids_the_tokens_of_its_members(people: Any) -> None:
    admin = people.admin
    admin.create("groups", {"name": "crew"})
    admin.perform("groups", "crew", "add-users", {"user_ids": ["bob"]})
    admin.perform("groups", "crew", "join", {"projects": ["eve"], "roles": ["project_viewer"]})
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "bob", "password": SECRET}}},
                     "scope": {"project": {"name": "eve"}}}}  # fmt: skip
    token, _ = people.cloud.authenticate_v3(body, "10.0.0.1", "r1")
    assert people.cloud.session_for(token, peer="10.0.0.1", request_id="r2").list("servers").total == 0
    admin.delete("groups", "crew")
    people.cloud._revocations.forget()
    with pytest.raises(InvalidCredentialError):
        people.cloud.session_for(token, peer="10.0.0.1", request_id="r3")


def test_projects_are_left_and_led(people: Any) -> None:
    admin = people.admin
    admin.perform("users", "bob", "join", {"projects": ["eve"], "roles": ["project_viewer"]})
    assert admin.get("projects", "eve")["user_count"] == 2
    leaving = {"user_roles": [{"user": "bob", "role": "project_viewer"}]}
    assert admin.perform("projects", "eve", "leave", leaving)["user_count"] == 1
    admin.perform("projects", "eve", "set-admin", {"user_id": "eve"})
    assert admin.get("projects", "eve")["admin_id"] == admin.get("users", "eve")["id"]
    for action, body in (("join", {"roles": ["x"]}), ("leave", {"user_roles": "x"}), ("set-admin", {})):
        with pytest.raises(InvalidInputError):
            admin.perform("projects", "eve", action, body)
    with pytest.raises(ForbiddenError):
        people.bob.perform("projects", "bob", "join", {"users": ["bob"], "roles": ["admin"]})


def test_roles_carry_policies_while_they_are_bound(people: Any) -> None:
    admin = people.admin
    admin.create("roles", {"name": "helper"})
    admin.perform("roles", "helper", "add-policy", {"policy_id": "project-secgroup-viewer", "ips": ["10.0.0.0/8"]})
    (bound,) = admin.list("rolepolicies", {"role": "helper"}).items
    assert bound["ips"] == ["10.0.0.0/8"]
    admin.perform("policies", "project-viewer", "bind-role", {"role_id": "helper", "project_id": "bob"})
    assert admin.list("rolepolicies", {"role": "helper"}).total == 2
    admin.perform("roles", "helper", "remove-policy", {"policy_id": "project-viewer", "project_id": "bob"})
    with pytest.raises(ResourceNotFoundError):
        admin.perform("roles", "helper", "remove-policy", {"policy_id": "project-viewer"})
    wanted = [{"policy_id": "project-editor", "valid_until": "2030-01-01T00:00:00Z"}]
    admin.perform("roles", "helper", "set-policies", {"action": "replace", "policies": wanted})
    (left,) = admin.list("rolepolicies", {"role": "helper"}).items
    assert left["valid_until"].startswith("2030-01-01")
    for body in (
        {},
        {"policy_id": "project-viewer", "ips": ["x"]},
        {"policy_id": "project-viewer", "valid_since": "x"},
    ):
        with pytest.raises(InvalidInputError):
            admin.perform("roles", "helper", "add-policy", body)


def test_nobody_binds_a_policy_that_reaches_further_than_his_own(people: Any) -> None:
    admin = people.admin
    admin.create("users", {"name": "dora", "password": SECRET})
    admin.create("projects", {"name": "dp"})
    people.cloud.grant(admin, "dp", "users", "dora", "domainadmin", remove=False)
    dora = people.cloud.login("dora", SECRET, project="dp")
    dora.create("roles", {"name": "mine"})
    dora.perform("roles", "mine", "add-policy", {"policy_id": "domain-viewer"})
    with pytest.raises(ForbiddenError):
        dora.perform("roles", "mine", "add-policy", {"policy_id": "sysadmin"})


def key_of(people: Any, **more: Any) -> tuple[str, str]:
    made = people.bob.create("credentials", {"type": "aksk", **more})
    return made["access_key"], json.loads(made["blob"])["secret"]


def enter(people: Any, key: str, secret: str, *, late: timedelta = timedelta()) -> Any:
    text = sign_login(key, secret, URL, people.cloud.platform.clock.now() - late)
    body = {"auth": {"identity": {"methods": ["aksk"], "access_key_secret": text}}}
    return people.cloud.authenticate_v3(body, "10.0.0.1", "r1")


def test_an_access_key_logs_in_to_its_project(people: Any) -> None:
    key, secret = key_of(people)
    token, document = enter(people, key, secret)
    assert document["token"]["project"]["name"] == "bob"
    assert document["token"]["methods"] == ["aksk"]
    assert secret not in json.dumps(document)
    session = people.cloud.session_for(token, peer="10.0.0.1", request_id="r2")
    assert session.list("servers").total == 0


def test_the_secret_is_shown_once(people: Any) -> None:
    key, secret = key_of(people)
    for shown in (people.bob.get("credentials", key), people.bob.list("credentials").items):
        assert secret not in json.dumps(shown)
    assert people.bob.get("credentials", key)["owner_name"] == "bob"
    with pytest.raises(ResourceNotFoundError):
        people.eve.get("credentials", key)
    assert secret not in json.dumps(people.admin.list("actions", {"limit": 50}).items, default=str)


def test_a_key_that_is_wrong_late_or_off_does_not_log_in(people: Any) -> None:
    key, secret = key_of(people)
    for work in (
        lambda: enter(people, key, secret + "x"),
        lambda: enter(people, "0" * 32, secret),
        lambda: enter(people, key, secret, late=timedelta(minutes=16)),
        lambda: enter(people, key, secret, late=-timedelta(minutes=16)),
    ):
        with pytest.raises(InvalidCredentialError):
            work()
    people.bob.update("credentials", key, {"enabled": False})
    with pytest.raises(InvalidCredentialError):
        enter(people, key, secret)


def test_tokens_of_a_key_end_with_it(people: Any) -> None:
    key, secret = key_of(people)
    token, _ = enter(people, key, secret)
    people.bob.delete("credentials", key)
    people.cloud._revocations.forget()
    with pytest.raises(InvalidCredentialError):
        people.cloud.session_for(token, peer="10.0.0.1", request_id="r2")


def test_an_access_key_ends_by_itself(people: Any) -> None:
    now = people.cloud.platform.clock.now()
    secret = "s" * 32
    for end, works in ((now + timedelta(hours=1), True), (now - timedelta(hours=1), False)):
        blob = json.dumps({"secret": secret, "expire": int(end.timestamp())})
        key, _ = key_of(people, blob=blob)
        if works:
            _, document = enter(people, key, secret)
            assert document["token"]["expires_at"] <= f"{end:%Y-%m-%dT%H:%M:%S}.999999Z"
        else:
            with pytest.raises(InvalidCredentialError):
                enter(people, key, secret)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "g old"}, "type"),
        ({"type": "aksk", "blob": "x"}, "blob"),
        ({"type": "aksk", "blob": '{"secret": "short"}'}, "blob"),
        ({"type": "aksk", "blob": '{"secret": 7}'}, "blob"),
        ({"type": "totp", "blob": "[]"}, "blob"),
        ({"type": "oidc", "blob": '{"redirect_uri": "x"}'}, "blob"),
        ({"type": "aksk", "project_id": "nowhere"}, "project_id"),
    ],
)
def test_wrong_credentials_name_the_field(people: Any, body: Any, field: str) -> None:
    with pytest.raises((InvalidInputError, ResourceNotFoundError)) as caught:
        people.bob.create("credentials", body)
    assert caught.value.field == field
    assert people.bob.list("credentials").total == 0


def test_credentials_of_others_are_made_and_reset_by_administrators_only(people: Any) -> None:
    with pytest.raises((ForbiddenError, ResourceNotFoundError)):
        people.eve.create("credentials", {"type": "aksk", "user_id": people.bob.caller.user_id})
    people.admin.create("credentials", {"type": "totp", "user_id": "bob", "blob": '{"totp": "ABCDEFGHIJKLMNOP"}'})
    assert people.admin.get("users", "bob")["credential_count"] == 1
    people.admin.perform("users", "bob", "reset-credentials", {"type": "totp"})
    assert people.admin.get("users", "bob")["credential_count"] == 0


def test_nobody_makes_a_key_for_a_user_who_can_do_more(people: Any) -> None:
    may = {"identity": {"credentials": {"create": "allow"}, "users": {"get": "allow"}}}
    people.admin.create("policies", {"name": "keys", "scope": "system", "blob": may})
    people.admin.create("roles", {"name": "keymaker"})
    people.admin.perform("roles", "keymaker", "add-policy", {"policy_id": "keys"})
    people.cloud.grant(people.admin, "eve", "users", "eve", "keymaker", remove=False)
    eve = people.cloud.login("eve", SECRET, project="eve")
    with pytest.raises(ForbiddenError):
        eve.create("credentials", {"type": "aksk", "user_id": people.admin.caller.user_id})
    assert people.admin.get("users", "sysadmin")["credential_count"] == 0
    assert eve.create("credentials", {"type": "aksk", "user_id": "bob"})["owner_id"] == people.bob.caller.user_id


def test_a_user_has_a_bounded_number_of_keys(people: Any) -> None:
    for _ in range(64):
        key_of(people)
    with pytest.raises(OutOfRangeError):
        key_of(people)


NOW = datetime(2026, 11, 22, 21, 0, 24, tzinfo=UTC)


def test_the_signature_is_that_of_version_4() -> None:
    """Source: the derivation example of the AWS documentation, with the service `s3`."""
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    request = (
        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
    )
    signed = signature_of(secret, request, datetime(2013, 5, 24, tzinfo=UTC), "us-east-1")
    assert signed == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"algorithm": "AWS"}, NotSupportedError),
        ({"access_key": ""}, MissingParameterError),
        ({"location": "elsewhere"}, InvalidInputError),
        ({"request": "AWS4-HMAC-SHA256\nx\ny\nz"}, InvalidInputError),
        ({"request": "AWS4-HMAC-SHA256\n99999999T999999Z\n99999999/cn-beijing/s3/aws4_request\nz"}, InvalidInputError),
        ({"signature": 5.5}, InvalidInputError),
    ],
)
def test_a_damaged_signature_is_refused(change: Any, error: type[Exception]) -> None:
    good = json.loads(sign_login("k", "s" * 16, URL, NOW))
    assert is_right(read_signed(json.dumps(good)), "s" * 16, NOW)
    with pytest.raises(error):
        read_signed(json.dumps({**good, **change}))


@pytest.mark.parametrize("text", ["", "x", "[]", "[" * 5000, '"a"'])
def test_what_is_no_object_is_no_signature(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_signed(text)


def test_a_domains_administrator_sets_no_password_of_who_can_do_more(people: Any) -> None:
    people.admin.create("projects", {"name": "office"})
    people.admin.create("users", {"name": "dom", "password": SECRET})
    people.cloud.grant(people.admin, "office", "users", "dom", "domainadmin", remove=False)
    dom = people.cloud.login("dom", SECRET, project="office")
    with pytest.raises(ForbiddenError, match="can do more"):
        dom.update("users", "sysadmin", {"password": "Another-Horse-Battery-8"})
    dom.update("users", "bob", {"password": "Another-Horse-Battery-8"})
    assert people.cloud.login("bob", "Another-Horse-Battery-8", project="bob").list("servers").total == 0
    dom.create("groups", {"name": "chiefs"})
    people.admin.perform("groups", "chiefs", "add-users", {"user_ids": ["bob"]})
    people.cloud.grant(people.admin, "system", "groups", "chiefs", "admin", remove=False)
    with pytest.raises(ForbiddenError, match="can do more"):
        dom.update("users", "bob", {"password": "Another-Horse-Battery-7"})


def test_a_secret_is_not_kept_with_the_answer_under_a_key(people: Any) -> None:
    key = {PARAMETER: "k1"}
    first = people.bob.create("credentials", {"type": "aksk"}, key)
    secret = json.loads(first["blob"])["secret"]
    with people.cloud.platform.uow.read() as tx:
        (note,) = tx.of(IDEMPOTENCIES, PLATFORM).find()
    assert secret not in json.dumps(note.answer)
    again = people.bob.create("credentials", {"type": "aksk"}, key)
    assert (again["id"], "blob" in again) == (first["id"], False)
    assert people.bob.list("credentials").total == 1


def test_users_are_found_by_where_they_have_roles(people: Any) -> None:
    admin = people.admin
    admin.create("domains", {"name": "lab"})
    admin.create("projects", {"name": "web", "project_domain": "lab"})
    admin.create("groups", {"name": "crew"})
    admin.create("users", {"name": "ann", "password": SECRET})
    admin.perform("groups", "crew", "add-users", {"user_ids": ["bob"]})
    admin.perform("users", "ann", "join", {"projects": ["web"], "roles": ["project_viewer"]})
    admin.perform("groups", "crew", "join", {"projects": ["web"], "roles": ["project_owner"]})

    def found(**params: str) -> list[str]:
        return names(admin.list("users", {"scope": "system", "system": "true", **params}))

    assert found(role_assignment_project_id="web") == found(role_assignment_domain_id="lab") == ["ann", "bob"]
    assert found(role_assignment_domain_id="default") == ["bob", "eve", "sysadmin"]
    assert found(role_assignment_domain_id="nowhere") == []


def test_policies_are_found_by_the_roles_that_carry_them(people: Any) -> None:
    def found(**params: str) -> list[str]:
        return names(people.admin.list("policies", {"scope": "system", **params}))

    assert found(role="project_viewer") == found(role_id="project_viewer") != []
    assert len(found(role="project_viewer")) < len(found())
    assert found(role="nobody") == []
