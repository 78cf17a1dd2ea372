"""What can be asked of the security groups of a server. They are recorded; enforcement comes with the host agent."""

from __future__ import annotations

from cloudcore.model.param import param
from cloudcore.model.resource import Action

_ONE = ("secgroup", "secgrp_id", "secgrp")
_GROUPS = (
    param(
        "secgroup_ids",
        "Security groups",
        list,
        of=str,
        refers="secgroups",
        alias=("secgroups", "secgroup_id", *_ONE),
        example=["secgroup-1"],
    ),
)
_RECORDED = "It is recorded; hosts do not enforce it yet"

SECURITY_ACTIONS: tuple[Action, ...] = (
    Action(name="set-secgroup", doc=f"Give it these security groups and no others. {_RECORDED}.", params=_GROUPS),
    Action(name="add-secgroup", doc=f"Give it further security groups. {_RECORDED}.", params=_GROUPS),
    Action(name="revoke-secgroup", doc=f"Take security groups from it. {_RECORDED}.", params=_GROUPS),
    Action(
        name="assign-secgroup",
        doc=f"Replace its first security group. {_RECORDED}.",
        params=(param("secgroup_id", "Security group", refers="secgroups", alias=_ONE),),
    ),
)
