"""Actions that several types declare alike. Imports nothing of the types."""

from __future__ import annotations

from cloudcore.model.resource import Action, ActionKind

PURGE = Action(name="purge", doc="Remove the record of something that is gone; refused while something uses it.")
"""Of what a cloud may have lost."""

CAPABILITY = Action(name="capability", doc="What servers can be made of there.", kind=ActionKind.SPEC)
"""Of the places that servers are made in."""

COMMIT_BOUND = "set-commit-bound"

SET_SCHEDTAG = Action(
    name="set-schedtag",
    doc="Replace its scheduling tags; without any, remove all.",
    params=(("schedtag", "Tag, several times"),),
)
"""Of everything that can be tagged."""

_POLICIES = (("snapshotpolicy_ids", "Policies, several times"),)
POLICY_ACTIONS = (
    Action(name="bind-snapshotpolicy", doc="Let further snapshot policies hold for it.", params=_POLICIES),
    Action(name="set-snapshotpolicy", doc="Replace its snapshot policies; without any, remove all.", params=_POLICIES),
    Action(name="unbind-snapshotpolicy", doc="Take it out of snapshot policies.", params=_POLICIES),
)
"""Of what snapshot policies hold for."""
