"""What is sent beside the fields of a type: with an action, with a named detail, or with a create.

A parameter is a `Field`, so that whatever is made of fields (schemas, options, pages, random input) is made of it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from cloudcore.model.errors import MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.resource import Field
from cloudcore.model.spec import Ref, Spec
from cloudcore.model.units import Unit
from cloudcore.model.wire import read_value

ANY: type = object
"""The kind of a parameter that has several forms: a text, an object, or a list of these."""
_CONVERTED = (bool, int, float)
_ABSENT: tuple[Any, ...] = (None, "")
_WIDTH_OF_NAME = 128
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}", re.ASCII)


def param(
    name: str,
    doc: str,
    kind: type = str,
    *,
    of: type | None = None,
    required: bool = False,
    choices: Sequence[str] = (),
    minimum: int | None = None,
    maximum: int | None = None,
    width: int = 255,
    unit: Unit | None = None,
    multiline: bool = False,
    secret: bool = False,
    refers: str = "",
    alias: Sequence[str] = (),
    example: Any = None,
) -> Field:
    """One parameter.

    kind: str, int, float, bool, datetime, dict, list or `ANY`; of: what a list has, str or dict.
    required: the request is refused without it. Where one of several is needed none of them is, and the operation says so.
    unit: of a number; with kind str it is a size as people write it, and a bare number is in this unit.
    refers: plural of the type whose id or name it is (or, of a list, they are).
    alias: other names under which it may be sent; the first one that is there counts.
    """
    return Field(
        name=name,
        kind=kind,
        enum=None,
        nullable=True,
        has_default=False,
        default=None,
        spec=Spec(
            doc,
            create=True,
            required=required,
            choices=tuple(choices) or None,
            minimum=minimum,
            maximum=maximum,
            width=_WIDTH_OF_NAME if refers else width,
            unit=unit,
            multiline=multiline,
            secret=secret,
            alias=tuple(alias),
            of=of,
            example=example,
        ),
        ref=Ref(refers) if refers else None,
    )


def required(one: Field) -> Field:
    """The same parameter, which must be there."""
    return attrs.evolve(one, spec=attrs.evolve(one.spec, required=True))


def read_params(params: Sequence[Field], body: JsonMapping) -> JsonObject:
    """A body as it was sent, checked: what it has of `params` under its own name, numbers and truth values as such.

    Null and an empty text are as if nothing was sent. A list may come as `name.0`, `name.1` and so on. Keys that are not declared stay: clients send more than is read.

    Raises:
        InvalidInputError: a value is of another type or outside its bounds; names it.
        MissingParameterError: one that is required is not there.
    """
    found = dict(body)
    for one in params:
        name = next((key for key in (one.name, *one.spec.alias) if body.get(key) not in _ABSENT), None)
        if name is None:
            listed = _listed(one, body)
            if one.kind is list and listed:
                found[one.name] = read_value(one, listed)
            elif one.spec.required and not listed:
                raise MissingParameterError(f"{one.name} is missing", field=one.name)
            continue
        value = read_value(one if name == one.name else attrs.evolve(one, name=name), body[name])
        found[one.name] = value if one.kind in _CONVERTED or one.spec.choices else body[name]
    return found


def _listed(one: Field, body: Mapping[str, Any]) -> list[Any]:
    """The entries of a list that came as `name.0`, `name.1` and so on, in the order of their numbers."""
    for name in (one.name, *one.spec.alias):
        numbers = [key.removeprefix(f"{name}.") for key in body if key.startswith(f"{name}.")]
        if found := sorted(int(number) for number in numbers if _NUMBER.fullmatch(number)):
            return [body[f"{name}.{number}"] for number in found]
    return []
