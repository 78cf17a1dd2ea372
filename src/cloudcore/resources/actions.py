"""Actions that several types declare alike. Imports nothing of the types."""

from __future__ import annotations

from cloudcore.model.resource import Action

SET_SCHEDTAG = Action(
    name="set-schedtag",
    doc="Replace its scheduling tags; without any, remove all.",
    params=(("schedtag", "Tag, several times"),),
)
"""Of everything that can be tagged."""
