"""What an operator does to hosts. Imports nothing of the entity."""

from __future__ import annotations

from cloudcore.model.param import param
from cloudcore.model.resource import Action

ON_DRAIN = "__drain"
"""The tag of a host that is to be emptied, and how."""

_STOP = (param("stop", "Stop its servers that are on", bool, alias=("is_force",)),)
_BEGIN = "Place nothing there any more, and empty it as far as that can be done; again goes on with what is left."
_END = "Let servers be placed there again."

CARE_ACTIONS = (
    *(Action(name=name, doc=_BEGIN, params=_STOP) for name in ("maintenance", "host-maintenance")),
    *(Action(name=name, doc=_END, params=()) for name in ("unmaintenance", "host-exit-maintenance")),
    Action(
        name="drain",
        doc="Place nothing there any more and let its servers move: running where another takes them so, else off and on again.",
        params=(param("force", "Cut the power of guests that do not switch off", bool),),
    ),
    Action(name="syncstatus", doc="Ask it how its servers are: at most 50 at once.", params=()),
    Action(name="ping", doc="Note that it was heard; whether it is alive is said by its lease.", params=()),
)
"""Each kind of machine has its own words for maintenance on the wire; they mean the same."""
