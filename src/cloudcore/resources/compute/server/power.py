"""What can be asked of the power of a server, and how the input is read. Imports nothing of the entity."""

from __future__ import annotations

from typing import Any

from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import param
from cloudcore.model.reading import read_bool, read_int
from cloudcore.model.resource import Action
from cloudcore.model.units import Unit
from cloudcore.resources.compute.server.lifecycle import SAVED

STOP_GRACE_S = 60
LONGEST_GRACE_S = 600


def _start(server: Any, _body: JsonMapping) -> JsonObject:
    """A suspended server goes on from where it was; to take that back is something else than to switch off."""
    return {"saved": True} if server.status in SAVED else {}


def _stop(_server: Any, body: JsonMapping) -> JsonObject:
    force = read_bool(body.get("is_force") or False, "is_force")
    grace = body.get("timeout_secs") or (0 if force else STOP_GRACE_S)
    return {"is_force": force, "timeout_secs": read_int(grace, "timeout_secs", 0, LONGEST_GRACE_S)}


def _reset(_server: Any, body: JsonMapping) -> JsonObject:
    return {"is_hard": read_bool(body.get("is_hard") or False, "is_hard")}


_FORCE = param("is_force", "Cut the power instead of asking the guest", bool)
_GRACE = param(
    "timeout_secs", "How long the guest may take", int, maximum=LONGEST_GRACE_S, unit=Unit.SECOND, example=30
)

POWER_ACTIONS: tuple[Action, ...] = (
    Action(
        name="start",
        doc="Start the server; a suspended one goes on where it was.",
        transition="start",
        params=(),
        read=_start,
    ),
    Action(
        name="stop",
        doc="Shut the server down; by force also a suspended one, whose memory is given up.",
        transition="stop",
        params=(_FORCE, _GRACE),
        read=_stop,
    ),
    Action(name="restart", doc="Stop and start the server.", transition="restart", params=(_FORCE, _GRACE), read=_stop),
    Action(
        name="reset",
        doc="Press the reset button of a running server.",
        transition="reset",
        params=(param("is_hard", "Cut the power and start it again", bool),),
        read=_reset,
    ),
    Action(
        name="suspend",
        doc="Save the memory of a running server on its host and switch it off.",
        transition="suspend",
        params=(),
    ),
    Action(name="resume", doc="Go on where a suspended server was.", transition="resume", params=()),
    Action(
        name="sync",
        doc="Tell the host again what the server is; one that is on takes it up when it next starts.",
        transition="sync",
        params=(),
    ),
    Action(name="cancel-delete", doc="Take it out of the recycle bin; names it by its id.", params=()),
    Action(
        name="purge",
        doc="Forget a server whose host is disabled or offline; what is on the host stays there.",
        params=(),
    ),
    Action(
        name="migrate",
        doc="Move it to another host, where all its disks are on shared storage: while it is off, or where its host is down.",
        transition="migrate",
        params=(
            param("rescue_mode", "Its host is down and fenced: start it elsewhere", bool),
            param("prefer_host_id", "Host to move to", refers="hosts", alias=("prefer_host",)),
            param("auto_start", "Start it there; otherwise as it was", bool),
        ),
    ),
    Action(
        name="live-migrate",
        doc="Move it to another host while it runs, without a stop, where all its disks are on shared storage.",
        transition="live-migrate",
        params=(
            param("prefer_host_id", "Host to move to", refers="hosts", alias=("prefer_host",)),
            param("skip_cpu_check", "Also to a host with another processor", bool),
            param("skip_kernel_check", "Also to a host with another kernel; kernels are not compared", bool),
            param("enable_tls", "Only over an encrypted connection", bool),
            param("quickly_finish", "End with a pause of some seconds rather than never", bool),
            param(
                "max_bandwidth_mb",
                "The most that is sent in a second; at least 100",
                int,
                maximum=1_000_000,
                unit=Unit.MIB,
                example=1000,
            ),
            param("keep_dest_guest_on_failed", "Not supported: what was made there is removed", bool),
        ),
    ),
    Action(
        name="cancel-live-migrate",
        doc="Call back a move that is under way while it runs: it stays where it was.",
        params=(),
    ),
    Action(name="syncstatus", doc="Ask the host how the server is.", transition="syncstatus", params=()),
)
