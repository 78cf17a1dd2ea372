"""`policy-create`."""

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
