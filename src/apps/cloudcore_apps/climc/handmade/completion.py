"""`completion`: what a shell needs to complete commands, options, and names from the cloud."""

from __future__ import annotations

import click

from cloudcore_apps.climc import options

SHELLS = ("bash", "zsh", "fish")
HELP = """Print what makes a shell complete climc, names in the cloud included.

\b
  bash   eval "$(climc completion bash)"        in ~/.bashrc
  zsh    eval "$(climc completion zsh)"         in ~/.zshrc, after compinit
  fish   climc completion fish | source         in ~/.config/fish/config.fish
"""


def _run(shell: str) -> None:
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, shell
    parts = kind(click.get_current_context().find_root().command, {}, "climc", "_CLIMC_COMPLETE")
    # Not `source()`: that starts a bash to ask for its version, which is not the one that will read this.
    click.echo(parts.source_template % parts.source_vars())


completion = click.Command(
    "completion",
    callback=_run,
    params=[click.Argument(["shell"], type=click.Choice(SHELLS), shell_complete=options.words_of(SHELLS))],
    help=HELP,
)
