"""What is only recorded of a server, and what is told of it by name. Imports nothing of the entity."""

from __future__ import annotations

from datetime import datetime

from cloudcore.model.param import ANY, param
from cloudcore.model.resource import Action, ActionKind
from cloudcore.model.units import Unit
from cloudcore.resources.actions import DISSOCIATE_EIP, associate_eip

_GROUPS = (
    param("group_ids", "Groups", list, of=str, refers="instancegroups", alias=("groups", "group"), required=True),
)

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
        name="set-os-info",
        doc="Say which system runs in it; nothing in it changes.",
        params=(
            param("type", "Kind: Linux, Windows …", width=36, example="Linux"),
            param("distribution", "Distribution; becomes a tag, as the two below", width=64),
            param("version", "Version of it", width=64),
            param("arch", "Architecture", width=36),
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
            param("cdroms", "The same for its CD drive, which is 0", ANY, example={"0": 0}),
        ),
    ),
    Action(name="bind-groups", doc="Put it into groups that keep servers apart.", params=_GROUPS),
    Action(name="unbind-groups", doc="Take it out of groups.", params=_GROUPS),
    associate_eip("server"),
    DISSOCIATE_EIP,
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
    Action(
        name="renew",
        doc="Add a term to what is paid in advance.",
        params=(param("duration", "Term, such as 1M", width=16, required=True, example="1M"),),
    ),
    Action(
        name="set-auto-renew",
        doc="Say whether what is paid in advance is renewed at its end.",
        params=(
            param("auto_renew", "Renew it", bool),
            param("duration", "By which term; absent: the last one", width=16, example="1M"),
        ),
    ),
    Action(
        name="postpaid-expire",
        doc="Say when it is deleted by itself.",
        params=(
            param("duration", "After this term, such as 7D", width=16, example="7D"),
            param("release_at", "At this time", datetime, alias=("expire_time",)),
        ),
    ),
    Action(name="cancel-expire", doc="Keep what was to be deleted by itself.", params=()),
    Action(
        name="change-billing-type",
        doc="Have it paid by use, or in advance.",
        params=(
            param("billing_type", "How it is paid", choices=("postpaid", "prepaid"), required=True),
            param("duration", "Term that is paid in advance", width=16, example="1M"),
        ),
    ),
    Action(name="sshport", doc="The port of its SSH server.", kind=ActionKind.SPEC, params=()),
    Action(name="iso", doc="The image in its CD drive.", kind=ActionKind.SPEC, params=()),
    Action(name="create-params", doc="A create body for a server like it.", kind=ActionKind.SPEC, params=()),
    Action(
        name="tasks",
        doc="What was and is done with it, newest first.",
        kind=ActionKind.SPEC,
        params=(
            param("is_open", "Only what goes on; false: only what is over", bool),
            param("since", "Only what began then or later", datetime),
        ),
    ),
    Action(
        name="disk-snapshot",
        doc="Keep one of its disks as it is now.",
        params=(
            param("disk_id", "Disk", refers="disks", alias=("disk",), required=True),
            param("name", "Name of the snapshot", width=128, required=True),
        ),
    ),
)
