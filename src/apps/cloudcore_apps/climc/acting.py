"""Commands that perform one action on one resource, with arguments by position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.batch import over
from cloudcore_apps.climc.runtime import Runtime, columns_of, runtime

Body = Callable[[dict[str, Any]], Mapping[str, Any]]


def acting(
    name: str,
    plural: str,
    action: str,
    params: Sequence[click.Parameter],
    doc: str,
    body: Body,
    *,
    begun: tuple[str, str] | None = None,
) -> click.Command:
    """A command that performs one action on the resource that its first argument, `ident`, names.

    begun: for actions that make others: their plural, and the key of the answer that has their id, or a list of them.
        They are what is shown, and waited for.
    """

    def run(ident: str, wait: bool, timeout_s: float, **values: Any) -> None:
        here = runtime()
        sent = options.given(body(values))
        if begun is None:
            over(
                here,
                [ident],
                lambda one: here.session.perform(plural, one, action, sent),
                columns_of(plural),
                then=(lambda answer: _waited(here, plural, answer, timeout_s)) if wait else None,
            )
            return
        answer = here.session.perform(plural, ident, action, sent)
        others, key = begun
        made = [here.session.get(others, one) for one in _idents(answer[key])]
        shown = [_waited(here, others, one, timeout_s) for one in made] if wait else made
        here.show_list(shown, columns_of(others))

    return click.Command(name, callback=run, params=[*params, *options.waiting()], help=doc)


def named(noun: str, dest: str = "ident") -> click.Argument:
    """One resource, by id or name."""
    return click.Argument([dest], metavar=noun.upper(), shell_complete=options.names_of(noun))


def _waited(here: Runtime, plural: str, answer: Any, timeout_s: float) -> Any:
    from cloudcore_apps.climc.progress import wait

    return wait(here, plural, answer, timeout_s) or answer


def _idents(told: Any) -> list[str]:
    items = told if isinstance(told, list) else [told]
    return [str(item["id"]) if isinstance(item, dict) else str(item) for item in items]
