from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_apps.climc.app import command_of
from cloudcore_apps.climc.config import NoCredentialsError, NotConfiguredError, read_settings
from cloudcore_apps.climc.handmade.servers import body_of
from cloudcore_apps.climc.handmade.ssh import command_line
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.output import as_json, as_pairs, as_table, printable
from cloudcore_apps.climc.runtime import Runtime

Climc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def climc(capsys: pytest.CaptureFixture[str]) -> Climc:
    """Runs commands against a cloud in memory: exit code, standard output, standard error."""
    cloud, password = memory_cloud()
    session = cloud.login("sysadmin", password, project="system")

    def call(*argv: str, **environ: str) -> tuple[int, str, str]:
        code = run(argv, Runtime(environ, session))
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_a_resource_is_created_shown_changed_and_deleted(climc: Climc) -> None:
    code, out, _ = climc("keypair-create", "laptop", "--desc", "mine", "-o", "json")
    assert code == 0
    made = json.loads(out)
    assert (
        climc("keypair-show", "laptop", "--columns", "name,description")[1]
        == "name         laptop\ndescription  mine\n"
    )
    assert climc("keypair-update", "laptop", "--desc", "ours")[0] == 0
    assert json.loads(climc("keypair-show", made["id"], "-o", "json")[1])["description"] == "ours"
    assert climc("keypair-delete", "laptop")[0] == 0
    assert climc("keypair-list") == (0, "", "no keypairs\n")


def test_lists_are_aligned_tables_with_a_count(climc: Climc) -> None:
    for name in ("a", "longer-name"):
        climc("keypair-create", name)
    code, out, err = climc("keypair-list", "--order-by", "name", "--order", "asc", "--columns", "name,scheme")
    assert code == 0
    assert out == "NAME         SCHEME\na            ED25519\nlonger-name  ED25519\n"
    assert err == "2 keypairs\n"


def test_a_cut_list_says_how_to_see_the_rest(climc: Climc) -> None:
    for name in "abc":
        climc("keypair-create", name)
    assert climc("keypair-list", "--limit", "2")[2] == "2 of 3 keypairs; more with --offset 2, or --all\n"
    assert climc("keypair-list", "--all")[2] == "3 in all\n"


def test_json_goes_to_standard_output_alone(climc: Climc) -> None:
    climc("keypair-create", "k")
    for argv, environ in ((("-o", "json", "keypair-list"), {}), (("keypair-list",), {"CLIMC_OUTPUT_FORMAT": "json"})):
        code, out, err = climc(*argv, **environ)
        assert (code, err) == (0, "")
        assert [row["name"] for row in json.loads(out)] == ["k"]


def test_filters_and_fields_are_sent(climc: Climc) -> None:
    for name in ("alpha", "beta"):
        climc("keypair-create", name)
    assert climc("keypair-list", "--filter", "name.contains('alp')", "--field", "name")[1] == "NAME\nalpha\n"
    assert climc("keypair-list", "--search", "bet", "--field", "name")[1] == "NAME\nbeta\n"
    assert climc("keypair-list", "--name", "alpha", "--name", "beta", "--field", "name")[2] == "2 keypairs\n"


def test_each_of_a_batch_has_its_result(climc: Climc) -> None:
    climc("keypair-create", "a")
    climc("keypair-create", "b")
    code, out, err = climc("keypair-delete", "a", "nobody", "b", "--columns", "name")
    assert code == 3
    assert out == "NAME\na\nb\n"
    assert err == "error: nobody: keypair nobody not found\n"


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        (1, ("network-create", "wire0", "n")),
        (2, ("keypair-create",)),
        (2, ("keypair-list", "--limit", "many")),
        (2, ("keypair-update", "k")),
        (2, ("unicorn-list",)),
        (3, ("keypair-show", "nobody")),
        (5, ("project-create", "system")),
    ],
)
def test_exit_codes_tell_what_went_wrong(climc: Climc, code: int, argv: tuple[str, ...]) -> None:
    got, out, err = climc(*argv)
    assert got == code
    assert out == ""
    assert "rror: " in err


def test_an_error_is_one_line_and_says_what_to_do(climc: Climc) -> None:
    assert climc("project-create", "system")[2] == (
        "error: project name system is already used\nhint: choose another name\n"
    )
    assert "did you mean keypair-list" in climc("keypair-lst")[2]


def test_without_a_cloud_it_says_how_to_have_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["--data", str(tmp_path), "server-list"], Runtime({"HOME": str(tmp_path)})) == 7
    assert "cloudcore up" in capsys.readouterr().err


def test_a_cloud_that_does_not_answer_is_told_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    environ = {
        "OS_AUTH_URL": "http://127.0.0.1:1/v3",
        "OS_USERNAME": "u",
        "OS_PASSWORD": "hunter2",
        "HOME": str(tmp_path),
    }
    assert run(["--debug", "server-list"], Runtime(environ)) == 7
    err = capsys.readouterr().err
    assert "error: cannot reach http://127.0.0.1:1" in err
    assert "hunter2" not in err


def test_roles_are_given_and_listed(climc: Climc) -> None:
    climc("project-create", "red")
    climc("user-create", "bob", "--password", "Correct-Horse-Battery-9")
    assert climc("role-assignments")[0] in (0, 3)
    assert climc("user-show", "bob", "--columns", "name")[1] == "name  bob\n"
    assert "Correct-Horse" not in climc("user-show", "bob")[1]


def test_relations_are_listed_and_missing_ones_not_found(climc: Climc) -> None:
    assert climc("server-disk-list", "--server", "nothing")[0] in (0, 3)
    assert climc("server-disk-show", "nothing", "nothing")[0] == 3


def test_tags_are_set_and_shown(climc: Climc) -> None:
    climc("keypair-create", "k")
    assert climc("keypair-user-metadata", "k", "--tag", "env=prod")[0] == 0
    assert climc("keypair-metadata", "k")[1] == "user:env  prod\n"
    assert climc("keypair-user-metadata", "k", "--tag", "nonsense")[0] == 2


def test_a_whole_network_is_made_from_arguments(climc: Climc) -> None:
    code, out, _ = climc(
        "network-create", "wire0", "n", "10.1.0.10", "10.1.0.20", "24", "--gateway", "10.1.0.1", "-o", "json"
    )
    made = json.loads(out)
    assert code == 0
    assert (made["guest_ip_start"], made["guest_ip_mask"], made["guest_gateway"]) == ("10.1.0.10", 24, "10.1.0.1")


def test_an_image_is_uploaded_and_shown(climc: Climc, tmp_path: Path) -> None:
    file = tmp_path / "disk.img"
    file.write_bytes(b"\0" * 3_000_000)
    code, out, err = climc("image-upload", "--format", "raw", "--os-type", "Linux", "tiny", str(file), "-o", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["size"] == 3_000_000
    assert climc("image-list", "--columns", "name,size")[1] == "NAME     SIZE\ntiny  3000000\n"
    empty = tmp_path / "empty"
    empty.touch()
    assert climc("image-upload", "none", str(empty))[0] == 2


def test_a_policy_is_made_from_a_file(climc: Climc, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text('{"policy": {"compute": "allow"}}')
    assert climc("policy-create", "mine", str(file), "--scope", "project")[0] == 0
    file.write_text("{")
    assert climc("policy-create", "other", str(file))[0] == 2


def _server(*argv: str) -> dict[str, Any]:
    from cloudcore_apps.climc.handmade.servers import create

    values = create.make_context("server-create", [*argv]).params
    return body_of({k: v for k, v in values.items() if k not in ("count", "wait", "timeout_s")})


def test_a_server_is_asked_for_as_the_protocol_has_it(tmp_path: Path) -> None:
    data = tmp_path / "user-data"
    data.write_text("#cloud-config\n")
    body = _server(
        "--ncpu", "2", "--mem-spec", "256M", "--disk", "tiny:1g", "--disk", "5g", "--net", "default", "--allow-delete",
        "--auto-start", "--user-data-file", str(data), "--meta", "user:env=prod", "--prefer-host", "h1", "web",
    )  # fmt: skip
    assert body == {
        "name": "web",
        "vcpu_count": 2,
        "vmem_size": "256M",
        "disks": ["tiny:1g", "5g"],
        "nets": ["default"],
        "disable_delete": False,
        "auto_start": True,
        "user_data": "#cloud-config\n",
        "__meta__": {"user:env": "prod"},
        "prefer_host": "h1",
    }


def test_what_was_not_asked_for_is_not_sent() -> None:
    assert _server("web") == {"name": "web"}
    assert _server("--generate-name", "web") == {"generate_name": "web"}


def test_options_behind_the_server_are_the_remote_commands() -> None:
    command = command_of("server-ssh", ("hand", "ssh:ssh"))
    context = command.make_context("server-ssh", ["-l", "root", "web", "uname", "-sr", "--all"])
    assert (context.params["server"], context.params["words"]) == ("web", ("uname", "-sr", "--all"))


def test_ssh_cannot_be_given_options_by_a_record() -> None:
    from cloudcore.model.errors import NotSupportedError

    line = command_line({"id": "s1", "ssh_port": 2222}, "10.0.0.5", key="k", words=("ls", "-l"))
    assert line[-3:] == ["10.0.0.5", "ls", "-l"]
    assert line[line.index("-p") + 1] == "2222"
    assert line[line.index("-l") + 1] == "root"
    assert "HostKeyAlias=cloudcore-s1" in line
    for about, address in (({"id": "1", "login_account": "-oProxyCommand=x"}, "10.0.0.5"), ({"id": "1"}, "-oX=y")):
        with pytest.raises(NotSupportedError):
            command_line(about, address)


def test_text_from_the_cloud_cannot_control_the_terminal() -> None:
    evil = "a\x1b[2Jb\r\n\u202ec"
    assert printable(evil) == "a\\x1b[2Jb\\r\\n\\u202ec"
    for text in (as_table(["name"], [{"name": evil}]), as_pairs({"name": evil}), as_json({"name": evil})):
        assert all(c.isprintable() or c == "\n" for c in text)
    assert json.loads(as_json({"name": evil})) == {"name": evil}


def test_wide_characters_keep_columns_aligned() -> None:
    table = as_table(["name", "n"], [{"name": "東京", "n": 1}, {"name": "abcd", "n": 22}])
    assert table == "NAME   N\n東京   1\nabcd  22"


def test_dots_reach_into_objects() -> None:
    assert as_pairs({"a": {"b": [1, "x"]}}, ["a.b", "a.c"]) == 'a.b  [1,"x"]\na.c  -'


LOCAL = {
    "auth_url": "http://127.0.0.1:30300/identity/v3",
    "username": "sysadmin",
    "password": "pw",
    "project": "system",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / ".local" / "share" / "cloudcore"
    folder.mkdir(parents=True)
    file = folder / "local.json"
    file.write_text(json.dumps(LOCAL))
    file.chmod(0o600)
    return tmp_path


def test_the_local_cloud_is_found(home: Path) -> None:
    found = read_settings({"HOME": str(home)}, None)
    assert (found.auth_url, found.username, found.password) == (LOCAL["auth_url"], "sysadmin", "pw")
    assert "pw" not in repr(found)
    elsewhere = home / "elsewhere"
    (home / ".local" / "share" / "cloudcore").rename(elsewhere)
    assert read_settings({"HOME": "/nonexistent"}, elsewhere).username == "sysadmin"
    assert read_settings({"HOME": "/nonexistent", "CLOUDCORE_DATA": str(elsewhere)}, None).username == "sysadmin"


def test_the_local_password_goes_to_the_local_cloud_as_its_user_alone(home: Path) -> None:
    with pytest.raises(NoCredentialsError):
        read_settings({"HOME": str(home), "OS_AUTH_URL": "http://elsewhere/v3", "OS_USERNAME": "sysadmin"}, None)
    with pytest.raises(NoCredentialsError):
        read_settings({"HOME": str(home), "OS_USERNAME": "bob"}, None)
    bob = read_settings({"HOME": str(home), "OS_USERNAME": "bob", "OS_PASSWORD": "b"}, None)
    assert (bob.password, bob.project) == ("b", "")


def test_variables_win_over_the_file(home: Path) -> None:
    found = read_settings(
        {"HOME": str(home), "OS_PROJECT_NAME": "red", "OS_REGION_NAME": "r", "YUNION_INSECURE": "true"}, None
    )
    assert (found.project, found.region, found.insecure) == ("red", "r", True)


def test_a_file_that_others_may_read_is_refused(home: Path) -> None:
    file = home / ".local" / "share" / "cloudcore" / "local.json"
    file.chmod(0o644)
    with pytest.raises(NotConfiguredError, match="others") as caught:
        read_settings({"HOME": str(home)}, None)
    assert caught.value.hint.startswith("chmod 600")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize("content", ["", "{", "[]", '{"auth_url": 5}'])
def test_a_damaged_file_is_told(home: Path, content: str) -> None:
    file = home / ".local" / "share" / "cloudcore" / "local.json"
    file.write_text(content)
    with pytest.raises(NotConfiguredError, match="damaged"):
        read_settings({"HOME": str(home)}, None)


def test_a_password_can_come_from_standard_input(climc: Climc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(sys), "stdin", io.StringIO("Correct-Horse-Battery-9\n"))
    assert climc("user-create", "bob", "--password", "-")[0] == 0
    assert climc("user-show", "bob", "--columns", "name")[1] == "name  bob\n"


def test_a_private_key_is_printed_so_that_ssh_reads_it(climc: Climc) -> None:
    climc("keypair-create", "k")
    code, out, _ = climc("keypair-privatekey", "k")
    assert code == 0
    assert out.endswith("\n")
    assert len(out.splitlines()) >= 1
    assert "\\n" not in out
    assert climc("keypair-privatekey", "k") == (
        3,
        "",
        "error: the cloud has no private key of k, or has handed it out before\n",
    )
