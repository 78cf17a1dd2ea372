"""What is only recorded of a server, and what is told of it by name. Imports nothing of the entity."""

from __future__ import annotations

from cloudcore.model.resource import Action, ActionKind

_GROUPS = (("group_ids", "Groups, by id or name"),)

RECORD_ACTIONS: tuple[Action, ...] = (
    Action(
        name="modify-src-check",
        doc="Say whether packets of other addresses or cards are dropped. It is recorded; hosts do not enforce it yet.",
        params=(("src_ip_check", "Drop packets from other addresses"), ("src_mac_check", "Drop those of other cards")),
    ),
    Action(
        name="set-boot-index",
        doc="Give its disks other places in the boot order; one that is on takes it up when it next starts.",
        transition="sync",
        params=(("disks", "INDEX:POSITION of disks; position -1: by index"),),
    ),
    Action(name="bind-groups", doc="Put it into groups that keep servers apart.", params=_GROUPS),
    Action(name="unbind-groups", doc="Take it out of groups.", params=_GROUPS),
    Action(
        name="associate-eip",
        doc="Give it a public address.",
        params=(("eip_id", "Public address"), ("ip_addr", "Address of the server that it stands for")),
    ),
    Action(
        name="dissociate-eip",
        doc="Part it from its public address.",
        params=(("auto_delete", "And delete that: true or false"),),
    ),
    Action(
        name="create-eip",
        doc="Take a new public address for it.",
        params=(
            ("bandwidth", "Mbps"),
            ("charge_type", "traffic or bandwidth"),
            ("bgp_type", "Kind of line"),
            ("auto_dellocate", "It goes with the server"),
        ),
    ),
    Action(name="sshport", doc="The port of its SSH server.", kind=ActionKind.SPEC),
    Action(name="iso", doc="The image in its CD drive.", kind=ActionKind.SPEC),
    Action(name="create-params", doc="A create body for a server like it.", kind=ActionKind.SPEC),
)
