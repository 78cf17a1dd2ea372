"""A tenant that leaves: nothing is left of its project and its domain but what the history says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.resources.conftest import SECRET

from cloudcore.model.errors import NotEmptyError, UnauthorizedError

REMEMBERED = ("history", "revocations", "idempotencies")


def traces(people: Any, ident: str) -> list[str]:
    """Where an id is still written."""
    rows = people.cloud.platform.uow.rows
    return [
        f"{plural} {row.id}"
        for plural, found in rows.items()
        if plural not in REMEMBERED
        for row in found.values()
        if ident in json.dumps(vars(row), default=str)
    ]


@pytest.fixture
def tenant(people: Any) -> tuple[str, str]:
    """A domain and its project, with a user who has roles in both, quotas, and something that is shared with them."""
    admin = people.admin
    home = admin.create("domains", {"name": "acme"})["id"]
    project = admin.create("projects", {"name": "shop", "domain": home})["id"]
    admin.create("users", {"name": "ann", "password": SECRET, "domain": home})
    admin.perform("projects", project, "join", {"users": ["ann"], "roles": ["project_viewer"]})
    for plural, ident in (("projects", project), ("domains", home)):
        admin.perform("quotas", plural, ident, {"cpu": 7})
    admin.create("secgroups", {"name": "shown"})
    admin.perform("secgroups", "shown", "public", {"scope": "project", "shared_project_ids": [project]})
    return home, project


def test_with_a_project_go_roles_quotas_and_shares_and_its_tokens_are_void(people: Any, tenant: Any) -> None:
    _, project = tenant
    user = {"name": "ann", "password": SECRET, "domain": {"name": "acme"}}
    login = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": {"project": {"id": project}}}
    token, _ = people.cloud.authenticate_v3({"auth": login}, "10.0.0.1", "r1")
    people.cloud.session_for(token, peer="10.0.0.1", request_id="r2").list("servers")
    assert traces(people, project)

    people.admin.delete("projects", project)

    assert traces(people, project) == []
    with pytest.raises(UnauthorizedError):
        people.cloud.session_for(token, peer="10.0.0.1", request_id="r3").list("servers")


def test_a_project_that_owns_something_stays_with_all_it_has(people: Any, tenant: Any) -> None:
    _, project = tenant
    before = traces(people, project)
    people.admin.create("secgroups", {"name": "own", "project": project})

    with pytest.raises(NotEmptyError):
        people.admin.delete("projects", project)

    assert set(before) < set(traces(people, project))


def test_with_a_domain_goes_what_says_something_of_it(people: Any, tenant: Any) -> None:
    home, project = tenant
    admin = people.admin
    admin.delete("projects", project)
    admin.delete("users", "ann")
    admin.perform("domains", home, "disable", {})

    admin.delete("domains", home)

    assert traces(people, home) == []
