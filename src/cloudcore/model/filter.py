"""List parameters that are no columns: what a type declares so that its rows are found by what hangs off them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.query import EVERYTHING, NOTHING, Exists, Expr, Like, Match, Not, Via, either, eq, one_of

Where: TypeAlias = Callable[[Any, Sequence[str]], Expr]
"""From the open unit and the values that were sent (at least one) to the rows that are kept."""


@attrs.frozen(kw_only=True)
class ListFilter:
    """One such parameter.

    target: plural of the type whose ids or names the values are; they are resolved within what the caller may see, the
        parameter may also be called `NAME_id`, and `where` gets the ids that were found.
    truth: the value is a truth value; `where` gets no values, and false asks for the other rows.
    one_sided: false asks for nothing, as the wire has it for some truth values.
    offered: false: clients know it and it is always refused; nothing offers it.
    """

    name: str
    doc: str
    where: Where
    target: str = ""
    truth: bool = False
    one_sided: bool = False
    offered: bool = True


_UNASKED = frozenset({"", "false", "no", "off", "0"})
"""What clients in Go send of a flag that nobody has set."""


def refused(name: str, why: str) -> ListFilter:
    """A parameter that clients know and that nothing here could answer; passing it over would answer with everything."""

    def where(_tx: Any, values: Sequence[str]) -> Expr:
        if _UNASKED.issuperset(value.lower() for value in values):
            return EVERYTHING
        raise NotSupportedError(f"{name}: {why}", field=name)

    return ListFilter(name=name, doc=f"Refused: {why}", where=where, offered=False)


def only(name: str, doc: str, expr: Expr) -> ListFilter:
    """A flag: true keeps the rows that satisfy the expression, false asks for nothing."""
    return ListFilter(name=name, doc=doc, where=lambda _tx, _values: expr, truth=True, one_sided=True)


def holds(name: str, doc: str, expr: Expr) -> ListFilter:
    """A flag: true keeps the rows that satisfy the expression, false the others."""
    return ListFilter(name=name, doc=doc, where=lambda _tx, _values: expr, truth=True)


def among(name: str, doc: str, field: str, *steps: Via) -> ListFilter:
    """Rows that have one of the values in a field, or that the steps lead from to a row that has."""
    return ListFilter(name=name, doc=doc, where=lambda _tx, values: over(steps, one_of(field, values)))


def reaching(name: str, doc: str, target: str, field: str, *steps: Via) -> ListFilter:
    """Rows that the steps lead from to one whose `field` holds the id of one of these others."""
    return ListFilter(name=name, doc=doc, target=target, where=lambda _tx, idents: over(steps, one_of(field, idents)))


def containing(name: str, doc: str, fields: Sequence[str], *steps: Via) -> ListFilter:
    """Rows one of whose fields contains one of the texts, or that the steps lead from to such a row."""

    def where(_tx: Any, values: Sequence[str]) -> Expr:
        return over(steps, either(*(Match(field, Like.CONTAINS, text) for field in fields for text in values)))

    return ListFilter(name=name, doc=doc, where=where)


def spelled(name: str, doc: str, field: str) -> ListFilter:
    """Rows that have one of the texts in a field, in upper or lower case: clients say `linux` of what images call `Linux`."""
    return ListFilter(name=name, doc=doc, where=lambda _tx, values: _spelled(field, values))


def for_architecture(name: str, field: str, *, unsaid: bool = False) -> ListFilter:
    """Rows whose field names one of these architectures, or one of the family that is asked for: x86, arm or riscv.

    unsaid: rows that name none are for all of them.
    """

    def where(_tx: Any, values: Sequence[str]) -> Expr:
        families = [_FAMILIES[value.lower()] for value in values if value.lower() in _FAMILIES]
        named = [Match(field, Like.STARTSWITH, start) for family in families for start in family]
        return either(*named, _spelled(field, values), *([eq(field, "")] if unsaid else []))

    return ListFilter(name=name, doc="Architecture, or family of them: x86, arm or riscv", where=where)


_FAMILIES = {"x86": ("x86", "i386", "i686"), "arm": ("arm", "aarch"), "riscv": ("riscv",)}
"""How the names of the architectures of a family begin."""


def _spelled(field: str, values: Sequence[str]) -> Expr:
    return either(*(Match(field, Like.LIKE, _WILD.sub(r"\\\g<0>", value)) for value in values))


_WILD = re.compile(r"[\\%_]")


def over(steps: Sequence[Via], where: Expr) -> Expr:
    """Rows that the steps lead from to one that satisfies the expression."""
    for step in reversed(steps):
        where = Exists(step.plural, step.foreign, step.local, where)
    return where


def kept(one: ListFilter, tx: Any, values: Sequence[str], *, wanted: bool = True) -> Expr:
    """The rows that a parameter keeps. wanted: of a flag, its value."""
    if one.truth:
        if one.one_sided and not wanted:
            return EVERYTHING
        found = one.where(tx, ())
        return found if wanted else Not(found)
    return one.where(tx, values) if values else NOTHING
