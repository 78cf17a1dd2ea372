"""`metadata-list`."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc.commands import show_listing

_KINDS = (("user-meta", "user"), ("cloud-meta", "cloud"), ("sys-meta", "system"))


def _run(**values: Any) -> None:
    show_listing("metadatas", values)


list_ = click.Command(
    "metadata-list",
    callback=_run,
    params=[
        click.Option(["--resources"], multiple=True, help="Types to look at, such as server; without any, all."),
        click.Option(["--obj-id"], multiple=True, help="Filter: id of what is tagged."),
        click.Option(["--key"], multiple=True, help="Filter: whole key, with its prefix."),
        click.Option(["--value"], multiple=True, help="Filter: value."),
        click.Option(["--prefix-key"], multiple=True, help="Filter: beginning of the key."),
        *(click.Option([f"--{name}"], is_flag=True, help=f"Only {kind} tags.") for name, kind in _KINDS),
        click.Option(["--limit"], type=click.IntRange(0), help="Rows at most."),
        click.Option(["--offset"], type=click.IntRange(0), help="Rows to skip."),
    ],
    help="List the tags of everything that you may list.",
)
