"""Statuses of a host."""

from __future__ import annotations

from enum import StrEnum

from cloudcore.model.lifecycle import Lifecycle


class HostStatus(StrEnum):
    """What a host does. Servers are only placed on a running one."""

    INIT = "init"
    RUNNING = "running"
    UNKNOWN = "unknown"
    MAINTAINING = "maintaining"


class AgentStatus(StrEnum):
    """Whether the agent of a host answers."""

    ONLINE = "online"
    OFFLINE = "offline"


HOST_LIFECYCLE = Lifecycle(states=HostStatus, initial=HostStatus.INIT, stable=tuple(HostStatus), transitions=())
"""Hosts have no long operations: their agents' reports, the lack of them, and people who maintain them move them."""
