"""`server-ssh`: find a server's address and hand over to ssh."""

from __future__ import annotations

import ipaddress
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cloudcore.model.errors import InvalidStatusError, NotSupportedError, ResourceNotFoundError
from cloudcore_apps.climc.runtime import Runtime, runtime

ROOT = "root"


@click.command(
    "server-ssh",
    help="Log in to a server by SSH. What stands behind the server's name is run there.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("-l", "--login", "--user", "login", help="Account.  [default: the server's login account, or root]")
@click.option("-i", "--key", type=click.Path(dir_okay=False), help="Private key.")
@click.option("-p", "--port", type=click.IntRange(1, 65_535), help="Port.  [default: the server's SSH port]")
@click.option("--host", help="Address to use instead of the record's.")
@click.argument("server")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
def ssh(
    server: str, words: Sequence[str], login: str | None, key: str | None, port: int | None, host: str | None
) -> None:
    """Log in."""
    run = runtime()
    about = run.session.get("servers", server)
    address = host or address_of(run, about)
    program = shutil.which("ssh")
    if program is None:
        raise NotSupportedError(f"there is no ssh on this machine; the server's address is {address}")
    line = command_line(about, address, login=login, key=key, port=port, words=words)
    run.close()
    os.execv(program, line)  # noqa: S606 - no shell


def command_line(
    about: Mapping[str, Any],
    address: str,
    *,
    login: str | None = None,
    key: str | None = None,
    port: int | None = None,
    words: Sequence[str] = (),
) -> list[str]:
    """The arguments of ssh. Host keys belong to the server's id: addresses are used again by other servers.

    Raises:
        NotSupportedError: the account or the address could be taken for an option.
    """
    account = login or str(about.get("login_account") or ROOT)
    if account.startswith("-") or address.startswith("-") or any(c.isspace() for c in account + address):
        raise NotSupportedError("the account and the address must not begin with a dash or hold blanks")
    line = ["ssh", "-o", f"HostKeyAlias=cloudcore-{about['id']}", "-o", "StrictHostKeyChecking=accept-new"]
    line += ["-o", "ConnectTimeout=15"]
    if key:
        line += ["-i", key, "-o", "IdentitiesOnly=yes"]
    line += ["-p", str(port or about.get("ssh_port") or 22), "-l", account, "--", address]
    return [*line, *words]


def address_of(run: Runtime, about: Mapping[str, Any]) -> str:
    """The server's first address.

    Raises:
        InvalidStatusError: it does not run.
        ResourceNotFoundError: it has no address.
    """
    if about.get("status") != "running":
        raise InvalidStatusError(f"the server is {about.get('status') or 'not running'}; start it first")
    told = str(about.get("ips") or about.get("ip") or "").replace(";", ",").split(",")
    if not any(t.strip() for t in told):
        cards = run.session.list("guestnetworks", {"guest_id": about["id"]}).items
        told = [str(card.get("ip_addr") or "") for card in cards]
    for text in told:
        try:
            return str(ipaddress.ip_address(text.strip()))
        except ValueError:
            continue
    raise ResourceNotFoundError(f"the server {about.get('name')} has no address")
