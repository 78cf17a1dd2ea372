"""`…-tag-value-pairs` and `…-tag-value-tree` of every type that has tags."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.commands import command, listing_params
from cloudcore_apps.climc.index import Entry
from cloudcore_apps.climc.runtime import runtime

PAIRS, TREE = "tag-value-pairs", "tag-value-tree"
_KINDS = (("user-meta", "user"), ("cloud-meta", "cloud"), ("sys-meta", "system"))


def make(name: str, plural: str, known: Entry, word: str) -> click.Command:
    """The command for one of the two."""
    if word == PAIRS:
        doc = f"Count the tags of {plural} by key and value; the options of the list narrow it."
        extra = [click.Option(["--key-only"], is_flag=True, help="By key alone.")]
        extra += [click.Option([f"--{kind}"], is_flag=True, help=f"Only {said} tags.") for kind, said in _KINDS]
        return command(name, doc, _pairs(plural), [*extra, *_narrowing(known)])
    doc = f"Count {plural} by the values of tags, key below key; the options of the list narrow it."
    extra = [
        click.Option(["--key"], multiple=True, required=True, help="Key of a tag; several are levels of the tree."),
        click.Option(["--show-map"], is_flag=True, help="One row for each combination."),
    ]
    return command(name, doc, _tree(plural), [*extra, *_narrowing(known)])


def _narrowing(known: Entry) -> list[click.Parameter]:
    """The options of the list, but for those that say how much of it is shown and how."""
    unsuited = {"every", "watch", "watch_s", "field", "export_keys", "details", "paging_marker", "limit", "offset"}
    return [option for option in options.listing(known) if option.name not in unsuited]


def _pairs(plural: str) -> Any:
    def run(**values: Any) -> None:
        rows = runtime().session.property(plural, PAIRS, listing_params(values))
        runtime().show_list(rows, ["key", "value", "count"])

    return run


def _tree(plural: str) -> Any:
    def run(key: tuple[str, ...], show_map: bool, **values: Any) -> None:
        asked = {**listing_params(values), "key": list(key), **({"show_map": True} if show_map else {})}
        told = runtime().session.property(plural, TREE, asked)
        if show_map:
            runtime().show_list(told, ["count", *(f"value{place}" for place in range(len(key)))])
        else:
            runtime().show_one(told)

    return run
