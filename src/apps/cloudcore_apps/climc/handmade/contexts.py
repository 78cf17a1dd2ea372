"""`context-add`, `context-use`, `context-list`, `context-remove`: which cloud, and who, by name."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.contexts import LOCAL, Contexts, is_name, read_contexts, write_contexts
from cloudcore_apps.climc.runtime import runtime

COLUMNS = ("current", "name", "auth_url", "username", "project", "region")


def _text(name: str, doc: str) -> click.Option:
    return click.Option([name], help=doc)


def _add(name: str, use: bool, insecure: bool, **values: Any) -> None:
    if not is_name(name):
        raise click.BadParameter("letters, digits, - _ . and at most 64 of them; not `local`", param_hint="NAME")
    if not values["token"] and not (values["username"] and values["password"]):
        raise click.UsageError("name --username with --password, or --token")
    known = options.given(values) | ({"insecure": "true"} if insecure else {})
    run = runtime()
    there = read_contexts(run.environ)
    write_contexts(run.environ, Contexts(name if use else there.current, {**there.known, name: known}))
    run.note(f"context {name} {'replaced' if name in there.known else 'added'}{' and in use' if use else ''}")


def _use(name: str) -> None:
    run = runtime()
    there = read_contexts(run.environ)
    if name != LOCAL:
        there.named(name)
    write_contexts(run.environ, there._replace(current="" if name == LOCAL else name))
    run.note(f"context {name} is in use")


def _list() -> None:
    run = runtime()
    there = read_contexts(run.environ)
    rows: list[dict[str, Any]] = [{"current": not there.current, "name": LOCAL}]
    for name, one in sorted(there.known.items()):
        shown = {column: one[column] for column in COLUMNS if column in one}
        rows.append({"current": name == there.current, "name": name, **shown})
    run.show_list(rows, COLUMNS)


def _remove(names: tuple[str, ...]) -> None:
    run = runtime()
    there = read_contexts(run.environ)
    for name in names:
        there.named(name)
    known = {name: one for name, one in there.known.items() if name not in names}
    write_contexts(run.environ, Contexts("" if there.current in names else there.current, known))
    run.note(f"removed {', '.join(names)}")


add = click.Command(
    "context-add",
    callback=_add,
    params=[
        click.Argument(["name"]),
        click.Option(["--auth-url"], required=True, help="Of the identity service, such as https://cloud:30300/v3."),
        _text("--username", "Who."),
        options.password("Kept in a file that only you can read."),
        _text("--token", "Instead of name and password; it is not renewed."),
        _text("--project", "Project to work in."),
        _text("--user-domain", "Domain of the user."),
        _text("--project-domain", "Domain of the project."),
        _text("--region", "Region whose services are used."),
        _text("--zone", "Zone whose services are used."),
        click.Option(["--interface"], type=click.Choice(["public", "internal", "admin"]), help="Kind of addresses."),
        _text("--ca-file", "Authority that signed the cloud's certificate (PEM)."),
        click.Option(["--insecure"], is_flag=True, help="Believe any certificate."),
        click.Option(["--use"], is_flag=True, help="Use it from now on."),
    ],
    help="Remember a cloud and who you are there.\n\n"
    "  climc context add prod --auth-url https://cloud:30300/v3 --username ada --password - --project red --use",
)
use = click.Command(
    "context-use",
    callback=_use,
    params=[click.Argument(["name"], shell_complete=options.context_names)],
    help="Work with this context from now on; `local` is the cloud that runs on this machine.",
)
list_ = click.Command("context-list", callback=_list, params=[], help="List contexts, without their secrets.")
remove = click.Command(
    "context-remove",
    callback=_remove,
    params=[click.Argument(["names"], nargs=-1, required=True, shell_complete=options.context_names)],
    help="Forget contexts.",
)
