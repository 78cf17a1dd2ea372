"""`keypair-privatekey`."""

from __future__ import annotations

import click

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore_apps.climc.options import names_of
from cloudcore_apps.climc.output import printable
from cloudcore_apps.climc.runtime import runtime


@click.command(
    "keypair-privatekey",
    help="Print the private key of a key pair that the cloud made; it is handed out once.\n\n"
    "  (umask 077; climc keypair-privatekey laptop > laptop.pem)",
)
@click.argument("keypair", shell_complete=names_of("keypair"))
def private_key(keypair: str) -> None:
    """Print a private key."""
    run = runtime()
    told = run.session.detail("keypairs", keypair, "privatekey")
    if not told.get("private_key"):
        raise ResourceNotFoundError(f"the cloud has no private key of {keypair}, or has handed it out before")
    if run.is_raw:
        run.show_one(told)
        return
    for line in str(told["private_key"]).splitlines():
        click.echo(printable(line))
