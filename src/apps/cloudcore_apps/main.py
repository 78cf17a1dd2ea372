"""The program `cloudcore`. Each command's module is imported when the command is used, not before."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from types import MappingProxyType

import click

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "up": ("cloudcore_apps.up:up", "Run a whole cloud in this process."),
        "status": ("cloudcore_apps.control:status", "Say whether a cloud runs here, and where."),
        "down": ("cloudcore_apps.control:down", "End the cloud that runs here; its guests go on."),
        "doctor": (
            "cloudcore_apps.doctor.command:doctor",
            "Look at everything that a cloud here needs; change nothing.",
        ),
        "env": ("cloudcore_apps.control:env", "Print OS_* variables for other clients, for eval."),
        "keys": ("cloudcore_apps.keys:keys", "List, rotate and prune the keys of a data folder."),
        "simulate": (
            "cloudcore_apps.simulate.command:simulate",
            "Live whole clouds under seeded faults, and check that nothing is stuck.",
        ),
        "scheduler": (
            "cloudcore_apps.scheduling:scheduler",
            "Ask what if: offline, of an inventory in a file.",
        ),
        "version": ("cloudcore_apps.control:version", "Print the version."),
    }
)


class LazyGroup(click.Group):
    """Commands by name, loaded when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """A cloud in one process: `cloudcore up`, then `climc` in a second terminal."""


def main() -> None:
    """Run a command; failures are one line on standard error and status 1."""
    from cloudcore.model.errors import CloudcoreError

    try:
        cli.main(prog_name="cloudcore")
    except CloudcoreError as error:
        detail = f" ({error.internal})" if error.internal and error.internal not in str(error) else ""
        sys.stderr.write(f"cloudcore: {error}{detail}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
