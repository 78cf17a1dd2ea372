"""Commands of the types that join two others, such as `server-disk-list` and `host-storage-attach`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.commands import Maker, command, show_listing
from cloudcore_apps.climc.index import Entry
from cloudcore_apps.climc.runtime import runtime


def _sides(known: Entry) -> list[click.Parameter]:
    joint = known["joint"]
    return [
        click.Argument(
            ["left"], metavar=joint["left_noun"].upper(), shell_complete=options.names_of(joint["left_noun"])
        ),
        click.Argument(
            ["right"], metavar=joint["right_noun"].upper(), shell_complete=options.names_of(joint["right_noun"])
        ),
    ]


def _words(known: Entry) -> tuple[str, str]:
    return known["joint"]["left_noun"], known["joint"]["right_noun"]


def _list(name: str, plural: str, known: Entry) -> click.Command:
    def run(**values: Any) -> None:
        show_listing(plural, values)

    left, right = _words(known)
    return command(name, f"List which {left} has which {right}.", run, options.listing(known))


def _show(name: str, plural: str, known: Entry) -> click.Command:
    def run(left: str, right: str) -> None:
        runtime().show_one(runtime().session.get(plural, right, context=((known["joint"]["left"], left),)))

    return command(name, "Show one connection.", run, _sides(known))


def _attach(name: str, plural: str, known: Entry) -> click.Command:
    def run(left: str, right: str, **values: Any) -> None:
        joint = known["joint"]
        body = {**options.given(values), f"{joint['right_noun'].replace('-', '_')}_id": right}
        runtime().show_one(runtime().session.create(plural, body, context=((joint["left"], left),)))

    fields = [f for f in known.get("fields", ()) if f.get("create") and not f.get("noun")]
    more = options.creating({**known, "fields": fields, "arguments": ()})
    return command(name, "Connect the two.", run, [*_sides(known), *more])


def _detach(name: str, plural: str, known: Entry) -> click.Command:
    def run(left: str, right: str) -> None:
        runtime().show_one(runtime().session.delete(plural, right, context=((known["joint"]["left"], left),)))

    return command(name, "Part the two.", run, _sides(known))


def _update(name: str, plural: str, known: Entry) -> click.Command:
    def run(left: str, right: str, **values: Any) -> None:
        body = options.given(values)
        if not body:
            raise click.UsageError("nothing to change: name at least one field")
        runtime().show_one(runtime().session.update(plural, right, body, context=((known["joint"]["left"], left),)))

    return command(name, "Change what the connection says.", run, [*_sides(known), *options.updating(known)])


JOINT_MAKERS: Mapping[str, Maker] = {
    "joint-list": _list,
    "joint-show": _show,
    "joint-attach": _attach,
    "joint-detach": _detach,
    "joint-update": _update,
}
