"""`server-set-user-data`."""

from __future__ import annotations

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.runtime import runtime


@click.command(
    "server-set-user-data",
    help="Replace the cloud-init data of a server by a file; the next deploy or rebuild-root takes it up.",
)
@click.argument("server", shell_complete=options.names_of("server"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def set_user_data(server: str, file: str) -> None:
    """Send a file as cloud-init data."""
    try:
        text = options.read_text(file)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="FILE") from error
    run = runtime()
    run.show_one(run.session.perform("servers", server, "user-data", {"user_data": text}))
