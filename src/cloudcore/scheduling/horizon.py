"""The hours ahead for which it is said who is still there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from cloudcore.model.errors import OutOfRangeError

HORIZON: tuple[float, ...] = tuple(2.0**n for n in range(-2, 12))
"""From a quarter of an hour to some twelve weeks, each twice as far as the one before."""

HOURS: tuple[float, ...] = (HORIZON[0] * 2**0.5, *(hour * (2**0.5 - 2**-0.5) for hour in HORIZON[1:]))
"""How many hours each of them stands for."""


def probabilities(value: Iterable[float]) -> tuple[float, ...]:
    """As they are kept."""
    return tuple(value)


def check(_: object, attribute: attrs.Attribute[tuple[float, ...]], value: Sequence[float]) -> None:
    """Refuse what is neither nothing nor one probability for each hour of `HORIZON`.

    Raises:
        OutOfRangeError: it is something else.
    """
    if value and (len(value) != len(HORIZON) or not all(0 <= one <= 1 for one in value)):
        raise OutOfRangeError(f"{attribute.name} must be {len(HORIZON)} numbers from 0 to 1", field=attribute.name)
