"""Rules of the protocol that show on some types only: batches, deletes, scopes, the recycle bin, errors."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import PLACES, World

from cloudcore.model import errors
from cloudcore_adapters.rest.errors import status_of

MADE = {
    "keypair": {},
    "secgroup": {},
    "project": {},
    "group": {},
    "user": {"password": "Correct-horse-9"},
    "instancegroup": {},
    "schedtag": {"resource_type": "hosts"},
}
PATHS = {**PLACES, "instancegroup": "/compute/instancegroups", "schedtag": "/compute/schedtags"}
KNOWN = {
    400: (
        "InputParameterError BadRequestError MissingParameterError InvalidFormatError ServerStatusError OutOfRange "
        "InvalidStatusError OutOfLimit OutOfQuotaError InsufficientResourceError WeakPasswordError"
    ),
    401: "UnauthorizedError InvalidCredentialError",
    402: "PaymentError RequireLicenseError",
    403: "ForbiddenError ProtectedResourceError NoProjectError NotSufficientPrivilegeError",
    404: "ResourceNotFoundError NotFoundError ActionNotFoundError SpecNotFoundError",
    405: "MethodNotAllowedError",
    406: "NotSupportedError NotEmptyError",
    408: "TimeoutError",
    409: "ConflictError DuplicateNameError DuplicateResourceError ResourceBusyError",
    413: "TooLargeEntity",
    416: "OutOfRange",
    429: "TooManyRequests TooManyFailedAttempts",
    500: "InternalServerError ServerError ResourceNotReadyError",
    502: "BadGatewayError",
    504: "TimeoutError",
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def batch(world: World, singular: str, name: str, count: Any) -> Any:
    body = {"count": count, singular: {**MADE[singular], "name": name}}
    return world.ask("admin", "POST", PATHS[singular], json=body)


@pytest.mark.parametrize("singular", MADE)
def test_three_at_once_are_named_in_turn(world: World, singular: str) -> None:
    plural = PATHS[singular].rpartition("/")[2]
    for name, names in (("web", ["web", "web-2", "web-3"]), ("n-##", ["n-01", "n-02", "n-03"])):
        made = batch(world, singular, name, "3").json()
        assert set(made) == {plural}
        assert [item["status"] for item in made[plural]] == [200, 200, 200]
        assert [item["body"]["name"] for item in made[plural]] == names
    for count in (1, 0, "1"):
        one = batch(world, singular, f"one-{count}-{type(count).__name__}", count).json()
        assert set(one) == {singular}
    again = batch(world, singular, "web", 1).json()
    assert (again["code"], again["class"]) == (409, "DuplicateNameError")
    for count in (-1, "x", 10**9, [], {}):
        assert batch(world, singular, "odd", count).status_code == 400, count


def test_a_batch_is_made_whole_or_not_at_all(world: World) -> None:
    before = world.ask("admin", "GET", "/v3/users?scope=system").json()["total"]
    body = {"count": 3, "user": {"name": "weak", "password": "a"}}
    assert world.ask("admin", "POST", "/v3/users", json=body).json()["class"] == "WeakPasswordError"
    assert world.ask("admin", "GET", "/v3/users?scope=system").json()["total"] == before


def test_a_create_is_tried_without_being_made(world: World) -> None:
    for path, body in (
        ("/compute/keypairs/check-create-data", {"keypair": {"name": "dry"}}),
        ("/compute/keypairs", {"keypair": {"name": "dry", "dry_run": True}}),
    ):
        tried = world.ask("admin", "POST", path, json=body)
        assert tried.json()["keypair"]["name"] == "dry", tried.text
    assert world.ask("admin", "GET", "/compute/keypairs?name=dry").json() == {"keypairs": []}


@pytest.mark.parametrize("way", ["query", "body", "wrapped"])
def test_a_delete_takes_its_options_from_query_and_body(world: World, way: str) -> None:
    name = f"gone-{way}"
    sizes = {"vcpu_count": 1, "vmem_size": "64m", "disks": [{"image_id": "tiny", "size": 1024}], "nets": ["net0"]}
    ident = world.make("server", {"name": name, "disable_delete": False, **sizes})
    path = f"/compute/servers/{ident}"
    options = {"override_pending_delete": True}
    if way == "query":
        answer = world.ask("admin", "DELETE", f"{path}?override_pending_delete=true")
    else:
        answer = world.ask("admin", "DELETE", path, json=options if way == "body" else {"server": options})
    assert answer.status_code == 200, answer.text
    world.place.settle()
    assert world.ask("admin", "GET", path).status_code == 404


def test_the_recycle_bin_is_listed_alone_and_with_the_rest(world: World) -> None:
    def names(query: str) -> set[str]:
        return {row["name"] for row in world.ask("admin", "GET", f"/compute/servers?{query}").json()["servers"]}

    assert {"recycled"} == names("pending_delete=true")
    assert {"recycled", "vm2", "vm3"} <= names("pending_delete=all")
    assert names("pending_delete=any") == names("pending_delete=all")
    assert "recycled" not in names("")
    assert world.ask("admin", "GET", "/compute/servers/recycled").status_code == 404


def test_a_scope_that_one_has_not_is_403(world: World) -> None:
    for path in ("/compute/servers", "/compute/disks", "/v3/projects", "/v3/users", "/image/v1/images"):
        assert world.ask("bob", "GET", f"{path}?scope=system").json()["class"] == "ForbiddenError", path
        assert world.ask("admin", "GET", f"{path}?scope=planet").json()["class"] == "InputParameterError", path


def test_numbers_and_truth_values_may_be_text(world: World) -> None:
    body = {"name": "told", "vcpu_count": "2", "vmem_size": "64m", "disk.0": "tiny:1g", "net.0": "net0"}
    body |= {"disable_delete": "False", "auto_start": "off", "count": "1"}
    made = world.ask("admin", "POST", "/compute/servers", json={"server": body}).json()["server"]
    assert (made["vcpu_count"], made["vmem_size"], made["disable_delete"]) == (2, 64, False)
    changed = world.ask("admin", "PUT", "/compute/servers/told", json={"disable_delete": "YES"})
    assert changed.json()["server"]["disable_delete"] is True


def test_what_is_not_understood_names_its_field(world: World) -> None:
    for field, value in (("vmem_size", "much"), ("vcpu_count", "1.5"), ("disable_delete", "perhaps"), ("nets", "@@")):
        sizes = {"vcpu_count": 1, "vmem_size": 64, "disks": ["tiny:1g"], "nets": ["net0"]}
        answer = world.ask("admin", "POST", "/compute/servers", json={"server": {"name": "odd", **sizes, field: value}})
        assert answer.status_code in (400, 404), answer.text
        assert answer.json()["data"]["field"].startswith(field), answer.text


def test_every_error_has_a_class_that_its_status_has() -> None:
    def kinds(kind: type[errors.CloudcoreError]) -> list[type[errors.CloudcoreError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in kinds(child))]

    for kind in kinds(errors.CloudcoreError):
        if kind is errors.Contention or not kind.__module__.startswith(("cloudcore.", "cloudcore_adapters.")):
            continue
        status = status_of(kind)
        # 412 and the like are HTTP's own, which the wire has no class for.
        assert status not in KNOWN or kind.code in KNOWN[status].split(), (kind.__name__, kind.code, status)


def test_a_server_that_fits_nowhere_leaves_nothing(world: World) -> None:
    before = world.ask("admin", "GET", "/compute/servers?pending_delete=all").json()["total"]
    sizes = {"vcpu_count": 1, "vmem_size": "900g", "disks": ["tiny:1g"], "nets": ["net0"]}
    for count in (1, 3):
        body = {"count": count, "server": {"name": "huge", **sizes}}
        answer = world.ask("admin", "POST", "/compute/servers", json=body).json()
        assert (answer["code"], answer["class"]) == (400, "InsufficientResourceError")
        assert "host_memory" in answer["details"]
    assert world.ask("admin", "GET", "/compute/servers?pending_delete=all").json()["total"] == before
    assert world.ask("admin", "GET", "/compute/quotas").json()["quotas"][0]["usage.count"] == before - 1


def test_tasks_that_are_over_are_in_their_archive_too(world: World) -> None:
    archive = world.ask("admin", "GET", "/compute/archivedtasks?limit=3&scope=system").json()
    assert {task["status"] for task in archive["archivedtasks"]} == {"complete"}
    ident = archive["archivedtasks"][0]["id"]
    assert world.ask("admin", "GET", f"/compute/archivedtasks/{ident}").json()["archivedtask"]["id"] == ident
    assert world.ask("bob", "GET", f"/compute/archivedtasks/{ident}").status_code == 404


def test_tasks_are_found_by_what_clients_call_them(world: World) -> None:
    def flows(query: str) -> set[str]:
        listed = world.ask("admin", "GET", f"/compute/tasks?scope=system&force_no_paging=true&{query}").json()["tasks"]
        return {task["task_name"] for task in listed}

    world.place.settle()
    assert {"server-create", "image-upload"} <= flows("stage=complete")
    assert flows("task_name=image-upload&status=complete") == {"image-upload"}
    assert flows("object=vm3&stage.0=complete&stage.1=on_init") >= {"server-create"}
    assert flows(f"obj_id={world.words['vm3']}&obj_type=server") >= {"server-create"}
    for query in ("stage=failed", "stage=on_init", "status=running", "task_name=nothing", "object=nothing"):
        assert flows(query) == set(), query


def test_dotted_keys_stand_for_every_list_of_a_create(world: World) -> None:
    sizes = {"vcpu_count": 1, "vmem_size": 64, "disk.0": "tiny:1g", "disk.1": "1g", "net.0": "net0", "dry_run": True}
    for more, status in (
        ({}, 200),
        ({"schedtag.0": "nowhere:require"}, 404),
        ({"isolated_device.0": "nowhere"}, 400),
        ({"disks": ["nothing:1g"]}, 404),
        ({"nets": ["nowhere"]}, 404),
    ):
        answer = world.ask("admin", "POST", "/compute/servers", json={"server": {"name": "dotted", **sizes, **more}})
        assert answer.status_code == status, (more, answer.text)


@pytest.mark.parametrize(
    ("ask", "status", "error"),
    [
        ("GET /sshkeypairs", 406, "NotSupportedError"),
        ("GET /guestcdroms", 406, "NotSupportedError"),
        ("GET /hostfiles/one", 406, "NotSupportedError"),
        ("POST /network_interfaces", 406, "NotSupportedError"),
        ("PUT /hosts/{host}/networks/one", 406, "NotSupportedError"),
        ("GET /loadbalancers", 406, "NotSupportedError"),
        ("POST /dns_zones", 406, "NotSupportedError"),
        ("DELETE /natgateways/one", 406, "NotSupportedError"),
        ("GET /scheduledtasks/one", 406, "NotSupportedError"),
        ("GET /nothings", 404, "NotFoundError"),
        ("GET /servers/splitable", 404, "SpecNotFoundError"),
        ("GET /servers/splitable-export", 404, "SpecNotFoundError"),
        ("GET /servers?project_organizations.0=one", 406, "NotSupportedError"),
        ("POST /servers/{server}/insertvfd", 406, "NotSupportedError"),
        ("POST /hosts/{host}/online", 406, "NotSupportedError"),
        ("POST /hosts/{host}/offline", 406, "NotSupportedError"),
        ("POST /servers/{server}/disable-auto-merge-snapshot", 406, "NotSupportedError"),
        ("GET /misc/bm-agent-url", 406, "NotSupportedError"),
    ],
)
def test_what_is_left_out_on_purpose_says_so(world: World, ask: str, status: int, error: str) -> None:
    method, _, path = ask.partition(" ")
    first = {word: world.ask("admin", "GET", PLACES[word]).json()[f"{word}s"][0]["id"] for word in ("server", "host")}
    answer = world.ask("admin", method, f"/compute{path.format(**first)}")
    assert (answer.status_code, answer.json()["class"]) == (status, error), answer.text


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ("POST /identity/v3/scope-resource/refresh", 406),
        ("GET /identity/v3/identity_providers", 406),
        ("GET /identity/v3/identity_providers/default", 406),
        ("GET /identity/v3/service_certificates", 406),
        ("POST /identity/v3/organizations", 406),
        ("GET /identity/v3/version", 200),
        ("GET /identity/v3/ping", 200),
        ("GET /image/v1/version", 200),
        ("POST /image/v1/ping", 200),
    ],
)
def test_what_clients_ask_under_the_version_of_a_service(world: World, ask: str, status: int) -> None:
    method, _, path = ask.partition(" ")
    assert world.ask("admin", method, path).status_code == status
