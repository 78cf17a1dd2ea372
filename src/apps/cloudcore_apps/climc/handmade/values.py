"""`distinct-field` and `distinct-fields`: the values that a list has."""

from __future__ import annotations

from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.index import load_index
from cloudcore_apps.climc.runtime import runtime

_SCOPE = ("--scope",)


def plural_of(word: str) -> str:
    """The type that a word means: its plural, singular or noun.

    Raises:
        click.BadParameter: there is no such type.
    """
    types = load_index()["types"]
    found = next(
        (p for p, told in types.items() if word in (p, told["singular"], told.get("noun"))),
        "",
    )
    if not found:
        raise click.BadParameter(f"there is no type {word[:64]}", param_hint="MODULE")
    return found


def _field(module: str, field: str, extra: bool, **values: Any) -> None:
    run = runtime()
    asked = {"extra_field" if extra else "field": [field], **options.given(values)}
    told = run.session.property(plural_of(module), "distinct-field", asked)
    if run.is_raw:
        run.show_one(told)
        return
    run.show_list([{field: value} for value in told.get(field, ())], [field])


def _fields(module: str, field: tuple[str, ...], **values: Any) -> None:
    run = runtime()
    told = run.session.property(plural_of(module), "distinct-fields", {"field": list(field), **options.given(values)})
    if run.is_raw or told.get("extra_fields"):
        run.show_one(told)
        return
    run.show_list(told["fields"], field)


def _scope() -> click.Option:
    return click.Option([*_SCOPE], type=click.Choice(["system", "domain", "project"]), help="How wide.")


distinct_field = click.Command(
    "distinct-field",
    callback=_field,
    params=[
        click.Argument(["module"]),
        click.Argument(["field"]),
        click.Option(["--extra"], is_flag=True, help="A value that rows have through others, such as zone."),
        _scope(),
    ],
    help="List the values that a field has in a list, such as `distinct-field servers status`.",
)
distinct_fields = click.Command(
    "distinct-fields",
    callback=_fields,
    params=[
        click.Argument(["module"]),
        click.Option(["--field"], multiple=True, required=True, help="Field; several are combined."),
        click.Option(["--extra-field"], multiple=True, help="Field of the other type."),
        click.Option(["--extra-resource"], help="Another type that rows refer to."),
        _scope(),
    ],
    help="List the combinations of values that fields have in a list.",
)
