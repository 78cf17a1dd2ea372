"""`task-show`: the story of a long operation, for people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.effects import Failed
from cloudcore.operations.session import CoreSession
from cloudcore_apps.climc.handmade.tasks import story
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime


def shown(capsys: pytest.CaptureFixture[str], cloud: Cloud, *argv: str) -> tuple[int, str, str]:
    code = run(argv, Runtime({}, CoreSession(cloud.platform, CALLER)))
    told = capsys.readouterr()
    return code, told.out, told.err


def task_of(cloud: Cloud, flow: str) -> Any:
    (found,) = [task for task in cloud.rows("tasks") if task.flow == flow]
    return found


def test_a_failure_is_told_with_its_tries_its_cause_and_what_was_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(
        hosts=1,
        failures=lambda effect, _: Failed("no space left", transient=True) if effect.kind == "guest-create" else None,
    )
    CoreSession(cloud.platform, CALLER).create("servers", server_body("web"))
    cloud.settle()
    ident = task_of(cloud, "server-create").id

    code, out, _ = shown(capsys, cloud, "task-show", ident)

    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "server-create of server web"
    assert "  state     failed" in lines
    assert "  why       no space left" in lines
    assert any(line.endswith("fails, and is tried again: no space left") for line in lines)
    assert any("begins (try 2): guest-create" in line for line in lines)
    assert any(line.endswith("fails: what was done is taken back from here: no space left") for line in lines)
    assert any("is taken back: volume-delete" in line for line in lines)
    assert lines[-1].endswith("it has failed: no space left")
    assert "{" not in out


def test_an_open_task_says_who_holds_it_and_what_is_next(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(hosts=1, delays={"volume-create": 50})
    CoreSession(cloud.platform, CALLER).create("servers", server_body("web"))
    worker = cloud.worker()
    worker.run_all(worker.due())
    ident = task_of(cloud, "server-create").id

    _, out, _ = shown(capsys, cloud, "task-show", ident)

    assert "  held by   w1, until 20" in out
    assert "  next      it waits for " in out
    assert ", given up at 20" in out
    code, out, _ = shown(capsys, cloud, "task-cancel", ident)
    assert (code, out.startswith(f"server-create of server web (task {ident}) is at ")) == (0, True)
    assert "held by nobody; it waits for " in out
    assert shown(capsys, cloud, "task-cancel", ident, "-o", "name")[1] == f"{ident}\n"
    _, out, _ = shown(capsys, cloud, "task-show", ident)
    assert "  state     running, and called back" in out
    assert "to end early, and then takes back what it did" in out
    cloud.settle()
    _, out, _ = shown(capsys, cloud, "task-show", ident)
    assert "  state     cancelled" in out
    assert "held by" not in out


def test_programs_get_it_as_it_is_and_several_are_told_each(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Cloud(hosts=1)
    session = CoreSession(cloud.platform, CALLER)
    session.create("servers", server_body("one"))
    session.create("servers", server_body("two"))
    cloud.settle()
    first, second = (task.id for task in cloud.rows("tasks"))

    _, out, _ = shown(capsys, cloud, "task-show", first, "-o", "json")
    assert json.loads(out)["steps"][0]["event"] == "begin"
    assert json.loads(out)["next_action"] == ""
    code, out, error = shown(capsys, cloud, "task-show", first, "nothing", second)
    assert out.count("server-create of server") == 2
    assert (code != 0, "nothing" in error) == (True, True)


def test_what_others_wrote_cannot_control_the_terminal() -> None:
    told = story({"flow": "f", "obj_name": "\x1b[2J", "steps": [{"at": "2026-01-01T00:00:00", "text": "\x1b[1m"}]})
    assert "\x1b" not in told
