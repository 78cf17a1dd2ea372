"""Which hosts can be emptied with few moves, so that whole hosts are free again. It changes nothing: `drain` of a host does it."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_int
from cloudcore.operations.access import reach
from cloudcore.operations.allowances import for_moves
from cloudcore.operations.placement import everything
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading
from cloudcore.operations.servers.moving import guests_of
from cloudcore.operations.whatif import EVACUATE, told_move
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling.emptying import emptied

MOST_MOVES, MOVES = 5000, 50


def emptied_hosts(platform: Platform, caller: Caller, body: JsonMapping) -> JsonObject:
    """Hosts whose servers all fit onto others in use, those first that hold least, and where each server would go.

    body: most: servers that would move in all, 50 if left out.

    Raises:
        ForbiddenError: the caller may not have everybody's hosts evacuated.
        InvalidInputError: `most` is no such number.
    """
    most = read_int(body.get("most") or MOVES, "most", 1, MOST_MOVES)
    if not reach(platform, caller, HOSTS, "perform", EVACUATE).scope.covers(Scope.SYSTEM):
        raise ForbiddenError("servers of everybody would move, which you may not have done")

    def work(tx: Transaction) -> JsonObject:
        inventory = everything(tx, platform.settings, networks=[])
        found = emptied(inventory, for_moves(tx, guests_of(platform, tx)), most=most)
        names = inventory.hosts
        return {
            "hosts": [
                {
                    "id": one.host_id,
                    "name": names.names[names.index[one.host_id]],
                    "servers": len(one.moves),
                    "moved": [told_move(move) for move in one.moves],
                }
                for one in found
            ],
            "moves": sum(len(one.moves) for one in found),
        }

    return reading(platform, work)
