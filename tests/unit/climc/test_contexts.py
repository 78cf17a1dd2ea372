"""Named contexts: what is kept, who may read it, and which cloud is meant."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudcore_apps.climc.config import NoCredentialsError, NotConfiguredError, read_settings
from cloudcore_apps.climc.contexts import context_file, read_contexts
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

Climc = Callable[..., tuple[int, str, str]]
PROD = ("--auth-url", "https://prod:30300/v3", "--username", "ada", "--password", "s3cret", "--project", "red")


@pytest.fixture
def climc(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Climc:
    def call(*argv: str) -> tuple[int, str, str]:
        code = run(argv, Runtime({"HOME": str(tmp_path)}))
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_a_context_is_added_used_listed_and_removed(climc: Climc, home: dict[str, str]) -> None:
    assert climc("context", "add", "prod", *PROD) == (0, "", "context prod added\n")
    assert climc("context-add", "test", "--auth-url", "http://test/v3", "--token", "t0ken")[0] == 0
    with pytest.raises(NotConfiguredError):
        read_settings(home, None)

    assert climc("context", "use", "prod") == (0, "", "context prod is in use\n")
    code, out, _ = climc("context", "list", "-o", "json")
    assert code == 0
    assert json.loads(out) == [
        {"current": False, "name": "local"},
        {"current": True, "name": "prod", "auth_url": "https://prod:30300/v3", "username": "ada", "project": "red"},
        {"current": False, "name": "test", "auth_url": "http://test/v3"},
    ]
    found = read_settings(home, None)
    assert (found.auth_url, found.username, found.password, found.project) == (PROD[1], "ada", "s3cret", "red")
    assert read_settings(home, None, "test").token == "t0ken"

    assert climc("context", "remove", "prod")[0] == 0
    assert read_contexts(home).current == ""
    assert [row["name"] for row in json.loads(climc("context", "list", "-o", "json")[1])] == ["local", "test"]


def test_no_output_has_a_secret(climc: Climc) -> None:
    told = [climc("context", "add", "prod", *PROD), climc("context", "list"), climc("context", "list", "-o", "json")]
    assert "s3cret" not in str(told)


def test_the_file_is_for_its_owner_alone(climc: Climc, home: dict[str, str]) -> None:
    old = os.umask(0)
    try:
        climc("context", "add", "prod", *PROD)
    finally:
        os.umask(old)
    file = context_file(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [p.name for p in file.parent.iterdir()] == ["contexts.json"]

    file.chmod(0o640)
    code, _, err = climc("context", "list")
    assert code == 7
    assert f"hint: chmod 600 {file}" in err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2, "contexts": {}}', '{"format": 1, "contexts": []}'])
def test_a_damaged_file_is_told_and_kept(climc: Climc, home: dict[str, str], content: str) -> None:
    climc("context", "add", "prod", *PROD)
    context_file(home).write_text(content)
    assert "damaged" in climc("context", "add", "other", *PROD)[2]
    assert context_file(home).read_text() == content


@pytest.mark.parametrize("name", ["local", "", "../x", "a b", "-x", "x" * 65])
def test_names_are_plain(climc: Climc, home: dict[str, str], name: str) -> None:
    assert climc("context", "add", *PROD, "--", name)[0] == 2
    assert not context_file(home).exists()


def test_a_context_needs_something_to_log_in_with(climc: Climc) -> None:
    assert climc("context", "add", "prod", "--auth-url", "http://x", "--username", "ada")[0] == 2


def test_one_that_is_not_there_is_told(climc: Climc) -> None:
    for argv in (("context", "use", "x"), ("context", "remove", "x"), ("--context", "x", "server-list")):
        code, _, err = climc(*argv)
        assert code == 7, argv
        assert "there is no context 'x'" in err


def test_an_asked_for_context_is_changed_by_no_variable(climc: Climc, home: dict[str, str]) -> None:
    climc("context", "add", "prod", *PROD)
    env = {**home, "OS_AUTH_URL": "http://other/v3", "OS_USERNAME": "eve", "OS_PASSWORD": "p", "OS_AUTH_TOKEN": "t"}
    for found in (read_settings(env, None, "prod"), read_settings({**env, "CLIMC_CONTEXT": "prod"}, None)):
        assert (found.auth_url, found.username, found.password, found.token) == (PROD[1], "ada", "s3cret", "")


def test_a_context_in_use_gives_its_password_to_its_cloud_and_user_alone(climc: Climc, home: dict[str, str]) -> None:
    climc("context", "add", "prod", *PROD, "--use")
    assert read_settings({**home, "OS_PROJECT_NAME": "blue"}, None).project == "blue"
    for variables in (
        {"OS_USERNAME": "eve"},
        {"OS_AUTH_URL": "http://other/v3"},
        {"OS_AUTH_URL": "http://x", "OS_USERNAME": "ada"},
    ):
        with pytest.raises(NoCredentialsError):
            read_settings({**home, **variables}, None)


def test_a_named_folder_means_the_local_cloud(climc: Climc, home: dict[str, str], tmp_path: Path) -> None:
    climc("context", "add", "prod", *PROD, "--use")
    folder = tmp_path / "cloud"
    folder.mkdir()
    (folder / "local.json").write_text(json.dumps({"auth_url": "http://here", "username": "me", "password": "p"}))
    (folder / "local.json").chmod(0o600)
    assert read_settings(home, folder).auth_url == "http://here"
    assert read_settings({**home, "CLOUDCORE_DATA": str(folder)}, None).auth_url == "http://here"
    assert read_settings({**home, "CLOUDCORE_DATA": str(folder)}, None, "local").auth_url == "http://here"
    assert read_settings(home, None).auth_url == PROD[1]
    assert climc("context", "use", "local")[0] == 0
    with pytest.raises(NotConfiguredError):
        read_settings(home, None)


def test_an_access_key_goes_before_the_password_of_a_context(climc: Climc, home: dict[str, str]) -> None:
    climc("context", "add", "prod", *PROD, "--use")
    found = read_settings({**home, "OS_ACCESS_KEY": "k1", "OS_SECRET_KEY": "s1"}, None)
    assert (found.auth_url, found.access_key, found.secret_key) == (PROD[1], "k1", "s1")
    assert (found.username, found.password, found.token) == ("", "", "")
    with pytest.raises(NoCredentialsError, match="no secret"):
        read_settings({**home, "OS_ACCESS_KEY": "k1"}, None)
