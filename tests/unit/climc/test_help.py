"""The overview and the help of some commands, as they are committed. CLOUDCORE_UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest

from cloudcore.resources.actions import LADDER
from cloudcore_apps.climc.app import Commands, by_noun, command_of
from cloudcore_apps.climc.index import INDEX_FILE, current, load_index
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime

GOLDEN = Path(__file__).parents[2] / "golden" / "climc"
COMMANDS = (
    "action-show",
    "disk-create",
    "host-storage-attach",
    "image-download",
    "image-upload",
    "keypair-create",
    "network-create",
    "project-add-user",
    "server-console",
    "server-create",
    "server-delete",
    "server-disk-list",
    "server-event",
    "server-list",
    "server-ssh",
    "server-stop",
    "user-create",
)


def test_the_index_is_current() -> None:
    assert INDEX_FILE.read_text(encoding="utf-8") == current(), "run python -m cloudcore_apps.climc.index"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_as_committed(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([command, "--help"] if command else ["--help"], Runtime({})) == 0
    text = capsys.readouterr().out
    file = GOLDEN / f"{command or 'climc'}.txt"
    if os.environ.get("CLOUDCORE_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_every_command_can_be_made_and_explains_itself() -> None:
    for name, entry in (load_index()["commands"] | load_index()["refused"]).items():
        command = command_of(name, entry)
        context = command.make_context(name, ["--help"], resilient_parsing=True)
        assert command.get_short_help_str(), name
        options = [o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")]
        assert len(options) == len(set(options)), (name, options)
        assert command.get_help(context)


def test_every_action_of_the_ladder_has_a_command_with_help() -> None:
    from cloudcore.operations.ladder import ladder_actions
    from cloudcore_apps.climc.derive import declared

    assert {n for r in declared() for n in ladder_actions(r.entity)} <= set(LADDER)


def test_every_command_can_say_what_it_takes() -> None:
    for name, entry in (load_index()["commands"] | load_index()["refused"]).items():
        command = command_of(name, entry)
        with click.Context(command, info_name=name) as context:
            assert command.get_help(context).startswith("Usage:"), name


def test_what_the_cloud_always_refuses_is_shown_nowhere_and_can_be_called() -> None:
    group, refused = Commands("climc"), load_index()["refused"]
    assert {"action-purge-splitable", "logs-purge-splitable"} <= refused.keys()
    context = click.Context(group, info_name="climc")
    context.obj = Runtime({})
    begun = {item.value for item in group.shell_complete(context, "")}
    assert refused.keys().isdisjoint({*group.list_commands(context), *begun})
    assert "purge-splitable" not in by_noun(load_index())["action"]
    for name in refused:
        assert group.get_command(context, name) is not None
        assert group.resolve_command(context, name.split("-", 1))[0] == name
