"""`spec`, `spec-hosts-list`, `spec-isolated-devices-list` and `spec-servers-list`: kinds of things, with their numbers."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc.runtime import runtime

MODELS = ("hosts", "isolated_devices", "guests", "servers")


def _show(model: str | None, key: str | None, **values: Any) -> None:
    name = f"{model or ''}{f'/{key}' if key else ''}"
    told = runtime().session.property("specs", name, {k: v for k, v in values.items() if v not in (None, False, ())})
    runtime().show_one(told if isinstance(told, dict) else {"spec": told})


_FILTERS = (
    click.Option(["--zone"], help="Only in this zone.", metavar="ZONE"),
    click.Option(["--host-type"], help="Only hosts of this type.", metavar="TYPE"),
    click.Option(["--filter"], multiple=True, help="FIELD.OP(VALUE), of the list of that type.", metavar="FILTER"),
)


spec = click.Command(
    "spec",
    callback=_show,
    params=[
        click.Option(["--model"], type=click.Choice(MODELS), help="Only kinds of these; else of all."),
        click.Option(["--key"], help="With --model: the things of this kind, such as cpu:8/mem:16384M.", metavar="KEY"),
        *_FILTERS,
    ],
    help="Count kinds of hosts, devices and servers.",
)


def _list(name: str, model: str, traits: dict[str, str]) -> click.Command:
    def work(**values: Any) -> None:
        words = [f"{trait}:{values.pop(option)}" for option, trait in traits.items() if values[option] is not None]
        known = {k: v for k, v in values.items() if k not in traits}
        _show(model, "/".join(words) or None, **known)

    options = [
        click.Option([f"--{o.replace('_', '-')}", o], help=f"Trait {t}.", metavar="VALUE") for o, t in traits.items()
    ]
    return click.Command(
        name,
        callback=work,
        params=[*options, *_FILTERS],
        help=f"Count kinds of {model}; with traits, list what has them.",
    )


hosts = _list(
    "spec-hosts-list",
    "hosts",
    {"ncpu": "cpu", "mem_size": "mem", "nic": "nic", "manufacture": "manufacture", "model": "model"},
)
isolated_devices = _list("spec-isolated-devices-list", "isolated_devices", {"vendor": "vendor", "model": "model"})
