from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.request import UNSCOPED, ScopeRef, login_refused, parse_v2, parse_v3
from cloudcore.model.errors import (
    CloudcoreError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    UnauthorizedError,
)

USER = {"name": "ops1", "password": "s3cret!", "domain": {"name": "Default"}}


def v3(identity=None, **auth):
    default = {"methods": ["password"], "password": {"user": USER}}
    return {"auth": {"identity": default if identity is None else identity, **auth}}


def by_method(method: str, **more):
    return v3({"methods": [method], "password": {"user": USER}, **more})


def test_password_login_to_a_project():
    request = parse_v3(
        v3(
            scope={"project": {"name": "demo", "domain": {"id": "default"}}},
            context={"source": "cli", "ip": "10.0.0.9"},
        )
    )
    assert (request.method, request.user_name, request.user_domain_name) == ("password", "ops1", "Default")
    assert request.password == "s3cret!"
    assert request.scope == ScopeRef(project_name="demo", domain_id="default")
    assert request.scope.is_project
    assert (request.source, request.claimed_ip) == ("cli", "10.0.0.9")


def test_ids_go_before_names():
    user = {"id": "u1", "name": "x", "password": "p", "domain": {"id": "d1", "name": "y"}}
    request = parse_v3(v3({"methods": ["password"], "password": {"user": user}}))
    assert (request.user_id, request.user_name, request.user_domain_id, request.user_domain_name) == (
        "u1",
        "",
        "d1",
        "",
    )


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (None, UNSCOPED),
        ({}, UNSCOPED),
        ("unscoped", UNSCOPED),
        ({"project": {}}, UNSCOPED),
        ({"project": {"id": "p1"}}, ScopeRef(project_id="p1")),
        ({"project": {"name": "demo"}}, ScopeRef(project_name="demo")),
        ({"domain": {"id": "d1"}}, ScopeRef(domain_id="d1")),
        ({"domain": {"name": "Default"}}, ScopeRef(domain_name="Default")),
        ({"project": {"id": "p1"}, "domain": {"id": "d1"}}, ScopeRef(project_id="p1")),
    ],
)
def test_scopes(scope, expected: ScopeRef):
    request = parse_v3(v3(scope=scope))
    assert request.scope == expected
    assert request.scope.unscoped == (expected == UNSCOPED)


def test_unknown_method_counts_as_password():
    assert parse_v3(by_method("nosuch")).method == "password"
    assert parse_v3(by_method("Password")).method == "password"


@pytest.mark.parametrize("methods", [None, [], ["password", "token"], ["password", "password"]])
def test_exactly_one_method_is_needed(methods):
    with pytest.raises(UnauthorizedError):
        parse_v3(v3({"methods": methods, "password": {"user": USER}}))


@pytest.mark.parametrize("method", ["cas", "saml", "oidc", "oauth2", "verify", "totp", "SAML"])
def test_methods_that_are_not_offered_say_so(method: str):
    with pytest.raises(NotSupportedError, match=method.lower()):
        parse_v3(by_method(method))


def test_the_scope_may_be_the_whole_system_and_nothing_beside_it():
    assert parse_v3(v3(scope={"system": {"all": True}})).scope == ScopeRef(system=True)
    for scope in ({"system": {"all": 1}}, {"system": {}}, {"system": {"all": True}, "domain": {"id": "d"}}):
        with pytest.raises(InvalidInputError):
            parse_v3(v3(scope=scope))


def test_token_access_key_and_assume_logins():
    assert parse_v3(v3({"methods": ["token"], "token": {"id": "t1"}})).token == "t1"
    aksk = parse_v3(v3({"methods": ["aksk"], "access_key_secret": '{"a":1}'}, scope={"project": {"id": "other"}}))
    assert (aksk.access_key, aksk.scope) == ('{"a":1}', UNSCOPED)
    assume = {"methods": ["assume"], "token": {"id": "admin"}, "assume": {"user": {"id": "u2"}}}
    request = parse_v3(v3(assume, scope={"project": {"id": "p1"}}))
    assert (request.method, request.token, request.user_id) == ("assume", "admin", "u2")
    with pytest.raises(MissingParameterError):
        parse_v3(v3(assume))
    with pytest.raises(MissingParameterError):
        parse_v3(v3({**assume, "token": {}}, scope={"project": {"id": "p1"}}))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (v3({"methods": ["password"]}), "auth.identity.password.user.name"),
        (v3({"methods": ["password"], "password": {"user": {"name": "x"}}}), "auth.identity.password.user.password"),
        (v3({"methods": ["password"], "password": {"user": {"password": "x"}}}), "auth.identity.password.user.name"),
        (v3({"methods": ["password"], "password": []}), "auth.identity.password"),
        (v3({"methods": ["password"], "password": {"user": "x"}}), "auth.identity.password.user"),
        (v3({"methods": ["token"]}), "auth.identity.token.id"),
        (v3({"methods": ["token"], "token": {"id": 7}}), "auth.identity.token.id"),
        (v3({"methods": ["token"], "token": {"id": "x" * 20_000}}), "auth.identity.token.id"),
        (v3({"methods": ["token"], "token": {"id": "a\r\nX-Roles: admin"}}), "auth.identity.token.id"),
        (v3({"methods": ["aksk"]}), "auth.identity.access_key_secret"),
        (
            v3({"methods": ["assume"], "token": {"id": "t"}}, scope={"project": {"id": "p"}}),
            "auth.identity.assume.user.name",
        ),
        (v3({"methods": "password"}), "auth.identity.methods"),
        (v3({"methods": [{}]}), "auth.identity.methods.0"),
        (v3([]), "auth.identity"),
        (v3(scope=[]), "auth.scope"),
        (v3(scope={"project": "p1"}), "auth.scope.project"),
        (v3(scope={"project": {"id": ["p1"]}}), "auth.scope.project.id"),
        (v3(scope={"project": {"id": "x" * 300}}), "auth.scope.project.id"),
        (v3(context="cli"), "auth.context"),
        (v3(context={"ip": 1}), "auth.context.ip"),
        ([], "body"),
        ({"auth": []}, "auth"),
    ],
)
def test_malformed_member_is_named(body, field: str):
    with pytest.raises(InvalidInputError) as caught:
        parse_v3(body)
    assert caught.value.field == field


@pytest.mark.parametrize("password", [7, ["x"], "x" * 1025, "é" * 1000, "\ud800", None])
def test_malformed_password_is_refused_without_being_repeated(password):
    with pytest.raises(InvalidInputError) as caught:
        parse_v3(v3({"methods": ["password"], "password": {"user": {"name": "x", "password": password}}}))
    assert "xxxx" not in str(caught.value)
    assert "éé" not in str(caught.value)


def test_empty_password_is_a_wrong_one_and_not_malformed():
    request = parse_v3(v3({"methods": ["password"], "password": {"user": {"name": "x", "password": ""}}}))
    assert request.password == ""


def test_secrets_are_not_in_the_representation():
    request = parse_v3(v3())
    assert "s3cret" not in repr(request)


def test_unknown_source_is_api():
    assert parse_v3(v3(context={"source": "Browser"})).source == "api"
    assert parse_v3(v3()).source == "api"
    assert parse_v3(v3(context={"source": "WEB"})).source == "web"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda deeper: (
        st.lists(deeper, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["auth", "identity", "methods", "password", "user", "name", "scope", "token", "id", "project"]
            ),
            deeper,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_refused_with_an_error_of_ours(body):
    for parse in (parse_v3, parse_v2):
        try:
            request = parse({"auth": body})
        except CloudcoreError:
            continue
        assert request.token or request.access_key or request.user_id or request.user_name


def test_v2_logins():
    credentials = {"username": "ops1", "password": "p"}
    request = parse_v2(
        {"auth": {"passwordCredentials": credentials, "tenantName": "demo", "context": {"source": "cli"}}}
    )
    assert (request.method, request.user_name, request.password) == ("password", "ops1", "p")
    assert request.scope == ScopeRef(project_name="demo")
    assert request.source == "cli"
    assert parse_v2({"auth": {"token": {"id": "t1"}, "tenantId": "p1"}}).token == "t1"
    assert parse_v2({"auth": {"token": {"id": ""}, "passwordCredentials": credentials}}).method == "password"
    with pytest.raises(MissingParameterError) as caught:
        parse_v2({"auth": {}})
    assert caught.value.field == "auth.passwordCredentials.username"


def test_attempts_are_counted_by_what_was_written_whether_it_exists_or_not():
    request = parse_v3(v3())
    assert request.attempt_key() == "name:default:ops1"
    assert request.attempt_key("d1") == "name:d1:ops1"
    shouting = parse_v3(v3({"methods": ["password"], "password": {"user": {**USER, "name": "OPS1"}}}))
    assert shouting.attempt_key() == request.attempt_key()
    by_id = parse_v3(v3({"methods": ["password"], "password": {"user": {"id": "u1", "password": "p"}}}))
    assert by_id.attempt_key() == "id:u1"


def test_refused_logins_look_alike():
    first, second = login_refused("no such user"), login_refused("wrong password")
    assert (str(first), first.code, first.data, first.field) == (str(second), second.code, second.data, second.field)
    assert first.internal == "no such user"
