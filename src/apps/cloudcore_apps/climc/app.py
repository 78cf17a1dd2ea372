"""The group of all commands; each is made when it is called for."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cloudcore_apps.climc.index import entry_of, load_index
from cloudcore_apps.climc.options import common

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INTRO = "Commands of the cloud. `climc NOUN-VERB --help` tells about one of them; `climc NOUN VERB` is the same."
NOUN = "climc.noun"
"""Where a context keeps the noun whose verb is being completed."""


class Commands(click.Group):
    """Looks commands up in the index, and makes the one that is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command but those for what is always refused, sorted."""
        del ctx
        return list(load_index()["commands"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; None if there is none of that name."""
        del ctx
        entry = entry_of(cmd_name)
        return None if entry is None else command_of(cmd_name, entry)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word means, or the first two: `server list` is `server-list`. Misses are named."""
        if len(args) > 1 and entry_of(args[0]) is None and entry_of(f"{args[0]}-{args[1]}") is not None:
            args = [f"{args[0]}-{args[1]}", *args[2:]]
        if ctx.resilient_parsing and args and entry_of(args[0]) is None:
            ctx.meta[NOUN] = args[0] if len(args) == 1 else None
            return None, None, args
        if args and entry_of(args[0]) is None and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], load_index()["commands"], n=3)
            hint = f"; did you mean {' or '.join(close)}?" if close else "; `climc --help` lists them"
            ctx.fail(f"there is no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Commands that begin so, or verbs of the noun that stands before; none of them is made."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        ctx.obj.impatient = True
        commands = load_index()["commands"]
        if NOUN in ctx.meta:
            words = by_noun(load_index()).get(ctx.meta[NOUN], ())
            return [CompletionItem(word) for word in words if word.startswith(incomplete)]
        nouns = () if "-" in incomplete else by_noun(load_index())
        return [CompletionItem(word) for word in (*commands, *nouns) if word.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line for each noun with its verbs, without making any command."""
        del ctx
        with formatter.section("Commands (NOUN-VERB)"):
            nouns = by_noun(load_index())
            wide = max(len(noun) for noun in nouns) + 4
            for noun, verbs in nouns.items():
                wrapped = textwrap.fill(
                    " ".join(verbs) or " ",
                    max(formatter.width, wide + 20),
                    initial_indent=f"  {noun:<{wide - 2}}",
                    subsequent_indent=" " * wide,
                    break_on_hyphens=False,
                )
                formatter.write(f"{wrapped}\n")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Exit codes and configuration."""
        del ctx
        from cloudcore_apps.climc import config, exits

        for text in (exits.HELP, config.HELP):
            formatter.write_paragraph()
            formatter.write_text(text.replace("\n", " "))


def by_noun(index: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """The verbs of each noun; the longest noun that a command begins with has it."""
    nouns = {t["noun"] for t in index["types"].values()}
    found: dict[str, list[str]] = {}
    for name in index["commands"]:
        words = name.split("-")
        begins = ("-".join(words[:count]) for count in range(len(words) - 1, 0, -1))
        noun = next((begin for begin in begins if begin in nouns), words[0])
        found.setdefault(noun, []).append(name.removeprefix(noun).removeprefix("-"))
    return dict(sorted(found.items()))


def build() -> click.Group:
    """The program."""
    return Commands(
        name="climc",
        help=INTRO,
        params=[
            *common(),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                help="Show the release.",
                callback=_version,
            ),
            click.Option(
                ["--plan"],
                is_flag=True,
                expose_value=False,
                help="Only tell what the command would do, and keep that as a plan for an hour.",
                callback=_set_plan,
            ),
            click.Option(
                ["--data"],
                type=click.Path(path_type=Path, file_okay=False),
                help="Folder of the local cloud.",
                expose_value=False,
                callback=_set_data,
            ),
        ],
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        no_args_is_help=True,
    )


def command_of(name: str, entry: Sequence[str]) -> click.Command:
    """The command of one entry of the index."""
    if entry[0] == "hand":
        from importlib import import_module

        module, _, attribute = entry[1].partition(":")
        command = getattr(import_module(f"cloudcore_apps.climc.handmade.{module}"), attribute)
        assert isinstance(command, click.Command)
        taken = [name for p in command.params for name in p.opts]
        # Another command rather than a copy: click keeps what it found of a parent's settings in the command itself.
        return click.Command(
            command.name,
            callback=command.callback,
            params=[*command.params, *common(taken)],
            help=command.help,
            context_settings=command.context_settings,
        )
    from cloudcore_apps.climc.commands import make

    return make(name, entry)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"climc {version('cloudcore')}")
        ctx.exit()


def _set_plan(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.find_root().obj.only_plans = value


def _set_data(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().obj.data = value
