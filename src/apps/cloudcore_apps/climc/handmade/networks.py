"""`network-split` and `network-merge`, with their arguments by position."""

from __future__ import annotations

import click

from cloudcore_apps.climc.acting import acting, named
from cloudcore_apps.climc.options import names_of

split = acting(
    "network-split",
    "networks",
    "split",
    [
        named("network"),
        click.Argument(["split_ip"], metavar="IP"),
        click.Option(["--name"], help="Name of the new one; made up if not given."),
    ],
    "Make another network of the addresses from IP on, with whoever holds them.",
    lambda told: {"split_ip": told["split_ip"], "name": told["name"]},
)

merge = acting(
    "network-merge",
    "networks",
    "merge",
    [named("network"), click.Argument(["target"], shell_complete=names_of("network"))],
    "Add the addresses of a network, with whoever holds them, to TARGET, which lies beside it. The network goes.",
    lambda told: {"target": told["target"]},
)
