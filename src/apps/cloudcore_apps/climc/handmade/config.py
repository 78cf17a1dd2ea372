"""`service-config` and its kin: what the catalogue keeps of services' configuration."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.runtime import runtime

GROUP = "default"


def _set(service: str, remove: bool, config: tuple[str, ...]) -> None:
    if not config:
        raise click.UsageError("say what: --config [GROUP.]OPTION=VALUE, or --remove --config [GROUP.]OPTION")
    groups: dict[str, dict[str, Any]] = {}
    for one in config:
        name, given, value = one.partition("=")
        if not given and not remove:
            raise click.BadParameter(f"{one} is no OPTION=VALUE", param_hint="--config")
        group, dot, option = name.partition(".")
        groups.setdefault(group if dot else GROUP, {})[option if dot else group] = _value(value)
    _send(service, {"config": groups, "action": "remove" if remove else "update"})


def _value(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def _send(service: str, body: dict[str, Any]) -> None:
    runtime().show_one(runtime().session.perform("services", service, "config", body))


def _replace(service: str, file: str) -> None:
    import json

    try:
        document = json.loads(options.read_text(file))
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{file} holds no JSON: {error}", param_hint="FILE") from error
    _send(service, {"config": document, "action": "replace"})


def _show(service: str) -> None:
    runtime().show_one(runtime().session.detail("services", service, "config"))


def _show_by_type(type_: str) -> None:
    for row in runtime().session.list("services", {"type": type_}).items:
        _show(row["id"])


_SERVICE = click.Argument(["service"], metavar="SERVICE")

change = click.Command(
    "service-config",
    callback=_set,
    params=[
        click.Option(["--remove"], is_flag=True, help="Take these options out."),
        click.Option(
            ["--config"], multiple=True, metavar="[GROUP.]OPTION=VALUE", help="Several times; VALUE may be JSON."
        ),
        _SERVICE,
    ],
    help="Put options of a service into the catalogue, for whoever runs it to fetch.",
)
replace = click.Command(
    "service-config-replace",
    callback=_replace,
    params=[_SERVICE, click.Argument(["file"], type=click.Path(dir_okay=False))],
    help="Replace the whole configuration of a service by FILE, a JSON document.",
)
show = click.Command(
    "service-config-show", callback=_show, params=[_SERVICE], help="Show the configuration of a service."
)
show_by_type = click.Command(
    "service-config-show2",
    callback=_show_by_type,
    params=[click.Argument(["type_"], metavar="TYPE")],
    help="Show the configuration of the services of a type.",
)
