"""A queue of future requests: which of them find a place when their day comes, and which are refused and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from heapq import heapify, heappop, heappush
from itertools import count

import attrs

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.scheduling.allowance import Drawn
from cloudcore.scheduling.decision import Placement
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pool import Answer, Pool
from cloudcore.scheduling.request import Request

MOST_WISHES = 2000


def _day(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    if not value:
        return
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise InvalidFormatError(f"{value[:32]!r} is not a day such as 2030-01-31", field=attribute.name) from error


@attrs.frozen(kw_only=True)
class Wish:
    """Servers that are wanted on a day. at, until: days as `2030-01-31`; without `until` they stay.

    Raises:
        InvalidFormatError: a day does not parse.
        OutOfRangeError: they end before they begin.
    """

    at: str = attrs.field(validator=_day)
    until: str = attrs.field(default="", validator=_day)
    name: str = ""
    request: Request

    def __attrs_post_init__(self) -> None:
        if self.until and self.until <= self.at:
            raise OutOfRangeError("until must be after at", field="until")


@attrs.frozen(kw_only=True)
class Fate:
    """What becomes of a wish. placed: how many servers; hosts: where, in order. reason: why not all."""

    wish: Wish
    placed: int
    hosts: tuple[str, ...] = ()
    reason: str = ""


def play(inventory: Inventory, wishes: Iterable[Wish]) -> list[Fate]:
    """Place wishes in the order of their days, those of one day as they stand; what ends on a day makes room on that day."""
    pool, drawn, number = Pool(inventory), Drawn(), count()
    ends: list[tuple[str, int, Request, tuple[Placement, ...]]] = []
    heapify(ends)
    fates: list[Fate] = []
    for wish in sorted(wishes, key=lambda one: one.at):
        while ends and ends[0][0] <= wish.at:
            _, _, request, over = heappop(ends)
            for placement in over:
                pool.release(request, placement)
                drawn.note(request, placement.host_id, inventory, -1)
        answer = pool.place(drawn.now(wish.request))
        for placement in answer.placements:
            drawn.note(wish.request, placement.host_id, inventory)
        fates.append(
            Fate(
                wish=wish,
                placed=len(answer.placements),
                hosts=tuple(one.host_name for one in answer.placements),
                reason=_reason(wish.request, answer),
            )
        )
        if wish.until and answer.placements:
            heappush(ends, (wish.until, next(number), wish.request, answer.placements))
    return fates


def _reason(request: Request, answer: Answer) -> str:
    if answer.refusal is not None:
        return answer.refusal.summary()
    missing = request.count - len(answer.placements)
    return f"only {len(answer.placements)} of {request.count} fit" if missing else ""
