"""`user-change-password` and `user-assume`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

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


@click.command(
    "user-assume",
    help="Print a token of another user in one project, by which you act as he does (OS_AUTH_TOKEN).\n\n"
    "It ends with your own, leads to no other project, and makes nothing to log in with.",
)
@click.argument("user")
@click.option("--project", required=True, help="Project of the token, by name or id.")
@click.option("--user-domain", default="", help="Domain of the user.")
@click.option("--project-domain", default="", help="Domain of the project.")
def assume(user: str, project: str, user_domain: str, project_domain: str) -> None:
    """Have a token of somebody else."""
    run = runtime()
    token = run.remote.assume(user, project, user_domain=user_domain, project_domain=project_domain)
    ends = datetime.fromtimestamp(token.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    run.show_one({"id": token.value, "expires_at": ends, "user": token.user["name"], "project": token.project["name"]})


def _asked() -> tuple[str, str]:
    original: str = click.prompt("Present password", hide_input=True, err=True)
    password: str = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    return original, password


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
