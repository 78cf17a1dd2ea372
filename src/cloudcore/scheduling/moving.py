"""What if hosts were gone: whether their servers fit elsewhere, where each goes, in which order, and which don't."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from cloudcore.scheduling.allowance import Drawn
from cloudcore.scheduling.columns import Memo, frozen
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pool import Pool
from cloudcore.scheduling.relaxation import relaxations
from cloudcore.scheduling.request import TAKES_RUNNING, Mark, Request


@attrs.frozen(kw_only=True)
class Guest:
    """One server that is on a host. request: where it may go instead. stuck: why nowhere, whatever room there is.

    live_hosts: where it could go while it runs.
    """

    id: str
    name: str = ""
    host_id: str
    is_on: bool = True
    stuck: str = ""
    request: Request
    live_hosts: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Move:
    """What becomes of one server. host_id, host_name: where it goes; empty where nowhere, with the reason.

    helps: what would help then, beside all others that go.
    """

    guest: Guest
    host_id: str = ""
    host_name: str = ""
    reason: str = ""
    helps: tuple[str, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether it runs on while it moves there."""
        return self.host_id in self.guest.live_hosts


def resettle(inventory: Inventory, guests: Iterable[Guest], gone: Sequence[str], *, explained: int = 0) -> list[Move]:
    """Find places for servers when these hosts take none: the largest first, each beside those before it, and where it can run
    on before where it can't.

    What they hold where they are now is not given back: nothing else could use it. Limits that several of them share are drawn
    down by each that goes to where they are narrowed to. explained: of so many that go nowhere it is said what would help.
    """
    pool, drawn = Pool(without_hosts(inventory, gone)), Drawn()
    ordered = sorted(guests, key=lambda one: (-one.request.memory_mib, -one.request.vcpus, one.id))
    moves = [_move(pool, drawn, guest) for guest in ordered]
    left = [place for place, one in enumerate(moves) if not one.host_id and not one.guest.stuck][:explained]
    for place in left:
        request = drawn.now(moves[place].guest.request)
        texts = tuple(one.text for one in relaxations(pool.inventory(), request))
        moves[place] = attrs.evolve(moves[place], helps=texts)
    return moves


def _move(pool: Pool, drawn: Drawn, guest: Guest) -> Move:
    if guest.stuck:
        return Move(guest=guest, reason=guest.stuck)
    request = drawn.now(guest.request)
    answer = None
    if guest.live_hosts:
        like = Mark(name=TAKES_RUNNING, strategy="require", hosts=guest.live_hosts)
        answer = pool.place(attrs.evolve(request, marks=(*request.marks, like)))
    if answer is None or answer.refusal is not None:
        answer = pool.place(request)
    if answer.refusal is not None:
        return Move(guest=guest, reason=answer.refusal.summary())
    (there,) = answer.placements
    drawn.note(request, there.host_id, pool.present)
    return Move(guest=guest, host_id=there.host_id, host_name=there.host_name)


def without_hosts(inventory: Inventory, gone: Sequence[str]) -> Inventory:
    """The inventory in which nothing is placed on these hosts."""
    hosts = inventory.hosts
    enabled = hosts.enabled.copy()
    enabled[[hosts.index[ident] for ident in gone if ident in hosts.index]] = np.False_
    frozen(enabled)
    # What was worked out of the columns was so of others.
    return attrs.evolve(inventory, hosts=attrs.evolve(hosts, enabled=enabled, memo=Memo()))
