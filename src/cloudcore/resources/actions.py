"""Actions that several types declare alike. Imports nothing of the types."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.model.param import param
from cloudcore.model.resource import Action, ActionKind

PURGE = Action(
    name="purge", doc="Remove the record of something that is gone; refused while something uses it.", params=()
)
"""Of what a cloud may have lost."""


def _as_it_is(_tx: Any, _caller: Any, _row: Any, _body: Any) -> None:
    """Nothing: the answer is what the row says."""


OWN_STATUS = Action(
    name="syncstatus",
    doc="Tell how it is: the platform's own record is all there is of it.",
    run=_as_it_is,
    params=(),
)
"""Of what no host or cloud knows anything about."""

CAPABILITY = Action(name="capability", doc="What servers can be made of there.", kind=ActionKind.SPEC, params=())
"""Of the places that servers are made in."""

CACHED = (
    param("image", "Image", refers="images", alias=("image_id",), required=True),
    param("is_force", "Changes nothing: images stay what they are, and what is in use stays", bool),
)
"""Of what keeps images near."""
CACHE = (*CACHED, param("format", "Form that disks shall have, qcow2, or that it has", width=20))
"""Of what brings them there."""

COMMIT_BOUND = "set-commit-bound"

STAYS: Mapping[str, str] = MappingProxyType(
    {"change-owner": "a snapshot goes with its disk or server: give that to the project"}
)
"""What is refused of a snapshot: it is not parted from what it lies in."""

SET_SCHEDTAG = Action(
    name="set-schedtag",
    doc="Replace its scheduling tags; without any, remove all.",
    params=(param("schedtag", "Tags", list, of=str, refers="schedtags", alias=("schedtags",)),),
)
"""Of everything that can be tagged."""

DISSOCIATE_EIP = Action(
    name="dissociate-eip",
    doc="Part it from its public address.",
    params=(param("auto_delete", "And delete that", bool),),
)
"""Of what can have a public address."""


def associate_eip(what: str) -> Action:
    """Of the same. what: `server` or `group`."""
    return Action(
        name="associate-eip",
        doc="Give it a public address.",
        params=(
            param("eip_id", "Public address", refers="eips", alias=("eip",), required=True),
            param("ip_addr", f"Address of the {what} that it stands for", width=64),
        ),
    )


IMAGE_PARAMS = (
    param("name", "Name of the image", width=128, example="saved"),
    param("generate_name", "Name that is numbered if it is taken", width=128),
    param("notes", "Free text", width=1024, multiline=True, alias=("description",)),
    param("format", "Format of the image: qcow2", width=20),
    param("is_public", "Share it with everybody", bool),
    param("os_type", "Operating system that is in it, if not what the server says", width=36),
    param("os_arch", "Architecture, if not that of the disk", width=16),
)
"""Of what is saved as an image."""

_POLICIES = (
    param(
        "snapshotpolicy_ids",
        "Policies",
        list,
        of=str,
        refers="snapshotpolicies",
        alias=("snapshotpolicy_id", "snapshotpolicy", "snapshotpolicies"),
        example=["snapshotpolicy-1"],
    ),
)
POLICY_ACTIONS = (
    Action(name="bind-snapshotpolicy", doc="Let further snapshot policies hold for it.", params=_POLICIES),
    Action(name="set-snapshotpolicy", doc="Replace its snapshot policies; without any, remove all.", params=_POLICIES),
    Action(name="unbind-snapshotpolicy", doc="Take it out of snapshot policies.", params=_POLICIES),
)
"""Of what snapshot policies hold for."""

_DOMAIN = param(
    "project_domain",
    "New owning domain",
    refers="domains",
    alias=("domain", "domain_id", "project_domain_id"),
    example="Default",
)
_PROJECT = param(
    "project",
    "New owning project",
    refers="projects",
    alias=("project_id", "tenant", "tenant_id"),
    example="project-1",
)

LADDER: Mapping[str, Action] = MappingProxyType(
    {
        action.name: action
        for action in (
            Action(name="enable", doc="Switch it on", params=()),
            Action(name="disable", doc="Switch it off", params=()),
            Action(
                name="public",
                doc="Show it to others",
                params=(
                    param(
                        "scope",
                        "To whom; system if no projects or domains are given",
                        choices=("project", "domain", "system"),
                    ),
                    param(
                        "shared_projects",
                        "Projects, with scope project",
                        list,
                        of=str,
                        refers="projects",
                        alias=("shared_project_ids",),
                    ),
                    param(
                        "shared_domains",
                        "Domains, with scope domain",
                        list,
                        of=str,
                        refers="domains",
                        alias=("shared_domain_ids",),
                    ),
                ),
            ),
            Action(name="private", doc="Show it to nobody but its owner", params=()),
            Action(
                name="status",
                doc="Set its status by hand",
                params=(
                    param("status", "The status", width=36, required=True),
                    param("reason", "Why", width=1000, multiline=True),
                ),
            ),
            Action(name="freeze", doc="Refuse every change until it is unfrozen", params=()),
            Action(name="unfreeze", doc="Allow changes again", params=()),
            Action(name="change-owner", doc="Give it to another project or domain", params=(_PROJECT, _DOMAIN)),
            Action(name="metadata", doc="Set tags", tags=True, params=()),
            Action(name="user-metadata", doc="Set tags of its owner", tags=True, params=()),
            Action(
                name="set-user-metadata",
                doc="Set tags of its owner and remove all others of that kind",
                tags=True,
                params=(),
            ),
            Action(name="class-metadata", doc="Set tags of its class", tags=True, params=()),
            Action(
                name="set-class-metadata",
                doc="Set tags of its class and remove all others of that kind",
                tags=True,
                params=(),
            ),
            Action(name="org-metadata", doc="Set tags of its organisation", tags=True, params=()),
            Action(
                name="set-org-metadata",
                doc="Set tags of its organisation and remove all others of that kind",
                tags=True,
                params=(),
            ),
        )
    }
)
"""What comes with the ownership ladder, by name; `cloudcore.operations.ladder` does it and says which type has which."""

_MANY = (
    param("resources", "Objects with id, or ids", list, alias=("guests",), required=True, example=[{"id": "web"}]),
    param("metadata", "Tags: key to text", dict, required=True, example={"team": "red"}),
)
BATCH: Mapping[str, Action] = MappingProxyType(
    {
        action.name: action
        for action in (
            Action(
                name="batch-user-metadata",
                doc="Set tags of the owner of several, all or none",
                kind=ActionKind.CLASS,
                params=_MANY,
            ),
            Action(
                name="batch-set-user-metadata",
                doc="Set tags of the owner of several and remove all others of that kind, all or none",
                kind=ActionKind.CLASS,
                params=_MANY,
            ),
        )
    }
)
"""The same done to several things of a type; see `cloudcore.operations.batches`."""
