"""`policy-create` and `policy-explain`."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.runtime import runtime


def _run(file: str, **values: Any) -> None:
    import json

    try:
        document = json.loads(options.read_text(file))
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{file} holds no JSON: {error}", param_hint="FILE") from error
    runtime().show_one(runtime().session.create("policies", {**options.given(values), "blob": document}))


create = click.Command(
    "policy-create",
    callback=_run,
    params=[
        click.Argument(["name"]),
        click.Argument(["file"], type=click.Path(dir_okay=False)),
        click.Option(["--scope"], type=click.Choice(["project", "domain", "system"]), help="How far it reaches."),
        click.Option(["--enabled/--disabled", "enabled"], default=None, help="Whether it holds."),
        click.Option(["--domain", "domain_id"], help="Owning domain."),
        click.Option(["--desc", "--description", "description"], help="Free text."),
    ],
    help="Create a policy from FILE, a JSON document.",
)


def _explain(words: tuple[str, ...], requests: tuple[str, ...], **values: Any) -> None:
    asked = [*requests, *([" ".join(words)] if words else [])]
    if not asked:
        raise click.UsageError("say what is asked: SERVICE RESOURCE ACTION, such as compute servers list")
    told = [_ask(request, values) for request in asked]
    if runtime().is_raw:
        runtime().show_one(told[0] if len(told) == 1 else {"policies": told})
        return
    for answer in told:
        click.echo(answer["summary"])
        _show(answer)


def _ask(request: str, values: dict[str, Any]) -> Any:
    scope = next((word for word in request.replace(":", " ").split()[:1] if word in _SCOPES), None)
    body = options.given({"scope": scope, **{k: v for k, v in values.items() if v}, "request": request})
    return runtime().session.perform_class("policies", "explain", body)


def _show(answer: dict[str, Any]) -> None:
    for opinion in answer["opinions"]:
        roles = f" ({', '.join(opinion['roles'])})" if opinion["roles"] else ""
        mark = "*" if opinion["decides"] else " "
        click.echo(f"  {mark} {opinion['scope']:<8} {opinion['policy']}{roles}: {opinion['rule']}")
    for one in answer["inactive"]:
        click.echo(f"  - {one['policy']} ({one['role']}) does not hold here: {one['why']}")
    needed = answer.get("needed", {})
    if needed:
        click.echo(f"  needed: {needed['rule']}, at {' or '.join(needed['scopes'])} scope")
    if needed.get("policies"):
        click.echo(f"  policies with it: {', '.join(needed['policies'])}")


_SCOPES = ("system", "domain", "project", "user")

explain = click.Command(
    "policy-explain",
    callback=_explain,
    params=[
        click.Argument(["words"], nargs=-1, metavar="[SERVICE RESOURCE ACTION [NAME]]"),
        click.Option(
            ["--request", "requests"],
            multiple=True,
            help="[scope:]service:resource:action[:name]; several times.",
        ),
        click.Option(["--scope"], type=click.Choice(_SCOPES), help="At which scope; the type's own by default."),
        click.Option(["--id", "id"], help="One thing that it is about."),
        click.Option(["--user", "--name", "user"], help="Of whom; of yourself by default."),
        click.Option(["--project"], help="In which project."),
        click.Option(["--domain"], help="In which domain, instead of a project."),
        click.Option(["--system"], is_flag=True, help="With a token for the whole system, instead of either."),
        click.Option(["--role", "--role-id", "roles"], multiple=True, help="Of whoever has this role; several times."),
        click.Option(["--ip", "login_ip"], help="Logged in from this address."),
    ],
    help="Say which rule of which policy allows or refuses something, and what would allow it.",
)
