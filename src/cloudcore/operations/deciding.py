"""The decision where a server goes, with the reasons of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.json import JsonObject
from cloudcore.scheduling import (
    Answer,
    Decision,
    Inventory,
    Occupant,
    Placement,
    Refusal,
    Request,
    relaxations,
    schedule,
)
from cloudcore.scheduling.forecast import explanation
from cloudcore.scheduling.pipeline import ALTERNATIVES

MAX_RELAXED_HOSTS = 2000
SPARE = 2
"""So many other places are tried at first when others have taken the one decided on; then it is decided again."""
MOST_SPARE = 256
_OWN_WORDS = ("with ", "without ", "also with ", "outside ", "while ")


def spare_at(look: int) -> int:
    """How many other places a decision brings along, at the first look and later ones: twice as many each time.

    Where little is free, everybody wants the same few places; who has lost several times tries them all in one unit.
    """
    return min(SPARE << (look - 1), MOST_SPARE)


def decide(
    inventory: Inventory,
    request: Request,
    occupants: Callable[[], Iterable[Occupant]] = tuple[Occupant],
    *,
    spare: int = ALTERNATIVES,
) -> Decision:
    """A decision that places the whole request. occupants: asked for when it does not fit; see `relaxations`.

    spare: alternatives at most.

    Raises:
        InsufficientResourceError: it does not fit; says which filter removed how many hosts and what would help.
    """
    decision = schedule(inventory, request, spare=spare)
    if decision.refusal is None:
        return decision
    raise refused(decision, decision.refusal, occupants())


def refused(decision: Decision, refusal: Refusal, occupants: Iterable[Occupant] = ()) -> InsufficientResourceError:
    """The error of a request that does not fit: which filter removed how many hosts, and what would help."""
    inventory, request = decision.walk.inventory, decision.request
    proposals = relaxations(inventory, request, occupants) if refusal.hosts <= MAX_RELAXED_HOSTS else ()
    texts = [proposal.text for proposal in proposals[:3]]
    word = "" if texts and texts[0].startswith(_OWN_WORDS) else "with "
    helps = f"; it would fit {word}{' or '.join(texts)}" if texts else ""
    data: JsonObject = dict(explanation(refusal, proposals))
    return InsufficientResourceError(f"{refusal.summary()}{helps}", data=data)


def seats(decision: Decision | Answer) -> Iterator[Placement]:
    """The placements of a decision, then its alternatives, each of which is tried once."""
    yield from decision.placements
    yield from decision.alternatives
