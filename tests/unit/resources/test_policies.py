"""Policies as they are made, handed on, limited to tags, and explained."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.resources.conftest import SECRET, People

from cloudcore.auth.caller import GUEST
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    ResourceNotFoundError,
    UnauthorizedError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.session import LOGS
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES
from cloudcore_adapters.memory.cloud import PASSWORD
from cloudcore_adapters.rest.app import build_app
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

LIST = {"policy": {"compute": {"secgroups": {"list": "allow", "get": "allow"}}}}


def explained(session: Session, request: str, **more: Any) -> Any:
    return session.perform_class("policies", "explain", {"request": request, **more})


def with_role(people: People, name: str, role: str, project: str = "bob") -> Session:
    people.admin.create("users", {"name": name, "password": SECRET})
    people.admin.perform("users", name, "join", {"projects": [project], "roles": [role]})
    return people.cloud.login(name, SECRET, project=project)


def test_what_is_allowed_names_the_rule_its_policy_and_its_role(people: People) -> None:
    answer = explained(people.bob, "compute servers perform start")
    assert answer["allowed"] is True
    assert (answer["policy"], answer["rule"], answer["role"]) == ("project-admin", "* * *: allow", "project_owner")
    assert answer["granted_scope"] == "project"
    assert "needed" not in answer
    assert [o["policy"] for o in answer["opinions"] if o["decides"]] == ["project-admin"]


def test_what_is_refused_names_what_denies_it_and_what_would_allow_it(people: People) -> None:
    viewer = with_role(people, "vera", "project_viewer")
    answer = explained(viewer, "compute servers perform start")
    assert answer["allowed"] is False
    assert "project-viewer says * * *: deny" in answer["summary"]
    needed = answer["needed"]
    assert needed["rule"] == "compute servers perform start: allow"
    assert needed["scopes"] == ["project", "domain", "system"]
    assert needed["roles"][0] == "normal_user"
    assert "project-editor" in needed["policies"]
    with pytest.raises(ForbiddenError):
        viewer.create("servers", {})


def test_what_no_policy_speaks_of_is_said_to_be_so(people: People) -> None:
    people.admin.create("roles", {"name": "empty"})
    nobody = with_role(people, "nora", "empty")
    answer = explained(nobody, "compute servers list")
    assert answer["allowed"] is False
    assert answer["opinions"] == []
    assert "no policy says anything about it" in answer["summary"]


def test_others_are_asked_about_by_name_or_id_by_who_may_check_policies(people: People) -> None:
    vera = with_role(people, "vera", "project_viewer")
    ident = people.admin.get("users", "vera")["id"]
    for who in ("vera", ident):
        answer = explained(people.admin, "compute:servers:delete", user=who, project="bob")
        assert (answer["allowed"], answer["user_id"], answer["roles"]) == (False, ident, ["project_viewer"])
    elsewhere = explained(people.admin, "compute servers list", user="vera")
    assert (elsewhere["allowed"], elsewhere["roles"]) == (False, [])
    supposed = explained(people.admin, "compute servers delete", roles=["project_owner"], project="bob")
    assert supposed["allowed"] is True
    with pytest.raises(ResourceNotFoundError):
        explained(people.admin, "compute servers list", user="nobody")
    with pytest.raises((ForbiddenError, ResourceNotFoundError)):
        explained(vera, "compute servers list", user="bob", project="bob")


def test_bindings_that_do_not_hold_say_why(people: People) -> None:
    people.admin.create("roles", {"name": "guarded"})
    for name, limit in (
        ("here", {"ips": "10.0.0.0/8"}),
        ("later", {"valid_since": "2999-01-01T00:00:00Z"}),
        ("over", {"valid_until": "2001-01-01T00:00:00Z"}),
        ("there", {"project_id": "eve"}),
    ):
        people.admin.create("policies", {"name": name, "blob": LIST, "scope": "project"})
        people.admin.perform("roles", "guarded", "add-policy", {"policy_id": name, **limit})
    guarded = with_role(people, "gus", "guarded")
    answer = explained(guarded, "compute secgroups list")
    assert answer["allowed"] is False
    assert {one["policy"]: one["why"].split(" ")[1] for one in answer["inactive"]} == {
        "here": "from",
        "later": "from",
        "over": "until",
        "there": "in",
    }
    assert explained(guarded, "compute secgroups list", login_ip="10.1.2.3")["policy"] == "here"


def test_one_thing_is_reached_or_not_and_it_is_said_why(people: People) -> None:
    own = people.bob.create("secgroups", {"name": "own"})["id"]
    shown = people.eve.create("secgroups", {"name": "shown"})["id"]
    people.admin.perform("secgroups", shown, "public", {"scope": "system"})
    assert explained(people.bob, "compute secgroups delete", id=own)["object"]["reached"] is True
    refused = explained(people.bob, "compute secgroups delete", id=shown)
    assert refused["object"]["reached"] is False
    assert "reading only" in refused["object"]["why"]
    assert "but not for shown" in refused["summary"]
    assert explained(people.bob, "compute secgroups get", id=shown)["object"]["reached"] is True
    hidden = people.eve.create("secgroups", {"name": "hidden"})["id"]
    with pytest.raises(ResourceNotFoundError):
        explained(people.bob, "compute secgroups get", id=hidden)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "service"),
        ({"service": "compute"}, "resource"),
        ({"request": "compute servers"}, "action"),
        ({"request": "compute servers sing"}, "action"),
        ({"request": "compute servers list", "scope": "galaxy"}, "scope"),
        ({"request": "meter bills list", "id": "x"}, "id"),
    ],
)
def test_questions_that_are_none_name_the_field(people: People, body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        people.bob.perform_class("policies", "explain", body)
    assert caught.value.field == field


def test_types_that_others_serve_are_explained_too(people: People) -> None:
    answer = explained(people.bob, "meter bills list")
    assert (answer["allowed"], answer["scope"]) == (True, "project")


def test_it_is_asked_over_rest_and_by_climc(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    client = TestClient(build_app(people.cloud))
    user = {"domain": {"name": "Default"}, "name": "bob", "password": SECRET}
    scope = {"project": {"domain": {"name": "Default"}, "name": "bob"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    token = client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]
    body = {"policy": {"service": "compute", "resource": "servers", "action": "perform", "extra": ["start"]}}
    answer = client.post("/v3/policies/explain", json=body, headers={"X-Auth-Token": token})
    assert answer.json()["policy"]["policy"] == "project-admin"
    assert run(["policy-explain", "compute", "hosts", "list", "--scope", "domain"], Runtime({}, people.bob)) == 0
    told = capsys.readouterr().out
    assert "compute hosts list at domain scope is refused" in told
    assert "needed: compute hosts list: allow, at domain or system scope" in told
    requests = ["--request", "project:compute:servers:list", "--request", "compute:servers:delete", "-o", "json"]
    assert run(["policy-explain", *requests], Runtime({}, people.bob)) == 0
    assert capsys.readouterr().out.count('"allowed": true') == 2
    assert run(["policy-explain"], Runtime({}, people.bob)) != 0


def test_services_read_what_holds_for_the_caller_and_for_others(people: People) -> None:
    mine = people.cloud.policies_of(people.bob)
    assert mine == {"names": {"project": ["project-admin"]}, "policies": {"project": [{"*": {"*": {"*": "allow"}}}]}}
    bob = people.admin.get("users", "bob")["id"]
    project = people.admin.get("projects", "bob")["id"]
    assert people.cloud.policies_for(people.admin, {"user_id": bob, "project_id": project}) == mine
    assert people.cloud.policies_for(people.bob, {}) == {"names": {}, "policies": {}}
    with pytest.raises((ForbiddenError, ResourceNotFoundError)):
        people.cloud.policies_for(people.eve, {"user_id": bob, "project_id": project})


def test_guests_of_the_library_read_nothing(people: People) -> None:
    guest = people.cloud.session(GUEST)
    for plural in (*LOGS, *(r.plural for r in people.cloud.resources if r.service != "internal"), "quotas"):
        with pytest.raises(UnauthorizedError):
            guest.list(plural)


# What is made and handed on


def test_documents_and_tags_that_are_none_are_refused(people: People) -> None:
    for body, field in (
        ({"blob": {"policy": {"compute": "perhaps"}}}, "blob.policy.compute"),
        ({"blob": LIST, "object_tags": [[{"value": "x"}]]}, "object_tags.0.0.key"),
    ):
        with pytest.raises((InvalidFormatError, MissingParameterError)) as caught:
            people.admin.create("policies", {"name": "bad", **body})
        assert caught.value.field == field
    with pytest.raises(ResourceNotFoundError):
        people.admin.get("policies", "bad")


def test_nobody_makes_changes_or_hands_on_more_than_he_may_do(people: People) -> None:
    editor = with_role(people, "ed", "domain_editor")
    guard = with_role(people, "sue", "domain_secadmin")
    people.admin.create("roles", {"name": "free"})
    people.admin.create("policies", {"name": "small", "blob": LIST, "scope": "project"})
    wide = {"policy": {"*": {"*": {"*": "allow"}}}}
    with pytest.raises(ForbiddenError, match="can do more than you can"):
        guard.create("policies", {"name": "mine", "blob": wide, "scope": "domain"})
    with pytest.raises(ForbiddenError, match="can do more than you can"):
        editor.update("policies", "small", {"blob": wide})
    assert people.admin.get("policies", "small")["blob"] == LIST
    for session in (editor, guard):
        for role in ("domainadmin", "project_owner"):
            with pytest.raises(ForbiddenError, match="can do more than you can"):
                session.perform("users", "ed", "join", {"projects": ["bob"], "roles": [role]})
        with pytest.raises(ForbiddenError, match="can do more than you can"):
            session.perform("roles", "free", "add-policy", {"policy_id": "domain-admin"})
    editor.perform("users", "eve", "join", {"projects": ["bob"], "roles": ["project_viewer"]})
    editor.perform("roles", "free", "add-policy", {"policy_id": "small"})


def test_an_editor_takes_over_no_administrator_by_his_password(people: People) -> None:
    editor = with_role(people, "ed", "domain_editor")
    with_role(people, "dora", "domainadmin")
    with_role(people, "vera", "project_viewer")
    with pytest.raises(ForbiddenError):
        editor.update("users", "dora", {"password": "Another-horse-staple-2"})
    editor.update("users", "vera", {"password": "Another-horse-staple-2"})
    people.cloud.login("vera", "Another-horse-staple-2", project="bob")


def test_policies_of_the_platform_are_changed_by_its_administrator_alone(people: People) -> None:
    domain = with_role(people, "dora", "domainadmin")
    with pytest.raises(ForbiddenError):
        domain.update("policies", "project-viewer", {"description": "x"})
    assert people.admin.update("policies", "project-viewer", {"description": "x"})["description"] == "x"
    with pytest.raises(ForbiddenError):
        people.admin.delete("policies", "project-viewer")


def test_the_first_administrator_makes_policies_where_none_is_left(people: People) -> None:
    with people.cloud.platform.uow.write(Author()) as tx:
        for row in tx.of(ROLEPOLICIES, PLATFORM).find():
            tx.of(ROLEPOLICIES, PLATFORM).remove(row)
        tx.commit()
    again = people.cloud.login("sysadmin", PASSWORD, project="system")
    people.cloud.platform.policies.forget()
    with pytest.raises(ForbiddenError):
        again.create("domains", {"name": "d"})
    everything = {"policy": {"*": {"*": {"*": "allow"}}}}
    again.create("policies", {"name": "anew", "blob": everything, "scope": "system"})
    again.perform("roles", "admin", "add-policy", {"policy_id": "anew"})
    people.cloud.platform.policies.forget()
    assert again.create("domains", {"name": "d"})["name"] == "d"
    other = people.cloud.login("bob", SECRET, project="bob")
    with pytest.raises(ForbiddenError):
        other.create("policies", {"name": "mine", "blob": LIST})


# Limits by tags


def limited(people: People, **tags: Any) -> Session:
    blob = {"policy": {"compute": {"secgroups": "allow"}}}
    people.admin.create("policies", {"name": "tagged", "blob": blob, "scope": "domain", **tags})
    people.admin.create("roles", {"name": "tagged"})
    people.admin.perform("roles", "tagged", "add-policy", {"policy_id": "tagged"})
    return with_role(people, "tess", "tagged")


def groups(session: Session) -> list[str]:
    return sorted(
        row["name"] for row in session.list("secgroups", {"scope": "domain"}).items if row["name"] != "Default"
    )


PROD = [[{"key": "user:env", "value": "prod"}]]


def make_groups(people: People) -> None:
    people.bob.create("secgroups", {"name": "plain"})
    people.bob.create("secgroups", {"name": "marked"})
    people.bob.perform("secgroups", "marked", "user-metadata", {"env": "prod"})
    people.eve.create("secgroups", {"name": "eves"})


def test_a_policy_reaches_only_what_has_its_tags(people: People) -> None:
    make_groups(people)
    tess = limited(people, object_tags=PROD)
    assert groups(tess) == ["marked"]
    tess.update("secgroups", "marked", {"description": "x"})
    with pytest.raises(ResourceNotFoundError):
        tess.update("secgroups", "plain", {"description": "x"})
    answer = explained(tess, "compute secgroups delete", id="marked")
    assert answer["limits"] == [{"object_tags": PROD}]


def test_a_policy_reaches_only_projects_with_its_tags(people: People) -> None:
    make_groups(people)
    tess = limited(people, project_tags=PROD)
    assert groups(tess) == []
    people.admin.perform("projects", "bob", "user-metadata", {"env": "prod"})
    assert groups(tess) == ["marked", "plain"]
    assert people.cloud.policies_of(tess)["policies"]["domain"][0]["project_tags"] == PROD


def test_a_policy_reaches_only_domains_with_its_tags(people: People) -> None:
    make_groups(people)
    tess = limited(people, domain_tags=PROD)
    assert groups(tess) == []
    people.admin.perform("domains", "Default", "user-metadata", {"env": "prod"})
    assert groups(tess) == ["eves", "marked", "plain"]


def test_nothing_is_made_outside_the_tags_of_a_policy(people: People) -> None:
    tess = limited(people, object_tags=PROD)
    with pytest.raises(ForbiddenError, match="tags"):
        tess.create("secgroups", {"name": "new"})
    assert tess.create("secgroups", {"name": "new", "__meta__": {"user:env": "prod"}})["name"] == "new"
