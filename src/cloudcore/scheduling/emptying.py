"""Which hosts can be emptied, so that whole hosts are free again after servers have come and gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from cloudcore.scheduling.allowance import Drawn
from cloudcore.scheduling.decision import Placement
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.moving import Guest, Move, without_hosts
from cloudcore.scheduling.pool import Pool
from cloudcore.scheduling.request import Request

TRIES = 16
"""So many hosts are looked at in vain before it is given up: fuller ones are emptied less easily."""


@attrs.frozen(kw_only=True)
class Emptied:
    """A host, and where all of its servers go."""

    host_id: str
    moves: tuple[Move, ...]


def emptied(inventory: Inventory, guests: Iterable[Guest], *, most: int) -> list[Emptied]:
    """Hosts whose servers all fit onto others in use, those first that hold least; none of it opens an empty host.

    most: servers that move in all. guests: everybody; a host of which some are not among them is not known to be in use.

    Pure. Each host is found beside those before it, so that all can be emptied in that order. None that takes servers is
    emptied itself.
    """
    held: dict[str, list[Guest]] = {}
    for one in guests:
        held.setdefault(one.host_id, []).append(one)
    packs = np.ones(len(inventory.hosts), dtype=np.bool_)
    packed = attrs.evolve(inventory, hosts=attrs.evolve(inventory.hosts, packs=packs))
    pool = Pool(without_hosts(packed, [ident for ident in packed.hosts.ids if ident not in held]))
    drawn = Drawn()
    found: list[Emptied] = []
    taking, tries = set[str](), TRIES
    for host in sorted(held, key=lambda ident: _load(inventory, ident, held[ident])):
        stays = host in taking or any(one.stuck for one in held[host])
        if stays or host not in inventory.hosts.index or len(held[host]) > most:
            continue
        moves = _moved(pool, drawn, host, held[host])
        if moves is None:
            tries -= 1
            if not tries:
                break
            continue
        most -= len(moves)
        taking.update(move.host_id for move in moves)
        found.append(Emptied(host_id=host, moves=tuple(moves)))
        pool = Pool(without_hosts(pool.inventory(), [host]))
    return found


def _load(inventory: Inventory, host: str, guests: Sequence[Guest]) -> tuple[float, str]:
    """What the servers of a host take of it."""
    row = inventory.hosts.index.get(host)
    if row is None:
        return 0.0, host
    cpus, mib = max(int(inventory.hosts.cpu_total[row]), 1), max(int(inventory.hosts.mem_total_mib[row]), 1)
    return sum(one.request.vcpus / cpus + one.request.memory_mib / mib for one in guests), host


def _moved(pool: Pool, drawn: Drawn, host: str, guests: Sequence[Guest]) -> list[Move] | None:
    """Claim a place elsewhere for each, the largest first; None, with nothing claimed, where one has none."""
    moves: list[Move] = []
    placements: list[tuple[Request, Placement]] = []
    for guest in sorted(guests, key=lambda one: (-one.request.memory_mib, -one.request.vcpus, one.id)):
        request = attrs.evolve(drawn.now(guest.request), present_host=host)
        answer = pool.find(request)
        if answer is None:
            for taken, placement in placements:
                pool.release(taken, placement)
                drawn.note(taken, placement.host_id, pool.present, -1)
            return None
        pool.take(request, answer)
        (there,) = answer.placements
        drawn.note(request, there.host_id, pool.present)
        placements.append((request, there))
        moves.append(Move(guest=guest, host_id=there.host_id, host_name=there.host_name))
    return moves
