"""The application as a whole, over a cloud that answers what the test says."""

from __future__ import annotations

import json
import logging
import threading

import pytest
from starlette.testclient import TestClient
from tests.wire.scripted import TOKEN, ScriptedCloud, plain_answer

from cloudcore.model.errors import DuplicateNameError, ResourceBusyError, ResourceNotFoundError
from cloudcore.model.listing import Listing
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.serving import Limits

AUTH = {"X-Auth-Token": TOKEN}


def _links(path):
    return {"self": f"http://testserver{path}", "next": None, "previous": None}


@pytest.fixture
def cloud():
    return ScriptedCloud()


@pytest.fixture
def client(cloud):
    return TestClient(build_app(cloud), headers=AUTH, raise_server_exceptions=True)


@pytest.mark.parametrize(
    ("method", "path", "body", "asked"),
    [
        ("GET", "/compute/boxes?limit=5", None, ("list", "boxes", {"limit": "5"}, ())),
        ("GET", "/compute//boxes/", None, ("list", "boxes", {}, ())),
        ("GET", "/api/s/compute_v2/r/R/z/Z/boxes", None, ("list", "boxes", {}, ())),
        ("GET", "/compute/boxes/b1", None, ("get", "boxes", "b1", {}, ())),
        ("GET", "/compute/v2/boxes/b1", None, ("get", "boxes", "b1", {}, ())),
        ("GET", "/compute/boxes/a%2Fb", None, ("get", "boxes", "a/b", {}, ())),
        ("GET", "/compute/boxes/count-all", None, ("property", "boxes", "count-all", {})),
        (
            "GET",
            "/compute/boxes/distinct-field?field=name",
            None,
            ("property", "boxes", "distinct-field", {"field": "name"}),
        ),
        ("GET", "/compute/boxes/b1/contents", None, ("detail", "boxes", "b1", "contents", {})),
        ("GET", "/compute/boxes/b1/status", None, ("detail", "boxes", "b1", "status", {})),
        ("POST", "/compute/boxes", {"box": {"name": "a"}}, ("create", "boxes", {"name": "a"}, {}, ())),
        ("POST", "/compute/boxes", {"box": {"net.0": "x"}, "count": 1}, ("create", "boxes", {"net.0": "x"}, {}, ())),
        (
            "POST",
            "/compute/shelves/s1/boxes",
            {"box": {"name": "a"}},
            ("create", "boxes", {"name": "a"}, {}, (("shelves", "s1"),)),
        ),
        ("GET", "/compute/shelves/s1/boxes", None, ("list", "boxes", {}, (("shelves", "s1"),))),
        ("GET", "/compute/shelves/s1/boxes/b1", None, ("get", "boxes", "b1", {}, (("shelves", "s1"),))),
        (
            "POST",
            "/compute/boxes/b1/open",
            {"box": {"wide": True}},
            ("perform", "boxes", "b1", "open", {"wide": True}, {}),
        ),
        ("POST", "/compute/boxes/b1/open", {"wide": True}, ("perform", "boxes", "b1", "open", {"wide": True}, {})),
        ("POST", "/compute/boxes/b1/open", None, ("perform", "boxes", "b1", "open", {}, {})),
        (
            "POST",
            "/compute/boxes/sort",
            {"boxes": {"by": "name"}},
            ("perform_class", "boxes", "sort", {"by": "name"}, {}),
        ),
        ("PUT", "/compute/boxes/b1", {"box": {"name": "b"}}, ("update", "boxes", "b1", {"name": "b"}, {}, ())),
        ("PATCH", "/compute/boxes/b1", {"name": "b"}, ("update", "boxes", "b1", {"name": "b"}, {}, ())),
        ("DELETE", "/compute/boxes/b1?purge=true", None, ("delete", "boxes", "b1", {"purge": "true"}, {}, ())),
        (
            "DELETE",
            "/compute/boxes/b1",
            {"box": {"override_pending_delete": True}},
            ("delete", "boxes", "b1", {}, {"override_pending_delete": True}, ()),
        ),
        ("GET", "/compute/boxes/b1/labelled", None, ("list", "labels", {}, (("boxes", "b1"),))),
        ("GET", "/compute/boxes/b1/labelled/s1", None, ("get", "labels", "s1", {}, (("boxes", "b1"),))),
        (
            "PUT",
            "/compute/boxes/b1/labelled/s1",
            {"x": 1},
            ("update", "labels", "s1", {"x": 1}, {}, (("boxes", "b1"),)),
        ),
        ("DELETE", "/compute/boxes/b1/labelled/s1", None, ("delete", "labels", "s1", {}, {}, (("boxes", "b1"),))),
        (
            "POST",
            "/compute/boxes/b1/labelled/s1",
            {"label": {"x": 1}},
            ("create", "labels", {"x": 1}, {}, (("boxes", "b1"), ("shelves", "s1"))),
        ),
        (
            "POST",
            "/scheduler/scheduler/forecast",
            {"count": 2},
            ("perform_class", "scheduler", "forecast", {"count": 2}, {}),
        ),
        ("GET", "/compute/shelves/s1/images", None, ("detail", "shelves", "s1", "images", {})),
        ("POST", "/compute/shelves/s1/images", {}, ("perform", "shelves", "s1", "images", {}, {})),
        (
            "PUT",
            "/compute/shelves/s1/boxes/b1",
            {"box": {"name": "b"}},
            ("update", "boxes", "b1", {"name": "b"}, {}, (("shelves", "s1"),)),
        ),
        (
            "GET",
            "/compute/shelves/s1/boxes/b1/images",
            None,
            ("list", "images", {}, (("shelves", "s1"), ("boxes", "b1"))),
        ),
        ("GET", "/log/actions?limit=2", None, ("list", "actions", {"limit": "2"})),
        ("GET", "/identity/v3/events", None, ("list", "events", {})),
        ("GET", "/compute/events", None, ("list", "events", {})),
        ("GET", "/image/v1/images/detail?limit=1", None, ("list", "images", {"limit": "1", "details": "true"})),
        ("GET", "/image/v1/images/statistics", None, ("property", "images", "statistics", {})),
    ],
)
def test_path_and_body_become_one_question(client, cloud, method, path, body, asked):
    assert client.request(method, path, json=body).status_code == 200
    assert cloud.asked == [asked]


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("GET", "/compute/boxes", None, {"boxes": [{"id": "1"}], "total": 1, "limit": 20}),
        ("GET", "/compute/boxes/b1", None, {"box": {"id": "b1", "asked": "get"}}),
        ("GET", "/compute/boxes/b1/contents", None, {"box": {"id": "b1", "asked": "detail"}}),
        ("GET", "/compute/boxes/count-all", None, {"box": {"id": "count-all", "asked": "property"}}),
        ("DELETE", "/compute/boxes/b1", None, {"box": {"id": "b1", "asked": "delete"}}),
        ("GET", "/compute/boxes/b1/labelled", None, {"labels": [{"id": "1"}], "total": 1, "limit": 20}),
        ("GET", "/identity/v3/auth/tokens/invalid", None, {"tokens": ["t1"]}),
        ("GET", "/v3/auth/policies", None, {"names": {}, "policies": {}}),
        (
            "GET",
            "/v3/auth/projects",
            None,
            {"projects": [{"id": "p1"}], "links": _links("/v3/auth/projects")},
        ),
        ("POST", "/v2.0/tokens", {}, {"access": {"token": {"id": TOKEN}}}),
        (
            "GET",
            "/v3/projects/p/users/u/roles",
            None,
            {"roles": [{"id": "r1", "name": "admin"}], "links": _links("/v3/projects/p/users/u/roles")},
        ),
        (
            "GET",
            "/v3/role_assignments",
            None,
            {
                "role_assignments": [{"role": {"id": "r1", "name": "admin"}}],
                "total": 1,
                "limit": 0,
                "offset": 0,
                "links": _links("/v3/role_assignments"),
            },
        ),
    ],
)
def test_answer_stands_in_its_envelope(client, method, path, body, answer):
    assert client.request(method, path, json=body).json() == answer


def test_class_action_answers_under_both_names(client):
    answer = client.post("/compute/boxes/sort", json={}).json()
    assert answer["boxes"] == answer["box"]


def test_batch_answers_item_by_item(client, cloud):
    answer = client.post("/compute/boxes", json={"count": "3", "box": {"name": "a", "count": 3}}).json()
    assert [(item["status"], item["body"]) for item in answer["boxes"]] == [(200, {"id": str(n)}) for n in range(3)]
    assert cloud.asked == [("create_many", "boxes", {"name": "a"}, 3, {}, ())]


@pytest.mark.parametrize("count", ["many", -1, 1001, 1.5, []])
def test_impossible_counts_are_refused(client, cloud, count):
    assert client.post("/compute/boxes", json={"count": count, "box": {}}).status_code == 400
    assert cloud.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"box": 1}', b'{"box": {"a": 1, "a": 2}}', b'{"box": NaN}']
)
def test_create_without_a_proper_body_is_400(client, body):
    answer = client.post("/compute/boxes", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert answer.json()["class"] in ("InputParameterError", "InvalidFormatError")


@pytest.mark.parametrize(
    "path",
    [
        "/compute/users",
        "/nothing",
        "/compute/secrets",
        "/compute/images",
        "/identity/users",
        "/compute/boxes/b1/labelled/s1/x",
        "/compute/unknown/1/boxes",
        "/api/s/nothing/boxes",
        "/api/s",
        "/v3/projects/p/wizards/u/roles",
    ],
)
def test_unknown_path_is_404(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["class"]) == (404, "NotFoundError")
    assert answer.json()["details"].startswith("Handler /")


def test_a_line_break_in_a_path_is_an_error_like_every_other(client):
    answer = client.get("/compute/boxes/a%0Ab")
    assert answer.status_code == 400
    assert answer.json()["class"] == "InvalidFormatError"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/compute/boxes", "GET, HEAD, POST"),
        ("POST", "/compute/shelves", "GET, HEAD"),
        ("PUT", "/compute/shelves/s1", "GET, HEAD"),
        ("PUT", "/v3/auth/tokens", "DELETE, GET, HEAD, POST"),
        ("DELETE", "/ping", "GET, HEAD, POST"),
        ("POST", "/compute/boxes/count-all", "GET, HEAD"),
        ("OPTIONS", "/compute/boxes", "GET, HEAD, POST"),
        ("BREW", "/compute/boxes", "GET, HEAD, POST"),
    ],
)
def test_wrong_method_on_a_known_path_is_405(client, method, path, allow):
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allow)
    assert answer.json()["class"] == "MethodNotAllowedError"


def test_no_token_is_401_before_anything_is_read(cloud):
    client = TestClient(build_app(cloud))
    answer = client.post("/compute/boxes", content=b"{" * 100)
    assert (answer.status_code, answer.json()["class"]) == (401, "UnauthorizedError")
    assert client.get("/compute/boxes", headers={"X-Auth-Token": "bad"}).json()["class"] == "InvalidCredentialError"
    assert cloud.asked == []


def test_head_of_a_resource_has_no_body(client):
    answer = client.head("/compute/boxes/b1")
    assert (answer.status_code, answer.content) == (200, b"")


def test_login_sends_the_token_in_the_header(client):
    answer = client.post("/identity/v3/auth/tokens", json={"password": "right"})
    assert (answer.status_code, answer.headers["X-Subject-Token"], answer.json()["id"]) == (200, TOKEN, TOKEN)


def test_failed_login_has_no_token_header(client):
    answer = client.post("/identity/v3/auth/tokens", json={"password": "wrong"})
    assert answer.status_code == 401
    assert "X-Subject-Token" not in answer.headers


def test_verify_repeats_the_subject(client):
    answer = client.get("/v3/auth/tokens", headers={"X-Subject-Token": "t9"})
    assert (answer.headers["X-Subject-Token"], answer.json()["subject"]) == ("t9", "t9")
    assert client.head("/v3/auth/tokens", headers={"X-Subject-Token": "t9"}).headers["X-Subject-Token"] == "t9"
    assert client.get("/v3/auth/tokens").json()["class"] == "MissingParameterError"


def test_revoke_is_204_without_a_body(client, cloud):
    answer = client.delete("/v3/auth/tokens", headers={"X-Subject-Token": "t9"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert cloud.asked == [("revoke", "t9")]


@pytest.mark.parametrize("within", ["projects", "domains"])
@pytest.mark.parametrize(("method", "remove"), [("PUT", False), ("DELETE", True)])
def test_grant_is_200_with_an_empty_body(client, cloud, method, remove, within):
    answer = client.request(method, f"/v3/{within}/p1/users/u1/roles/r1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert cloud.asked == [("grant", "p1", "users", "u1", "r1", remove, within)]


def test_one_grant_can_be_asked_for(client, cloud):
    assert client.head("/v3/projects/p1/groups/g1/roles/admin").status_code == 204
    assert client.get("/v3/domains/d1/groups/g1/roles/admin").json() == {"role": {"id": "r1", "name": "admin"}}
    assert client.get("/v3/projects/p1/users/u1/roles/other").status_code == 404
    assert cloud.asked[-1] == ("assignments", {"projects": ["p1"], "users": ["u1"], "include_names": "true"})


def test_discovery_names_the_address_that_the_caller_used(client):
    answer = client.get("/", headers={"Host": "cloud.example:30500"})
    (version,) = answer.json()["versions"]["values"]
    assert (answer.status_code, version["links"][0]["href"]) == (300, "http://cloud.example:30500/identity/v3/")
    assert client.get("/identity/v3").json()["version"]["id"] == "v3.14"


def test_discovery_never_repeats_a_host_that_is_none(client):
    assert "evil" not in client.get("/", headers={"Host": 'a"><evil'}).text


def test_configured_address_wins(cloud):
    client = TestClient(build_app(cloud, public_url="https://cloud.example/"))
    assert client.get("/v3").json()["version"]["links"][0]["href"] == "https://cloud.example/identity/v3/"


def test_probes_need_no_token(cloud):
    client = TestClient(build_app(cloud))
    assert client.get("/ping").text == client.post("/compute/ping").text == "pong"
    assert client.get("/version").text.startswith("cloudcore ")
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    cloud.is_ready = False
    assert client.get("/readyz").status_code == 503
    assert client.get("/openapi.json").json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("sent", ["abc-1", "x" * 128, "task:7/3"])
def test_request_id_is_echoed(client, sent):
    assert client.get("/ping", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "ä".encode("latin-1")])
def test_request_id_that_makes_no_sense_is_replaced(client, sent):
    answer = client.get("/ping", headers={"X-Request-Id": sent})
    assert len(answer.headers["X-Request-Id"]) == 16


def test_every_answer_carries_the_hardening_headers(client):
    for path in ("/ping", "/nothing", "/compute/boxes"):
        headers = client.get(path).headers
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "X-XSS-Protection" in headers
    assert client.get("/compute/boxes").headers["Content-Type"] == "application/json;charset=utf-8"


def test_forwarded_addresses_are_not_believed(client, cloud):
    client.get("/compute/boxes", headers={"X-Forwarded-For": "10.9.9.9"})
    assert cloud.peers == ["testclient"]


def test_idempotency_key_comes_from_the_header_alone(client, cloud):
    client.post("/compute/boxes?__idempotency_key__=forged", json={"box": {}}, headers={"Idempotency-Key": "k1"})
    client.post("/compute/boxes?__idempotency_key__=forged", json={"box": {}})
    assert [asked[3] for asked in cloud.asked] == [{"__idempotency_key__": "k1"}, {}]
    assert client.post("/compute/boxes", json={"box": {}}, headers={"Idempotency-Key": "x" * 256}).status_code == 400


def raising(error: Exception):
    def answer(_method, _args):
        raise error

    return answer


def test_core_error_is_answered_flat(client, cloud):
    cloud.answer = raising(DuplicateNameError("box a exists", field="name"))
    answer = client.post("/compute/boxes", json={"box": {}})
    assert answer.status_code == 409
    assert answer.json() | {"time": ""} == {
        "code": 409,
        "class": "DuplicateNameError",
        "details": "box a exists",
        "data": {"field": "name"},
        "time": "",
    }


def test_policies_of_others_are_asked_for_with_a_body(client):
    answer = client.post("/v3/auth/policies", json={"user_id": "u"})
    assert answer.json() == {"names": {"project": ["of u"]}, "policies": {}}


def test_unexpected_error_is_500_and_tells_nothing(client, cloud, caplog):
    cloud.answer = raising(RuntimeError("password=hunter2"))
    answer = client.get("/compute/boxes", headers={"X-Request-Id": "find-me"})
    assert (answer.status_code, answer.json()["class"]) == (500, "InternalServerError")
    assert "hunter2" not in answer.text
    assert "find-me" in answer.json()["details"]
    assert "find-me" in caplog.text


def test_marker_paged_list_keeps_its_markers(client, cloud):
    cloud.answer = lambda *_: Listing(items=[{"id": "9"}], limit=1, marker_field="id", next_marker="9")
    assert client.get("/compute/boxes").json() == {
        "boxes": [{"id": "9"}],
        "limit": 1,
        "marker_field": "id",
        "marker_order": "DESC",
        "next_marker": "9",
    }


def test_body_over_the_limit_is_413(cloud):
    client = TestClient(build_app(cloud, limits=Limits(json_bytes=100)), headers=AUTH)
    answer = client.post("/compute/boxes", content=b'{"box": {"a": "' + b"x" * 200 + b'"}}')
    assert (answer.status_code, answer.json()["class"]) == (413, "TooLargeEntity")
    streamed = client.post("/compute/boxes", content=iter([b'{"box": {"a": "', b"x" * 200, b'"}}']))
    assert streamed.status_code == 413


def test_compressed_bodies_are_refused(client):
    assert client.post("/compute/boxes", content=b"x", headers={"Content-Encoding": "gzip"}).status_code == 400


def test_more_requests_than_may_wait_are_429(cloud):
    inside, go_on = threading.Semaphore(0), threading.Event()

    def slow(method, args):
        inside.release()
        go_on.wait(10)
        return plain_answer(method, args)

    cloud.answer = slow
    with TestClient(build_app(cloud, limits=Limits(workers=1, waiting=0)), headers=AUTH) as client:
        first = threading.Thread(target=client.get, args=("/compute/boxes",))
        first.start()
        assert inside.acquire(timeout=10)
        try:
            refused = client.get("/compute/boxes")
        finally:
            go_on.set()
            first.join()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")


@pytest.mark.parametrize(
    ("method", "path", "times", "seconds", "status"),
    [
        ("DELETE", "/compute/boxes/1", 2, 5.0, 200),
        ("DELETE", "/compute/boxes/1", 99, 0.3, 409),
        ("DELETE", "/compute/boxes/1", 1, 0.0, 409),
        ("POST", "/compute/boxes/1/open", 1, 5.0, 409),
    ],
)
def test_a_deletion_waits_for_what_is_under_way(cloud, method, path, times, seconds, status):
    left = [ResourceBusyError("box 1 is busy", data={"task_id": "t1"})] * times

    def busy(verb, args):
        if left:
            raise left.pop()
        return plain_answer(verb, args)

    cloud.answer = busy
    with TestClient(build_app(cloud, limits=Limits(busy_seconds=seconds)), headers=AUTH) as client:
        answer = client.request(method, path)
    assert answer.status_code == status, answer.text
    assert bool(left) is (times == 99)


def test_only_so_many_deletions_wait(cloud):
    def taken(_verb, _args):
        raise ResourceBusyError("box 1 is busy", data={"task_id": "t1"})

    cloud.answer = taken
    with TestClient(build_app(cloud, limits=Limits(busy_seconds=60.0, busy_waits=0)), headers=AUTH) as client:
        assert client.delete("/compute/boxes/1").status_code == 409


def test_what_no_task_holds_is_told_at_once(cloud):
    def taken(_verb, _args):
        raise ResourceBusyError("the platform is busy")

    cloud.answer = taken
    with TestClient(build_app(cloud, limits=Limits(busy_seconds=60.0)), headers=AUTH) as client:
        assert client.delete("/compute/boxes/1").status_code == 409


def test_access_log_is_json_without_secrets(client, caplog):
    with caplog.at_level(logging.INFO, "cloudcore.access"):
        client.get("/compute/boxes?password=hunter2", headers={"X-Request-Id": "r1"})
        client.post("/v3/auth/tokens", json={"password": "hunter2"})
        client.get("/v2.0/tokens/hunter2")
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == "cloudcore.access"]
    assert "hunter2" not in caplog.text
    assert TOKEN not in caplog.text
    first = lines[0]
    assert {k: first[k] for k in ("request_id", "method", "path", "status", "user_id")} == {
        "request_id": "r1",
        "method": "GET",
        "path": "/compute/boxes",
        "status": 200,
        "user_id": "user-1",
    }
    assert first["ms"] >= 0
    assert [line["status"] for line in lines] == [200, 401, 200]


def test_not_found_of_the_core_keeps_its_class(client, cloud):
    cloud.answer = raising(ResourceNotFoundError("box b1 not found"))
    assert client.get("/compute/boxes/b1").json()["class"] == "ResourceNotFoundError"
