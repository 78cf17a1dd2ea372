"""Plans over HTTP: every type, every caller, and what has none."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.every_type import SERVED, Place, ident, url
from tests.wire.exchange import SECRET

from cloudcore.model.resource import Resource, Verb, field_map


@pytest.fixture(scope="module")
def place() -> Any:
    """A world with three rows of every type."""
    return Place()


def told(answer: Any, resource: Resource[Any]) -> Any:
    """The class of a refusal, or the content of the envelope."""
    body = answer.json()
    return body.get("class") or body.get("error", {}).get("class") or body[resource.singular]


@pytest.mark.parametrize("resource", [r for r in SERVED if r.joint is None], ids=lambda r: r.plural)
def test_a_plan_is_refused_as_the_call_is_and_applied_as_it_was_made(place: Place, resource: Resource[Any]) -> None:
    """Deleting and changing a row of every type."""
    calls = [("DELETE", Verb.DELETE, {}, 1)]
    if "description" in field_map(resource.entity):
        calls.append(("PUT", Verb.UPDATE, {resource.singular: {"description": "planned"}}, 2))
    for method, verb, body, number in calls:
        if verb not in resource.verbs:
            continue
        path = url(resource, ident(resource, number))
        planned = place.ask("admin", method, f"{path}?plan=true", json=body)
        if planned.status_code != 200 and told(planned, resource) == "NotSupportedError":
            continue
        if planned.status_code != 200:
            done = place.ask("admin", method, path, json=body)
            assert (planned.status_code, told(planned, resource)) == (done.status_code, told(done, resource))
            continue
        plan = told(planned, resource)
        assert plan["state"] == "open"
        assert place.ask("admin", "GET", path).status_code == 200
        applied = place.ask("admin", "POST", f"/compute/plans/{plan['id']}/apply", json={})
        assert applied.status_code == 200, applied.json()
        assert applied.json()["plan"]["state"] == "applied"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v3/auth/tokens"),
        ("DELETE", "/v3/auth/tokens"),
        ("POST", "/image/v1/images"),
        ("PUT", "/image/v1/images/row-images-1"),
        ("POST", "/compute/quotas"),
        ("PUT", "/v3/groups/row-groups-1/users/row-users-1"),
        ("POST", "/scheduler/scheduler"),
        ("POST", "/api/v1/auth/login"),
    ],
)
def test_what_has_no_plan_is_not_done(place: Place, method: str, path: str) -> None:
    """A request with `plan` never does anything, whoever answers it."""
    answer = place.ask("admin", method, f"{path}?plan=true", json={})
    assert answer.status_code == 406, answer.text
    assert "plan" in answer.text
    assert place.ask("admin", method, f"{path}?plan=perhaps", json={}).status_code == 400


def test_plans_are_their_owners(place: Place) -> None:
    """Another user finds none of them, and applies none of them; applied twice, it is done once."""
    place.make("user", {"name": "carol", "password": SECRET})
    place.ask("admin", "PUT", "/v3/projects/proj1/users/carol/roles/project_owner", json={})
    place.tokens["carol"] = place.login("carol", SECRET, "proj1")
    path = url(place.place.cloud.platform.types["keypairs"])
    made = place.ask("bob", "POST", f"{path}?plan=true", json={"keypair": {"name": "planned", "scheme": "ED25519"}})
    assert made.status_code == 200, made.text
    plan = made.json()["keypair"]["id"]
    assert place.ask("carol", "GET", f"/compute/plans/{plan}").status_code == 404
    assert place.ask("carol", "POST", f"/compute/plans/{plan}/apply", json={}).status_code == 404
    assert place.ask("bob", "POST", f"/compute/plans/{plan}/apply", json={}).status_code == 200
    again = place.ask("bob", "POST", f"/compute/plans/{plan}/apply", json={})
    assert (again.status_code, again.json()["class"]) == (409, "ConflictError")
