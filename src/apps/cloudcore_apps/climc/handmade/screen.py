"""`server-screen-dump` and `server-sendkeys`."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from cloudcore_apps.climc.acting import acting, named
from cloudcore_apps.climc.options import names_of
from cloudcore_apps.climc.runtime import runtime


@click.command("server-screen-dump", help="Write what the screen of a running server shows into a PNG file.")
@click.argument("server", shell_complete=names_of("server"))
@click.option("--file", "target", type=click.Path(dir_okay=False), help="File to make.  [default: ID.png]")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def dump(server: str, target: str | None, force: bool) -> None:
    """Take a picture."""
    run = runtime()
    if target and Path(target).exists() and not force:
        raise click.ClickException(f"{target} is there already; --force replaces it")
    told = run.session.perform("servers", server, "screen-dump")
    picture = base64.b64decode(told["image"], validate=True)
    # An id has letters, digits and dashes only; a name could lead elsewhere.
    path = Path(target or f"{told['id']}.png")
    if path.exists() and not force:
        raise click.ClickException(f"{path} is there already; --force replaces it")
    path.write_bytes(picture)
    run.show_one({"server": told["id"], "file": str(path), "size": len(picture)})


sendkeys = acting(
    "server-sendkeys",
    "servers",
    "sendkeys",
    [
        named("server"),
        click.Argument(["keys"]),
        click.Option(["--duration"], type=click.IntRange(1, 10_000), help="How long they are held down (ms); 100."),
    ],
    "Press keys on the keyboard of a running server, together.\n\n  climc server-sendkeys web ctrl-alt-delete",
    lambda told: {"keys": told["keys"], "duration": told["duration"]},
)
