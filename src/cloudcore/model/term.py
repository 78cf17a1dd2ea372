"""Terms, as people write them: a number and a unit, `H` hours, `D` days, `W` weeks, `M` months, `Y` years, `i` minutes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import Json
from cloudcore.model.reading import read_str

LONGEST_YEARS = 10
_TERM = re.compile(r"([0-9]{1,6})([HDWMYi])", re.ASCII)
_FIXED = {"i": timedelta(minutes=1), "H": timedelta(hours=1), "D": timedelta(days=1), "W": timedelta(weeks=1)}
_MONTHS = {"M": 1, "Y": 12}


def read_term(value: Json, field: str, start: datetime) -> tuple[str, datetime]:
    """A term as it was sent, and when it ends if it begins at `start`.

    Raises:
        InvalidFormatError: it is none.
        OutOfRangeError: it is empty, or longer than `LONGEST_YEARS`.
    """
    text = read_str(value, field, 16)
    found = _TERM.fullmatch(text)
    if found is None:
        raise InvalidFormatError(f"{field} must be a number and a unit of H, D, W, M, Y or i, such as 1M", field=field)
    number, unit = int(found[1]), found[2]
    months = number * _MONTHS.get(unit, 0)
    longest = 12 * LONGEST_YEARS
    too_long = months > longest or number * _FIXED.get(unit, timedelta()) > timedelta(days=365 * LONGEST_YEARS)
    if number == 0 or too_long:
        raise OutOfRangeError(f"{field} must be longer than nothing, and at most {LONGEST_YEARS} years", field=field)
    return text, _months_later(start, months) if months else start + number * _FIXED[unit]


def _months_later(start: datetime, months: int) -> datetime:
    """The same day of a later month, or its last one."""
    years, month = divmod(start.month - 1 + months, 12)
    first = start.replace(year=start.year + years, month=month + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(start.day, last.day))
