"""What a host's owner wants to happen when it goes down, and the actions around it. Imports nothing of the entity."""

from __future__ import annotations

from typing import Any

from cloudcore.model.param import param
from cloudcore.model.resource import Action

ON_HOST_DOWN = "__auto_migrate_on_host_down"
"""The tag under which clients of the wire know it: `enable` or `disable`."""

WORDS = ("enable", "disable")

POLICY_ACTIONS = (
    Action(
        name="auto-migrate-on-host-down",
        doc="Say whether its servers are started on other hosts when it goes down.",
        params=(
            param("auto_migrate_on_host_down", "Whether they are", choices=WORDS),
            param("auto_migrate_on_host_shutdown", "An orderly shutdown moves nothing", choices=WORDS),
        ),
    ),
    Action(
        name="evacuate",
        doc="Start its servers on other hosts now that it is down; those on storage of its own stay.",
        params=(param("fenced", "It is switched off: somebody vouches for it", bool),),
    ),
)


def moves_guests(host: Any) -> bool:
    """Whether its servers are to be started elsewhere when it goes down."""
    return bool(host.metadata.get(ON_HOST_DOWN) == "enable")
