"""The scheduler through the gateway, and what the gateway knows and has not."""

from __future__ import annotations

import pytest
from tests.wire.test_cloud import Cloud
from tests.wire.test_gateway import Gateway

ASKED = {"vcpu_count": 1, "vmem_size": 1024, "disks": [{"size": 10240}], "hypervisor": "kvm"}


@pytest.fixture(scope="module")
def inside():
    gateway = Gateway(Cloud())
    gateway.login()
    return gateway.client


@pytest.mark.parametrize("path", ["rpc/schedulers/do-forecast", "rpc/schedulers/forecast", "schedulers/forecast"])
def test_a_page_asks_what_would_fit_and_is_answered_as_the_scheduler_answers(inside, path):
    answer = inside.post(f"/api/v2/{path}", json={**ASKED, "count": 2})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["req_count"], told["allow_count"], told["can_create"]) == (2, 0, False)
    assert "data" not in told


def test_it_lists_candidates_and_refuses_as_the_scheduler_does(inside):
    told = inside.post("/api/v2/schedulers/candidate-list", json={"limit": 5}).json()
    assert {"data", "total", "limit", "offset"} <= set(told)
    assert inside.post("/api/v2/schedulers/nosuch", json={}).status_code == 400
    wrong = inside.post("/api/v2/rpc/schedulers/do-forecast", json={**ASKED, "vcpu_count": "many"})
    assert (wrong.status_code, wrong.json()["data"]["field"]) == (400, "vcpu_count")
    assert inside.get("/api/v2/schedulers/forecast").status_code == 405


def test_nobody_asks_it_without_a_session(inside):
    gateway = Gateway(Cloud())
    assert gateway.client.post("/api/v2/rpc/schedulers/do-forecast", json=ASKED).status_code == 401


@pytest.mark.parametrize("path", ["service_settings", "service_settings/x", "syslog/x", "_raw/default/api/v1/pods"])
def test_what_the_gateway_has_not_is_named(inside, path):
    for method in ("GET", "POST"):
        answer = inside.request(method, f"/api/v1/{path}", json={})
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError"), (method, answer.text)
        assert "is not offered here" in answer.json()["details"]


def test_reports_of_bare_machines_are_refused_by_name(inside):
    token = inside.cookies["cloudcore_session"].split("~")[1]
    for method in ("GET", "POST"):
        answer = inside.request(method, "/log/baremetalevents", json={}, headers={"X-Auth-Token": token})
        assert (answer.status_code, answer.json()["data"]) == (406, {"plural": "baremetalevents"})
    assert inside.get("/log/baremetalevents").status_code == 401


@pytest.mark.parametrize("method", ["verify", "saml"])
def test_a_login_that_is_not_offered_names_those_that_are(inside, method):
    identity = {"methods": [method], "token": {"id": "x"}}
    answer = inside.post(
        "/identity/v3/auth/tokens", json={"auth": {"identity": identity, "scope": {"project": {"id": "x"}}}}
    )
    assert answer.status_code == 406
    assert answer.json()["details"].partition("offered are ")[2].replace(" and ", ", ").split(", ") == [
        "password",
        "token",
        "aksk",
        "application_credential",
        "assume",
    ]
