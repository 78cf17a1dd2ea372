"""Several resources in one command: each has its result, in every format, and the exit code tells of the first failure."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import yaml

from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.climc.batch import over
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

Climc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def climc(capsys: pytest.CaptureFixture[str]) -> Climc:
    cloud, password = memory_cloud()
    session = cloud.login("sysadmin", password, project="system")
    for name in ("a", "b"):
        session.create("keypairs", {"name": name})

    def call(*argv: str) -> tuple[int, str, str]:
        code = run(argv, Runtime({}, session))
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_each_has_a_status_in_the_order_asked_for(climc: Climc, kind: str) -> None:
    code, out, err = climc("keypair-delete", "a", "nobody", "b", "-o", kind)
    told = json.loads(out) if kind == "json" else yaml.safe_load(out)

    assert code == 3
    assert [line["status"] for line in told] == [200, 404, 200]
    assert [line["body"]["name"] for line in told if line["status"] == 200] == ["a", "b"]
    assert told[0]["id"] == told[0]["body"]["id"]
    assert told[1] == {
        "id": "nobody",
        "status": 404,
        "error": {"class": "ResourceNotFoundError", "details": "keypair nobody not found", "field": "keypair"},
    }
    assert err == "error: nobody: keypair nobody not found\n"


def test_a_query_reaches_into_the_results(climc: Climc) -> None:
    code, out, _ = climc("keypair-delete", "a", "nobody", "--query", "[?status!=`200`].id", "-o", "name")
    assert (code, out) == (3, "nobody\n")


def test_the_same_twice_is_done_once(climc: Climc) -> None:
    assert climc("keypair-delete", "a", "a", "b", "-o", "name") == (0, "a\nb\n", "")


def test_one_alone_is_no_batch(climc: Climc) -> None:
    assert json.loads(climc("keypair-delete", "a", "-o", "json")[1])["name"] == "a"
    assert climc("keypair-delete", "a", "-o", "json")[:2] == (3, "")


def test_all_are_begun_before_the_first_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def begin(ident: str) -> dict[str, str]:
        seen.append(f"begin {ident}")
        return {"id": ident}

    def wait(result: dict[str, str]) -> dict[str, str]:
        seen.append(f"wait {result['id']}")
        return result

    over(Runtime({}), ["a", "b"], begin, ["id"], then=wait)
    assert seen == ["begin a", "begin b", "wait a", "wait b"]
    assert capsys.readouterr().out == "ID\na\nb\n"
