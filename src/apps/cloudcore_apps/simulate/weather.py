"""What befalls hosts and the database with time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudcore_apps.simulate.agents import Agent
    from cloudcore_apps.simulate.life import Life

LONGEST_S = 40.0
STUCK_S = 1800.0
"""So long no task has moved when one will never be."""
AWAY = 7.5
"""So many times as long is a host away that is to be taken for dead."""
SLOWEST = 100.0
EVERYWHERE = ("outage", "clock", "full-disk")
"""Spells that are not of one host."""


class Weather:
    """Brings one spell after another, and then calm for good."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._away_until = 0.0

    @property
    def away(self) -> bool:
        """Whether the database is away."""
        return self._life.stage.elapsed < self._away_until

    def work(self) -> None:
        """Be an actor: while clients ask for things, and a little longer."""
        stage, faults = self._life.stage, self._life.faults
        for _ in range(faults.weather if faults.spells else 0):
            stage.sleep(stage.random.random() * 60)
            spell = faults.spells[stage.random.randrange(len(faults.spells))]
            ident = sorted(self._life.cloud.machines)[stage.random.randrange(len(self._life.cloud.machines))]
            stage.note(f"weather: {spell}" + (f" of {ident}" if spell not in EVERYWHERE else ""))
            self._life.befell(spell)
            self.bring(spell, ident)
        while self._life.busy:
            stage.sleep(10)
        stage.sleep(60)
        self._life.calm = True
        stage.note("weather: calm")
        self._wait_for_all()

    def _wait_for_all(self) -> None:
        """See that something goes on as long as something is under way."""
        life = self._life
        moves, since = life.watch.moves, life.stage.elapsed
        while not life.over:
            life.stage.sleep(10)
            if life.watch.moves != moves:
                moves, since = life.watch.moves, life.stage.elapsed
            elif life.stage.elapsed - since > STUCK_S and (waiting := life.cloud.open_tasks()):
                life.watch.complain("ends", f"nobody goes on with {[(t.flow, t.id, t.state) for t in waiting]}")
                return

    def revive(self, ident: str) -> None:
        """Start an agent again that has died at its work."""
        self._life.stage.sleep(self._life.stage.random.random() * LONGEST_S)
        self._life.cloud.machines[ident].restart()
        self._life.report(ident)

    def bring(self, spell: str, ident: str) -> None:
        """Let one spell come over a host, or over all, and go."""
        stage = self._life.stage
        agent, seconds = self._life.cloud.machines[ident], stage.random.random() * LONGEST_S
        if spell == "outage":
            self._away_until = stage.elapsed + seconds / 2
        elif spell == "clock":
            self._life.cloud.clock.jump(stage.random.choice((-60, -60, -5, 5, 60, 300)) * stage.random.random())
        elif spell == "partition":
            self._life.cloud.hosts.partition(ident)
            stage.sleep(seconds)
            self._life.cloud.hosts.heal(ident)
        elif spell == "cut-off":
            self._life.cloud.hosts.partition(ident)
            stage.sleep(seconds * AWAY)
            self._life.cloud.hosts.heal(ident)
        elif spell == "slow":
            agent.slow(1 + SLOWEST * stage.random.random())
            stage.sleep(seconds)
            agent.slow(1)
        elif spell == "full-disk":
            self._fill(full=True)
            stage.sleep(3 * seconds)
            self._fill(full=False)
        else:
            self._strike(agent, spell, seconds)
            self._life.report(ident)

    def _fill(self, *, full: bool) -> None:
        for _, agent in sorted(self._life.cloud.machines.items()):
            agent.fill(full=full)

    def _strike(self, agent: Agent, spell: str, seconds: float) -> None:
        agent.crash(power=spell in ("power", "host-dies"))
        self._life.stage.sleep(seconds * (AWAY if spell == "host-dies" else 1))
        agent.restart(lose_journal=spell == "journal")
