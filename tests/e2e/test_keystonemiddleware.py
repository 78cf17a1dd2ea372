"""A service of OpenStack's kind, which lets nobody in whom identity does not know: keystonemiddleware, unmodified."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from .openstack_client import settings
from .processes import Up
from .test_openstack import PASSWORD, session_of

pytestmark = pytest.mark.filterwarnings("ignore")
Answer = tuple[int, Mapping[str, Any]]


@pytest.fixture(scope="module")
def service(shared: Up) -> Callable[[str], Answer]:
    """The status for a token, and what the service is told of who has it."""
    from keystonemiddleware import auth_token

    known = settings(shared)
    told: list[Mapping[str, Any]] = []

    def program(environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        told.append(environ)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]

    guarded = auth_token.filter_factory(
        {},
        auth_type="password",
        auth_url=known["OS_AUTH_URL"],
        www_authenticate_uri=known["OS_AUTH_URL"],
        username=known["OS_USERNAME"],
        password=known["OS_PASSWORD"],
        project_name=known["OS_PROJECT_NAME"],
        user_domain_name="Default",
        project_domain_name="Default",
        token_cache_time=-1,
    )(program)

    def ask(token: str) -> Answer:
        environ: dict[str, Any] = {"HTTP_X_AUTH_TOKEN": token} if token else {}
        setup_testing_defaults(environ)
        status: list[str] = []
        told.clear()
        b"".join(guarded(environ, lambda line, _headers, _error=None: status.append(line)))
        return int(status[-1].split()[0]), told[-1] if told else {}

    return ask


def test_the_service_is_told_who_calls(shared: Up, service: Callable[[str], Answer]) -> None:
    status, told = service(session_of(shared).get_token())
    assert status == 200
    assert (told["HTTP_X_USER_NAME"], told["HTTP_X_PROJECT_NAME"], told["HTTP_X_ROLES"]) == (
        "sysadmin",
        "system",
        "admin",
    )
    assert told["HTTP_X_IS_ADMIN_PROJECT"] == "True"


def test_a_project_is_that_of_administrators_where_it_is_said(shared: Up, service: Callable[[str], Answer]) -> None:
    with shared.session() as admin:
        project = admin.create("projects", {"name": "guarded"})
        user = admin.create("users", {"name": "guard", "password": PASSWORD})
        role = admin.list("roles", {"name": "project_owner"}).items[0]
        admin.perform("projects", project["id"], "join", {"users": [user["id"]], "roles": [role["id"]]})
        of_project: dict[str, Any] = {"project_name": "guarded", "project_domain_id": "default"}
        login = session_of(shared, username="guard", password=PASSWORD, **of_project)
        status, told = service(login.get_token())
        assert (status, told["HTTP_X_IS_ADMIN_PROJECT"], told["HTTP_X_PROJECT_ID"]) == (200, "False", project["id"])
        admin.update("users", user["id"], {"enabled": False})
        assert service(login.get_token())[0] == 401


@pytest.mark.parametrize("token", ["", "deadbeef" * 8, "cc1.0.AAAA", "a b", "é"])
def test_who_is_not_known_is_not_let_in(service: Callable[[str], Answer], token: str) -> None:
    assert service(token) == (401, {})


def test_a_revoked_token_is_void_there_too(shared: Up, service: Callable[[str], Answer]) -> None:
    session, doomed = session_of(shared), session_of(shared).get_token()
    assert service(doomed)[0] == 200
    identity = {"service_type": "identity"}
    session.delete("/auth/tokens", endpoint_filter=identity, headers={"X-Subject-Token": doomed})
    assert service(doomed) == (401, {})
