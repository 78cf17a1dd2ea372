"""An agent in this process keeps its host's lease, and puts its host in order when it comes back without one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.host import Found, FoundKind
from cloudcore.operations.host_leases import readmit, renew, returning
from cloudcore.operations.platform import Platform
from cloudcore.ports.fencing import Fencing

_log = logging.getLogger(__name__)


class HostAgent(Fencing, Protocol):
    """What keeps a lease, and says what is on its host."""

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`."""
        ...


def host_clock() -> float:
    """Seconds of this machine's clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def lay_down(platform: Platform, host_id: str, stand_down: Callable[[], None]) -> None:
    """End in order, while guests go on: the lease promises no more to stop them, and then nobody does.

    stand_down: tells whoever would stop them.
    """
    try:
        if renew(platform, host_id, fences=False):
            stand_down()
    except CloudcoreError as error:
        _log.warning("host %s could not say that it ends, so that its guests are ended: %s", host_id, error)


def keep_lease(platform: Platform, host_id: str, agent: HostAgent, elapsed: Callable[[], float]) -> bool:
    """Renew a lease, or ask for it again; False when it is not to be had yet. elapsed: seconds of the host's own clock.

    A host whose lease was taken away fences itself, removes what is elsewhere by now, and only then takes anything again.
    """
    asked_at = elapsed()
    if renew(platform, host_id, fences=agent.fences):
        agent.renewed(asked_at)
        return True
    agent.fence()
    deployment = platform.settings.deployment
    found = [f for f in agent.inventory() if f.kind is FoundKind.GUEST and f.mark.deployment == deployment]
    back = returning(platform, host_id, [f.mark.resource for f in found])
    agent.drop(back.stale)
    if not readmit(platform, host_id, back):
        return False
    agent.renewed(asked_at, back.floor)
    return True
