from __future__ import annotations

import json

import attrs
import pytest
from scripted import Clock, Scripted, answer, methods, session_on, token_answer

from cloudcore.model import errors
from cloudcore_adapters.client import WaitTimeoutError, connect, pages, wait_for
from cloudcore_adapters.client.catalog import find_endpoint, join
from cloudcore_adapters.client.failures import CloudUnreachableError, error_from
from cloudcore_adapters.client.identity import Credentials, login_body, read_token
from cloudcore_adapters.client.query import query_string
from cloudcore_adapters.client.transport import check_url, needs_proxy
from cloudcore_adapters.client.waiting import gone

AWAY = CloudUnreachableError("refused", sent=False)
LOST = CloudUnreachableError("lost", sent=True)


def test_it_logs_in_once_and_finds_services_in_the_catalogue() -> None:
    transport = Scripted(token_answer(), answer({"servers": []}), answer({"users": []}), answer({"images": []}))
    session = session_on(transport)
    for plural in ("servers", "users", "images"):
        session.list(plural)
    assert methods(transport.seen) == [
        "POST http://cloud/identity/v3/auth/tokens",
        "GET http://cloud/compute/servers",
        "GET http://cloud/identity/v3/users",
        "GET http://cloud/image/v1/images",
    ]
    assert transport.seen[1].headers["X-Auth-Token"] == "t1"


def test_a_refused_token_is_renewed_once() -> None:
    refused = answer({"code": 401, "class": "InvalidCredentialError", "details": "gone"}, 401)
    transport = Scripted(token_answer("t1"), refused, token_answer("t2"), answer({"servers": []}))
    session_on(transport).list("servers")
    assert transport.seen[-1].headers["X-Auth-Token"] == "t2"
    twice = Scripted(token_answer("t1"), refused, token_answer("t2"), refused)
    with pytest.raises(errors.InvalidCredentialError):
        session_on(twice).list("servers")


def test_a_token_is_renewed_before_it_ends() -> None:
    clock = Clock()
    transport = Scripted(
        token_answer("t1", "1970-01-01T00:20:00Z"), answer({"servers": []}), token_answer("t2"), answer({"servers": []})
    )
    session = session_on(transport, clock=clock)
    session.list("servers")
    clock.now = 1_141.0
    session.list("servers")
    assert transport.seen[-1].headers["X-Auth-Token"] == "t2"


def test_reads_are_repeated_when_the_cloud_is_briefly_away() -> None:
    clock = Clock()
    busy = answer({"code": 503, "class": "UnreachableError", "details": "away"}, 503)
    transport = Scripted(token_answer(), AWAY, LOST, busy, answer({"servers": []}))
    session_on(transport, clock=clock).list("servers")
    assert len(clock.slept) == 3
    assert clock.slept == sorted(clock.slept)


def test_it_gives_up_after_some_tries() -> None:
    with pytest.raises(CloudUnreachableError):
        session_on(Scripted(token_answer(), AWAY, AWAY, AWAY, AWAY)).list("servers")


def test_a_creation_is_repeated_under_the_same_key() -> None:
    transport = Scripted(token_answer(), LOST, answer({"keypair": {"id": "1"}}))
    session_on(transport).create("keypairs", {"name": "k"})
    first, second = transport.seen[1:]
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.headers["X-Request-Id"] == second.headers["X-Request-Id"]


def test_a_change_is_not_repeated_when_it_may_have_arrived() -> None:
    with pytest.raises(CloudUnreachableError):
        session_on(Scripted(token_answer(), LOST)).update("keypairs", "k", {"name": "n"})
    transport = Scripted(token_answer(), AWAY, answer({"keypair": {"id": "1"}}))
    assert session_on(transport).update("keypairs", "k", {"name": "n"}) == {"id": "1"}


def test_it_waits_as_long_as_the_cloud_asks_for() -> None:
    clock = Clock()
    slow = answer({"code": 429, "class": "TooManyRequests", "details": "slow"}, 429, {"retry-after": "3"})
    session_on(Scripted(token_answer(), slow, answer({"servers": []})), clock=clock).list("servers")
    assert clock.slept == [3.0]


def test_what_is_observed_has_no_secrets() -> None:
    lines: list[str] = []
    session_on(Scripted(token_answer("sesame"), answer({"servers": []})), lines=lines).list("servers")
    assert len(lines) == 2
    assert "secret" not in "".join(lines)
    assert "sesame" not in "".join(lines)


def test_secrets_are_in_no_representation() -> None:
    known = Credentials(auth_url="http://c", username="u", password="hunter2", token="sesame")
    assert "hunter2" not in repr(known)
    assert "sesame" not in repr(known)
    assert "sesame" not in repr(read_token(token_answer("sesame")))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"token": 1}', b'{"token": {"expires_at": "soon"}}'])
def test_a_login_that_is_answered_with_something_else_is_an_error(body: bytes) -> None:
    with pytest.raises(errors.BackendError, match="auth URL"):
        read_token(attrs.evolve(answer(), body=body))


def test_domains_are_named_or_left_out() -> None:
    def scope(domain: str) -> object:
        known = Credentials(auth_url="http://c", username="u", password="p", project="x", project_domain=domain)
        return login_body(known)["scope"]["project"].get("domain")

    assert scope("") is None
    assert scope("default") == {"id": "default"}
    assert scope("Ops") == {"name": "Ops"}
    with pytest.raises(errors.MissingParameterError):
        login_body(Credentials(auth_url="http://c", username="u"))


CATALOG = [
    {
        "type": "compute_v2",
        "endpoints": [
            {"interface": "internal", "region_id": "r1", "url": "http://in"},
            {"interface": "slave", "region_id": "r1", "url": "http://slave"},
            {"interface": "public", "region_id": "r1", "url": "http://pub"},
            {"interface": "public", "region_id": "r1-z1", "url": "http://zone"},
            {"interface": "public", "region_id": "r2", "url": "http://two"},
        ],
    }
]


def test_endpoints_are_found_by_interface_region_and_zone() -> None:
    assert find_endpoint(CATALOG, "compute") == "http://pub"
    assert find_endpoint(CATALOG, "compute", interface="publicURL", region="r2") == "http://two"
    assert find_endpoint(CATALOG, "compute", region="r1", zone="z1") == "http://zone"
    assert find_endpoint(CATALOG, "compute", interface="internalURL") == "http://in"
    assert find_endpoint(CATALOG, "compute", interface="internalURL", read_only=True) == "http://slave"
    with pytest.raises(errors.NotSupportedError, match="public in r2"):
        find_endpoint(CATALOG, "compute", region="r3")


def test_a_version_at_the_end_of_an_endpoint_gives_way() -> None:
    assert join("http://h/identity/v3/", "/v3/users") == "http://h/identity/v3/users"
    assert join("http://h/identity", "/v3/users") == "http://h/identity/v3/users"
    assert join("http://h/compute", "/servers") == "http://h/compute/servers"


def test_parameters_are_written_as_the_protocol_has_them() -> None:
    params = {"a": 1, "b": True, "flag": None, "l": ["x", "y"], "tags": [{"key": "user:e", "value": "p&q"}], "@n": "ü"}
    assert query_string(params) == "a=1&b=true&flag&l.0=x&l.1=y&tags.0.key=user%3Ae&tags.0.value=p%26q&@n=%C3%BC"
    deep: dict[str, object] = {}
    for _ in range(20):
        deep = {"a": deep or 1}
    with pytest.raises(errors.InvalidInputError):
        query_string(deep)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"class": "ResourceNotFoundError", "details": "no"}, errors.ResourceNotFoundError),
        (404, {"class": "ImageNotFoundError", "details": "no"}, errors.ResourceNotFoundError),
        (409, {"class": "DuplicateNameError", "details": "no"}, errors.DuplicateNameError),
        (409, {"class": "ResourceBusyError", "details": "no"}, errors.ResourceBusyError),
        (400, {"error": {"title": "OutOfRange", "message": "no"}}, errors.OutOfRangeError),
        (418, {"class": "TeapotError", "details": "no"}, errors.InvalidInputError),
        (500, {"class": "Whatever", "details": "no"}, errors.BackendError),
        (504, {}, errors.DeadlineError),
    ],
)
def test_wire_errors_become_classes(status: int, body: object, kind: type[errors.CloudcoreError]) -> None:
    assert type(error_from(status, json.dumps(body).encode())) is kind


def test_wire_errors_keep_field_data_and_text() -> None:
    body = {"class": "OutOfQuotaError", "details": "full", "data": {"field": "count", "servers": {"limit": 1}}}
    error = error_from(400, json.dumps(body).encode(), request_id="r1")
    assert (str(error), error.field, error.data) == ("full", "count", {"servers": {"limit": 1}})
    assert error.internal == "request r1"
    assert str(error_from(502, b"upstream is down")) == "upstream is down"
    assert str(error_from(502, b"<html>boo</html>")) == "the cloud answered 502"
    assert len(str(error_from(500, b"x" * 100_000))) <= 2000


@pytest.mark.parametrize("url", ["", "cloud", "ftp://c", "http://", "http://u:p@c", "http://c\r\nX: y", "http://c:0x1"])
def test_urls_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        check_url(url, "auth_url")
    assert caught.value.field == "auth_url"


def test_loopback_needs_no_proxy() -> None:
    proxy = {"HTTP_PROXY": "http://p"}
    assert needs_proxy("http://cloud/", proxy)
    assert not needs_proxy("http://127.0.0.1:1/", proxy)
    assert not needs_proxy("https://cloud/", proxy)


@pytest.mark.parametrize("ident", ["", ".", ".."])
def test_names_that_would_change_the_path_are_not_found(ident: str) -> None:
    with pytest.raises(errors.ResourceNotFoundError):
        session_on(Scripted(token_answer())).get("servers", ident)


def test_names_are_escaped_in_paths() -> None:
    transport = Scripted(token_answer(), answer({"server": {"id": "1"}}))
    session_on(transport).get("servers", "a/b ?#ü")
    assert transport.seen[-1].url == "http://cloud/compute/servers/a%2Fb%20%3F%23%C3%BC"


def test_relations_are_asked_for_under_either_side() -> None:
    transport = Scripted(token_answer(), answer({"guestdisk": {}}), answer({"guestdisks": []}))
    session = session_on(transport)
    session.get("guestdisks", "d", context=(("servers", "s"),))
    session.list("guestdisks", context=(("disks", "d"),))
    assert methods(transport.seen)[1:] == [
        "GET http://cloud/compute/servers/s/disks/d",
        "GET http://cloud/compute/disks/d/servers",
    ]


def test_pages_give_each_row_once_though_rows_shift() -> None:
    first = answer({"servers": [{"id": "a"}, {"id": "b"}], "total": 3})
    second = answer({"servers": [{"id": "b"}, {"id": "c"}], "total": 4})
    session = session_on(Scripted(token_answer(), first, second))
    assert [row["id"] for row in pages(session, "servers", page_size=2)] == ["a", "b", "c"]


def test_pages_follow_markers() -> None:
    first = answer({"actions": [{"id": 2}], "next_marker": "2", "marker_field": "id"})
    second = answer({"actions": [{"id": 1}], "next_marker": "", "marker_field": "id"})
    transport = Scripted(token_answer(), first, second)
    assert [row["id"] for row in pages(session_on(transport), "actions")] == [2, 1]
    assert "paging_marker=2" in transport.seen[-1].url


def test_a_limit_bounds_all_pages_together() -> None:
    rows = answer({"servers": [{"id": "a"}, {"id": "b"}], "total": 9})
    transport = Scripted(token_answer(), rows)
    assert len(list(pages(session_on(transport), "servers", {"limit": 2}))) == 2


def _look(state: str, status: str, error: str = "") -> list[object]:
    task = {"id": "t", "flow": "server-start", "state": state, "error": error, "obj_name": "web"}
    return [answer({"tasks": [task]}), answer({"server": {"id": "s", "status": status}})]


def test_waiting_ends_with_the_task() -> None:
    clock = Clock()
    seen: list[str] = []
    transport = Scripted(token_answer(), *_look("running", "starting"), *_look("complete", "running"))  # type: ignore[arg-type]
    done = wait_for(
        session_on(transport),
        "servers",
        "s",
        clock=clock,
        sleep=clock.sleep,
        progress=lambda p: seen.append(p.status),
    )
    assert done == {"id": "s", "status": "running"}
    assert seen == ["starting", "running"]


def test_waiting_raises_the_reason_of_a_failed_task() -> None:
    transport = Scripted(token_answer(), *_look("failed", "start_fail", "no kernel"))  # type: ignore[arg-type]
    with pytest.raises(errors.BackendError, match="server-start of web failed: no kernel") as caught:
        wait_for(session_on(transport), "servers", "s")
    assert caught.value.data["task_id"] == "t"


def _moved(status: str, *, state: str = "complete", ident: str = "old") -> list[object]:
    task = {"id": ident, "flow": "disk-create", "state": state, "obj_name": "data"}
    return [answer({"tasks": [task]}), answer({"disk": {"id": "d", "status": status, "status_reason": "full"}})]


def test_waiting_goes_on_while_another_resources_task_moves_it() -> None:
    clock = Clock()
    transport = Scripted(token_answer(), *_moved("resizing"), *_moved("resizing"), *_moved("ready"))  # type: ignore[arg-type]
    done = wait_for(session_on(transport), "disks", "d", busy=("resizing",), clock=clock, sleep=clock.sleep)
    assert done is not None
    assert done["status"] == "ready"


@pytest.mark.parametrize(
    "last",
    [_moved("resize_failed"), _moved("ready", state="failed", ident="new")],
    ids=["another's task", "its own, seen late"],
)
def test_waiting_tells_that_what_moved_it_failed(last: list[object]) -> None:
    clock = Clock()
    transport = Scripted(token_answer(), *_moved("resizing"), *last)  # type: ignore[arg-type]
    with pytest.raises(errors.BackendError, match="data failed"):
        wait_for(session_on(transport), "disks", "d", busy=("resizing",), clock=clock, sleep=clock.sleep)


def test_an_old_failure_is_not_told_again() -> None:
    clock = Clock()
    transport = Scripted(token_answer(), *_moved("resizing", state="failed"), *_moved("ready", state="failed"))  # type: ignore[arg-type]
    done = wait_for(session_on(transport), "disks", "d", busy=("resizing",), clock=clock, sleep=clock.sleep)
    assert done is not None


def test_waiting_ends_when_the_resource_is_gone() -> None:
    missing = answer({"class": "ResourceNotFoundError", "details": "no"}, 404)
    transport = Scripted(token_answer(), answer({"tasks": []}), missing)
    assert wait_for(session_on(transport), "servers", "s", until=gone) is None


def test_waiting_has_an_end() -> None:
    clock = Clock()
    looks = [step for _ in range(200) for step in _look("running", "starting")]
    with pytest.raises(WaitTimeoutError, match="still starting after 2 s"):
        wait_for(
            session_on(Scripted(token_answer(), *looks)),  # type: ignore[arg-type]
            "servers",
            "s",
            timeout_s=2,
            clock=clock,
            sleep=clock.sleep,
        )


def test_leaving_a_session_closes_its_connections() -> None:
    transport = Scripted()
    with session_on(transport):
        pass
    assert transport.closed


def test_connecting_needs_no_cloud_yet() -> None:
    with connect("http://127.0.0.1:1", username="u", password="p", light=True, attempts=1) as session:
        with pytest.raises(CloudUnreachableError) as caught:
            session.list("servers")
        assert caught.value.sent is False


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_what_is_no_json_is_not_sent(body: dict[str, object]) -> None:
    with pytest.raises(errors.InvalidInputError):
        session_on(Scripted(token_answer())).create("keypairs", body)


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(errors.ResourceNotFoundError):
        session_on(Scripted(token_answer())).get("servers", "\udcff")
    with pytest.raises(errors.InvalidInputError) as caught:
        session_on(Scripted(token_answer())).list("servers", {"name": "\udcff"})
    assert caught.value.field == "name"


@pytest.mark.parametrize("light", [True, False])
def test_authorities_that_cannot_be_read_are_named(light: bool) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        connect("https://127.0.0.1:1", username="u", password="p", ca_file="/nonexistent", light=light).list("servers")
    assert caught.value.field == "ca_file"
