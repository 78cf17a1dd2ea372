"""Servers to another host while they run: decided and claimed in one commit; a task moves them without a stop."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidStatusError, NotSupportedError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_bool, read_int, read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.cancelling import cancel_task
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.moving import described, ways_of
from cloudcore.operations.servers.relocate import check_source, claimed_host, under_way
from cloudcore.operations.shares import keeping
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import check_move
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Mark, Request
from cloudcore.scheduling.request import KEEPS_NODES

LIVE_MIGRATE, FLOW = "live-migrate", "server-live-migrate"
SLOWEST_MIB_S = 100
FASTEST_MIB_S = 1_000_000
_ENCRYPTED = ("+tls", "+ssh", "+libssh", "+libssh2", "+unix")
"""Transports whose bytes nobody else reads; a unix socket's stay on the machine."""


@attrs.frozen(kw_only=True)
class Wish:
    """How a server is to move. prefer: only to this host. any_cpu: also to one with another processor.

    max_mib_s: so fast at most; 0: as fast as can be. hurry: end with a longer pause rather than never. turn, reason: kept with
    the task, for whoever began it.
    """

    prefer: str = ""
    any_cpu: bool = False
    encrypted: bool = False
    max_mib_s: int = 0
    hurry: bool = False
    turn: int = 0
    reason: str = ""


def live_migrate(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to move a server that runs to another host, without stopping it.

    body: prefer_host_id, skip_cpu_check, skip_kernel_check, enable_tls, quickly_finish, max_bandwidth_mb.

    Raises:
        InvalidStatusError: it does not run, its host does not answer, or something keeps it there; says what.
        InsufficientResourceError: no host that suits has room for it; says why.
        OutOfQuotaError: others have just taken what a limit left where it goes.
        NotSupportedError: what is made on the other host is always removed when it fails; or the way there is not encrypted.
    """
    if read_bool(body.get("keep_dest_guest_on_failed") or False, "keep_dest_guest_on_failed"):
        raise NotSupportedError(
            "what was made on the other host does not stay when it fails", field="keep_dest_guest_on_failed"
        )
    # The kernels of hosts are not known, so that there is nothing to skip.
    read_bool(body.get("skip_kernel_check") or False, "skip_kernel_check")
    wanted = read_str(body.get("prefer_host_id") or "", "prefer_host_id", 128)
    fastest = body.get("max_bandwidth_mb") or 0
    wish = Wish(
        prefer=str(fetch(platform, tx, caller, HOSTS, wanted).id) if wanted else "",
        any_cpu=read_bool(body.get("skip_cpu_check") or False, "skip_cpu_check"),
        encrypted=read_bool(body.get("enable_tls") or False, "enable_tls"),
        max_mib_s=read_int(fastest, "max_bandwidth_mb", SLOWEST_MIB_S, FASTEST_MIB_S) if fastest else 0,
        hurry=read_bool(body.get("quickly_finish") or False, "quickly_finish"),
    )
    move_live(platform, tx, caller, server, wish)


def move_live(platform: Platform, tx: Transaction, caller: Caller, server: Any, wish: Wish) -> str:
    """As `live_migrate`, for whoever needs no permission; the id of the new host. Nothing is written when it raises."""
    lifecycle = SERVERS.lifecycle
    assert lifecycle is not None
    check_idle(tx, SERVERS, server)
    lifecycle.start(LIVE_MIGRATE, server.status, what=f"server {server.name}")
    if server.power_states != PowerState.ON:
        raise InvalidStatusError(f"server {server.name} does not run: `migrate` moves it", field="status")
    source = check_source(tx, server)
    (guest,) = described(platform, tx, [server])
    ways = ways_of(tx)
    if stuck := guest.stuck or ways.barred(server):
        raise InvalidStatusError(f"server {server.name} can't move: {stuck}", field="host_id")
    request = attrs.evolve(
        guest.request,
        prefer_host=wish.prefer,
        live=ways.needs(source.id, any_cpu=wish.any_cpu),
        marks=(*guest.request.marks, ways.mark(source.id)),
    )
    target, pins = claimed_host(platform, tx, caller, server, _on_as_many_nodes(tx, server, request))
    if wish.encrypted and not _is_encrypted(ways.uri(target)):
        raise NotSupportedError("the way to the other host is not encrypted", field="enable_tls")
    params: JsonObject = {
        "source": source.id,
        "target": target,
        "uri": ways.uri(target),
        "uri_back": ways.uri(source.id),
        "max_mib_s": wish.max_mib_s,
        "hurry": wish.hurry,
        "turn": wish.turn,
        "reason": wish.reason,
        "pins": pins,
        "pins_before": server.cpu_numa_pin,
    }
    start_transition(platform, tx, caller, SERVERS, server, LIVE_MIGRATE, params)
    check_move(tx, server, source.id, target)
    return target


def _on_as_many_nodes(tx: Transaction, server: Any, request: Request) -> Request:
    """What a guest sees of nodes is what it was started with: one that is on several goes where as many are free."""
    nodes = max(len(server.cpu_numa_pin), 1)
    hosts = keeping(tx)
    if hosts or nodes > 1:
        request = attrs.evolve(request, numa_nodes=nodes)
    if nodes == 1:
        return request
    mark = Mark(name=KEEPS_NODES, strategy="require", hosts=hosts)
    return attrs.evolve(request, marks=(*request.marks, mark))


def cancel_live_migrate(platform: Platform, tx: Transaction, caller: Caller, server: Any, _body: JsonMapping) -> None:
    """Call back a move that is under way; it ends as any task that is called back, and the server runs on where it was.

    Raises:
        InvalidStatusError: none is under way, or it is past its point of no return.
    """
    task = under_way(tx, server, FLOW)
    if task is None:
        raise InvalidStatusError(f"server {server.name} is not on its way to another host", field="status")
    cancel_task(platform, tx, caller, task, {})


def _is_encrypted(uri: str) -> bool:
    scheme = uri.partition(":")[0]
    return scheme.endswith(_ENCRYPTED) or "+" not in scheme
