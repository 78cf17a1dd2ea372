"""Hosts that are emptied while they live: their servers move one after the other, a few at a time, until none is left.

What is wanted is kept with the host, so that any process goes on with it; each move is a task of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller, platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError, InsufficientResourceError, InvalidStatusError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_bool
from cloudcore.operations.evacuation import note_reason
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.live import Wish as LiveWish
from cloudcore.operations.servers.live import move_live
from cloudcore.operations.servers.moving import guests_of
from cloudcore.operations.servers.relocate import move
from cloudcore.operations.whatif import moves_of, told_move, told_stay
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus, HostStatus
from cloudcore.resources.infrastructure.host.care import ON_DRAIN
from cloudcore.tasks.task import TASKS, TaskState

COLD, LIVE = "server-move", "server-live-migrate"
AT_ONCE = 2
"""So many servers of one host move at the same time."""
MOST_TRIED = 10
"""Servers of one host that are tried at one look."""


@attrs.frozen(kw_only=True)
class Wish:
    """That a host be emptied. force: power is cut where a guest does not switch off. turn: of this asking alone, also once the
    host was in use again meanwhile: what failed or was called back at this turn waits for the next.
    """

    force: bool
    turn: int

    def text(self) -> str:
        """As it is kept with the host."""
        return json.dumps({"force": self.force, "turn": self.turn})


def wish_of(host: Any) -> Wish | None:
    """What is wanted of a host, if anything is."""
    text = host.metadata.get(ON_DRAIN)
    if not text or not host.is_maintenance:
        return None
    known: JsonObject = json.loads(text)
    return Wish(force=bool(known["force"]), turn=int(known["turn"]))


def drain_host(platform: Platform, tx: Transaction, _caller: Caller, host: Any, body: JsonMapping) -> JsonObject:
    """Place nothing on a host any more and let its servers move elsewhere; those that are on run on meanwhile where that can be
    done, and are stopped and started again where not.

    body: force: cut the power where a guest that has to does not switch off. The answer is the plan: `moved` in the order in
    which they move, with the hosts that have room for them now and whether they run on, and `stay` with the reason. Asking again tries those that failed again.

    Raises:
        InvalidStatusError: the host does not answer: its servers can only be evacuated.
    """
    if host.host_status != AgentStatus.ONLINE:
        raise InvalidStatusError(f"host {host.name} does not answer: evacuate it instead", field="host_status")
    # No two changes of a host have the same number.
    wish = Wish(force=read_bool(body.get("force") or False, "force"), turn=host.update_version + 1)
    tags = {**host.metadata, ON_DRAIN: wish.text()}
    changed = evolve(host, is_maintenance=True, status=HostStatus.MAINTAINING.value, metadata=tags)
    tx.of(HOSTS, PLATFORM).save(changed, action="drain")
    moves = moves_of(platform, tx, [host.id])
    return {
        "id": host.id,
        "name": host.name,
        "status": HostStatus.MAINTAINING.value,
        "moved": [told_move(one) for one in moves if one.host_id],
        "stay": [told_stay(one) for one in moves if not one.host_id],
    }


def drain(platform: Platform) -> Sequence[str]:
    """Begin the next moves off all hosts that are to be emptied; ids of the servers that move.

    Each is moved in a unit of its own. What can't move says why in its `status_reason`, and is tried again at the next look;
    what failed on the way waits until somebody asks for the host again.
    """
    return [ident for host, wish in reading(platform, _wanted) for ident in _empty(platform, host, wish)]


def _empty(platform: Platform, host: Any, wish: Wish) -> Sequence[str]:
    wanted, room = reading(platform, lambda tx: _next(platform, tx, host, wish))
    moving: list[str] = []
    for ident in wanted:
        if len(moving) >= room:
            break
        if _moved(platform, ident, host, wish):
            moving.append(ident)
    return moving


def _wanted(tx: Transaction) -> list[tuple[Any, Wish]]:
    """The hosts that are to be emptied and live."""
    rows = tx.of(HOSTS, PLATFORM).find(Query(where=eq("is_maintenance", True)))
    found = [(row, wish) for row in rows if (wish := wish_of(row)) is not None]
    return [(row, wish) for row, wish in found if row.host_status == AgentStatus.ONLINE]


def _next(platform: Platform, tx: Transaction, host: Any, wish: Wish) -> tuple[list[str], int]:
    """The servers that are tried next, the largest first, and how many may begin to move."""
    known = tx.of(TASKS, PLATFORM).find(Query(where=both(one_of("flow", (COLD, LIVE)), eq("ended_at", None))))
    moving = {task.obj_id for task in known if task.params.get("source") == host.id}
    guests = [one for one in guests_of(platform, tx, [host.id]) if one.id not in moving]
    failed = _failed(tx, [one.id for one in guests], host, wish)
    ready = [one for one in guests if one.id not in failed]
    ready.sort(key=lambda one: (bool(one.stuck), -one.request.memory_mib, -one.request.vcpus, one.id))
    return [one.id for one in ready[:MOST_TRIED]], AT_ONCE - len(moving)


def _failed(tx: Transaction, idents: Sequence[str], host: Any, wish: Wish) -> set[str]:
    """The servers whose move off the host failed, or was called back, since it was last asked for."""
    ends = (TaskState.FAILED, TaskState.CANCELLED)
    over = both(one_of("flow", (COLD, LIVE)), one_of("obj_id", idents), one_of("state", ends))
    rows = tx.of(TASKS, PLATFORM).find(Query(where=over)) if idents else ()
    return {row.obj_id for row in rows if (row.params.get("source"), row.params.get("turn")) == (host.id, wish.turn)}


def _begin(platform: Platform, tx: Transaction, caller: Caller, server: Any, wish: Wish, reason: str) -> None:
    if server.power_states != PowerState.ON or not _moves_live(platform, tx, caller, server, wish, reason):
        move(platform, tx, caller, server, force=wish.force, turn=wish.turn, reason=reason)


def _moves_live(platform: Platform, tx: Transaction, caller: Caller, server: Any, wish: Wish, reason: str) -> bool:
    """Let a server begin to move while it runs; False where it has to be switched off first, or can't move at all."""
    try:
        move_live(platform, tx, caller, server, LiveWish(turn=wish.turn, reason=reason))
    except (InsufficientResourceError, InvalidStatusError):
        return False
    return True


def _moved(platform: Platform, ident: str, host: Any, wish: Wish) -> bool:
    caller = platform_caller("drain")

    def work(tx: Transaction) -> bool:
        server = tx.of(SERVERS, PLATFORM).get(ident)
        if server is None or server.host_id != host.id:
            return False
        _begin(platform, tx, caller, server, wish, f"moved off host {host.name}")
        return True

    try:
        return writing(platform, caller, work)
    except CloudcoreError as error:
        reason = f"not moved: {error}"[:1000]
    writing(platform, caller, lambda tx: note_reason(tx, ident, reason))
    return False
