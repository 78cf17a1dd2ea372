"""`user-change-password`."""

from __future__ import annotations

import sys

import click

from cloudcore_apps.climc.runtime import runtime


@click.command(
    "user-change-password",
    help="Change your own password; whoever is logged in as you has to log in anew.\n\n"
    "Asks for the present and the new one; without a terminal they are two lines of standard input.",
)
def change() -> None:
    """Change the password of whoever is logged in."""
    run = runtime()
    ident = str(run.remote.token.user["id"])
    original, password = _asked() if sys.stdin.isatty() else (_line(), _line())
    body = {"original_password": original, "password": password}
    run.show_one(run.remote.perform("users", ident, "password", body))


def _asked() -> tuple[str, str]:
    original: str = click.prompt("Present password", hide_input=True, err=True)
    password: str = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    return original, password


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
