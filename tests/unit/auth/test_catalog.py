from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from cloudcore.auth.catalog import (
    Endpoint,
    Identified,
    Service,
    TokenFacts,
    TokenUser,
    build_catalog,
    token_v2,
    token_v3,
    wire_time,
)
from cloudcore.auth.tokens import LIFETIME, TokenPayload, TokenScope

NOW = datetime(2026, 8, 21, 1, 0, tzinfo=UTC)

PAYLOAD = TokenPayload(
    user_id="u1",
    user_domain_id="default",
    scope=TokenScope.PROJECT,
    scope_id="p1",
    scope_domain_id="default",
    role_ids=("r1",),
    methods=("password",),
    issued_at=NOW,
    expires_at=NOW + LIFETIME,
    audit_id="a1",
    source="cli",
    ip="10.0.0.9",
)
SERVICES = [
    Service(id="s2", name="region2", type="compute_v2"),
    Service(id="s1", name="keystone", type="identity"),
    Service(id="s3", name="off", type="off", enabled=False),
    Service(id="s4", name="config only", type="common"),
]


def endpoint(id_: str, service_id: str, interface: str = "public", **more) -> Endpoint:
    return Endpoint(
        id=id_, service_id=service_id, region_id="region0", interface=interface, url=f"https://h/{id_}", **more
    )


ENDPOINTS = [
    endpoint("e3", "s2", "public"),
    endpoint("e2", "s2", "internal", name="given"),
    endpoint("e1", "s1"),
    endpoint("e4", "s3"),
    endpoint("e5", "s2", "admin", enabled=False),
    endpoint("e6", "s2", "console"),
    endpoint("e7", "gone"),
]
FACTS = TokenFacts(
    user=TokenUser(who=Identified(id="u1", name="ops1", domain_id="default", domain_name="Default"), displayname="Ops"),
    scope=Identified(id="p1", name="demo", domain_id="default", domain_name="Default"),
    roles=[Identified(id="r1", name="project_owner", domain_id="default", domain_name="Default")],
    policies={"project": ["project-admin"], "domain": [], "system": []},
    catalog=build_catalog(SERVICES, ENDPOINTS),
    projects=[Identified(id="p1", name="demo", domain_id="default", domain_name="Default")],
    role_assignments=[{"role": {"id": "r1"}}],
)
DEFAULT = {"id": "default", "name": "Default"}


def test_catalogue_has_enabled_api_endpoints_only_and_is_ordered():
    assert build_catalog(SERVICES, ENDPOINTS) == [
        {
            "id": "s2",
            "name": "region2",
            "type": "compute_v2",
            "endpoints": [
                {
                    "id": "e2",
                    "name": "given",
                    "interface": "internal",
                    "region": "region0",
                    "region_id": "region0",
                    "url": "https://h/e2",
                },
                {
                    "id": "e3",
                    "name": "compute_v2-public",
                    "interface": "public",
                    "region": "region0",
                    "region_id": "region0",
                    "url": "https://h/e3",
                },
            ],
        },
        {
            "id": "s1",
            "name": "keystone",
            "type": "identity",
            "endpoints": [
                {
                    "id": "e1",
                    "name": "identity-public",
                    "interface": "public",
                    "region": "region0",
                    "region_id": "region0",
                    "url": "https://h/e1",
                }
            ],
        },
    ]
    assert build_catalog(SERVICES[::-1], ENDPOINTS[::-1]) == build_catalog(SERVICES, ENDPOINTS)


def test_project_scoped_reply():
    body = token_v3(PAYLOAD, FACTS, token_id="text")
    assert body["id"] == "text"
    assert body["token"] == {
        "audit_ids": ["a1"],
        "methods": ["password"],
        "issued_at": "2026-08-21T01:00:00.000000Z",
        "expires_at": "2026-08-22T01:00:00.000000Z",
        "is_domain": False,
        "is_admin_project": False,
        "user": {"id": "u1", "name": "ops1", "domain": DEFAULT, "displayname": "Ops", "is_system_account": False},
        "project": {"id": "p1", "name": "demo", "domain": DEFAULT},
        "roles": [{"id": "r1", "name": "project_owner"}],
        "policies": {"project": ["project-admin"], "domain": [], "system": []},
        "catalog": FACTS.catalog,
        "context": {"source": "cli", "ip": "10.0.0.9"},
    }


def test_domain_scoped_reply_names_the_domain_twice():
    payload = attrs.evolve(PAYLOAD, scope=TokenScope.DOMAIN, scope_id="default")
    token = token_v3(payload, attrs.evolve(FACTS, scope=Identified(**DEFAULT)))["token"]
    assert token["is_domain"] is True
    assert token["project"] == token["domain"] == DEFAULT
    assert token["catalog"]


def test_unscoped_reply_lists_projects_and_has_no_catalogue():
    payload = attrs.evolve(PAYLOAD, scope=TokenScope.UNSCOPED, scope_id="", scope_domain_id="", role_ids=())
    token = token_v3(payload, attrs.evolve(FACTS, scope=None))["token"]
    assert token["projects"] == [{"id": "p1", "name": "demo", "domain": DEFAULT}]
    assert token["role_assignments"] == [{"role": {"id": "r1"}}]
    assert not {"project", "roles", "policies", "catalog", "domain"} & set(token)


def test_verification_does_not_repeat_the_token():
    assert "id" not in token_v3(PAYLOAD, FACTS)


def test_access_key_expiry_and_root_of_the_chain_are_shown():
    facts = attrs.evolve(
        FACTS,
        access_key={"access_key": "k", "secret": "s", "expire": 0},
        user=attrs.evolve(FACTS.user, password_expires_at=NOW, email="o@example.com", is_system_account=True),
    )
    token = token_v3(attrs.evolve(PAYLOAD, ancestors=("parent", "root")), facts)["token"]
    assert token["access_key"] == {"access_key": "k", "secret": "s", "expire": 0}
    assert token["audit_ids"] == ["a1", "root"]
    assert token["user"]["password_expires_at"] == "2026-08-21T01:00:00.000000Z"
    assert token["user"]["is_system_account"] is True
    assert "secret" not in repr(facts)


def test_v2_reply_is_snake_case_with_one_entry_per_region():
    access = token_v2(PAYLOAD, FACTS, token_id="text")["access"]
    assert access["token"] == {
        "id": "text",
        "expires": "2026-08-22T01:00:00.000000Z",
        "tenant": {"id": "p1", "name": "demo", "domain": DEFAULT, "enabled": True, "description": ""},
    }
    assert access["service_catalog"][0]["endpoints"] == [
        {"id": "e2", "region": "region0", "internal_url": "https://h/e2", "public_url": "https://h/e3"}
    ]
    assert access["serviceCatalog"][0]["endpoints"] == [
        {"id": "e2", "region": "region0", "internalURL": "https://h/e2", "publicURL": "https://h/e3"}
    ]
    assert access["user"]["username"] == "ops1"
    assert access["metadata"] == {"is_admin": 0, "roles": ["project_owner"]}


def test_unscoped_v2_reply_lists_tenants():
    payload = attrs.evolve(PAYLOAD, scope=TokenScope.UNSCOPED, scope_id="", role_ids=())
    access = token_v2(payload, attrs.evolve(FACTS, scope=None, roles=()), token_id="text")["access"]
    assert [tenant["id"] for tenant in access["tenants"]] == ["p1"]
    assert "service_catalog" not in access
    assert access["serviceCatalog"] == []
    assert "tenant" not in access["token"]


def test_times_are_utc_with_microseconds():
    east = timezone(timedelta(hours=8))
    assert wire_time(datetime(2026, 8, 21, 9, 0, 0, 5, tzinfo=east)) == "2026-08-21T01:00:00.000005Z"


@pytest.mark.parametrize(
    ("name", "domain", "admin"), [("system", "default", True), ("system", "d2", False), ("web", "default", False)]
)
def test_one_project_is_that_of_administrators(name, domain, admin):
    facts = attrs.evolve(FACTS, scope=Identified(id="p", name=name, domain_id=domain, domain_name="any"))
    assert token_v3(PAYLOAD, facts)["token"]["is_admin_project"] is admin
