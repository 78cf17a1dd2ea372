"""What is only recorded of a server, and what is told of it by name. Imports nothing of the entity."""

from __future__ import annotations

from cloudcore.model.param import ANY, param
from cloudcore.model.resource import Action, ActionKind
from cloudcore.model.units import Unit

_GROUPS = (param("group_ids", "Groups", list, of=str, refers="instancegroups", alias=("groups",), required=True),)

RECORD_ACTIONS: tuple[Action, ...] = (
    Action(
        name="modify-src-check",
        doc="Say whether packets of other addresses or cards are dropped. It is recorded; hosts do not enforce it yet.",
        params=(
            param("src_ip_check", "Drop packets from other addresses", bool),
            param("src_mac_check", "Drop those of other cards", bool),
        ),
    ),
    Action(
        name="set-boot-index",
        doc="Give its disks other places in the boot order; one that is on takes it up when it next starts.",
        transition="sync",
        params=(
            param(
                "disks",
                "Positions by the indexes of disks, an object or texts INDEX:POSITION; position -1: by index",
                ANY,
                example={"0": 1},
            ),
        ),
    ),
    Action(name="bind-groups", doc="Put it into groups that keep servers apart.", params=_GROUPS),
    Action(name="unbind-groups", doc="Take it out of groups.", params=_GROUPS),
    Action(
        name="associate-eip",
        doc="Give it a public address.",
        params=(
            param("eip_id", "Public address", refers="eips", alias=("eip",), required=True),
            param("ip_addr", "Address of the server that it stands for", width=64),
        ),
    ),
    Action(
        name="dissociate-eip",
        doc="Part it from its public address.",
        params=(param("auto_delete", "And delete that", bool),),
    ),
    Action(
        name="create-eip",
        doc="Take a new public address for it.",
        params=(
            param("bandwidth", "Most bandwidth; 0: no bound", int, maximum=1_000_000, unit=Unit.MBPS),
            param("charge_type", "Paid by traffic or bandwidth", choices=("traffic", "bandwidth")),
            param("bgp_type", "Kind of line", width=64),
            param("auto_dellocate", "It goes with the server", bool),
            param("network", "Network to take it from", refers="networks", alias=("network_id",)),
        ),
    ),
    Action(name="sshport", doc="The port of its SSH server.", kind=ActionKind.SPEC, params=()),
    Action(name="iso", doc="The image in its CD drive.", kind=ActionKind.SPEC, params=()),
    Action(name="create-params", doc="A create body for a server like it.", kind=ActionKind.SPEC, params=()),
)
