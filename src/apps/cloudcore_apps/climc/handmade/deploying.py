"""`server-deploy`: another login and files for a stopped server."""

from __future__ import annotations

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.acting import acting, named
from cloudcore_apps.climc.handmade.servers import DEPLOY_HELP, files_of

deploy = acting(
    "server-deploy",
    "servers",
    "deploy",
    [
        named("server"),
        click.Option(["--keypair"], help="SSH key of the login account."),
        click.Option(["--delete-keypair"], is_flag=True, help="Take its SSH key away."),
        options.password("New password of the login account."),
        click.Option(["--reset-password"], is_flag=True, help="Make up a new password; server-login-info tells it."),
        click.Option(["--login-account"], help="Name of the login account."),
        click.Option(["--deploy", "files"], multiple=True, metavar="[+]PATH:CONTENT", help=DEPLOY_HELP),
        click.Option(["--auto-start"], is_flag=True, help="Start it afterwards."),
    ],
    "Give a stopped server another login, and files; cloud-init takes them up at the next start.\n\n"
    "  climc server-deploy web --deploy /etc/motd:hello --deploy +/etc/hosts:more.txt --auto-start --wait",
    lambda told: {
        "keypair": told["keypair"],
        "password": told["password"],
        "login_account": told["login_account"],
        "deploy_configs": files_of(told["files"]) or None,
        **{name: told[name] or None for name in ("delete_keypair", "reset_password", "auto_start")},
    },
)
