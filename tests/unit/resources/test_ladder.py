"""Actions that every type has by what it is: who may, what they change, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.conftest import plant, put_server

from cloudcore.model.errors import (
    ActionNotFoundError,
    ForbiddenError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
    ResourceNotFoundError,
)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm6pYxYHtpWtdOD7D4hZG8pQ0kkVh4XbQwBrPCBGFPu me"


def test_what_is_frozen_refuses_every_change_until_it_is_unfrozen(people: Any) -> None:
    plant(people)
    put_server(people, "a")
    assert people.bob.perform("servers", "a", "freeze")["freezed"] is True
    with pytest.raises(InvalidStatusError):
        people.bob.update("servers", "a", {"description": "new"})
    with pytest.raises(InvalidStatusError):
        people.bob.perform("servers", "a", "user-metadata", {"env": "prod"})
    assert people.bob.perform("servers", "a", "unfreeze")["freezed"] is False
    assert people.bob.update("servers", "a", {"description": "new"})["description"] == "new"


def test_what_is_disabled_says_so(people: Any) -> None:
    host = plant(people).hosts[0]
    assert people.admin.perform("hosts", host, "enable")["enabled"] is True
    assert people.admin.perform("hosts", host, "disable")["enabled"] is False
    with pytest.raises(ForbiddenError):
        people.bob.perform("hosts", host, "enable")
    assert people.admin.get("hosts", host)["enabled"] is False


def test_tags_are_set_replaced_and_removed(people: Any) -> None:
    plant(people)
    put_server(people, "a")

    def after(action: str, body: Any) -> Any:
        answer = people.bob.perform("servers", "a", action, body)
        assert answer == people.bob.get("servers", "a")
        return answer.get("metadata", {})

    assert after("user-metadata", {"env": "prod", "team": "x"}) == {"user:env": "prod", "user:team": "x"}
    assert after("metadata", {"user:env": "none", "sys:seen": "yes"}) == {"user:team": "x", "sys:seen": "yes"}
    assert after("set-user-metadata", {"only": "one"}) == {"sys:seen": "yes", "user:only": "one"}
    assert after("set-user-metadata", {}) == {"sys:seen": "yes"}


def test_a_status_is_set_by_the_system_only_and_to_one_that_rests(people: Any) -> None:
    plant(people)
    put_server(people, "a")
    with pytest.raises(ForbiddenError):
        people.bob.perform("servers", "a", "status", {"status": "unknown"})
    with pytest.raises(InvalidInputError):
        people.admin.perform("servers", "a", "status", {"status": "starting"})
    with pytest.raises(InvalidInputError):
        people.admin.perform("servers", "a", "status", {"status": "no such thing"})
    told = people.admin.perform("servers", "a", "status", {"status": "unknown", "reason": "looked\nstrange"})
    assert told["status"] == "unknown"
    assert people.admin.get("servers", "a")["status_reason"] == "looked\nstrange"


def test_a_domains_own_thing_moves_to_another_domain_by_the_system_only(people: Any) -> None:
    other = people.admin.create("domains", {"name": "elsewhere"})["id"]
    host = plant(people).hosts[0]
    moved = people.admin.perform("hosts", host, "change-owner", {"project_domain": "elsewhere"})
    assert (moved["domain_id"], moved["domain_src"]) == (other, "local")
    with pytest.raises(ResourceNotFoundError):
        people.admin.perform("hosts", host, "change-owner", {"project_domain": "nowhere"})
    with pytest.raises(InvalidInputError):
        people.admin.perform("hosts", host, "change-owner", {})
    with pytest.raises(ForbiddenError):
        people.bob.perform("hosts", host, "change-owner", {"project_domain": "elsewhere"})


def test_a_projects_own_thing_moves_to_another_project(people: Any) -> None:
    group = people.bob.create("instancegroups", {"name": "g"})
    eve = people.admin.get("projects", "eve")["id"]
    with pytest.raises(ForbiddenError):
        people.bob.perform("instancegroups", "g", "change-owner", {"project": "eve"})
    with pytest.raises(ResourceNotFoundError):
        people.admin.perform("instancegroups", group["id"], "change-owner", {"project": "nobody"})
    assert people.admin.perform("instancegroups", group["id"], "change-owner", {"project": "eve"})["tenant_id"] == eve
    assert people.eve.get("instancegroups", "g")["id"] == group["id"]
    with pytest.raises(ResourceNotFoundError):
        people.bob.get("instancegroups", "g")


def test_an_action_that_a_type_has_not_is_not_found(people: Any) -> None:
    people.bob.create("keypairs", {"name": "k", "public_key": KEY})
    for action in ("freeze", "enable", "fly"):
        with pytest.raises(ActionNotFoundError):
            people.bob.perform("keypairs", "k", action)


def test_somebody_elses_things_are_not_found_by_any_action(people: Any) -> None:
    plant(people)
    theirs = put_server(people, "a", owner="eve")
    for action in ("freeze", "metadata", "status", "change-owner", "user-metadata"):
        with pytest.raises(ResourceNotFoundError):
            people.bob.perform("servers", theirs, action, {"status": "ready"})


def test_tags_must_be_text_under_a_known_prefix(people: Any) -> None:
    plant(people)
    put_server(people, "a")
    for body in ({"user:" + "k" * 80: "v"}, {"user:k": "v" * 70_000}, {"user:k": {"deep": "v" * 70_000}}):
        with pytest.raises((InvalidInputError, MissingParameterError, NotSupportedError)):
            people.bob.perform("servers", "a", "metadata", body)
    assert "metadata" not in people.bob.get("servers", "a")


def test_a_tag_that_is_no_text_is_kept_as_json_and_null_removes(people: Any) -> None:
    plant(people)
    put_server(people, "a")
    people.bob.perform("servers", "a", "metadata", {"routes": {"10.0.0.0/8": "10.1.1.1"}, "n": 4, "on": True, "x": "y"})
    kept = {"routes": '{"10.0.0.0/8": "10.1.1.1"}', "n": "4", "on": "true", "x": "y"}
    assert people.bob.get("servers", "a")["metadata"] == kept
    people.bob.perform("servers", "a", "metadata", {"routes": None, "n": None, "on": None, "x": "none"})
    assert "metadata" not in people.bob.get("servers", "a")
