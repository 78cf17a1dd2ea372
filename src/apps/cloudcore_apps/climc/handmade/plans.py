"""`plan-show`: a plan as a story."""

from __future__ import annotations

import click

from cloudcore_apps.climc.acting import named
from cloudcore_apps.climc.planning import tell
from cloudcore_apps.climc.runtime import runtime


def _show(ident: str) -> None:
    here = runtime()
    tell(here, here.session.get("plans", ident))


show = click.Command(
    "plan-show",
    callback=_show,
    params=[named("plan")],
    help="Tell what a plan would do, made by `climc --plan NOUN-VERB …`.\n\n  climc plan-show 6f1c…",
)
