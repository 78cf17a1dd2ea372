"""Completion: words from the index and from the cloud, in a real bash; silent and quick when there is no cloud."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from scripted import Scripted, answer, session_on, token_answer

from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.climc.app import build
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

PROGRAM = f'#!/bin/sh\nexec {sys.executable} -c "from cloudcore_apps.climc.main import main; main()" "$@"\n'


def words(runtime: Runtime, *args: str, incomplete: str = "") -> list[str]:
    """What is offered after these words."""
    completing = ShellComplete(build(), {"obj": runtime}, "climc", "_CLIMC_COMPLETE")
    return [item.value for item in completing.get_completions(list(args), incomplete)]


@pytest.fixture
def cloud() -> Runtime:
    memory, password = memory_cloud()
    session = memory.login("sysadmin", password, project="system")
    for name in ("alpha", "beta", "al pha", "-rf", "albert"):
        session.create("keypairs", {"name": name})
    return Runtime({}, session)


def test_commands_nouns_and_verbs_are_offered() -> None:
    assert words(Runtime({}), incomplete="keypair-sh") == ["keypair-show"]
    assert "keypair" in words(Runtime({}), incomplete="keyp")
    assert words(Runtime({}), "keypair", incomplete="sh") == ["show"]
    assert words(Runtime({}), "context") == ["add", "list", "remove", "use"]
    assert words(Runtime({}), "unicorn") == []
    assert "--limit" in words(Runtime({}), "keypair-list", incomplete="--l")


def test_names_come_from_the_cloud(cloud: Runtime) -> None:
    offered = words(cloud, "keypair-show", incomplete="al")
    assert offered == ["albert", "alpha"]
    assert words(cloud, "keypair", "show", incomplete="bet") == ["beta"]  # no id begins so
    assert words(cloud, "server-create", "--keypair", incomplete="al") == ["albert", "alpha"]


def test_a_name_that_a_shell_could_misread_is_offered_as_its_id(cloud: Runtime) -> None:
    offered = words(cloud, "keypair-delete")
    assert {"alpha", "beta", "albert"} <= set(offered)
    assert len(offered) == 5
    for word in set(offered) - {"alpha", "beta", "albert"}:
        assert re.fullmatch(r"[0-9a-f-]{32,36}", word)


@pytest.mark.parametrize(
    "name", ["$(touch x)", "`id`", "a;b", "a b", "*", "-f", "~root", "a\x1b[2J", "a'b", "a>b", "é"]
)
def test_no_hostile_word_is_ever_offered(name: str) -> None:
    rows = [{"name": name, "id": "abc-1"}, {"name": name + "x", "id": name}]
    session = session_on(Scripted(token_answer(), answer({"keypairs": rows, "total": 2})))
    assert words(Runtime({}, session), "keypair-show") == ["abc-1"]


@pytest.mark.parametrize("typed", ["a'", "a)", "'); x", "a,b"])
def test_what_was_typed_becomes_no_other_filter(typed: str) -> None:
    session = session_on(Scripted())  # would fail at the first request
    assert words(Runtime({}, session), "keypair-show", incomplete=typed) == []


def test_two_of_one_name_are_offered_by_id() -> None:
    rows = [{"name": "a", "id": "id-1"}, {"name": "a", "id": "id-2"}]
    session = session_on(Scripted(token_answer(), answer({"keypairs": rows, "total": 2})))
    assert words(Runtime({}, session), "keypair-show") == ["id-1", "id-2"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell], Runtime({})) == 0
    assert f"_CLIMC_COMPLETE={shell}_complete" in capsys.readouterr().out
    assert run(["completion", "cmd"], Runtime({})) == 2


def in_bash(folder: Path, line: str, **environ: str) -> tuple[str, str, float]:
    """What bash offers after a line, what is told on standard error, and how long it took."""
    program = folder / "climc"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    script = (
        'eval "$(climc completion bash)" 2>/dev/null\n'
        f"COMP_WORDS=({line}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))\n"
        '_climc_completion climc; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    kept: dict[str, Any] = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "CLIMC_", "CLOUDCORE_"))}
    began = time.monotonic()
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**kept, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), **environ},
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr, time.monotonic() - began


def test_bash_completes_commands(tmp_path: Path) -> None:
    out, err, _ = in_bash(tmp_path, 'climc "keypair-sh"')
    assert (out, err) == ("keypair-show\n", "")


def test_without_a_cloud_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    assert in_bash(tmp_path, 'climc keypair-show ""')[:2] == ("\n", "")


def test_a_cloud_that_does_not_answer_holds_nobody_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        out, err, took = in_bash(
            tmp_path,
            'climc keypair-show ""',
            OS_AUTH_URL=f"http://127.0.0.1:{port}/v3",
            OS_USERNAME="u",
            OS_PASSWORD="p",
        )
    assert (out, err) == ("\n", "")
    assert took < 10
