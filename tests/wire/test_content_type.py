"""What a body is said to be: JSON is read under the types that clients send it under, and everything else is refused."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.wire.scripted import TOKEN, ScriptedCloud

from cloudcore_adapters.rest.app import build_app

BODY = b'{"box": {"name": "a"}}'
MADE = ("create", "boxes", {"name": "a"}, {}, ())


@pytest.fixture
def cloud() -> ScriptedCloud:
    return ScriptedCloud()


@pytest.fixture
def client(cloud: ScriptedCloud) -> TestClient:
    return TestClient(build_app(cloud), headers={"X-Auth-Token": TOKEN})


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;charset=UTF-8",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
    ],
)
def test_json_is_read_under_the_types_that_clients_give_it(
    cloud: ScriptedCloud, client: TestClient, kind: str | None
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}

    answer = client.post("/compute/boxes", content=BODY, headers=headers)

    assert answer.status_code == 200, answer.text
    assert cloud.asked == [MADE]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/xml",
        "multipart/form-data; boundary=x",
        "json",
        "image/x+json",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/compute/boxes"),
        ("PUT", "/compute/boxes/b1"),
        ("DELETE", "/compute/boxes/b1"),
        ("POST", "/v3/auth/tokens"),
    ],
)
def test_what_is_said_to_be_something_else_is_refused_before_it_is_read(
    cloud: ScriptedCloud, client: TestClient, method: str, path: str, kind: str
) -> None:
    answer = client.request(method, path, content=BODY, headers={"Content-Type": kind})

    told = answer.json()
    assert (answer.status_code, told["code"], told["class"]) == (415, 415, "UnsupportedMediaTypeError")
    assert "application/json" in told["details"]
    assert cloud.asked == []


def test_no_body_is_of_no_type(client: TestClient) -> None:
    answer = client.delete("/compute/boxes/b1", headers={"Content-Type": "text/plain"})

    assert answer.status_code == 200, answer.text


def test_a_form_is_no_json(client: TestClient) -> None:
    answer = client.post("/compute/boxes", data={"name": "a"})

    assert (answer.status_code, answer.json()["class"]) == (400, "InvalidFormatError")
