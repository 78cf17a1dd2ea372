"""`usage`, `identity-usage`, `image-usage`, and the same of one zone, wire, host or region."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc.options import names_of
from cloudcore_apps.climc.runtime import runtime

_SERVICES = {"usage": "compute", "identity_usage": "identity", "image_usage": "image"}
_RANGES = {"zone_usage": "zones", "wire_usage": "wires", "host_usage": "hosts", "cloud_region_usage": "cloudregions"}


def __getattr__(name: str) -> click.Command:
    """The command of that name, such as `zone_usage`."""
    if name in _SERVICES:
        return _command(name, _SERVICES[name], [])
    if name in _RANGES:
        noun = name.removesuffix("_usage").replace("_", "-")
        argument = click.Argument(["place"], metavar=noun.upper(), shell_complete=names_of(noun))
        return _command(name, _RANGES[name], [argument])
    raise AttributeError(name)


def _command(name: str, of: str, arguments: list[click.Parameter]) -> click.Command:
    def work(scope: str | None, place: str = "") -> None:
        run = runtime()
        params = {"scope": scope} if scope else {}
        told = run.session.property("usages", f"{of}/{place}" if place else of, params)
        if run.is_raw:
            run.show_one(told)
            return
        lines: list[dict[str, Any]] = [{"name": key, "number": number} for key, number in told.items()]
        run.show_list(lines, ("name", "number"))

    scopes = click.Choice(("system", "domain", "project"))
    scope = click.Option(["--scope"], type=scopes, help="The widest that is counted; the widest that you may see.")
    return click.Command(
        name.replace("_", "-"), callback=work, params=[*arguments, scope], help="Count what there is, by scope."
    )
