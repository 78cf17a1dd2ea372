"""Acting as somebody else, by an administrator's token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.resources.conftest import SECRET

from cloudcore.auth.accesskey import sign_login
from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InvalidCredentialError,
    MissingParameterError,
    ResourceNotFoundError,
    UnauthorizedError,
)


def login(people: Any, user: str, password: str, project: str, domain: str = "default", **more: Any) -> str:
    identity = {"methods": ["password"], "password": {"user": {"name": user, "password": password}}}
    scope = {"scope": {"project": {"name": project, "domain": {"name": domain}}}} if project else {}
    return str(people.cloud.authenticate_v3({"auth": {"identity": identity, **scope, **more}}, "10.0.0.9", "r1")[0])


def assume(people: Any, token: str, user: str, project: str) -> tuple[str, dict[str, Any]]:
    identity = {"methods": ["assume"], "token": {"id": token}, "assume": {"user": {"name": user}}}
    scope = {"project": {"name": project}} if project else {}
    text, body = people.cloud.authenticate_v3({"auth": {"identity": identity, "scope": scope}}, "10.0.0.9", "r2")
    return text, body["token"]


def session(people: Any, token: str) -> Any:
    return people.cloud.session_for(token, peer="10.0.0.9", request_id="r3")


@pytest.fixture
def sysadmin(people: Any) -> str:
    people.admin.create("users", {"name": "root2", "password": SECRET})
    people.cloud.grant(people.admin, "system", "users", "root2", "admin", remove=False)
    return login(people, "root2", SECRET, "system")


@pytest.fixture
def boss(people: Any) -> str:
    """The administrator of a domain with user ann in project shop."""
    admin = people.admin
    admin.create("domains", {"name": "dep"})
    for project in ("shop", "office"):
        admin.create("projects", {"name": project, "domain": "dep"})
    for user in ("boss", "ann"):
        admin.create("users", {"name": user, "password": SECRET, "domain": "dep"})
    people.cloud.grant(admin, "office", "users", "boss", "domainadmin", remove=False)
    people.cloud.grant(admin, "shop", "users", "ann", "project_viewer", remove=False)
    return login(people, "boss", SECRET, "office", "dep")


def test_an_administrator_acts_as_a_user_and_the_token_says_so(people: Any, sysadmin: str) -> None:
    text, token = assume(people, sysadmin, "bob", "bob")
    admin_id = people.admin.get("users", "root2")["id"]
    assert (token["user"]["name"], token["project"]["name"]) == ("bob", "bob")
    assert (token["audit_ids"], token["methods"]) == ([admin_id], ["assume"])
    bob = session(people, text)
    assert (bob.caller.roles, bob.caller.assumed_by) == (("project_owner",), admin_id)
    made = bob.create("secgroups", {"name": "by-proxy"})
    assert made["tenant"] == "bob"
    facts = people.admin.list("actions", {"obj_type": "user", "action": "login", "scope": "system"}).items
    assert any("acts user" in str(fact.get("notes")) and fact["obj_name"] == "bob" for fact in facts)


def test_it_ends_with_the_token_it_came_of(people: Any, sysadmin: str) -> None:
    text, _ = assume(people, sysadmin, "bob", "bob")
    people.cloud.revoke(session(people, sysadmin), sysadmin)
    with pytest.raises(InvalidCredentialError):
        session(people, text).list("servers")


def test_it_leads_nowhere_else_and_leaves_nothing_to_log_in_with(people: Any, sysadmin: str) -> None:
    people.cloud.grant(people.admin, "eve", "users", "bob", "project_owner", remove=False)
    text, _ = assume(people, sysadmin, "bob", "bob")
    identity = {"methods": ["token"], "token": {"id": text}}
    for project in ("eve", "bob"):
        with pytest.raises(UnauthorizedError, match="one project alone"):
            scope = {"project": {"name": project}}
            people.cloud.authenticate_v3({"auth": {"identity": identity, "scope": scope}}, "", "r")
    with pytest.raises(UnauthorizedError, match="one project alone"):
        assume(people, text, "eve", "eve")
    bob = session(people, text)
    for what, body in (("credentials", {"type": "aksk"}), ("credentials", {"type": "word", "blob": "x"})):
        with pytest.raises(ForbiddenError, match="log in with"):
            bob.create(what, body)
    with pytest.raises(ForbiddenError, match="log in with"):
        people.cloud.second_factor.begin(bob)
    assert people.admin.list("credentials", {"user": "bob", "scope": "system"}).total == 0


@pytest.mark.parametrize(("who", "project"), [("root2", "system"), ("eve", "eve"), ("nobody", "eve")])
def test_whoever_has_no_right_to_learns_nothing(people: Any, sysadmin: str, who: str, project: str) -> None:
    token = login(people, "bob", SECRET, "bob")
    with pytest.raises(UnauthorizedError) as refused:
        assume(people, token, who, project)
    assert str(refused.value) == "not enough privilege to act as somebody else"


@pytest.mark.parametrize("role", ["project_owner", "project_editor", "domain_editor"])
def test_fellows_do_not_act_as_each_other(people: Any, boss: str, role: str) -> None:
    people.admin.create("users", {"name": "fellow", "password": SECRET, "domain": "dep"})
    people.cloud.grant(people.admin, "shop", "users", "fellow", role, remove=False)
    token = login(people, "fellow", SECRET, "shop", "dep")
    with pytest.raises(UnauthorizedError, match="not enough privilege"):
        assume(people, token, "ann", "shop")


def test_oneself_needs_no_right_but_a_role(people: Any) -> None:
    token = login(people, "bob", SECRET, "bob")
    text, told = assume(people, token, "bob", "bob")
    assert session(people, text).caller.assumed_by == ""
    assert told["methods"] == ["assume", "password"]
    with pytest.raises(UnauthorizedError):
        assume(people, token, "bob", "eve")


def test_users_and_projects_that_are_not_there_are_told_to_whoever_may_act_as_anybody(
    people: Any, sysadmin: str
) -> None:
    with pytest.raises(ResourceNotFoundError) as unknown:
        assume(people, sysadmin, "nobody", "bob")
    assert unknown.value.field == "auth.identity.assume.user"
    with pytest.raises(UnauthorizedError) as elsewhere:
        assume(people, sysadmin, "bob", "eve")
    assert elsewhere.value.field == "auth.scope.project"
    with pytest.raises(MissingParameterError):
        assume(people, sysadmin, "bob", "")
    people.admin.update("users", "bob", {"enabled": False})
    with pytest.raises(InvalidCredentialError):
        assume(people, sysadmin, "bob", "bob")


def test_the_administrator_of_a_domain_acts_as_its_users_in_its_projects(people: Any, boss: str) -> None:
    text, _ = assume(people, boss, "ann", "shop")
    assert session(people, text).caller.roles == ("project_viewer",)
    with pytest.raises(UnauthorizedError, match="not enough privilege"):
        assume(people, boss, "bob", "bob")


def test_nobody_becomes_stronger_by_it(people: Any, boss: str) -> None:
    people.admin.create("roles", {"name": "mighty"})
    people.admin.create("policies", {"name": "mighty", "scope": "system", "blob": {"policy": {"*": "allow"}}})
    people.admin.perform("policies", "mighty", "bind-role", {"role_id": "mighty"})
    people.cloud.grant(people.admin, "shop", "users", "ann", "mighty", remove=False)
    with pytest.raises(ForbiddenError, match="can do more than you can"):
        assume(people, boss, "ann", "shop")


def test_who_may_set_passwords_does_not_set_that_of_whom_he_acts_as(people: Any, sysadmin: str) -> None:
    people.admin.create("users", {"name": "root3", "password": SECRET})
    people.cloud.grant(people.admin, "system", "users", "root3", "admin", remove=False)
    text, _ = assume(people, sysadmin, "root3", "system")
    with pytest.raises(ForbiddenError, match="log in with"):
        session(people, text).update("users", "root3", {"password": SECRET + "x"})


def test_keys_and_missing_factors_do_not_do(people: Any, sysadmin: str) -> None:
    key = session(people, sysadmin).create("credentials", {"type": "aksk", "project_id": "system"})
    secret = json.loads(key["blob"])["secret"]
    signed = sign_login(key["id"], secret, "http://cloud/identity/v3/auth/tokens", _now(people))
    identity = {"methods": ["aksk"], "access_key_secret": signed}
    text, _ = people.cloud.authenticate_v3({"auth": {"identity": identity}}, "", "r")
    with pytest.raises(UnauthorizedError, match="all its factors"):
        assume(people, text, "bob", "bob")


def test_a_second_factor_of_the_user_is_not_asked_of_the_administrator(people: Any, sysadmin: str) -> None:
    people.admin.update("users", "bob", {"enable_mfa": True})
    text, _ = assume(people, sysadmin, "bob", "bob")
    assert session(people, text).list("servers").total == 0


def test_it_ends_no_later_than_the_account(people: Any, sysadmin: str) -> None:
    end = _now(people).replace(microsecond=0)
    people.admin.update("users", "bob", {"expired_at": end.isoformat()})
    with pytest.raises(CloudcoreError):
        assume(people, sysadmin, "bob", "bob")


def _now(people: Any) -> Any:
    return people.cloud.platform.clock.now()
