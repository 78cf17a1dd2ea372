"""Leases in a simulated life: agents renew them, watchdogs keep them, and processes take them away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from cloudcore.model.errors import CloudcoreError, UnreachableError
from cloudcore.model.host import Found
from cloudcore.model.lease import RENEW_S
from cloudcore.operations.evacuation import evacuate
from cloudcore.operations.host_leases import HostWatch
from cloudcore.operations.session import CoreSession
from cloudcore_apps.leases import keep_lease

if TYPE_CHECKING:
    from cloudcore_apps.simulate.agents import Agent
    from cloudcore_apps.simulate.life import Life

BEAT_S = 5.0


class Line:
    """What an agent hears of the control plane: nothing any more once it has died, or the line was cut."""

    def __init__(self, life: Life, ident: str) -> None:
        self._agent: Agent = life.cloud.machines[ident]
        self._born = self._agent.life
        self._cut = life.cloud.hosts.partitioned
        self._ident = ident

    # The methods are described in `cloudcore_apps.leases.HostAgent`.

    @property
    def fences(self) -> bool:
        """See `Fencing.fences`."""
        return self._agent.fences

    def inventory(self) -> Sequence[Found]:
        """See `Hypervisor.inventory`."""
        return self._reach().inventory()

    def renewed(self, asked_at: float, floor: int = 0) -> None:
        """See `Fencing.renewed`."""
        self._reach().renewed(asked_at, floor)

    def fence(self) -> None:
        """See `Fencing.fence`."""
        self._reach().fence()

    def drop(self, guests: Collection[str]) -> None:
        """See `Fencing.drop`."""
        self._reach().drop(guests)

    def _reach(self) -> Agent:
        if self._agent.life != self._born or not self._agent.up or self._ident in self._cut:
            raise UnreachableError("the host does not answer")
        return self._agent


def begin(life: Life) -> None:
    """Let an actor for each host keep its lease, and one look after all of them."""
    for ident in sorted(life.cloud.machines):
        life.stage.add(f"lease {ident}", lambda ident=ident: _keep(life, ident))  # type: ignore[misc]
    life.stage.add("host watch", lambda: _watch(life))


def keep_all(life: Life) -> None:
    """Renew every lease now, in quiet weather."""
    for ident in sorted(life.cloud.machines):
        life.cloud.keep_lease(ident)


def held(life: Life) -> bool:
    """Whether every host works with its lease."""
    leases = {row.id: row.held for row in life.cloud.rows("hostleases")}
    return all(leases.get(ident) and not agent.tenure.barred for ident, agent in life.cloud.machines.items())


def _keep(life: Life, ident: str) -> None:
    agent, stage = life.cloud.machines[ident], life.stage
    asked = 0.0
    while not life.over:
        stage.sleep(BEAT_S)
        try:
            agent.tick()
        except UnreachableError:
            stage.note(f"{ident} died at its work")
        life.watch.hosts()
        if agent.up and ident not in life.cloud.hosts.partitioned and stage.elapsed - asked >= RENEW_S:
            asked = stage.elapsed
            _ask(life, ident)


def _ask(life: Life, ident: str) -> None:
    line = Line(life, ident)

    def ask(session: CoreSession) -> None:
        platform = session._platform  # noqa: SLF001 - the process itself does so
        barred = life.cloud.machines[ident].tenure.barred
        if keep_lease(platform, ident, line, lambda: life.stage.elapsed) and barred:
            life.stage.note(f"{ident} has a lease again")

    try:
        life.request("lease", ask)
    except CloudcoreError as error:
        life.stage.note(f"{ident} has no answer about its lease: {error}")


def _watch(life: Life) -> None:
    watches: dict[int, tuple[HostWatch, object]] = {}

    def look(session: CoreSession) -> None:
        platform = session._platform  # noqa: SLF001 - the process itself does so
        watch, _ = watches.setdefault(id(platform), (HostWatch(platform), platform))
        for ident in watch.look(life.stage.elapsed):
            life.stage.note(f"{ident} is down")
            life.asked["host down", ident] += 1
        for ident in evacuate(platform):
            life.stage.note(f"server {ident[:8]} moves")
            life.asked["evacuate", ""] += 1

    while not life.over:
        life.stage.sleep(RENEW_S)
        try:
            life.request("host watch", look)
        except CloudcoreError as error:
            life.stage.note(f"the host watch is put off: {error}")
